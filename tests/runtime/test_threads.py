"""Linear algebra in one thread, and imports that are done without."""

import subprocess
import sys

import pytest
from threadpoolctl import threadpool_info

from mallorn.runtime.imports import without
from mallorn.runtime.threads import one_thread


def threads():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_libraries_use_one_thread_inside_of_the_block_alone():
    before = threads()
    for _ in range(2):  # looked for, and remembered
        with one_thread("blas"):
            assert threads() == {1}
        assert threads() == before


def test_a_package_cannot_be_imported_inside_of_the_block_unless_it_is_loaded(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "a_package_of_its_own.py").write_text("here = True\n")
    with without("a_package_of_its_own"), pytest.raises(ImportError):
        import a_package_of_its_own
    import a_package_of_its_own

    with without("a_package_of_its_own"):
        import a_package_of_its_own as again
    assert again is a_package_of_its_own


def test_lightgbm_predicts_without_scikit_learn(tmp_path):
    code = (
        "import sys\nfrom mallorn.command.scores import load_learners\n"
        "class Model: about = {'models': {'one': {'learner': 'lightgbm'}}}\n"
        "load_learners(Model, {})\nimport numpy, lightgbm\nassert 'sklearn' not in sys.modules\n"
        "x = numpy.arange(200.0)[:, None]\n"
        "fit = lightgbm.train({'verbosity': -1, 'num_threads': 1}, lightgbm.Dataset(x, x[:, 0]), 5)\n"
        "assert fit.predict(x)[-1] > fit.predict(x)[0]\nimport sklearn\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
