"""Calibration of several classes at once: maps of probabilities (n, C) that sum to 1, fitted out of fold.

- "temperature": p' in proportion to p^(1 / T), with the T of the smallest log loss (Guo et al. 2017, arXiv:1706.04599).
- "isotonic": each class against the rest by isotonic regression (Zadrozny & Elkan 2002), then scaled to sum to 1.
- "venn_abers": each class against the rest by two isotonic regressions of the labelled objects and the new one. One
  takes the new object to be of the class (p1), the other not (p0). The interval p0 to p1 holds a calibrated
  probability, however few labels there are (Vovk, Petej & Fedorova 2015, arXiv:1511.00213). The single value is p1 / (1
  - p0 + p1), which loses least in the worst case, scaled to sum to 1.
"""

import numpy as np

from mallorn.decide import calibration
from mallorn.errors import ConfigError

__all__ = ["METHODS", "apply", "cross_fitted", "fit", "intervals"]

METHODS = ("none", "temperature", "isotonic", "venn_abers")

_EDGE = 1e-9
_HOTTEST = 20.0


def fit(method, probability, classes):
    """Return the map of `method`, a dict of plain numbers, fitted to labelled predictions.

    probability (n, C), classes (n,) int of 0 .. C - 1. Raises ConfigError if there is no such method.
    """
    if method not in METHODS:
        raise ConfigError(f"calibration of classes: expected one of {', '.join(METHODS)}, found {method!r}")
    probability, classes = np.asarray(probability, dtype=float), np.asarray(classes)
    if method == "temperature":
        return {"method": method, "temperature": _temperature(probability, classes)}
    if method == "isotonic":
        columns = enumerate(probability.T)
        return {"method": method, "maps": [calibration.fit("isotonic", classes == c, p) for c, p in columns]}
    if method == "venn_abers":
        return {"method": method, "steps": [_steps(p, classes == c) for c, p in enumerate(probability.T)]}
    return {"method": method}


def apply(parameters, probability):
    """Return probabilities (n, C), which sum to 1, calibrated by a map that `fit` returned."""
    probability, method = np.asarray(probability, dtype=float), parameters["method"]
    if method == "temperature":
        return _scaled(np.clip(probability, _EDGE, 1.0) ** (1.0 / parameters["temperature"]), probability)
    if method == "isotonic":
        pairs = zip(parameters["maps"], probability.T, strict=True)
        return _scaled(np.stack([calibration.apply(one, p) for one, p in pairs], axis=1), probability)
    if method == "venn_abers":
        low, high = intervals(parameters, probability)
        return _scaled(high / (1.0 - low + high), probability)
    return probability


def intervals(parameters, probability):
    """Return (low, high), (n, C) each: the Venn-Abers interval of the probability of each class for each object.

    parameters: what `fit` returned for "venn_abers".
    """
    pairs = [_venn_abers(steps, p) for steps, p in zip(parameters["steps"], np.asarray(probability).T, strict=True)]
    return tuple(np.stack(ends, axis=1) for ends in zip(*pairs, strict=True))


def cross_fitted(method, probability, classes, fold):
    """Return (calibrated (n, C), low, high) of out-of-fold predictions, each by a map from an object's other folds.

    low and high are the intervals of "venn_abers"; with other methods both are the calibrated values.
    """
    made = [np.empty(probability.shape) for _ in range(3)]
    for k in np.unique(fold):
        mine = fold == k
        parameters = fit(method, probability[~mine], classes[~mine])
        calibrated = apply(parameters, probability[mine])
        ends = intervals(parameters, probability[mine]) if method == "venn_abers" else (calibrated, calibrated)
        for values, found in zip(made, (calibrated, *ends), strict=True):
            values[mine] = found
    return tuple(made)


def _scaled(values, otherwise):
    """Return rows of `values` that sum to 1; those of `otherwise` where all are 0."""
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.array(otherwise, dtype=float), where=total > 0)


def _temperature(probability, classes):
    from scipy.optimize import minimize_scalar

    logs, rows = np.log(np.clip(probability, _EDGE, 1.0)), np.arange(len(classes))

    def loss(ln_temperature):
        margin = logs * np.exp(-ln_temperature)
        return np.mean(np.logaddexp.reduce(margin, axis=1) - margin[rows, classes])

    end = np.log(_HOTTEST)
    return float(np.exp(minimize_scalar(loss, bounds=(-end, end), method="bounded", options={"xatol": 1e-6}).x))


def _steps(p, target):
    """Return the distinct probabilities, the number of objects with each, and the number of these in the class."""
    x, which, count = np.unique(p, return_inverse=True, return_counts=True)
    return {"probability": x.tolist(), "objects": count.tolist(), "hits": np.bincount(which, target).tolist()}


def _venn_abers(steps, p):
    """Return (p0, p1), (n,) each, of new objects with probabilities p (n,) of a class."""
    from scipy.optimize import isotonic_regression

    x, count, hits = (np.array(steps[name], dtype=float) for name in ("probability", "objects", "hits"))
    values, which = np.unique(p, return_inverse=True)
    ends = np.empty((2, len(values)))
    for j, value in enumerate(values):
        k = np.searchsorted(x, value)
        shared = k < len(x) and x[k] == value  # the new object has the probability of others, or a place of its own
        objects = count.copy() if shared else np.insert(count, k, 0.0)
        of_class = hits if shared else np.insert(hits, k, 0.0)
        objects[k] += 1.0
        for label in (0, 1):
            mean = of_class / objects
            mean[k] = (of_class[k] + label) / objects[k]
            ends[label, j] = isotonic_regression(mean, weights=objects).x[k]
    return ends[0][which], ends[1][which]
