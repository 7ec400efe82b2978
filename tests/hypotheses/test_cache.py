"""Compiled code is kept once for a user, and only what was compiled."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mallorn.hypotheses import cache
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


def test_a_second_process_compiles_while_the_first_does_something_else(tmp_path, monkeypatch):
    """What it compiles is found in the folder: here the smallest of the modules."""
    kept = [line for line in cache._OTHERS.splitlines() if "posterior_kernels" not in line]
    assert len(kept) == len(cache._OTHERS.splitlines()) - 1
    monkeypatch.setattr(cache, "_OTHERS", "\n".join(kept).replace("drw, semi_kernels", "drw"))
    with cache._compiled_beside(tmp_path):
        pass
    assert [path.suffix for path in sorted(tmp_path.rglob("*fit_random_walks*.nb?"))] == [".nbc", ".nbi"]


def test_without_a_second_process_the_first_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with cache._compiled_beside(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_an_error_ends_the_second_process(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_OTHERS", "import time; time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), cache._compiled_beside(tmp_path):
        raise KeyboardInterrupt


def test_the_fit_with_a_second_light_is_compiled_when_it_is_asked_for(tmp_path):
    """It is kept beside the other kernels, and found there by the next process."""
    code = """
import sys
from mallorn.hypotheses import cache
cache.use_kernels(sys.argv[1])
fit = cache.second_light()
print(sum(fit.stats.cache_hits.values()), sum(fit.stats.cache_misses.values()))
"""
    written_now = shutil.ignore_patterns("*.tmp.*")  # by another test's process
    shutil.copytree(user_folder(), tmp_path / "kernels", ignore=written_now)
    command = [sys.executable, "-c", code, str(tmp_path / "kernels")]
    own = os.environ | {"PYTHONPATH": str(Path(cache.__file__).parents[2])}
    said = [subprocess.run(command, env=own, capture_output=True, check=True).stdout.split() for _ in range(2)]
    assert said[0] in ([b"0", b"1"], [b"1", b"0"])
    assert said[1] == [b"1", b"0"]
