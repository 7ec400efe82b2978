"""Compiled code is kept once for a user, and only what was compiled."""

import logging

from mallorn.hypotheses.cache import compile_kernels, use_kernels, user_folder


def test_a_process_that_has_the_code_leaves_no_empty_folder_in_the_users_cache(tmp_path, monkeypatch, caplog):
    use_kernels()  # from wherever they are, or compiled
    monkeypatch.setenv("MALLORN_CACHE", str(tmp_path / "cache"))
    assert user_folder().parent == tmp_path / "cache"
    compile_kernels(tmp_path / "run")
    assert not user_folder().exists()
    caplog.set_level(logging.WARNING)
    use_kernels()
    assert "had to be compiled" not in caplog.text
