"""The scripts that compile and run the fits of hypotheses, in processes of their own as Snakemake runs them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothetical_events import SETTINGS, drawn, hypothesis, observed, pack

from mallorn.hypotheses import cache
from mallorn.hypotheses.fit import fit_hypotheses
from mallorn.io.tables import read_columns, read_units
from mallorn.runs.fingerprints import modules_of
from mallorn.survey.lightcurves import write_lightcurves

ROOT = Path(__file__).parents[2]

AS_SNAKEMAKE = """
import runpy, sys, time
from types import SimpleNamespace
script, log = sys.argv[1:]
snakemake = SimpleNamespace(log=[log], input=SimpleNamespace(**{given!r}), output=[{output!r}],
                            params=SimpleNamespace(**{params!r}), config={{"plugins": []}}, threads=1)
runpy.run_path(script, init_globals={{"snakemake": snakemake}})
"""


def run(script, folder, output, given=None, params=None):
    """Run an adapter and return its log."""
    code = AS_SNAKEMAKE.format(params=params or {}, given=given or {}, output=str(output))
    log = folder / f"{script}.log"
    command = [sys.executable, "-c", code, str(ROOT / "workflow" / "scripts" / f"{script}.py"), str(log)]
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return log.read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with compiled kernels and one split."""
    folder = tmp_path_factory.mktemp("a folder with spaces")
    run("compile_kernels", folder, folder / "kernels")
    rng = np.random.default_rng(1)
    points = [
        observed(hypothesis(n), drawn(hypothesis(n), rng, 0.5), rng, number=40) for n in ("tde_free", "supernova")
    ]
    write_lightcurves(pack(points, 0.25), folder / "points.parquet", folder / "objects.parquet")
    return folder


def fit(folder, kernels, output):
    given = {"points": str(folder / "points.parquet"), "objects": str(folder / "objects.parquet")}
    made = {"output": str(folder / output), "settings": SETTINGS, "code": "a"}
    params = {"artifacts": {"fits/hypotheses": made}, "engine": "compiled"}
    return run("fit_lightcurves", folder, folder / output, given | {"kernels": str(folder / kernels)}, params)


def test_a_job_finds_the_kernels_compiled_and_writes_what_the_library_returns(folder):
    before = {path: path.stat().st_mtime_ns for path in (folder / "kernels").rglob("*")}
    assert len(before) > 3
    assert "had to be compiled" not in fit(folder, "kernels", "fits.parquet")
    assert {path: path.stat().st_mtime_ns for path in (folder / "kernels").rglob("*")} == before
    written = read_columns(folder / "fits.parquet")
    rng = np.random.default_rng(1)
    points = [
        observed(hypothesis(n), drawn(hypothesis(n), rng, 0.5), rng, number=40) for n in ("tde_free", "supernova")
    ]
    expected = fit_hypotheses(pack(points, 0.25), SETTINGS)
    assert list(written) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(written[name], values, err_msg=name)
    assert read_units(folder / "fits.parquet")["tde_fixed_ln_T"] == "ln K"


def test_what_was_compiled_once_is_found_by_another_copy_of_the_source(folder, tmp_path):
    """The folder of `folder` is that of the user's cache; a copy of the library elsewhere compiles nothing."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    code = "from mallorn.hypotheses import cache; cache.compile_kernels('kernels'); cache.use_kernels('kernels')"
    command = [sys.executable, "-W", "error", "-c", "import logging; logging.basicConfig(level=20); " + code]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "src")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "compiled before" in done.stderr
    assert "had to be compiled" not in done.stderr
    assert len(list((tmp_path / "kernels").rglob("*.nbc"))) >= 2


def test_another_state_of_the_code_has_another_folder(tmp_path, monkeypatch):
    for room in ("gp", "hypotheses", "runtime"):
        shutil.copytree(Path(cache.__file__).parents[1] / room, tmp_path / room)
    monkeypatch.setenv("MALLORN_CACHE", str(tmp_path))
    here = cache.user_folder()
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "hypotheses" / "cache.py"))
    cache._state.cache_clear()
    assert cache.user_folder() == here
    with open(tmp_path / "hypotheses" / "models.py", "a") as file:
        file.write("\n")
    assert cache.user_folder() == here  # of one process: its code is what it was at first
    cache._state.cache_clear()
    assert cache.user_folder() != here
    cache._state.cache_clear()
    assert here.parent == tmp_path


def test_the_kernels_depend_on_their_own_package_and_arithmetic_alone():
    """The folder's name is a digest of these files: code from elsewhere could change unseen."""
    known = {"mallorn", "mallorn.hypotheses", "mallorn.runtime", "mallorn.runtime.arithmetic", "mallorn.runtime.lanes"}
    for name in ("kernels", "semi_kernels", "drw"):
        ours = [m for m in modules_of(f"mallorn.hypotheses.{name}") if m not in known]
        assert ours
        assert all(m.startswith("mallorn.hypotheses.") for m in ours)


def test_the_kernels_can_be_compiled_in_two_processes():
    """None of the two compiles what the other does: that would take the time of both."""
    first, others = "mallorn.hypotheses.kernels", ("mallorn.hypotheses.semi_kernels", "mallorn.hypotheses.drw")
    assert first in modules_of(first)
    assert not set(modules_of(first)) & set(others)
    assert all(first not in modules_of(name) for name in others)


def test_a_job_that_had_to_compile_says_so(monkeypatch, caplog, tmp_path):
    def function(misses):
        return SimpleNamespace(__name__="fit_objects", stats=SimpleNamespace(cache_misses=misses))

    monkeypatch.setattr(cache, "_load", lambda folder: [function({})])
    cache.use_kernels(tmp_path)
    assert not caplog.text
    monkeypatch.setattr(cache, "_load", lambda folder: [function({"signature": 1})])
    cache.use_kernels(tmp_path)
    assert "fit_objects was not in" in caplog.text
