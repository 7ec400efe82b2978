"""Say whether the errors of light curves look like none: all the same, or inverse variances."""

import numpy as np

__all__ = ["error_words"]

_FEWEST_POINTS = 6  # of an object, to tell whether its errors are all the same
_SAME = 1e-5  # relative scatter of errors that are all the same, with the rounding of files
_NEAR = 4.0  # days between points whose difference is mostly noise
_FEWEST_PAIRS = 100
_AGAINST = -0.2
"""Rank correlation of differences with errors below which errors are doubted: +.4 to +.6 in real surveys, and the same
with the other sign if inverse variances stand for errors (docs/reference/inputs.md)."""


def error_words(curves):
    """Return sentences on errors of `LightCurves` that look like none; there may be none.

    - All errors of an object are the same, or all are the same share of the flux. A placeholder looks like that.
    - Where errors are larger, points that are near in time differ less. Inverse variances look like that.
    """
    sentences, (same, told) = [], _same_errors(curves)
    if same.any():
        names = ", ".join(map(str, curves.object_id[same][:3])) + (", ..." if same.sum() > 3 else "")
        sentences.append(
            f"all errors are the same, or the same share of the flux, for {same.sum()} of {told} objects ({names}): if "
            "they are placeholders, probabilities mean nothing"
        )
    difference, error = _near_pairs(curves)
    if len(error) >= _FEWEST_PAIRS and _rank_correlation(difference, error) < _AGAINST:
        sentences.append("points with larger errors scatter less: are the errors inverse variances, or weights?")
    return sentences


def _same_errors(curves):
    """Return whether all errors of each object are the same (n,), and the number of objects with enough points."""
    n, enough = len(curves), curves.n_points >= _FEWEST_POINTS
    same = np.zeros(n, dtype=bool)
    share = curves.flux_err / np.where(curves.flux == 0.0, np.nan, np.abs(curves.flux))  # NaN is like nothing
    for values in (curves.flux_err, share):
        low, high = np.full(n, np.inf), np.full(n, -np.inf)
        with np.errstate(invalid="ignore"):
            np.minimum.at(low, curves.owner, values)
            np.maximum.at(high, curves.owner, values)
            same |= high - low <= _SAME * high
    return same & enough, int(enough.sum())


def _near_pairs(curves):
    """Return the differences of points of a passband that are near in time, without sign, and their errors."""
    order = np.lexsort((curves.mjd, curves.band, curves.owner))
    owner, band, mjd = curves.owner[order], curves.band[order], curves.mjd[order]
    flux, error = curves.flux[order], curves.flux_err[order]
    near = (np.diff(owner) == 0) & (np.diff(band) == 0) & (np.diff(mjd) < _NEAR)
    return np.abs(np.diff(flux))[near], np.hypot(error[1:], error[:-1])[near]


def _rank_correlation(a, b):
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (a, b)]
    return np.corrcoef(*ranks)[0, 1]
