"""Put features on one scale, for learners that need it: normal scores of ranks, with missing values in the middle."""

import weakref
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from mallorn.io.received import read_arrays
from mallorn.runtime.arrays import OfArrays

__all__ = ["NEEDS", "PARAMETERS", "Scaling", "apply", "fit", "fit_scaling", "importance", "load", "save"]

NEEDS = ("features",)

PARAMETERS = ()

_LIMIT = 3.0
"""Largest absolute score, since the lowest and the highest fitted value of a feature would have infinite ones."""

_FILE = "scaling.npz"
_PACKED = "steps"
_SIGN = np.uint32(1 << 31)
_SHIFTS = (24, 16, 8, 0)

_COLUMNS = 32
"""Number of features that are copied at a time, so that the values of each lie side by side."""

_FEW = 8
"""Number of objects up to which a loop over objects is faster than one over features."""


class Scaling(NamedTuple):
    """A scaling of p features: `quantiles` (K, p) at equal steps from 0 to 1, and the `mean` (p,) of the fitted scores.

    The quantiles of a feature without values are NaN.
    """

    quantiles: np.ndarray
    mean: np.ndarray

    def transform(self, features):
        """Return features (n, p) as normal scores of their ranks, less the mean, 0 where missing: (n, p) float32.

        The score of a quantile is the normal quantile of its share. Scores of values in between are interpolated. A
        value that equals several quantiles has the middle of their lowest and highest scores. Values beyond the
        quantiles have the score of the first or last.
        """
        mean, (fitted, scores) = self.mean.astype(np.float32), _KNOWN.of(features).get("scores", (None, None))
        if fitted is None or fitted() is not self.quantiles:
            return _scores(self.quantiles, features, mean)
        return np.where(np.isnan(scores), np.float32(0), scores - mean)


def fit_scaling(features, n_quantiles=200):
    """Return the `Scaling` of features (n, p), NaN where missing."""
    quantiles = _quantiles(features, n_quantiles).astype(features.dtype)
    scores = _scores(quantiles, features)
    _KNOWN.of(features)["scores"] = weakref.ref(quantiles), scores
    known = ~np.isnan(scores)
    count = known.sum(axis=0)
    mean = np.divide(
        np.where(known, scores, 0).astype(float).sum(axis=0), count, out=np.zeros(len(count)), where=count > 0
    )
    return Scaling(quantiles, mean)


def fit(part, params, seed, threads):
    """Return the `Scaling` of the features of a training part; see `mallorn.learning.transforms.transform`."""
    return fit_scaling(part.dataset.features.values)


def apply(state, dataset):
    """Return the objects with normal scores as features."""
    return dataset.with_features(dataset.features.columns, state.transform(dataset.features.values))


def importance(state, importance):
    """Return the importances (p,), 0 for a constant feature."""
    return importance * (state.quantiles[0] < state.quantiles[-1])


def save(state, folder):
    """Write the quantiles and means as numpy's npz; quantiles of float32 as `_packed`, which is a third smaller."""
    name, pack = (_PACKED, _packed) if state.quantiles.dtype == np.float32 else ("quantiles", np.asarray)
    np.savez_compressed(Path(folder, _FILE), **{name: pack(state.quantiles), "mean": state.mean})


def load(folder):
    """Return the `Scaling` that `save` wrote."""
    numbers = read_arrays(Path(folder, _FILE))
    quantiles = _unpacked(numbers[_PACKED]) if _PACKED in numbers else numbers["quantiles"]
    return Scaling(quantiles, numbers["mean"])


def _packed(quantiles):
    """Return bytes (4, p, K) uint8 that hold float32 quantiles (K, p) to the bit, and that compress well.

    Numbers that ascend have bits that ascend, once those of negative ones are turned about. Their differences are
    small, so that most of their first bytes are 0; these stand together.
    """
    bits = _ascending_bits(np.ascontiguousarray(quantiles.T))
    steps = np.diff(bits, axis=1, prepend=np.uint32(0))
    return np.stack([steps >> np.uint32(shift) & np.uint32(255) for shift in _SHIFTS]).astype(np.uint8)


def _unpacked(packed):
    """Return the quantiles (K, p) float32 that were `_packed`."""
    steps = sum(part.astype(np.uint32) << np.uint32(shift) for part, shift in zip(packed, _SHIFTS, strict=True))
    bits = np.cumsum(steps, axis=1, dtype=np.uint32)
    return np.ascontiguousarray(np.where(bits & _SIGN, bits & ~_SIGN, ~bits).view(np.float32).T)


def _ascending_bits(values):
    """Return numbers uint32 that ascend as float32 values do."""
    bits = values.view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _in_order(column):
    """Return the numbers of the objects (n,) in ascending order of a feature; missing values are first or last."""
    if column.dtype != np.float32:
        return np.argsort(column)
    # numpy sorts numbers of 64 bits in a third of the time
    keys = _ascending_bits(np.ascontiguousarray(column)).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(column), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.intp)


def _quantiles(features, number):
    """Return the quantiles (number, p) of features (n, p), to the bit as `numpy.quantile` of what is known of each."""
    ascending, known = np.sort(features, axis=0), np.sum(~np.isnan(features), axis=0)  # what is missing comes last
    at = np.linspace(0, 1, number)[:, None] * (known - 1)
    below = np.maximum(np.floor(at), 0).astype(np.intp)
    above, column = np.minimum(below + 1, np.maximum(known - 1, 0)), np.arange(features.shape[1])
    left, right, share = ascending[below, column].astype(float), ascending[above, column].astype(float), at - below
    found = np.where(share < 0.5, left + (right - left) * share, right - (right - left) * (1 - share))
    return np.where(known > 0, np.where(below == above, left, found), np.nan)


def _scores(quantiles, features, mean=None):
    """Return the scores (n, p), NaN where missing; with `mean` (p,), these less it, 0 where missing."""
    at = _normal_quantiles(len(quantiles))
    if len(features) <= _FEW:
        scores = np.stack([_of_object(quantiles, at, values) for values in features.astype(float)]).astype(np.float32)
        return scores if mean is None else np.nan_to_num(scores - mean)
    scores, (ascending, order) = np.empty(features.shape, dtype=np.float32), _ascending(features)
    for begin in range(0, features.shape[1], _COLUMNS):
        here = slice(begin, begin + _COLUMNS)
        block = np.empty((len(order[here]), len(features)), dtype=np.float32)
        for found, values, rows, steps in zip(block, ascending[here], order[here], quantiles[:, here].T, strict=True):
            found[rows] = _of_feature(steps.astype(float), at, values.astype(float))
        if mean is not None:
            block -= mean[here, None]
            block[np.isnan(block)] = 0
        scores[:, here] = block.T
    return scores


def _of_feature(quantiles, at, values):
    """Return the scores (n,) of values of one feature; it takes a fifth of the time if the values ascend."""
    found = np.interp(values, quantiles, at)
    if np.any(quantiles[1:] == quantiles[:-1]):
        # a search from the left meets a run of equal quantiles at its upper end, from the right at its lower end
        found = (found - np.interp(-values, -quantiles[::-1], -at[::-1])) / 2
    return found


@lru_cache(maxsize=8)
def _normal_quantiles(number):
    return np.clip(ndtri(np.linspace(0, 1, number)), -_LIMIT, _LIMIT)


_KNOWN = OfArrays()
"""Of features: their scores by the quantiles that were fitted to them last, and their order. All fits of a model give
scores to the same objects outside, and training transforms the same objects up to twice. Of quantiles: their ties."""


def _ascending(features):
    """Return the values of each feature in ascending order, and the numbers of their objects, (p, n) each."""
    known = _KNOWN.of(features)
    if "order" not in known:
        n, p = features.shape
        ordered = np.empty((p, n), features.dtype), np.empty((p, n), np.min_scalar_type(n))
        for column, values, order in zip(features.T, *ordered, strict=True):
            rows = _in_order(column)
            values[:], order[:] = column[rows], rows
        known["order"] = ordered
    return known["order"]


def _ties(quantiles):
    """Return which features (m,) have quantiles (K, p) that are equal, and the quantiles (K, m) of these, mirrored."""
    known = _KNOWN.of(quantiles)
    if "ties" not in known:
        tied = np.flatnonzero(np.any(quantiles[1:] == quantiles[:-1], axis=0))
        known["ties"] = tied, -quantiles[::-1, tied]
    return known["ties"]


def _of_object(quantiles, at, values):
    """Return the scores (p,) of one object's features: to the bit those of `_of_feature`."""
    tied, mirrored = _ties(quantiles)
    found = _interpolated(values, quantiles, at)
    if len(tied):
        found[tied] = (found[tied] - _interpolated(-values[tied], mirrored, -at[::-1])) / 2
    return found


def _interpolated(x, xp, fp):
    """Return `numpy.interp(x[k], xp[:, k], fp)` of all k, (p,). x (p,), xp (K, p) ascending or NaN, fp (K,)."""
    columns, below, flat = np.arange(len(x)), np.zeros(len(x), dtype=np.int64), xp.ravel()
    step = 1 << (len(fp) - 1).bit_length()
    while step:  # the number of values up to x, in steps: whether it is at least `step` more
        more = below + step
        at_most = flat.take((np.minimum(more, len(fp)) - 1) * len(x) + columns) <= x
        below = np.where((more <= len(fp)) & at_most, more, below)
        step >>= 1
    below = below - 1
    left = np.clip(below, 0, len(fp) - 2)
    low, high = xp[left, columns].astype(float), xp[left + 1, columns].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (fp[left + 1] - fp[left]) / (high - low)
        found = slope * (x - low) + fp[left]
    found = np.where(below >= len(fp) - 1, fp[-1], np.where(x < xp[0], fp[0], found))
    return np.where(np.isnan(x) | np.isnan(xp[0]), np.nan, found)
