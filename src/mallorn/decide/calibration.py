"""Calibration: maps from a model's probabilities to ones that match frequencies, fitted to out-of-fold predictions.

A map is a dict of plain numbers that JSON can hold: {"method": one of `METHODS` or `BY_AGE`, and the method's own
parameters}. Maps never fall. They keep the order of probabilities, except that they may make ties; the map by age keeps
it among objects of one age.
"""

import numpy as np
from scipy.special import expit, logit

from mallorn.decide.thresholds import choose
from mallorn.errors import ConfigError

__all__ = ["BY_AGE", "METHODS", "apply", "cross_fitted", "fit"]

METHODS = ("none", "platt", "isotonic")
BY_AGE = "age"
"""The map that changes with the age of an object."""

_MIDDLE = float(np.log1p(50.0))
"""Value of ln (1 + age in days) at which the parts of a map that change with age are 0."""

_PENALTY = 1.0
"""Penalty: half of it times the squares of these parts is added to the log loss."""

_EDGE = 1e-6
"""Least distance of a probability from 0 and 1 before its log odds are taken."""


def fit(method, target, probability, age=None):
    """Return the map of `method` fitted to labelled predictions.

    none: leaves probabilities as they are. platt: p' = 1 / (1 + exp(-(slope ln(p / (1 - p)) + intercept))), the
    logistic regression of labels smoothed to (n_1 + 1) / (n_1 + 2) and 1 / (n_0 + 2) (Platt 1999), slope >= 0.
    isotonic: the non-decreasing step function with the least mean square, linear between steps (Zadrozny & Elkan 2002).

    age: a Platt map whose slope and intercept are straight lines in ln (1 + age), shrunk towards those of all ages
    (this work). The slope never falls below 0.

    target (n,) 0 or 1, both present; probability (n,). age (n,), days from the trigger, for the method "age" alone.
    Raises ConfigError if there is no such method.
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
    if method == BY_AGE:
        return {"method": BY_AGE, **_logistic_by_age(_log_odds(probability), _since(age), target)}
    raise ConfigError(f"calibration.method: expected one of {', '.join(METHODS)}, found {method!r}")


def apply(parameters, probability, age=None):
    """Return probabilities (n,) calibrated by a map that `fit` returned. age: (n,), only for a map by age."""
    probability, method = np.asarray(probability, dtype=float), parameters["method"]
    if method == "none":
        return probability
    if method == "platt":
        return expit(parameters["slope"] * _log_odds(probability) + parameters["intercept"])
    if method == BY_AGE:
        u = _since(age)
        slope = np.maximum(parameters["slope"] + parameters["slope_of_age"] * u, 0.0)
        intercept = parameters["intercept"] + parameters["intercept_of_age"] * u
        return expit(slope * _log_odds(probability) + intercept)
    return np.interp(probability, parameters["probability"], parameters["calibrated"])


def cross_fitted(method, options, target, probability, fold, served=None, weight=None, age=None):
    """Return (calibrated (n,), threshold (n,)) of out-of-fold predictions, both learned from an object's other folds.

    The map of a fold is fitted to the predictions of all other folds. The threshold is chosen on these predictions,
    mapped.

    target, probability, fold: (n,) predictions of one repeat. options: block `threshold` of config.yaml.
    served: (n,) other probabilities of the same objects to map, `probability` by default. weight: (b, n) weights of the
    objects, for b choices of the thresholds, which then have shape (b, n); the maps use no weights.
    age: (n,), days from the trigger, for maps by age.
    """
    served = probability if served is None else served
    calibrated, thresholds = np.empty(len(fold)), []
    folds, which = np.unique(fold, return_inverse=True)
    for k in folds:
        inside = fold == k
        here, there = (None, None) if age is None else (age[inside], age[~inside])
        parameters = fit(method, target[~inside], probability[~inside], there)
        calibrated[inside] = apply(parameters, served[inside], here)
        others = (target[~inside], apply(parameters, probability[~inside], there))
        thresholds.append(choose(options, *others, weight, np.flatnonzero(~inside)))
    return calibrated, np.take(np.stack(thresholds, axis=-1), which, axis=-1)


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


def _since(age):
    """Return ln (1 + age) less its value at the middle age, (n,); an unknown age counts as the middle one."""
    return np.nan_to_num(np.log1p(np.asarray(age, dtype=float)) - _MIDDLE)


def _logistic_by_age(x, u, target):
    """Return the parameters of the map by age, fitted to log odds x (n,), ages u (n,) as from `_since`, and labels."""
    from scipy.optimize import minimize

    columns = np.stack([x, np.ones(len(x)), x * u, u], axis=1)
    penalty = _PENALTY * np.array([0.0, 0.0, 1.0, 1.0])

    def loss(theta):
        z = columns @ theta
        total = np.sum(np.logaddexp(0.0, z) - target * z) + 0.5 * np.sum(penalty * theta**2)
        return total, columns.T @ (expit(z) - target) + penalty * theta

    best = minimize(loss, (1.0, 0.0, 0.0, 0.0), jac=True, method="L-BFGS-B", bounds=[(0.0, None), *[(None, None)] * 3])
    return dict(zip(("slope", "intercept", "slope_of_age", "intercept_of_age"), map(float, best.x), strict=True))


def _isotonic(target, probability):
    """Return (x, y): the ends of the steps of the isotonic regression of target on probability."""
    from scipy.optimize import isotonic_regression

    x, which, count = np.unique(probability, return_inverse=True, return_counts=True)
    y = isotonic_regression(np.bincount(which, target) / count, weights=count).x
    inner = np.zeros(len(x), dtype=bool)
    inner[1:-1] = (y[1:-1] == y[:-2]) & (y[1:-1] == y[2:])
    return x[~inner], y[~inner]
