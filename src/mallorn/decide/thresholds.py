"""Rules that choose a threshold on a probability, and the cross-fitted choice that scores them honestly.

A rule takes (target, probability) of labelled out-of-fold predictions and returns the threshold t; the decision is
`probability >= t`. Thresholds lie midway between two neighbouring probabilities, so that no prediction sits on one.

Every rule can be asked for another population, in which a `fraction` of the objects are targets: targets and others
are then weighted so that they make up that fraction, as if each class looked the same there (prior shift).
"""

import numpy as np

from mallorn.errors import ConfigError
from mallorn.metrics import sums_down_to

__all__ = [
    "RULES",
    "choose",
    "cross_fitted_thresholds",
    "expected_count",
    "maximum_expected_f1",
    "maximum_f1",
    "wanted_precision",
]

_TIMES, _SPARE = 2.0, 64
"""Objects that decide on a threshold, for each one to be chosen and besides. If they do not suffice, all are taken."""

RULES = ("maximum_f1", "expected_count", "wanted_precision", "maximum_expected_f1")


def maximum_f1(target, probability, fraction=None, weight=None):
    """Return the threshold with the highest F1."""
    p, hits, chosen = _cuts(target, probability, fraction, weight)
    return _midway(p, chosen, np.argmax(_ratio(2.0 * hits, chosen + hits[..., -1:]), axis=-1))


def expected_count(target, probability, ratio, fraction=None, weight=None, rows=None):
    """Return the threshold that chooses `ratio` times as many objects as there are targets, or as near as ties allow.

    It scatters less than the threshold of the highest F1, which rests on a handful of objects. rows (n,): places of the
    objects in the last axis of `weight`, their own by default.
    """
    target = np.asarray(target)
    if weight is not None and fraction is None and (target == 1).any():
        most = _SPARE + int(_TIMES * ratio * np.sum(target == 1))
        found = _of_count(*_first_cuts(target, probability, weight, rows, most), ratio, False)
        if found is not None:
            return found
    return _of_count(*_cuts(target, probability, fraction, _taken(weight, rows), each=False), ratio, True)


def _of_count(p, targets, chosen, ratio, whole):
    """Return the threshold of `expected_count`, by the cuts that `_cuts` returns.

    whole: whether these are all cuts. If not, None is returned where cuts further down may play a part.
    """
    if not len(p):
        return None
    count = ratio * targets[..., 0]
    above = np.minimum(_first(chosen, count), len(p) - 1)  # the nearest is there, or the first with as many as before
    if not whole and not np.all(chosen[..., -1] > _at(chosen, above)):
        return None
    below = _first(chosen, _at(chosen, np.maximum(above - 1, 0)))
    nearer = np.abs(_at(chosen, below) - count) <= np.abs(_at(chosen, above) - count)
    return _midway(p, chosen, np.where(nearer, below, above))


def wanted_precision(target, probability, precision, fraction=None, weight=None):
    """Return the lowest threshold with at least this `precision`; if there is none, that of the highest precision."""
    p, hits, chosen = _cuts(target, probability, fraction, weight)
    achieved = _ratio(hits, chosen)
    enough = achieved >= precision
    last = len(p) - 1 - np.argmax(enough[..., ::-1], axis=-1)
    return _midway(p, chosen, np.where(enough.any(axis=-1), last, np.argmax(achieved, axis=-1)))


def maximum_expected_f1(probability, fraction=None, weight=None):
    """Return the threshold with the highest expected F1 of calibrated probabilities (n,), without reading a label.

    E[F1] of the k most probable objects is taken as 2 sum_{i <= k} p_i / (k + sum_i p_i), the ratio of expectations
    (Lipton, Elkan & Narayanaswamy 2014, ECML: the best threshold is half the best F1).
    """
    return maximum_f1(probability, probability, fraction, weight)


def choose(options, target, probability, weight=None, rows=None):
    """Return the threshold by the rule of the block `threshold` of config.yaml.

    options: {"rule": one of `RULES`, "ratio": argument of expected_count, "precision": argument of wanted_precision,
    "fraction": expected fraction of targets among the objects to decide on, or None for that of `target`}.
    weight: (n,) of the objects, where 2 counts an object twice, or (..., n) for thresholds (...). rows (n,): places of
    the objects in its last axis, which may be longer; their own by default.
    """
    rule, fraction = options["rule"], options["fraction"]
    if rule == "expected_count":
        return expected_count(target, probability, options["ratio"], fraction, weight, rows)
    weight = _taken(weight, rows)
    if rule == "maximum_f1":
        return maximum_f1(target, probability, fraction, weight)
    if rule == "wanted_precision":
        return wanted_precision(target, probability, options["precision"], fraction, weight)
    if rule == "maximum_expected_f1":
        return maximum_expected_f1(probability, fraction, weight)
    raise ConfigError(f"threshold.rule: expected one of {', '.join(RULES)}, found {rule!r}")


def cross_fitted_thresholds(options, target, probability, fold):
    """Return the threshold (n,) of each object's fold, chosen on the predictions of all other folds.

    target, probability, fold: (n,) out-of-fold predictions of one repeat; options as in `choose`.
    """
    threshold = np.empty(len(fold))
    for k in np.unique(fold):
        inside = fold == k
        threshold[inside] = choose(options, target[~inside], probability[~inside])
    return threshold


def _taken(weight, rows):
    return weight if weight is None or rows is None else np.take(weight, rows, axis=-1)


def _first_cuts(target, probability, weight, rows, most):
    """Return what `_cuts` does without `each`, of the cuts among the `most` most probable objects alone.

    target (n,) 0 or 1, with at least one 1; weight: (..., N), in which objects have the places `rows` (n,).
    """
    probability, weight = np.asarray(probability, dtype=float), np.asarray(weight, dtype=float)
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    last = last[last < most]
    place = order if rows is None else rows[order]
    targets = np.take(weight, place[target[order] == 1], axis=-1)
    chosen = np.cumsum(np.take(weight, place[:most], axis=-1), axis=-1)[..., last]
    return probability[order][last], np.cumsum(targets, axis=-1)[..., -1:], chosen


def _cuts(target, probability, fraction, weight, each=True):
    """Return (p (K,), hits, chosen (..., K)): distinct probabilities, highest first; targets and objects from each on.

    target (n,): 0 or 1, or the chance of 1; hits are then expected ones. weight: (..., n) of the objects, or None. If
    `fraction` is not None, targets and others are weighted so that their shares are `fraction` and 1 - `fraction`.
    each: whether hits are wanted from each cut on; else those of the last are returned, (..., 1).
    """
    target, probability = np.asarray(target, dtype=float), np.asarray(probability, dtype=float)
    weight = np.ones(len(target)) if weight is None else np.asarray(weight, dtype=float)
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    target, weight = target[order], np.take(weight, order, axis=-1)
    if np.isin(target, (0.0, 1.0)).all():
        hits, chosen = sums_down_to(target.astype(np.int64), weight, last, each or fraction is not None)
    else:
        hits, chosen = (np.cumsum(values, axis=-1)[..., last] for values in (weight * target, weight))
    if fraction is not None:
        others = chosen - hits
        positives, negatives = hits[..., -1:], others[..., -1:]
        mixed = (positives > 0) & (negatives > 0)
        total = positives + negatives
        hits = hits * np.divide(fraction * total, positives, out=np.ones_like(total), where=mixed)
        others = others * np.divide((1.0 - fraction) * total, negatives, out=np.ones_like(total), where=mixed)
        chosen = hits + others
    return probability[order][last], hits if each else hits[..., -1:], chosen


def _ratio(top, bottom):
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _midway(p, chosen, k):
    """Return the mean of the lowest probability that cut k chooses and the highest that it does not, if there is one.

    Probabilities whose objects all have weight 0 do not count.
    """
    at = _at(chosen, k)
    lowest, following = _first(chosen, at), _first(chosen, at, beyond=True)
    following = np.where(following < len(p), following, lowest)
    middle = 0.5 * (p[lowest] + p[following])
    return float(middle) if np.ndim(middle) == 0 else middle


def _at(values, k):
    """Return values[..., k], (...), for k (...)."""
    return np.take_along_axis(values, np.asarray(k)[..., None], axis=-1)[..., 0]


def _first(values, limit, beyond=False):
    """Return the first index (...) at which ascending `values` (..., K) reach `limit` (...), or are `beyond` it.

    It is K where none does.
    """
    size = values.shape[-1]
    found, step = np.zeros(np.shape(limit), dtype=np.int64), 1 << (size.bit_length() - 1)
    while step:  # the number of values before it, in steps: whether it is at least `step` more
        more = found + step
        last = _at(values, np.minimum(more, size) - 1)
        found = np.where((more <= size) & (last <= limit if beyond else last < limit), more, found)
        step >>= 1
    return found
