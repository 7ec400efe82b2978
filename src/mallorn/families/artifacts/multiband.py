"""Matern-3/2 processes in time and wavelength, fitted to all passbands at once."""

from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import MultibandMatern32

__all__ = ["ENGINE", "NEEDS", "SLOTS", "make", "units"]

NEEDS = ()
SLOTS = False
ENGINE = True


def units(settings):
    """Return {column: unit} of the table."""
    return fit_units(MultibandMatern32)


def make(group, made, settings, tools):
    """Return the table of the fits; see `mallorn.gp.fit.fit_lightcurves`."""
    return fit_lightcurves(MultibandMatern32, group.clear, settings, tools.engine())
