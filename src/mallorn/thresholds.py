"""Where to cut a probability: rules that choose a threshold, and the crossed choice that scores them honestly.

A rule takes (target, probability) of labelled out-of-fold predictions and returns the threshold t; the decision is
`probability >= t`. Thresholds lie midway between two neighbouring probabilities, so that no prediction sits on one.
"""

import numpy as np

from mallorn.errors import ConfigError

__all__ = ["choose", "crossed_thresholds", "expected_count", "maximum_expected_f1", "maximum_f1", "wanted_precision"]


def maximum_f1(target, probability):
    """Return the threshold with the highest F1."""
    p, hits, chosen = _cuts(target, probability)
    score = 2.0 * hits / (chosen + hits[-1])
    return _midway(p, int(np.argmax(score)))


def expected_count(target, probability, ratio):
    """Return the threshold that chooses `ratio` times as many objects as there are targets, or as near as ties let.

    Its scatter is smaller than that of the maximum of F1, which rests on a handful of objects.
    """
    p, hits, chosen = _cuts(target, probability)
    return _midway(p, int(np.argmin(np.abs(chosen - ratio * hits[-1]))))


def wanted_precision(target, probability, precision):
    """Return the lowest threshold whose precision is at least `precision`; that of the highest precision if none is."""
    p, hits, chosen = _cuts(target, probability)
    achieved = hits / chosen
    enough = np.flatnonzero(achieved >= precision)
    return _midway(p, int(enough[-1] if len(enough) else np.argmax(achieved)))


def maximum_expected_f1(probability):
    """Return the threshold with the highest expected F1 if the probabilities (n,) are calibrated; no label is read.

    E[F1] of the k most probable objects is taken as 2 sum_{i <= k} p_i / (k + sum_i p_i), the ratio of expectations
    (Lipton, Elkan & Narayanaswamy 2014, ECML: the best threshold is half the best F1).
    """
    ordered = np.sort(np.asarray(probability, dtype=float))[::-1]
    k = np.arange(1, len(ordered) + 1)
    score = 2.0 * np.cumsum(ordered) / (k + ordered.sum())
    return 0.5 * float(score.max())


def choose(options, target, probability):
    """Return the threshold by the rule of the block `threshold` of config.yaml.

    options: {"rule": "maximum_f1" or "expected_count", "ratio": argument of the latter}.
    """
    if options["rule"] == "maximum_f1":
        return maximum_f1(target, probability)
    if options["rule"] == "expected_count":
        return expected_count(target, probability, options["ratio"])
    raise ConfigError(f"threshold.rule: expected maximum_f1 or expected_count, found {options['rule']!r}")


def crossed_thresholds(options, target, probability, fold):
    """Return the threshold of each object's fold, shape (n,), chosen on the predictions of all other folds.

    target, probability, fold: (n,) out-of-fold predictions of one repeat; options as in `choose`.
    """
    threshold = np.empty(len(fold))
    for k in np.unique(fold):
        inside = fold == k
        threshold[inside] = choose(options, target[~inside], probability[~inside])
    return threshold


def _cuts(target, probability):
    """Return (p, hits, chosen): distinct probabilities, highest first, and targets and objects at or above each."""
    target, probability = np.asarray(target) == 1, np.asarray(probability, dtype=float)
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    return probability[order][last], np.cumsum(target[order])[last], last + 1


def _midway(p, k):
    return float(0.5 * (p[k] + (p[k + 1] if k + 1 < len(p) else p[k])))
