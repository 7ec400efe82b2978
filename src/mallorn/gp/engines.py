"""The code that computes the innovations of Gaussian processes: celerite2's, or ours compiled."""

import shutil
import tempfile
from pathlib import Path

from mallorn.gp.solver import innovations
from mallorn.runtime.machine_code import machine_code_in

__all__ = ["PAYS", "choose_engine", "compile_engine", "load_engine"]

PAYS = {"drw": 1_700_000, "matern": 1_300_000, "multiband": 0}
"""Points of a job from which the compiled engine is taken for a model.

For fits of single passbands: import and compilation, 2.2 s of CPU, over what was saved for each point of the real
survey, 1.3 and 1.7 microseconds. Multi-band fits, where it saves 11, find it compiled once for a run; loading it takes
half a second (docs/explanation/performance.md).
"""


def choose_engine(name, model, n_points):
    """Return "celerite2" or "compiled": `name` itself, or for "auto" the better one for a job of `n_points`.

    The choice depends on the job's own points alone: the same job makes the same bytes, whatever else runs.
    """
    if name != "auto":
        return name
    return "compiled" if n_points >= PAYS[model.name] else "celerite2"


def compile_engine(folder):
    """Compile the engine into `folder`, which is emptied first, since numba does not see edits of imported modules."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    load_engine("compiled", folder)


def load_engine(name, folder=None):
    """Return a function like `mallorn.gp.solver.innovations`: itself for "celerite2", ours for "compiled".

    Our machine code is read from `folder`, which `compile_engine` or `mallorn.hypotheses.cache.compile_kernels` has
    filled. Without a folder it is compiled, which takes 2 s, unless this process has it already.
    """
    if name == "celerite2":
        return innovations
    with tempfile.TemporaryDirectory() as own, machine_code_in(folder or own):
        from mallorn.gp import compiled
    return compiled.innovations
