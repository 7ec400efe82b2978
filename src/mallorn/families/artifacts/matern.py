"""Matern-3/2 processes, fitted to each slot of passbands."""

from mallorn.gp.fit import fit_slots, fit_units
from mallorn.gp.models import Matern32

__all__ = ["ENGINE", "NEEDS", "SLOTS", "make", "units"]

NEEDS = ()
SLOTS = True
ENGINE = True


def units(settings):
    """Return {column: unit} of the table of one slot."""
    return fit_units(Matern32)


def make(group, made, settings, tools):
    """Return {slot: table} of the fits; see `mallorn.gp.fit.fit_slots`."""
    return fit_slots(Matern32, group.slots, settings, tools.engine())
