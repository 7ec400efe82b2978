"""Logistic regression, L2 penalty, on normal scores of the features (scikit-learn); missing values are average."""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from mallorn.losses import probabilities
from mallorn.scaling import Scaling, fit_scaling

__all__ = [
    "PARAMETERS",
    "SEARCH_SPACE",
    "SUFFIX",
    "contributions",
    "fit",
    "importance",
    "load",
    "margins",
    "predict_proba",
    "save",
    "shrunk",
]

PARAMETERS = ("C", "max_iter", "tol")

SEARCH_SPACE = {"C": {"low": 1e-5, "high": 0.1, "log": True}}

SUFFIX = "npz"


class Model(NamedTuple):
    """The scaling of p features, and of C classes `weights` (p, C) and `bias` (C,)."""

    scaling: Scaling
    weights: np.ndarray
    bias: np.ndarray


def fit(features, classes, weight, n_classes, params, seed, threads):
    """Return a fitted `Model`; see `mallorn.models.learner` for the arguments. The seed plays no part.

    params: of `PARAMETERS`, those of scikit-learn's LogisticRegression, multinomial for any number of classes.
    """
    threadpool_limits(1, user_api="blas")  # sums in parts would depend on the number of threads
    scaling = fit_scaling(features)
    regression = LogisticRegression(**params).fit(scaling.transform(features), classes, sample_weight=weight)
    weights, bias = regression.coef_.T, regression.intercept_
    if n_classes == 2:  # scikit-learn gives the margin of class 1 alone
        weights, bias = np.hstack([-weights, weights]) / 2, np.append(-bias, bias) / 2
    return Model(scaling, weights, bias)


def predict_proba(model, features):
    """Return class probabilities, shape (n, n_classes)."""
    return probabilities(margins(model, features))


def margins(model, features):
    """Return what the probabilities are the softmax of: (n,) of class 0 of two, or (n, n_classes)."""
    threadpool_limits(1, user_api="blas")
    margin = model.scaling.transform(features) @ model.weights + model.bias
    return margin[:, 0] - margin[:, 1] if margin.shape[1] == 2 else margin


def shrunk(model, share):
    """Return the model whose margins are `share` of those of `model`."""
    return model._replace(weights=share * model.weights, bias=share * model.bias)


def contributions(model, features):
    """Return SHAP values of the margin of class 0, shape (n, p): those of a linear model of independent features."""
    weights = model.weights[:, 0] - model.weights[:, 1] if model.weights.shape[1] == 2 else model.weights[:, 0]
    return model.scaling.transform(features) * weights


def importance(model):
    """Return the root mean square over classes of each feature's weight, shape (p,); 0 for a constant feature."""
    varies = model.scaling.quantiles[0] < model.scaling.quantiles[-1]
    return np.sqrt(np.mean((model.weights - model.weights.mean(axis=1, keepdims=True)) ** 2, axis=1)) * varies


def save(model, path):
    """Write the numbers of the model as numpy's npz."""
    np.savez_compressed(path, **model.scaling._asdict(), weights=model.weights, bias=model.bias)


def load(path):
    """Return the model that `save` wrote."""
    with np.load(path, allow_pickle=False) as numbers:
        scaling = Scaling(*(numbers[name] for name in Scaling._fields))
        return Model(scaling, numbers["weights"], numbers["bias"])
