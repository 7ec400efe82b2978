"""Light curves about the peak, predicted by the multi-band fits."""

from mallorn.gp.posterior import UNITS, Posterior, predict_posterior

__all__ = ["ENGINE", "NEEDS", "SLOTS", "make", "units", "view"]

NEEDS = ("fits/multiband",)
SLOTS = False
ENGINE = False


def units(settings):
    """Return {column: unit} of the table."""
    return UNITS


def make(group, made, settings, tools):
    """Return the table of the predictions; see `mallorn.gp.posterior.predict_posterior`."""
    tools.load_kernels()
    return predict_posterior(group.lightcurves, made["fits/multiband"], settings)


def view(table, settings):
    """Return the `Posterior` of a table, which families read."""
    return Posterior.of(table, settings)
