"""Scores of probabilities and decisions against labels, in numpy, and their spread over events.

Every score takes weights of the objects, so that a bootstrap need not copy them: a weight of 2 is the object twice.
Weights (n,) give a number. Weights (..., n) give an array (...), one number for each set of weights.
"""

import warnings
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from mallorn.seeds import generator

__all__ = [
    "Sums",
    "average_precision",
    "bootstrap",
    "bootstrap_weights",
    "brier",
    "calibration_errors_by_chance",
    "calibration_table",
    "decision_scores",
    "expected_calibration_error",
    "interval",
    "precision_recall",
    "recall_at_precision",
    "roc_auc",
    "sums_at_targets",
    "sums_down_to",
]

_NO_TARGET = "precision and recall need at least one positive label"

_BATCH = 1_000_000
"""Weights held at a time by `bootstrap`."""

_KEPT = 4_000_000
"""Most weights that `bootstrap` keeps for the next time."""


def precision_recall(target, score, weight=None):
    """Return (threshold (K,), precision (..., K), recall (..., K)): one for each distinct score, highest first.

    Decisions are `score >= threshold`. target (n,) 0 or 1; score (n,). Without a positive label of positive weight
    there is no recall: ValueError for one set of weights, NaN among many.
    """
    target, score, weight = _arrays(target, score, weight)
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits, chosen = sums_down_to(target[order], weight[..., order], last)
    positives = hits[..., -1:]
    if weight.ndim == 1 and positives[0] == 0:
        raise ValueError(_NO_TARGET)
    return score[order][last], _ratio(hits, chosen, 0.0), _ratio(hits, positives, np.nan)


def sums_down_to(target, weight, last, each=True):
    """Return the summed weights (..., K) of the targets, and of all, among the objects down to each of `last` (K,).

    target (n,) 0 or 1, weight (..., n). The sums of targets skip all others, whose zeros would change no bit of them.
    each: without it, the sum of targets is that of all of them, (..., 1).
    """
    chosen, hits = np.cumsum(weight, axis=-1), _from_zero(np.take(weight, np.flatnonzero(target), axis=-1))
    hits = np.take(hits, np.cumsum(target)[last], axis=-1) if each else hits[..., -1:]
    return hits, chosen if len(last) == len(target) else chosen[..., last]


class Sums(NamedTuple):
    """Summed weights down to each distinct score that a target has, highest first, and to the lowest score of all.

    hits, chosen (..., H): of the targets, and of all objects, down to it. before (..., H): of all above it. Between two
    of these scores only others are added, which no score below has to look at: targets are few.
    """

    hits: np.ndarray
    chosen: np.ndarray
    before: np.ndarray


def sums_at_targets(target, score, weight=None):
    """Return the `Sums` of target (n,) 0 or 1, score (n,) and weight (..., n)."""
    target, score, weight = _arrays(target, score, weight)
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    targets = np.cumsum(target[order])
    cut = np.union1d(np.flatnonzero(np.diff(targets[last], prepend=0)), len(last) - 1)
    chosen = _from_zero(np.take(weight, order, axis=-1))
    hits = _from_zero(np.take(weight, order[target[order]], axis=-1))
    above = np.append(-1, last)[cut]
    places = targets[last[cut]], last[cut] + 1, above + 1
    return Sums(*(np.take(sums, at, axis=-1) for sums, at in zip((hits, chosen, chosen), places, strict=True)))


def average_precision(target, score, weight=None, sums=None):
    """Return the area under the precision-recall curve by steps, AP = sum_k (R_k - R_{k-1}) P_k.

    The definition of scikit-learn's `average_precision_score`. target (n,) 0 or 1; score (n,). sums: what
    `sums_at_targets` returns of these, if it is known. Without a positive label see `precision_recall`.
    """
    precision, recall = _rates(target, score, weight, sums)
    return _plain(np.sum(np.diff(recall, prepend=0.0, axis=-1) * precision, axis=-1))


def roc_auc(target, score, weight=None, sums=None):
    """Return the chance that a random positive scores above a random negative, ties counting half (Mann-Whitney U).

    NaN if one of the classes is empty. target (n,) 0 or 1; score (n,). sums: see `average_precision`.
    """
    hits, chosen, before = sums_at_targets(target, score, weight) if sums is None else sums
    gained, others = np.diff(hits, prepend=0.0, axis=-1), chosen - hits
    negatives = others[..., -1:]
    below = negatives - 0.5 * (others + before - (hits - gained))
    pairs = hits[..., -1] * negatives[..., 0]
    return _plain(_ratio(np.sum(gained * below, axis=-1), pairs, np.nan))


def decision_scores(target, decision, weight=None):
    """Return {"f1", "precision", "recall"} of decisions (n,) or (..., n) bool; each 0 where its denominator is 0."""
    target, decision, weight = _arrays(target, decision, weight)
    decision = decision > 0
    hits, chosen, positives = (_sum(mask, weight) for mask in (target & decision, decision, target))
    return {
        "f1": _plain(_ratio(2.0 * hits, chosen + positives, 0.0)),
        "precision": _plain(_ratio(hits, chosen, 0.0)),
        "recall": _plain(_ratio(hits, positives, 0.0)),
    }


def recall_at_precision(target, score, precision, weight=None, sums=None):
    """Return the highest recall of any threshold whose precision is at least `precision`; 0 if there is none.

    sums: see `average_precision`.
    """
    achieved, recall = _rates(target, score, weight, sums)
    return _plain(np.where(achieved >= precision, recall, 0.0).max(axis=-1))


def brier(target, probability, weight=None):
    """Return the mean squared difference of probability and target (Brier 1950)."""
    target, probability, weight = _arrays(target, probability, weight)
    return _plain(weight @ (probability - target) ** 2 / weight.sum(axis=-1))


def calibration_table(target, probability, edges, weight=None):
    """Return {"low" (B,), "high" (B,), "count", "probability", "frequency" (..., B)} of bins of probability.

    probability and frequency are the mean of the bin's probabilities and of its targets, NaN in an empty bin.

    edges: (B + 1,) ascending from 0 to 1; a bin holds its lower edge, the last also its upper one.
    """
    target, probability, weight = _arrays(target, probability, weight)
    edges = np.asarray(edges, dtype=float)
    bins = len(edges) - 1
    which = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, bins - 1)
    member = (which[:, None] == np.arange(bins)).astype(float)
    sums = weight @ np.hstack([member, member * probability[:, None], member * target[:, None]])
    count = sums[..., :bins]
    means = [_ratio(total, count, np.nan) for total in (sums[..., bins : 2 * bins], sums[..., 2 * bins :])]
    return {"low": edges[:-1], "high": edges[1:], "count": count, "probability": means[0], "frequency": means[1]}


def expected_calibration_error(table):
    """Return the mean distance of frequency from probability over the objects of a `calibration_table`."""
    distance = np.abs(table["frequency"] - table["probability"])
    return _plain(np.nansum(table["count"] * distance, axis=-1) / table["count"].sum(axis=-1))


def calibration_errors_by_chance(probability, event, edges, rounds, seed):
    """Return the `expected_calibration_error` (rounds,) of labels that are drawn by the probabilities themselves.

    So much is shown by probabilities that hold, since the labels are few. One draw decides on all objects of an event:
    they have one label. probability (n,), event (n,) str, edges (B + 1,).
    """
    events, which = np.unique(np.asarray(event, dtype=str), return_inverse=True)
    rng, found = generator(seed, "calibration by chance"), []
    for _ in range(rounds):
        target = (rng.random(len(events))[which] < probability).astype(int)
        found.append(expected_calibration_error(calibration_table(target, probability, edges)))
    return np.array(found)


def bootstrap_weights(event, target, rounds, seed):
    """Yield `rounds` weights (n,) of the objects: events drawn with replacement, targets and others apart.

    Copies of one event are not independent, and a spread over objects would be too small. Targets and others are drawn
    apart, so that every round has as many events of each as there are; a score has no meaning without both.

    event (n,) str; target (n,) 0 or 1.
    """
    events, event = np.unique(np.asarray(event, dtype=str), return_inverse=True)
    positive = np.bincount(event, np.asarray(target) == 1, len(events)) > 0
    rng = generator(seed, "bootstrap")
    for _ in range(rounds):
        times = np.zeros(len(events))
        for group in (np.flatnonzero(positive), np.flatnonzero(~positive)):
            if len(group):
                times[group] = np.bincount(rng.integers(len(group), size=len(group)), minlength=len(group))
        yield times[event]


def bootstrap(statistics, event, target, rounds, seed):
    """Return {name: (rounds, ...)}: the results of `statistics` for each set of weights from `bootstrap_weights`.

    statistics: function of weights (b, n) that returns {name: array (b, ...)}.
    """
    most, parts = max(1, _BATCH // max(1, len(target))), []
    if rounds * len(target) <= _KEPT:
        draws = iter(_drawn(tuple(np.asarray(event, dtype=str).tolist()), tuple(np.asarray(target) == 1), rounds, seed))
    else:
        draws = bootstrap_weights(event, target, rounds, seed)
    while batch := list(islice(draws, most)):
        parts.append(statistics(np.array(batch)))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@lru_cache(maxsize=1)
def _drawn(event, target, rounds, seed):
    """Return all `bootstrap_weights`, (rounds, n); they are kept, since many models are scored on the same objects."""
    return np.array(list(bootstrap_weights(np.array(event), np.array(target), rounds, seed)))


def interval(values, level):
    """Return (low, high): the central part of `values` (rounds, ...) that holds `level` of them (percentile bootstrap).

    NaN, the value of a score in rounds where it has no meaning, is left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing but NaN
        low, high = np.nanquantile(values, [0.5 * (1.0 - level), 0.5 * (1.0 + level)], axis=0)
    return low, high


def _arrays(target, score, weight):
    target, score = np.asarray(target) == 1, np.asarray(score, dtype=float)
    return target, score, np.ones(len(target)) if weight is None else np.asarray(weight, dtype=float)


def _rates(target, score, weight, sums):
    """Return precision and recall (..., H) at the scores of `Sums`."""
    hits, chosen, _ = sums_at_targets(target, score, weight) if sums is None else sums
    positives = hits[..., -1:]
    if hits.ndim == 1 and positives[0] == 0:
        raise ValueError(_NO_TARGET)
    return _ratio(hits, chosen, 0.0), _ratio(hits, positives, np.nan)


def _from_zero(weight):
    """Return the cumulative sums (..., n + 1) of weights (..., n), the first of nothing."""
    sums = np.zeros((*weight.shape[:-1], weight.shape[-1] + 1))
    np.cumsum(weight, axis=-1, out=sums[..., 1:])
    return sums


def _sum(mask, weight):
    """Return the summed weight (...) of the objects of a mask (n,) or (..., n)."""
    return weight @ mask.astype(float) if mask.ndim == 1 else np.einsum("...n,...n", weight, mask)


def _ratio(top, bottom, otherwise):
    """Return top / bottom, `otherwise` where bottom is 0."""
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.divide(top, bottom, out=np.full(top.shape, otherwise, dtype=float), where=bottom > 0)


def _plain(value):
    return float(value) if np.ndim(value) == 0 else value
