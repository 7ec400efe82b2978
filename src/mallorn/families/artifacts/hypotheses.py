"""Physical hypotheses, fitted to all passbands at once."""

from mallorn.hypotheses import fit

__all__ = ["ENGINE", "NEEDS", "SLOTS", "make", "units"]

NEEDS = ()
SLOTS = False
ENGINE = False


def units(settings):
    """Return {column: unit} of the table."""
    return fit.units(settings["models"])


def make(group, made, settings, tools):
    """Return the table of the fits; see `mallorn.hypotheses.fit.fit_hypotheses`."""
    tools.load_kernels()
    return fit.fit_hypotheses(group.lightcurves, settings)
