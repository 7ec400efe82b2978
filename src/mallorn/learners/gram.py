"""Linear models with many more columns than objects, through the products of objects with each other.

A penalised linear model of n objects in p columns X depends on X only through the Gram matrix K = X X^T. Any Z of n
columns with Z Z^T = K gives the same margins under the same penalty. Weights v of the columns of Z are then the weights
X^T Z^-T v of the columns of X (Hastie & Tibshirani 2004, Biostatistics 5, 329).

Only the mean of a column is removed; a transform before the learner puts columns on one scale. A missing value counts
as the mean of its column.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from mallorn.io.received import read_arrays
from mallorn.learners.losses import probabilities

__all__ = [
    "LinearModel",
    "centred",
    "contributions",
    "event_folds",
    "gram_matrix",
    "importance",
    "load",
    "predict",
    "save",
]

_BLOCK = 2048
"""Number of columns in a block: products within a block are summed in float32, and blocks in float64."""

_FILE = "model.npz"

_in_one_thread = threadpool_limits.wrap(limits=1, user_api="blas")
"""With several threads, sums would depend on their number."""


class LinearModel(NamedTuple):
    """A model of p columns and C classes: `weights` (p, C), `bias` (C,) and the columns' `mean` (p,), all float32."""

    weights: np.ndarray
    bias: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, weights, bias, mean):
        """Return the model of these weights and bias; shapes (p, 1) and (1,) stand for class 1 of two."""
        if weights.shape[1] == 1:
            weights, bias = np.hstack([-weights, weights]) / 2, np.append(-bias, bias) / 2
        return cls(*(np.asarray(values, dtype=np.float32) for values in (weights, bias, mean)))


def centred(values, mean=None):
    """Return (columns less their mean (n, p) float32, 0 where missing, and the mean (p,) float32).

    mean: of the objects in the fit; by default that of `columns` itself, 0 for a column without values.
    """
    missing = np.isnan(values)
    if mean is None:
        known = np.maximum(np.count_nonzero(~missing, axis=0), 1)
        filled = np.where(missing, np.float32(0.0), values)
        mean = (np.sum(filled, axis=0, dtype=float) / known).astype(np.float32)
        # rounding of the mean would leave a remainder of a constant column
        mean = np.where(filled.min(axis=0) == filled.max(axis=0), filled[0], mean)
    return np.where(missing, np.float32(0.0), values - mean), mean


def gram_matrix(values):
    """Return the products (n, n) float64 of the rows of `values` (n, p) float32."""
    gram = np.zeros((len(values), len(values)))
    for begin in range(0, values.shape[1], _BLOCK):
        block = values[:, begin : begin + _BLOCK]
        gram += block @ block.T
    return gram


def event_folds(event, classes, number):
    """Return the part (n,) int of each object, 0 .. number - 1. Events stay whole, and classes are spread evenly.

    Events are dealt out class by class in the order of their names; nothing is random. event (n,) str; classes (n,)
    int; an event has the class of its first object.
    """
    _, first, which = np.unique(np.asarray(event, dtype=str), return_index=True, return_inverse=True)
    order = np.argsort(np.asarray(classes)[first], kind="stable")
    part = np.empty(len(first), dtype=int)
    part[order] = np.arange(len(first)) % number
    return part[which]


@_in_one_thread
def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    margin = centred(dataset.features.values, model.mean)[0] @ model.weights + model.bias
    return probabilities(margin[:, 0] - margin[:, 1] if margin.shape[1] == 2 else margin)


def contributions(model, dataset):
    """Return what each column adds to the margin of class 0, shape (n, p): SHAP values of independent columns."""
    columns, weights = centred(dataset.features.values, model.mean)[0], model.weights
    return columns * (weights[:, 0] - weights[:, 1] if weights.shape[1] == 2 else weights[:, 0])


def importance(model):
    """Return the root mean square over classes of each column's weight, shape (p,)."""
    return np.sqrt(np.mean((model.weights - model.weights.mean(axis=1, keepdims=True)) ** 2, axis=1))


def save(model, folder):
    """Write the numbers of the model as numpy's npz."""
    np.savez_compressed(Path(folder, _FILE), **model._asdict())


def load(folder):
    """Return the model that `save` wrote."""
    numbers = read_arrays(Path(folder, _FILE))
    return LinearModel(*(numbers[name] for name in LinearModel._fields))
