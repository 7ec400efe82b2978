"""Measure what scoring costs, from files of light curves to probabilities, for many objects and for one.

The unit S is the CPU time that scikit-learn's two-dimensional Gaussian process takes to fit one object, as in
`mallorn.benchmarks.fits`, measured in the same run. The objects of a survey are repeated as often as needed, each time
under a new name. Every measurement has a process of its own, on one thread, with the compiled code in the user's cache.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from mallorn.benchmarks.fits import scikit_learn_ms
from mallorn.errors import DataError
from mallorn.seeds import generator
from mallorn.survey.lightcurves import joined, write_lightcurves

__all__ = ["COLUMNS", "cost_of_scoring"]

COLUMNS = ("n_objects", "cpu_ms_per_object", "s_ms", "ratio", "peak_mb", "single_cold_s", "single_warm_ms")
"""cpu_ms_per_object: of reading, features and probabilities, without reasons, model and compiled code in memory; ratio:
the same in S; peak_mb: of that process; single_cold_s: wall time of `mallorn score` for a file of one object, the
shortest of three; single_warm_ms: wall time of one object, model and compiled code in memory, the median of twenty."""

_PER_GROUP = 500  # objects, as `mallorn score` takes them
_COLD, _WARM = 3, 20

_MANY = """
import json, sys, time
from mallorn.interface.batches import batches
from mallorn.interface.model import load_model
from mallorn.interface.scoring import score_batch, score_curves
from mallorn.runtime.usage import now, peak

model = load_model(sys.argv[1])
parts = [batch for made, _ in batches(sys.argv[2], ".") for batch in made]
one = parts[0].lightcurves()
score_batch(sys.argv[1], [], parts[0], 0)
begun, n = now(), 0
for batch in parts:
    n += len(score_batch(sys.argv[1], [], batch, 0))
cpu, warm = now() - begun, []
for k in range(min(len(one), int(sys.argv[3]))):
    curves, begun = one.take([k]), time.perf_counter()
    score_curves(model, curves, reasons=0)
    warm.append(time.perf_counter() - begun)
print(json.dumps({"n": n, "cpu": cpu, "peak": peak(), "warm": sorted(warm)[len(warm) // 2]}))
"""


def cost_of_scoring(lightcurves, model, n_objects, config, seed):
    """Return {column: value} of `COLUMNS`.

    lightcurves: list of raw `LightCurves` of one survey. model: folder of a model. config: {"fits", "benchmark"},
    blocks of the configuration. Raises DataError, with the process's own words, if one fails.
    """
    whole, model = joined(lightcurves), Path(model).absolute()  # the processes run in a folder of their own
    few = generator(seed, "benchmark", "scoring").permutation(len(whole))
    unit = scikit_learn_ms(whole.take(np.sort(few[: config["benchmark"]["fits"]["compared_objects"]])), config)
    with tempfile.TemporaryDirectory() as folder:
        many, one = (_written(Path(folder, name), whole, n) for name, n in (("many", n_objects), ("one", 1)))
        told = json.loads(_run(["-c", _MANY, str(model), str(many), str(_WARM)], folder))
        cold = []
        for _ in range(_COLD):
            begun = time.perf_counter()
            _run(["-m", "mallorn", "score", str(one), "--model", str(model), "--out", "scores.csv", "--quiet"], folder)
            cold.append(time.perf_counter() - begun)
    per_object = 1e3 * told["cpu"] / told["n"]
    values = (told["n"], per_object, unit, per_object / unit, told["peak"], min(cold), 1e3 * told["warm"])
    return dict(zip(COLUMNS, values, strict=True))


def _written(folder, lightcurves, n_objects):
    """Write this number of objects as a finished run has them; return the path of their points."""
    points, objects = (folder / name / "split.parquet" for name in ("lightcurves", "objects"))
    chosen = lightcurves.take(np.arange(n_objects) % len(lightcurves))
    names = np.array([f"object_{k:09d}" for k in range(n_objects)], dtype=object)
    write_lightcurves(replace(chosen, object_id=names), points, objects, _PER_GROUP)
    return points


def _run(arguments, folder):
    """Run Python in `folder` with this library, on one thread; return what it prints."""
    paths = os.pathsep.join(os.path.abspath(path) for path in filter(None, sys.path))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    env = os.environ | {"PYTHONPATH": paths} | threads
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        raise DataError(f"scoring failed:\n{done.stderr[-4000:]}")
    return done.stdout
