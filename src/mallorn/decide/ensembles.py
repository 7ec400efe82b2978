"""Ensembles: one prediction out of those of several models. They learn from out-of-fold predictions alone.

Each method is a `fit(probability, target, fold, options)`, which returns what it learned as plain numbers for JSON, and
an `apply(learned, probability)`. probability (n, m) is that of the class sought, from each of m members. The other
classes follow from it: see `predict_ensemble`.
"""

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from mallorn.decide.classes import finest, shared_out
from mallorn.errors import ConfigError
from mallorn.metrics import average_precision

__all__ = [
    "METHODS",
    "Members",
    "apply_ensemble",
    "cross_fitted_ensemble",
    "fit_ensemble",
    "predict_ensemble",
]

METHODS = ("mean", "best", "weighted", "rank", "stacked")

_FLAT = 1e-9
"""Length of the slope at which a regression ends."""


class Members(NamedTuple):
    """Predictions of the same n objects by m members: for each its `classes` (n, C), and the `names` of these."""

    classes: tuple
    names: tuple

    @property
    def sought(self):
        """Probabilities of the class sought, (n, m)."""
        return np.stack([p[:, 0] for p in self.classes], axis=1)

    def take(self, rows):
        """Return the predictions of the objects at the indices `rows`, or where `rows` is true."""
        return Members(tuple(p[rows] for p in self.classes), self.names)


def fit_ensemble(method, probability, target, fold, options):
    """Return what an ensemble learns from labelled out-of-fold predictions, a dict of plain numbers.

    method: one of `METHODS`. These are the plain mean; the member with the highest average precision; the weights with
        the highest average precision on a grid of step `options["step"]`; the mean rank among the out-of-fold
        predictions; and logistic regression on the members' log odds (Wolpert 1992, Neural Networks 5, 241), with the
        L2 penalty 1 / C of the smallest cross-validated log loss among `options["C"]`.
    probability (n, m); target (n,) 0 or 1; fold (n,), within which members were not trained.
    """
    if method not in METHODS:
        raise ConfigError(f"ensembles: there is no method {method!r}; expected one of {', '.join(METHODS)}")
    probability, target = np.asarray(probability, dtype=float), np.asarray(target) == 1
    return {"method": method, **_FIT[method](probability, target, np.asarray(fold), options)}


def apply_ensemble(learned, probability):
    """Return the ensemble's probability (n,) from the members' (n, m)."""
    probability = np.asarray(probability, dtype=float)
    if learned["method"] == "rank":
        ranks = [
            np.interp(p, quantiles, np.linspace(0.0, 1.0, len(quantiles)))
            for p, quantiles in zip(probability.T, learned["quantiles"], strict=True)
        ]
        return np.mean(ranks, axis=0)
    if learned["method"] == "stacked":
        return expit(learned["intercept"] + _log_odds(probability) @ np.array(learned["weights"]))
    return probability @ np.array(learned["weights"])


def predict_ensemble(learned, members):
    """Return the ensemble's probabilities (n, C) of all classes of `members`; the first class is the one sought.

    `apply_ensemble` gives the probability of the class sought. The other classes share what is left of 1 as they do in
    the members on average, with the ensemble's weights if these are between 0 and 1, else with equal ones. Members that
    know fewer classes than others are left out of this average.
    """
    probability = apply_ensemble(learned, members.sought)
    _, knows = finest(members.names)
    weights = np.ones(len(knows))
    if learned["method"] in ("mean", "best", "weighted"):
        weights = np.array(learned["weights"], dtype=float)
    weights = np.where(knows, weights, 0.0)
    if not weights.any():  # all weight is on members that do not know these classes
        weights = knows.astype(float)
    others = sum(w * p[:, 1:] for w, p in zip(weights, members.classes, strict=True) if w)
    return shared_out(probability, others)


def cross_fitted_ensemble(method, members, target, fold, options, served=None, served_fold=None):
    """Return the ensemble's probabilities (n, C) of each object, learned from the predictions of all other folds.

    Arguments as for `fit_ensemble`, with `Members` as members. served, served_fold: `Members` and folds (m,) of other
    objects to predict instead, each by what was learned without its fold.
    """
    target, fold = np.asarray(target), np.asarray(fold)
    served, served_fold = (members, fold) if served is None else (served, np.asarray(served_fold))
    result = np.empty((len(served_fold), len(finest(members.names)[0])))
    for k in np.unique(served_fold):
        others, mine = fold != k, served_fold == k
        learned = fit_ensemble(method, members.sought[others], target[others], fold[others], options)
        result[mine] = predict_ensemble(learned, served.take(mine))
    return result


def _mean(probability, target, fold, options):
    m = probability.shape[1]
    return {"weights": [1.0 / m] * m}


def _best(probability, target, fold, options):
    scores = [average_precision(target, p) for p in probability.T]
    return {"weights": [float(k == int(np.argmax(scores))) for k in range(len(scores))]}


def _weighted(probability, target, fold, options):
    m, steps = probability.shape[1], round(1.0 / options["step"])
    # all ways to share out `steps` among m members, the most equal first: ties go to the more equal one
    bars = np.array(list(combinations_with_replacement(range(m), steps)))
    grid = np.stack([np.sum(bars == k, axis=1) for k in range(m)], axis=1) / steps
    grid = grid[np.argsort(np.sum(grid**2, axis=1), kind="stable")]
    scores = [average_precision(target, probability @ weights) for weights in grid]
    return {"weights": grid[int(np.argmax(scores))].tolist()}


def _rank(probability, target, fold, options):
    # many predictions are nearly equal: quantiles rise strictly, and ties get their middle rank
    levels = np.linspace(0.0, 1.0, min(len(probability), 1001))
    quantiles = np.quantile(probability, levels, axis=0).T
    rising = np.maximum.accumulate(quantiles + 1e-12 * np.arange(quantiles.shape[1]), axis=1)
    return {"quantiles": rising.tolist()}


def _stacked(probability, target, fold, options):
    odds = _log_odds(probability)

    def regression(rows, strength):
        return _regression(odds[rows], target[rows], 1.0 / strength)

    strengths = sorted(options["C"])
    if len(np.unique(fold)) == 1:  # nothing to compare them on: the strongest penalty
        strengths = strengths[:1]
    losses = []
    for strength in strengths if len(strengths) > 1 else []:
        p = np.empty(len(target))
        for k in np.unique(fold):
            weights, intercept = regression(fold != k, strength)
            p[fold == k] = expit(odds[fold == k] @ weights + intercept)
        losses.append(-np.mean(np.log(np.clip(np.where(target, p, 1.0 - p), 1e-15, 1.0))))
    strength = strengths[int(np.argmin(losses)) if losses else 0]
    weights, intercept = regression(slice(None), strength)
    return {"C": strength, "weights": weights.tolist(), "intercept": float(intercept)}


def _regression(x, y, penalty):
    """Return (weights (m,), intercept) with the least summed log loss plus half of `penalty` times the squared weights.

    It is the optimum of scikit-learn's LogisticRegression, whose import takes longer than all regressions of an
    ensemble.
    """
    from scipy.optimize import minimize  # imported only here: predictions do without it

    columns, sign = np.column_stack([x, np.ones(len(x))]), np.where(y, 1.0, -1.0)
    ridge = np.append(np.full(x.shape[1], penalty), 0.0)

    def loss(theta):
        margin = columns @ theta
        value = np.sum(np.logaddexp(0.0, -sign * margin)) + 0.5 * np.sum(ridge * theta**2)
        return value, columns.T @ (expit(margin) - y) + ridge * theta

    def curvature(theta):
        p = expit(columns @ theta)
        return columns.T @ (columns * (p * (1.0 - p))[:, None]) + np.diag(ridge)

    options = {"gtol": _FLAT}
    theta = minimize(loss, np.zeros(len(ridge)), jac=True, hess=curvature, method="trust-exact", options=options).x
    return theta[:-1], theta[-1]


def _log_odds(probability):
    p = np.clip(probability, 1e-4, 1.0 - 1e-4)
    return np.log(p / (1.0 - p))  # not scipy's logit: its last bits move the weights of the regression by 1e-9


_FIT = {"mean": _mean, "best": _best, "weighted": _weighted, "rank": _rank, "stacked": _stacked}
