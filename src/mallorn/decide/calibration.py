"""Calibration: maps from a model's probabilities to ones that hold, fitted to out-of-fold predictions.

A map is a dict of plain numbers that JSON can hold: {"method": one of `METHODS`, and the method's own parameters}. All
maps rise or stay level, so that the order of probabilities is kept but for ties.
"""

import numpy as np
from scipy.special import expit, logit

from mallorn.decide.thresholds import choose
from mallorn.errors import ConfigError

__all__ = ["METHODS", "apply", "cross_fitted", "fit"]

METHODS = ("none", "platt", "isotonic")

_EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1 before their log odds are taken."""


def fit(method, target, probability):
    """Return the map of `method` fitted to labelled predictions.

    none: leaves probabilities as they are. platt: p' = 1 / (1 + exp(-(slope ln(p / (1 - p)) + intercept))), the
    logistic regression of labels smoothed to (n_1 + 1) / (n_1 + 2) and 1 / (n_0 + 2) (Platt 1999), slope >= 0.
    isotonic: the best non-decreasing step function in the mean square, linear between steps (Zadrozny & Elkan 2002).

    target (n,) 0 or 1, both present; probability (n,). Raises ConfigError if there is no such method.
    """
    target, probability = np.asarray(target) == 1, np.asarray(probability, dtype=float)
    if method == "none":
        return {"method": "none"}
    if method == "platt":
        slope, intercept = _logistic(_log_odds(probability), _smoothed(target))
        return {"method": "platt", "slope": slope, "intercept": intercept}
    if method == "isotonic":
        x, y = _isotonic(target, probability)
        return {"method": "isotonic", "probability": x.tolist(), "calibrated": y.tolist()}
    raise ConfigError(f"calibration.method: expected one of {', '.join(METHODS)}, found {method!r}")


def apply(parameters, probability):
    """Return the calibrated probabilities (n,) by a map that `fit` returned."""
    probability, method = np.asarray(probability, dtype=float), parameters["method"]
    if method == "none":
        return probability
    if method == "platt":
        return expit(parameters["slope"] * _log_odds(probability) + parameters["intercept"])
    return np.interp(probability, parameters["probability"], parameters["calibrated"])


def cross_fitted(method, options, target, probability, fold, served=None, weight=None):
    """Return (calibrated (n,), threshold (n,)) of out-of-fold predictions, both from the folds an object is not in.

    The map of a fold is fitted to the predictions of all other folds, and its threshold is chosen on the same, mapped.

    target, probability, fold: (n,) predictions of one repeat. options: block `threshold` of config.yaml.
    served: (n,) other probabilities of the same objects to map, `probability` by default.
    weight: (b, n) weights of the objects in the choice of b thresholds each, shape (b, n); the maps know no weights.
    """
    served = probability if served is None else served
    calibrated = np.empty(len(fold))
    threshold = np.empty(len(fold) if weight is None else weight.shape)
    for k in np.unique(fold):
        inside = fold == k
        parameters = fit(method, target[~inside], probability[~inside])
        calibrated[inside] = apply(parameters, served[inside])
        others = (target[~inside], apply(parameters, probability[~inside]))
        chosen = choose(options, *others, None if weight is None else weight[:, ~inside])
        threshold[..., inside] = np.asarray(chosen)[..., None]
    return calibrated, threshold


def _log_odds(probability):
    return logit(np.clip(probability, _EDGE, 1.0 - _EDGE))


def _smoothed(target):
    positives = target.sum()
    return np.where(target, (positives + 1.0) / (positives + 2.0), 1.0 / (len(target) - positives + 2.0))


def _logistic(x, y):
    """Return (slope, intercept) of the logistic regression of y (n,) in 0 to 1 on x (n,), with slope >= 0."""
    from scipy.optimize import minimize

    def loss(theta):
        z = theta[0] * x + theta[1]
        residual = expit(z) - y
        return np.mean(np.logaddexp(0.0, z) - y * z), np.array([np.mean(residual * x), np.mean(residual)])

    best = minimize(loss, (1.0, 0.0), jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)])
    return tuple(map(float, best.x))


def _isotonic(target, probability):
    """Return (x, y): the ends of the steps of the isotonic regression of target on probability."""
    from scipy.optimize import isotonic_regression

    x, which, count = np.unique(probability, return_inverse=True, return_counts=True)
    y = isotonic_regression(np.bincount(which, target) / count, weights=count).x
    inner = np.zeros(len(x), dtype=bool)
    inner[1:-1] = (y[1:-1] == y[:-2]) & (y[1:-1] == y[2:])
    return x[~inner], y[~inner]
