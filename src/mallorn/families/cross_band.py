"""How the light curves of two passbands are related: correlation, lag, colour of the variable part.

For each pair of bands (a, b), points within `match` rest-frame days of each other count as simultaneous. The ratio k in
f_a = k f_b comes from orthogonal regression with both errors (Deming 1943), after dividing each flux by its band's
root-mean-square error: the angle is atan2(2 Sxy, Sxx - Syy) / 2. The lag is the centroid of the discrete correlation
function (Edelson & Krolik 1988, ApJ 333, 646) above `centroid` of its highest value.
"""

import numpy as np

from mallorn.curves.segments import Segments, divide, rest_days
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves",)

_EDELSON = "Edelson & Krolik 1988, ApJ 333, 646"
_DEMING = "Deming 1943, Statistical Adjustment of Data"
_WILHITE = "Wilhite et al. 2005, ApJ 633, 638"
_VAUGHAN = "Vaughan et al. 2003, MNRAS 345, 1271"


def features(config):
    """Return the features of each pair of bands, then the mean over the pairs."""
    listed = []
    for a, b in config["pairs"]:
        of_pair = [
            Feature(f"matched_{a}_{b}", "", f"number of {a} and {b} points seen together", _EDELSON),
            Feature(f"correlation_{a}_{b}", "", f"correlation of {a} and {b} flux seen together", _EDELSON),
            Feature(f"ratio_{a}_{b}", "rad", f"angle of {a} over {b} flux, atan k", _DEMING),
            Feature(f"ratio_chi2_{a}_{b}", "", f"reduced chi-square about a constant {a} over {b} flux", _DEMING),
            Feature(f"variable_ratio_{a}_{b}", "rad", f"angle of {a} over {b} flux about their means", _WILHITE),
            Feature(f"variable_chi2_{a}_{b}", "", "reduced chi-square about the line through the means", _WILHITE),
            Feature(f"variability_{a}_{b}", "", f"share of {a} in the variance of both beyond the errors", _VAUGHAN),
            Feature(f"lag_{a}_{b}", "d", f"rest-frame time by which {b} follows {a}", _EDELSON),
            Feature(f"lag_peak_{a}_{b}", "", f"highest discrete correlation of {a} and {b}", _EDELSON),
        ]
        listed += [feature._replace(slots=(a, b)) for feature in of_pair]
    listed += [
        Feature("correlation_mean", "", "mean correlation of the pairs, weighted by their matched points", _EDELSON),
        Feature("ratio_chi2_mean", "", "mean reduced chi-square about constant ratios, weighted likewise", _DEMING),
        Feature("variable_chi2_mean", "", "mean reduced chi-square about variable ratios, weighted likewise", _WILHITE),
    ]
    return listed


def extract(inputs, config):
    """Return the columns; NaN where fewer than `min_matched` points are seen together."""
    lightcurves = inputs.lightcurves.dereddened().in_slots()
    found = {}
    for a, b in config["pairs"]:
        pair = _pair(lightcurves, SLOTS.index(a), SLOTS.index(b), config)
        found |= {f"{name}_{a}_{b}": value for name, value in pair.items()}
    for name in ("correlation", "ratio_chi2", "variable_chi2"):
        values = np.array([found[f"{name}_{a}_{b}"] for a, b in config["pairs"]])
        counts = np.where(np.isfinite(values), [found[f"matched_{a}_{b}"] for a, b in config["pairs"]], 0.0)
        found[f"{name}_mean"] = divide((np.nan_to_num(values) * counts).sum(axis=0), counts.sum(axis=0))
    return {name: found[name.removeprefix("cross_band__")] for name in columns("cross_band", features(config))}


def _pair(lightcurves, a, b, config):
    lc = lightcurves.where((lightcurves.band == a) | (lightcurves.band == b))
    time, segments = rest_days(lc), Segments(lc.start)
    mean, variance, error = (np.empty((2, len(lc))) for _ in range(3))
    for k, band in enumerate((a, b)):
        here = lc.band == band
        one, flux, noise = segments.where(here), lc.flux[here], lc.flux_err[here]
        mean[k] = one.mean(flux)
        variance[k] = one.mean((flux - mean[k][one.owner]) ** 2)
        error[k] = np.sqrt(one.mean(noise**2))

    reach = max(config["match"], config["lags"]["reach"])
    i, j = segments.pairs(time, reach)
    other = lc.band[i] != lc.band[j]
    pairs, i, j = segments.of_pairs(i).where(other), i[other], j[other]
    first, second = np.where(lc.band[i] == a, i, j), np.where(lc.band[i] == a, j, i)
    lag = time[second] - time[first]

    together = np.abs(lag) <= config["match"]
    matched, i, j = pairs.where(together), first[together], second[together]
    enough = matched.count >= config["min_matched"]
    x, y = lc.flux[j], lc.flux[i]
    ex, ey = lc.flux_err[j], lc.flux_err[i]
    owner = matched.owner
    dx, dy = x - matched.mean(x)[owner], y - matched.mean(y)[owner]
    ratio, chi2 = _line(matched, x, y, ex, ey, error)
    variable_ratio, variable_chi2 = _line(matched, dx, dy, ex, ey, error)
    excess = np.maximum(variance - error**2, 0.0)
    found = {
        "correlation": divide(matched.sum(dx * dy), np.sqrt(matched.sum(dx**2) * matched.sum(dy**2))),
        "ratio": ratio,
        "ratio_chi2": chi2,
        "variable_ratio": variable_ratio,
        "variable_chi2": variable_chi2,
    }
    found = {name: np.where(enough, value, np.nan) for name, value in found.items()}
    delay, height = _lag(lc, pairs, first, second, lag, mean, variance, config)
    return found | {
        "matched": matched.count.astype(float),
        "variability": divide(excess[0], excess.sum(axis=0)),
        "lag": delay,
        "lag_peak": height,
    }


def _line(matched, x, y, ex, ey, error):
    """Return angle (n,) and reduced chi-square (n,) of y = k x; `error` (2, n): typical of y's and of x's band."""
    sy, sx = error
    sxx, syy, sxy = (matched.sum(v) for v in (x**2, y**2, x * y))
    angle = 0.5 * np.arctan2(2.0 * divide(sxy, sx * sy), divide(sxx, sx**2) - divide(syy, sy**2))
    angle = np.arctan2(np.sin(angle) * sy, np.cos(angle) * sx)
    sine, cosine = np.sin(angle)[matched.owner], np.cos(angle)[matched.owner]
    chi2 = (cosine * y - sine * x) ** 2 / ((cosine * ey) ** 2 + (sine * ex) ** 2)
    return angle, divide(matched.sum(chi2), matched.count - 1)


def _lag(lc, pairs, first, second, lag, mean, variance, config):
    """Return the centroid (n,), days, and the height (n,) of the peak of the discrete correlation function."""
    owner = pairs.owner
    product = (lc.flux[first] - mean[0][owner]) * (lc.flux[second] - mean[1][owner])
    product = divide(product, np.sqrt(variance[0] * variance[1])[owner])
    reach, step = config["lags"]["reach"], config["lags"]["step"]
    centres = np.arange(-reach + 0.5 * step, reach, step)
    function = []
    for centre in centres:
        inside = (lag >= centre - 0.5 * step) & (lag < centre + 0.5 * step)
        chosen = pairs.where(inside)
        function.append(np.where(chosen.count >= config["lags"]["min_pairs"], chosen.mean(product[inside]), np.nan))
    function = np.array(function)
    known = np.isfinite(function)
    height = np.where(known, function, -np.inf).max(axis=0)
    enough = (known.sum(axis=0) > 1) & (height > 0)
    weight = np.where(known & (function >= config["lags"]["centroid"] * height), function, 0.0) * enough
    delay = divide((weight * centres[:, None]).sum(axis=0), weight.sum(axis=0))
    return delay, np.where(known.any(axis=0), np.where(np.isfinite(height), height, 0.0), np.nan)
