"""Damped random walks of single passbands: their time scale, their strength, and how well they fit.

Fluxes are de-reddened. A passband with too few points, or whose fit failed, gives NaN (the fit's table says why).
"""

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("fits/drw",)

KELLY = "Kelly, Bechtold and Siemiginowska 2009, ApJ 698, 895"
MACLEOD = "MacLeod et al. 2010, ApJ 721, 1014"


def features(config):
    """Return the `Feature` list of this family; it has no settings."""
    return [
        Feature("ln_tau", "ln d", "damping time, observed frame", KELLY, True),
        Feature("ln_tau_err", "", "standard error of ln_tau", KELLY, True),
        Feature("ln_tau_rest", "ln d", "damping time, rest frame", MACLEOD, True),
        Feature("ln_sigma", "ln uJy", "standard deviation of the process", KELLY, True),
        Feature("ln_sigma_err", "", "standard error of ln_sigma", KELLY, True),
        Feature("ln_sf_inf", "ln uJy", "structure function at long lags, sqrt(2) sigma", MACLEOD, True),
        Feature("ln_sigma_hat", "ln uJy d-1/2", "rest-frame short-term amplitude, sigma sqrt(2 / tau)", MACLEOD, True),
        Feature("ln_luminosity", "ln uJy Mpc2", "sigma times luminosity distance squared", MACLEOD, True),
        Feature("ln_amplitude_ratio", "", "ln of sigma over the absolute constant mean", KELLY, True),
        Feature("ln_likelihood", "", "log likelihood at the best fit", KELLY, True),
        Feature("ln_likelihood_per_point", "", "log likelihood over number of points", KELLY, True),
    ]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    lc = inputs.lightcurves
    log_stretch, log_distance = np.log1p(lc.rest_redshift), np.log(lc.luminosity_distance)
    values = []
    for band in SLOTS:
        fit = inputs.tables["fits/drw"][band]
        known = np.where(fit["status"] == 0, 1.0, np.nan)
        tau, sigma = fit["ln_tau"] * known, fit["ln_sigma"] * known
        likelihood = fit["ln_likelihood"] * known
        values.append(
            [
                tau,
                fit["ln_tau_err"] * known,
                tau - log_stretch,
                sigma,
                fit["ln_sigma_err"] * known,
                sigma + 0.5 * np.log(2.0),
                sigma + 0.5 * (np.log(2.0) - (tau - log_stretch)),
                sigma + 2.0 * log_distance,
                sigma - np.log(np.abs(fit["mean"])),
                likelihood,
                likelihood / np.maximum(fit["n_points"], 1),
            ]
        )
    in_order = [values[band][i] for i in range(len(values[0])) for band in range(len(SLOTS))]
    return dict(zip(columns("drw", features(config)), in_order, strict=True))
