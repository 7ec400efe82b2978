"""Structure function of each band: how much the flux differs between points a rest-frame lag apart.

With D = f(t + lag) - f(t) and the errors' share taken away, the first-order structure function is (Simonetti et al.
1985, ApJ 296, 46; in the form of MacLeod et al. 2010, ApJ 721, 1014)

    SF^2(lag) = < D^2 - e_i^2 - e_j^2 >,

averaged over all pairs in a bin of lags. The skewness of D tells a fast rise and a slow fade from the light of AGN,
which is symmetric in time (Kawaguchi et al. 1998, ApJ 504, 671).
"""

import numpy as np

from mallorn.curves.segments import Segments, divide, rest_days
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves",)

_SIMONETTI = "Simonetti et al. 1985, ApJ 296, 46"
_MACLEOD = "MacLeod et al. 2010, ApJ 721, 1014"
_KAWAGUCHI = "Kawaguchi et al. 1998, ApJ 504, 671"
_SCHMIDT = "Schmidt et al. 2010, ApJ 714, 1194"


def features(config):
    """Return the features of each bin of lags per band, then the power law, then the bins over all bands."""
    listed = []
    for name, lags in _described_bins(config):
        listed += [
            Feature(f"sf_{name}", "uJy", f"structure function less errors, 0 if below, {lags}", _MACLEOD, True),
            Feature(f"relative_{name}", "", f"its square over twice the variance, {lags}", _SIMONETTI, True),
            Feature(f"skew_{name}", "", f"skewness about 0 of later less earlier flux, {lags}", _KAWAGUCHI, True),
        ]
    listed += [
        Feature("slope", "", "power-law index over the bins, weighted by their pairs", _SCHMIDT, True),
        Feature("amplitude", "uJy", "that power law at `reference` rest-frame days", _SCHMIDT, True),
    ]
    for name, lags in _described_bins(config):
        listed += [
            Feature(f"all_relative_{name}", "", f"the relative function of all bands' pairs, {lags}", _SIMONETTI),
            Feature(f"all_skew_{name}", "", f"skewness of all bands' scaled differences, {lags}", _KAWAGUCHI),
        ]
    return listed


def extract(inputs, config):
    """Return the columns; NaN in bins with fewer than `min_pairs` pairs."""
    lightcurves = inputs.lightcurves.dereddened().in_slots()
    found, moments = {}, []
    for index, band in enumerate(SLOTS):
        in_band, pooled = _band(lightcurves.in_band(index), config)
        found |= {f"{name}__{band}": value for name, value in in_band.items()}
        moments.append(pooled)
    weight, square, scatter, cube = np.sum(moments, axis=0)
    for k, (name, _) in enumerate(_described_bins(config)):
        found[f"all_relative_{name}"] = 0.5 * divide(square[k], weight[k])
        found[f"all_skew_{name}"] = divide(divide(cube[k], weight[k]), divide(scatter[k], weight[k]) ** 1.5)
    return {name: found[name.split("__", 1)[1]] for name in columns("structure_function", features(config))}


def _band(lightcurves, config):
    """Return {feature: (n,)} of one band, and (4, bins, n), the contributions of its pairs to the sums over bands.

    Over bands, differences are in units of the band's standard deviation and weigh 1 / (1 + error^2).
    """
    time, flux, error = rest_days(lightcurves), lightcurves.flux, lightcurves.flux_err
    segments = Segments(lightcurves.start)
    mean = segments.mean(flux)
    variance = segments.mean((flux - mean[segments.owner]) ** 2)
    i, j = segments.pairs(time, config["lags"][-1])
    pairs = segments.of_pairs(i)
    lag, change, noise = time[j] - time[i], flux[j] - flux[i], error[i] ** 2 + error[j] ** 2

    found, squares, counts, moments = {}, [], [], []
    for (low, high), (name, _) in zip(_bins(config), _described_bins(config), strict=True):
        inside = (lag >= low) & (lag < high)
        chosen, d, e2 = pairs.where(inside), change[inside], noise[inside]
        enough = chosen.count >= config["min_pairs"]
        d2 = d * d
        square = np.where(enough, chosen.mean(d2 - e2), np.nan)
        skew = divide(chosen.mean(d2 * d), chosen.mean(d2) ** 1.5)
        found |= {
            f"sf_{name}": np.sqrt(np.maximum(square, 0.0)),
            f"relative_{name}": divide(square, 2.0 * variance),
            f"skew_{name}": np.where(enough, skew, np.nan),
        }
        squares.append(square)
        counts.append(chosen.count)
        scale = np.sqrt(variance)[chosen.owner]
        d, e2 = divide(d, scale), divide(e2, scale**2)
        weight = np.nan_to_num(1.0 / (1.0 + e2))
        d, e2 = np.nan_to_num(d), np.nan_to_num(e2)
        d2 = d * d
        moments.append([chosen.sum(x) for x in (weight, (d2 - e2) * weight, d2 * weight, d2 * d * weight)])
    return found | _power_law(np.array(squares), np.array(counts), config), np.swapaxes(moments, 0, 1)


def _power_law(square, count, config):
    """Return index and amplitude of a weighted straight line in log SF against log lag, over bins above the errors."""
    middle = np.log10([np.sqrt(max(low, 1.0) * high) for low, high in _bins(config)])[:, None]
    known = np.nan_to_num(square) > 0
    height = 0.5 * np.log10(np.where(known, square, 1.0))
    weight = np.where(known, count, 0.0)
    total = weight.sum(axis=0)
    x = middle - divide((weight * middle).sum(axis=0), total)
    y = height - divide((weight * height).sum(axis=0), total)
    enough = known.sum(axis=0) >= 2
    slope = np.where(enough, divide((weight * x * y).sum(axis=0), (weight * x**2).sum(axis=0)), np.nan)
    reference = np.log10(config["reference"]) - divide((weight * middle).sum(axis=0), total)
    level = divide((weight * height).sum(axis=0), total) + slope * reference
    return {"slope": slope, "amplitude": 10.0**level}


def _bins(config):
    edges = config["lags"]
    return list(zip(edges[:-1], edges[1:], strict=True))


def _described_bins(config):
    """Return (name, description) of each bin of lags."""
    return [(f"{low:g}_{high:g}", f"lags of {low:g} to {high:g} rest-frame days") for low, high in _bins(config)]
