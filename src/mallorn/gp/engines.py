"""The code that computes the innovations of Gaussian processes: celerite2's, or ours compiled."""

import os
import shutil
import tempfile
from pathlib import Path

from mallorn.gp.solver import innovations

__all__ = ["PAYS", "choose_engine", "compile_engine", "load_engine"]

PAYS = {"drw": 1_700_000, "matern": 1_300_000, "multiband": 200_000}
"""Points of a job from which the compiled engine saves the fits of a model more time than its compilation takes.

Import and compilation, 2.2 s of CPU, over what was saved for each point of the real survey: 1.3, 1.7 and 11
microseconds (docs/explanation/performance.md).
"""


def choose_engine(name, model, n_points):
    """Return "celerite2" or "compiled": `name`, or where that is "auto" what takes a job of `n_points` less time.

    The choice follows from the job's own points, whatever else runs, so that the same job makes the same bytes.
    """
    if name != "auto":
        return name
    return "compiled" if n_points >= PAYS[model.name] else "celerite2"


def compile_engine(folder):
    """Compile the engine into `folder`, which is emptied first: numba does not see edits of what it imports."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    load_engine("compiled", folder)


def load_engine(name, folder=None):
    """Return a function like `mallorn.gp.solver.innovations`: for "celerite2" that one, for "compiled" ours.

    The machine code of ours is sought in `folder`, by the path and date of the source file and by the processor.
    A job that finds none, or has no folder, compiles for itself.
    """
    if name == "celerite2":
        return innovations
    from numba.core import config

    with tempfile.TemporaryDirectory() as own:
        config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = str(Path(folder or own).resolve())
        from mallorn.gp import compiled  # compiles
    return compiled.innovations
