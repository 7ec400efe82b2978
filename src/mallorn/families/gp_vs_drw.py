"""Is the light curve smooth, or a random walk? Compare Matern-3/2 processes with damped random walks.

Both have three parameters (amplitude, time scale, mean), and Akaike's criterion decides between them as the likelihoods
do. Against a constant flux, which has one parameter, it charges both for two more. Some features measure how well the
passbands agree.
"""

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "constant_log_likelihood", "extract", "features"]

NEEDS = ("lightcurves", "fits/drw", "fits/matern")

AKAIKE = "Akaike 1974, IEEE TAC 19, 716"
KELLY = "Kelly, Bechtold and Siemiginowska 2009, ApJ 698, 895"


def features(config):
    """Return the `Feature` list of this family; it has no settings."""
    return [
        Feature("ln_ratio", "", "log likelihood of Matern-3/2 minus that of DRW", "", True),
        Feature("ln_ratio_per_point", "", "ln_ratio over number of points", "", True),
        Feature("aic", "", "AIC of DRW minus AIC of Matern-3/2", AKAIKE, True),
        Feature("drw_aic", "", "AIC of a constant flux minus AIC of DRW", AKAIKE, True),
        Feature("matern_aic", "", "AIC of a constant flux minus AIC of Matern-3/2", AKAIKE, True),
        Feature("ln_ratio_per_point_mean", "", "mean of ln_ratio_per_point over passbands", ""),
        Feature("ln_ratio_per_point_sd", "", "standard deviation of ln_ratio_per_point over passbands", ""),
        Feature("ln_ratio_per_point_min", "", "smallest ln_ratio_per_point", ""),
        Feature("ln_ratio_per_point_max", "", "largest ln_ratio_per_point", ""),
        Feature("ln_ratio_max", "", "largest ln_ratio in absolute value, with its sign", ""),
        Feature("sign_agreement", "", "mean sign of ln_ratio: 1 all Matern-3/2, -1 all DRW", ""),
        Feature("combined", "", "ln_ratio summed over passbands", ""),
        Feature("combined_per_point", "", "ln_ratio summed over passbands, over all their points", ""),
        Feature("tau_cv", "", "coefficient of variation of tau over passbands", KELLY),
        Feature("sigma_cv", "", "coefficient of variation of the DRW's sigma over passbands", KELLY),
        Feature("length_cv", "", "coefficient of variation of the Matern length over passbands", ""),
        Feature("drw_variability", "", "sum over passbands of drw_aic", AKAIKE),
    ]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    drw, matern = ([inputs.tables[f"fits/{name}"][band] for band in SLOTS] for name in ("drw", "matern"))
    known = np.stack([(a["status"] == 0) & (b["status"] == 0) for a, b in zip(drw, matern, strict=True)])

    def each(fits, name):
        return np.where(known, np.stack([fit[name] for fit in fits]), np.nan)

    points = each(drw, "n_points")
    log_drw, log_matern = each(drw, "ln_likelihood"), each(matern, "ln_likelihood")
    ratio = log_matern - log_drw
    per_point = ratio / points
    constant = constant_log_likelihood(inputs.lightcurves.dereddened().in_slots())
    drw_aic, matern_aic = 2.0 * (log_drw - constant) - 4.0, 2.0 * (log_matern - constant) - 4.0

    n_bands = known.sum(axis=0)
    some = np.where(n_bands > 0, 1.0, np.nan)
    strongest = np.argmax(np.where(known, np.abs(ratio), -1.0), axis=0)
    values = [*ratio, *per_point, *(2.0 * ratio), *drw_aic, *matern_aic]
    values += [
        _mean(per_point, known),
        _sd(per_point, known),
        np.where(known, per_point, np.inf).min(axis=0) * some,
        np.where(known, per_point, -np.inf).max(axis=0) * some,
        ratio[strongest, np.arange(len(strongest))],
        _mean(np.sign(ratio), known),
        np.nansum(ratio, axis=0) * some,
        np.nansum(ratio, axis=0) / np.where(n_bands > 0, np.nansum(points, axis=0), np.nan),
        _variation(np.exp(each(drw, "ln_tau")), known),
        _variation(np.exp(each(drw, "ln_sigma")), known),
        _variation(np.exp(each(matern, "ln_length")), known),
        np.nansum(drw_aic, axis=0) * some,
    ]
    return dict(zip(columns("gp_vs_drw", features(config)), values, strict=True))


def constant_log_likelihood(lightcurves):
    """Return the log likelihood (B, n) of a constant flux in each passband, at its weighted mean; 0 without points."""
    lc = lightcurves
    cell = lc.band.astype(np.intp) * len(lc) + lc.owner
    shape = (len(lc.passbands), len(lc))

    def total(values):
        return np.bincount(cell, values, minlength=shape[0] * shape[1])

    weight = lc.flux_err**-2.0
    precision = total(weight)
    mean = total(weight * lc.flux) / np.where(precision > 0.0, precision, 1.0)
    chi2 = total(weight * (lc.flux - mean[cell]) ** 2)
    return -(0.5 * chi2 + total(np.log(lc.flux_err)) + 0.5 * np.log(2.0 * np.pi) * total(None)).reshape(shape)


def _mean(values, known):
    count = known.sum(axis=0)
    return np.where(known, values, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)


def _sd(values, known):
    """Sample standard deviation over passbands, NaN for fewer than two."""
    count = known.sum(axis=0)
    squares = np.where(known, (values - _mean(values, known)) ** 2, 0.0).sum(axis=0)
    return np.sqrt(squares / np.where(count > 1, count - 1, np.nan))


def _variation(values, known):
    return _sd(values, known) / _mean(values, known)
