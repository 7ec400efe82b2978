"""The code that computes the likelihoods of Gaussian processes: celerite2's, or ours compiled."""

import tempfile

from mallorn.gp.objective import CELERITE2
from mallorn.runtime.machine_code import machine_code_in

__all__ = ["load_engine"]


def load_engine(name):
    """Return the `mallorn.gp.objective.Engine` called "celerite2" or "compiled".

    The second one is compiled, which takes some seconds, unless this process has it already:
    `mallorn.hypotheses.cache.use_kernels` loads it.
    """
    if name == "celerite2":
        return CELERITE2
    with tempfile.TemporaryDirectory() as own, machine_code_in(own):
        from mallorn.gp import compiled
    return compiled.COMPILED
