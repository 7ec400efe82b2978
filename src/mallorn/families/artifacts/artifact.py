"""The contract of an artifact: a table of models fitted to light curves, which feature families and pages read.

It is a module of this package, and has

- `NEEDS`: a literal tuple of the artifacts that it needs besides the points.
- `SLOTS`: a literal, whether it is a table for each slot of passbands.
- `ENGINE`: a literal, whether `make` asks `tools` for the engine of Gaussian processes, the setting `gp.engine`.
- `units(settings)`: {column: unit} of a table, "" for a pure number.
- `make(group, made, settings, tools)`: the table {column: array}, a row for each object of a `Group` in its order, or
  {slot: table}. `made` is {artifact: table} of its `NEEDS`, `settings` its block of the configuration, `tools` are
  the `Tools` of the job.
- `view(table, settings)`, if families do not read the table itself: what they read instead.

The name of an artifact is its path below `results`: the module `drw` makes "fits/drw", `posterior` "posterior".
"""

from functools import cached_property

from mallorn.gp.engines import load_engine
from mallorn.hypotheses.cache import use_kernels

__all__ = ["Group", "Tools"]


class Group:
    """Objects that are fitted together: their raw `lightcurves`, and forms of these that several fits need."""

    def __init__(self, lightcurves):
        self.lightcurves = lightcurves

    @cached_property
    def clear(self):
        """The light curves above the dust."""
        return self.lightcurves.dereddened()

    @cached_property
    def slots(self):
        """The light curves above the dust, their passbands as slots."""
        return self.clear.in_slots()


class Tools:
    """Compiled code that fits may use.

    kernels: the folder that `mallorn.hypotheses.cache.compile_kernels` has filled; None for the user's cache. engine:
    what computes Gaussian processes, the setting `gp.engine`.
    """

    def __init__(self, kernels=None, engine="compiled"):
        self._kernels, self._engine, self._loaded = kernels, engine, False

    def load_kernels(self):
        """Load the compiled code, once."""
        if not self._loaded:
            use_kernels(self._kernels)
            self._loaded = True

    def engine(self):
        """Return the engine of Gaussian processes; see `mallorn.gp.engines`."""
        if self._engine == "compiled":
            self.load_kernels()
        return load_engine(self._engine)
