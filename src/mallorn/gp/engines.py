"""The code that computes the innovations of Gaussian processes: celerite2's, or ours compiled once for all jobs."""

import os
import shutil
from pathlib import Path

from mallorn.gp.solver import innovations

__all__ = ["compile_engine", "find_engine"]


def compile_engine(folder):
    """Compile the engine into `folder`, which is emptied first: numba does not see edits of what it imports."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    find_engine(folder)


def find_engine(folder=None):
    """Return a function like `mallorn.gp.solver.innovations`: that one, or the one that is compiled in `folder`.

    numba looks up machine code by the path and date of the source file and by the processor; a job that finds none
    compiles for itself, in three seconds.
    """
    if folder is None:
        return innovations
    from numba.core import config

    config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = str(Path(folder).resolve())
    from mallorn.gp import compiled

    return compiled.innovations
