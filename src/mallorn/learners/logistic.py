"""Logistic regression, L2 penalty, on normal scores of the features (scikit-learn); missing values are average."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, softmax
from threadpoolctl import threadpool_limits

from mallorn.io.received import read_arrays
from mallorn.learners.losses import probabilities

__all__ = [
    "NEEDS",
    "PARAMETERS",
    "SEARCH_SPACE",
    "TRANSFORMS",
    "Model",
    "contributions",
    "fit",
    "importance",
    "load",
    "log_odds",
    "margins",
    "predict",
    "save",
]

NEEDS = ("features",)

TRANSFORMS = ("normal_scores",)

PARAMETERS = ("C", "max_iter", "tol")

SEARCH_SPACE = {"C": {"low": 1e-5, "high": 0.1, "log": True}}

_FILE = "model.npz"

_in_one_thread = threadpool_limits.wrap(limits=1, user_api="blas")
"""With several threads, sums would depend on their number."""

_NODES = 16
"""Number of points of the Gauss-Legendre quadrature, for a line whose ends differ by tens in log odds."""


class Model(NamedTuple):
    """A model of p features and C classes: `weights` (p, C) and `bias` (C,)."""

    weights: np.ndarray
    bias: np.ndarray


@_in_one_thread
def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return a fitted `Model`; see `mallorn.learners.learner` for the arguments. The seed is not used.

    params: from `PARAMETERS`, as for scikit-learn's LogisticRegression, multinomial for any number of classes.
    """
    from sklearn.linear_model import LogisticRegression  # imported only here: predictions do without it

    regression = LogisticRegression(**params).fit(dataset.features.values, classes, sample_weight=weight)
    weights, bias = regression.coef_.T, regression.intercept_
    if n_classes == 2:  # scikit-learn gives the margin of class 1 alone
        weights, bias = np.hstack([-weights, weights]) / 2, np.append(-bias, bias) / 2
    return Model(weights, bias)


def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    return probabilities(margins(model, dataset))


@_in_one_thread
def margins(model, dataset):
    """Return the margins, whose softmax gives the probabilities: (n,) for class 0 of two, or (n, n_classes)."""
    margin = dataset.features.values @ model.weights + model.bias
    return margin[:, 0] - margin[:, 1] if margin.shape[1] == 2 else margin


def log_odds(model, dataset):
    """Return ln(p / (1 - p)) of the probability p of class 0, shape (n,)."""
    margin = margins(model, dataset)
    return margin if margin.ndim == 1 else margin[:, 0] - logsumexp(margin[:, 1:], axis=1)


@_in_one_thread
def contributions(model, dataset, odds=False):
    """Return what each feature adds to the margin of class 0, or with `odds` to its log odds, shape (n, p).

    For a margin, and for the odds of two classes, these are the SHAP values of a linear model of independent features.
    For the odds of several classes they are integrated gradients on the line from the average object (Sundararajan et
    al. 2017, ICML 70). Both agree for a linear function, and both sum to the difference from the average object.
    """
    scores, weights = dataset.features.values, model.weights
    if weights.shape[1] == 2:
        return scores * (weights[:, 0] - weights[:, 1])
    values = scores * weights[:, 0]
    if odds:
        against, share = scores @ weights[:, 1:], 0.0
        for t, w in zip(*np.polynomial.legendre.leggauss(_NODES), strict=True):
            share = share + 0.5 * w * softmax(0.5 * (t + 1) * against + model.bias[1:], axis=1)
        values -= scores * (share @ weights[:, 1:].T)
    return values


def importance(model):
    """Return the root mean square over classes of each feature's weight, shape (p,)."""
    return np.sqrt(np.mean((model.weights - model.weights.mean(axis=1, keepdims=True)) ** 2, axis=1))


def save(model, folder):
    """Write the numbers of the model as numpy's npz."""
    np.savez_compressed(Path(folder, _FILE), weights=model.weights, bias=model.bias)


def load(folder):
    """Return the model that `save` wrote."""
    numbers = read_arrays(Path(folder, _FILE))
    return Model(numbers["weights"], numbers["bias"])
