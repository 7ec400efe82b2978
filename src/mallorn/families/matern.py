"""Matern-3/2 processes of single passbands: smooth where a damped random walk is rough.

Fluxes are de-reddened. A passband with too few points, or whose fit failed, gives NaN (the fit's table says why).
"""

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("fits/matern",)

SOURCE = "Rasmussen and Williams 2006, section 4.2"


def features(config):
    """Return the `Feature` list of this family; it has no settings."""
    return [
        Feature("ln_length", "ln d", "length scale, observed frame", SOURCE, True),
        Feature("ln_length_err", "", "standard error of ln_length", SOURCE, True),
        Feature("ln_length_rest", "ln d", "length scale, rest frame", SOURCE, True),
        Feature("ln_sigma", "ln uJy", "standard deviation of the process", SOURCE, True),
        Feature("ln_sigma_err", "", "standard error of ln_sigma", SOURCE, True),
        Feature("ln_slope", "ln uJy d-1", "rest-frame typical slope, sqrt(3) sigma / length", SOURCE, True),
        Feature("ln_luminosity", "ln uJy Mpc2", "sigma times luminosity distance squared", SOURCE, True),
        Feature("mean_over_sigma", "", "constant mean over sigma", SOURCE, True),
        Feature("ln_likelihood", "", "log likelihood at the best fit", SOURCE, True),
        Feature("ln_likelihood_per_point", "", "log likelihood over number of points", SOURCE, True),
    ]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    lc = inputs.lightcurves
    log_stretch, log_distance = np.log1p(lc.rest_redshift), np.log(lc.luminosity_distance)
    values = []
    for band in SLOTS:
        fit = inputs.tables["fits/matern"][band]
        known = np.where(fit["status"] == 0, 1.0, np.nan)
        length, sigma = fit["ln_length"] * known, fit["ln_sigma"] * known
        likelihood = fit["ln_likelihood"] * known
        values.append(
            [
                length,
                fit["ln_length_err"] * known,
                length - log_stretch,
                sigma,
                fit["ln_sigma_err"] * known,
                sigma + 0.5 * np.log(3.0) - (length - log_stretch),
                sigma + 2.0 * log_distance,
                fit["mean"] * np.exp(-sigma),
                likelihood,
                likelihood / np.maximum(fit["n_points"], 1),
            ]
        )
    in_order = [values[band][i] for i in range(len(values[0])) for band in range(len(SLOTS))]
    return dict(zip(columns("matern", features(config)), in_order, strict=True))
