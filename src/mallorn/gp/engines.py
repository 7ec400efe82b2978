"""The code that computes the innovations of Gaussian processes: celerite2's, or ours compiled."""

import tempfile

from mallorn.gp.solver import innovations
from mallorn.runtime.machine_code import machine_code_in

__all__ = ["load_engine"]


def load_engine(name):
    """Return a function like `mallorn.gp.solver.innovations`: itself for "celerite2", ours for "compiled".

    Ours is compiled, which takes 2 s, unless this process has it already: `mallorn.hypotheses.cache.use_kernels` loads
    it.
    """
    if name == "celerite2":
        return innovations
    with tempfile.TemporaryDirectory() as own, machine_code_in(own):
        from mallorn.gp import compiled
    return compiled.innovations
