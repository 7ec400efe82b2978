"""Scores of probabilities and decisions against labels, in numpy, and their spread over source events.

Every score takes weights of the objects, so that a bootstrap need not copy them: a weight of 2 is the object twice.
"""

import numpy as np

from mallorn.seeds import generator

__all__ = [
    "average_precision",
    "bootstrap_weights",
    "brier",
    "calibration_table",
    "decision_scores",
    "expected_calibration_error",
    "precision_recall",
    "recall_at_precision",
    "roc_auc",
]


def precision_recall(target, score, weight=None):
    """Return (threshold, precision, recall), one row for each distinct score, highest first.

    Decisions are `score >= threshold`. target (n,) 0 or 1 with at least one 1 of positive weight; score (n,).
    """
    target, score, weight = _arrays(target, score, weight)
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum((weight * target)[order])[last]
    chosen = np.cumsum(weight[order])[last]
    if hits[-1] == 0:
        raise ValueError("precision and recall need at least one positive label")
    precision = np.divide(hits, chosen, out=np.zeros_like(hits), where=chosen > 0)
    return score[order][last], precision, hits / hits[-1]


def average_precision(target, score, weight=None):
    """Return the area under the precision-recall curve by steps, AP = sum_k (R_k - R_{k-1}) P_k.

    The definition of scikit-learn's `average_precision_score`. target (n,) 0 or 1; score, weight (n,).
    """
    _, precision, recall = precision_recall(target, score, weight)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def roc_auc(target, score, weight=None):
    """Return the chance that a random positive scores above a random negative, ties counting half (Mann-Whitney U).

    NaN if one of the classes is empty. target (n,) 0 or 1; score, weight (n,).
    """
    target, score, weight = _arrays(target, score, weight)
    values, which = np.unique(score, return_inverse=True)
    positive = np.bincount(which, weight * target, len(values))
    negative = np.bincount(which, weight * ~target, len(values))
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - 0.5 * negative
    return float(np.sum(positive * below) / pairs) if pairs > 0 else np.nan


def decision_scores(target, decision, weight=None):
    """Return {"f1", "precision", "recall"} of decisions (n,) bool; each 0 where its denominator is 0."""
    target, decision, weight = _arrays(target, decision, weight)
    decision = decision > 0
    hits, chosen, positives = (np.sum(weight * mask) for mask in (target & decision, decision, target))
    return {
        "f1": float(2 * hits / (chosen + positives)) if chosen + positives > 0 else 0.0,
        "precision": float(hits / chosen) if chosen > 0 else 0.0,
        "recall": float(hits / positives) if positives > 0 else 0.0,
    }


def recall_at_precision(target, score, precision, weight=None):
    """Return the highest recall of any threshold whose precision is at least `precision`; 0 if there is none."""
    _, achieved, recall = precision_recall(target, score, weight)
    return float(recall[achieved >= precision].max(initial=0.0))


def brier(target, probability, weight=None):
    """Return the mean squared difference of probability and target (Brier 1950)."""
    target, probability, weight = _arrays(target, probability, weight)
    return float(np.sum(weight * (probability - target) ** 2) / weight.sum())


def calibration_table(target, probability, edges, weight=None):
    """Return {"low", "high", "count", "probability", "frequency"} of bins of probability, shape (B,) each.

    probability and frequency are the mean of the bin's probabilities and of its targets, NaN in an empty bin.

    edges: (B + 1,) ascending from 0 to 1; a bin holds its lower edge, the last also its upper one.
    """
    target, probability, weight = _arrays(target, probability, weight)
    bins = len(edges) - 1
    which = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, bins - 1)
    count = np.bincount(which, weight, bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(which, weight * values, bins) / count for values in (probability, target)]
    edges = np.asarray(edges, dtype=float)
    return {"low": edges[:-1], "high": edges[1:], "count": count, "probability": means[0], "frequency": means[1]}


def expected_calibration_error(table):
    """Return the mean distance of frequency from probability over the objects of a `calibration_table`."""
    distance = np.abs(table["frequency"] - table["probability"])
    filled = table["count"] > 0
    return float(np.sum((table["count"] * distance)[filled]) / table["count"].sum())


def bootstrap_weights(source, target, rounds, seed):
    """Yield `rounds` weights (n,) of the objects: source events drawn with replacement, targets and others apart.

    Copies of one event are not independent, so a spread over objects would be too small. Drawing within targets and
    others keeps the number of events of each, without which a score has no meaning.

    source (n,) str; target (n,) 0 or 1.
    """
    events, event = np.unique(np.asarray(source, dtype=str), return_inverse=True)
    positive = np.bincount(event, np.asarray(target) == 1, len(events)) > 0
    rng = generator(seed, "bootstrap")
    for _ in range(rounds):
        times = np.zeros(len(events))
        for group in (np.flatnonzero(positive), np.flatnonzero(~positive)):
            if len(group):
                times[group] = np.bincount(rng.integers(len(group), size=len(group)), minlength=len(group))
        yield times[event]


def _arrays(target, score, weight):
    target, score = np.asarray(target) == 1, np.asarray(score, dtype=float)
    return target, score, np.ones(len(target)) if weight is None else np.asarray(weight, dtype=float)
