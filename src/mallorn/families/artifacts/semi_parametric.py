"""Semi-parametric hypotheses, fitted to all passbands at once, about the epoch that a physical hypothesis gives."""

from mallorn.hypotheses.semi import fit_semi_parametric, semi_units

__all__ = ["ENGINE", "NEEDS", "SLOTS", "make", "units"]

NEEDS = ("fits/hypotheses",)
SLOTS = False
ENGINE = False


def units(settings):
    """Return {column: unit} of the table."""
    return semi_units(settings["models"])


def make(group, made, settings, tools):
    """Return the table of the fits; see `mallorn.hypotheses.semi.fit_semi_parametric`."""
    tools.load_kernels()
    epoch = made["fits/hypotheses"][f"{settings['epoch']}_t0"]
    return fit_semi_parametric(group.lightcurves, epoch, settings)
