"""Where to cut a probability: rules that choose a threshold, and the crossed choice that scores them honestly.

A rule takes (target, probability) of labelled out-of-fold predictions and returns the threshold t; the decision is
`probability >= t`. Thresholds lie midway between two neighbouring probabilities, so that no prediction sits on one.

Every rule can be asked for another population, in which a `fraction` of the objects are targets: targets and others
are then weighted so that they make up that fraction, as if each class looked the same there (prior shift).
"""

import numpy as np

from mallorn.errors import ConfigError

__all__ = [
    "RULES",
    "choose",
    "crossed_thresholds",
    "expected_count",
    "maximum_expected_f1",
    "maximum_f1",
    "wanted_precision",
]

RULES = ("maximum_f1", "expected_count", "wanted_precision", "maximum_expected_f1")


def maximum_f1(target, probability, fraction=None):
    """Return the threshold with the highest F1."""
    p, hits, chosen = _cuts(target, probability, fraction)
    return _midway(p, int(np.argmax(2.0 * hits / (chosen + hits[-1]))))


def expected_count(target, probability, ratio, fraction=None):
    """Return the threshold that chooses `ratio` times as many objects as there are targets, or as near as ties let.

    Its scatter is smaller than that of the maximum of F1, which rests on a handful of objects.
    """
    p, hits, chosen = _cuts(target, probability, fraction)
    return _midway(p, int(np.argmin(np.abs(chosen - ratio * hits[-1]))))


def wanted_precision(target, probability, precision, fraction=None):
    """Return the lowest threshold whose precision is at least `precision`; that of the highest precision if none is."""
    p, hits, chosen = _cuts(target, probability, fraction)
    achieved = hits / chosen
    enough = np.flatnonzero(achieved >= precision)
    return _midway(p, int(enough[-1] if len(enough) else np.argmax(achieved)))


def maximum_expected_f1(probability, fraction=None):
    """Return the threshold with the highest expected F1 if the probabilities (n,) are calibrated; no label is read.

    E[F1] of the k most probable objects is taken as 2 sum_{i <= k} p_i / (k + sum_i p_i), the ratio of expectations
    (Lipton, Elkan & Narayanaswamy 2014, ECML: the best threshold is half the best F1).
    """
    return maximum_f1(probability, probability, fraction)


def choose(options, target, probability):
    """Return the threshold by the rule of the block `threshold` of config.yaml.

    options: {"rule": one of `RULES`, "ratio": argument of expected_count, "precision": argument of wanted_precision,
    "fraction": expected fraction of targets among the objects to decide on, or None for that of `target`}.
    """
    rule, fraction = options["rule"], options["fraction"]
    if rule == "maximum_f1":
        return maximum_f1(target, probability, fraction)
    if rule == "expected_count":
        return expected_count(target, probability, options["ratio"], fraction)
    if rule == "wanted_precision":
        return wanted_precision(target, probability, options["precision"], fraction)
    if rule == "maximum_expected_f1":
        return maximum_expected_f1(probability, fraction)
    raise ConfigError(f"threshold.rule: expected one of {', '.join(RULES)}, found {rule!r}")


def crossed_thresholds(options, target, probability, fold):
    """Return the threshold of each object's fold, shape (n,), chosen on the predictions of all other folds.

    target, probability, fold: (n,) out-of-fold predictions of one repeat; options as in `choose`.
    """
    threshold = np.empty(len(fold))
    for k in np.unique(fold):
        inside = fold == k
        threshold[inside] = choose(options, target[~inside], probability[~inside])
    return threshold


def _cuts(target, probability, fraction):
    """Return (p, hits, chosen): distinct probabilities, highest first, and targets and objects at or above each.

    target (n,): 0 or 1, or the chance of 1, so that hits are expected ones. Targets and others count with the weights
    that give them the shares `fraction` and 1 - `fraction`; with 1 if it is None.
    """
    target, probability = np.asarray(target, dtype=float), np.asarray(probability, dtype=float)
    weights, share = (1.0, 1.0), target.mean()
    if fraction is not None and 0 < share < 1:
        weights = fraction / share, (1.0 - fraction) / (1.0 - share)
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    hits = np.cumsum(weights[0] * target[order])[last]
    return probability[order][last], hits, hits + np.cumsum(weights[1] * (1.0 - target[order]))[last]


def _midway(p, k):
    return float(0.5 * (p[k] + (p[k + 1] if k + 1 < len(p) else p[k])))
