"""A multi-layer perceptron on normal scores of the features (scikit-learn); missing values are average."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from mallorn.io.received import read_arrays
from mallorn.learners.losses import probabilities

__all__ = ["NEEDS", "PARAMETERS", "SEARCH_SPACE", "TRANSFORMS", "Model", "fit", "importance", "load", "predict", "save"]

NEEDS = ("features",)

TRANSFORMS = ("normal_scores",)

PARAMETERS = ("hidden", "alpha", "learning_rate_init", "batch_size", "epochs")

SEARCH_SPACE = {
    "hidden": {"low": 8, "high": 128, "log": True},
    "alpha": {"low": 0.01, "high": 30.0, "log": True},
    "learning_rate_init": {"low": 2e-4, "high": 1e-2, "log": True},
    "epochs": {"low": 5, "high": 60, "log": True},
}

_FILE = "model.npz"

_in_one_thread = threadpool_limits.wrap(limits=1, user_api="blas")
"""With several threads, sums would depend on their number."""


class Model(NamedTuple):
    """A model of p features, H units and C classes: weights (p, H), (H, C) and biases (H,), (C,) of both layers."""

    weights: tuple
    biases: tuple


@_in_one_thread
def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return a fitted `Model`; see `mallorn.learners.learner` for the arguments.

    params: from `PARAMETERS`: `hidden`, units of the one hidden layer; `epochs`, passes over the training part; the
        others as for scikit-learn's MLPClassifier.
    """
    params = dict(params)
    hidden, epochs = params.pop("hidden"), params.pop("epochs")
    scores = dataset.features.values
    if isinstance(params.get("batch_size"), int):
        params["batch_size"] = min(params["batch_size"], len(scores))  # as scikit-learn does with a warning
    network = MLPClassifier((hidden,), random_state=seed, **params)
    for _ in range(epochs):
        network.partial_fit(scores, classes, classes=np.arange(n_classes), sample_weight=weight)
    return Model(tuple(network.coefs_), tuple(network.intercepts_))


@_in_one_thread
def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    hidden = np.maximum(dataset.features.values @ model.weights[0] + model.biases[0], 0)
    margin = hidden @ model.weights[1] + model.biases[1]
    # for two classes, scikit-learn has one output, the margin of class 1
    return probabilities(-margin[:, 0] if margin.shape[1] == 1 else margin)


def importance(model):
    """Return the root of the squared weights into the hidden layer, shape (p,)."""
    return np.sqrt(np.sum(model.weights[0] ** 2, axis=1))


def save(model, folder):
    """Write the numbers of the model as numpy's npz."""
    layers = {f"{name}_{k}": values for name in ("weights", "biases") for k, values in enumerate(getattr(model, name))}
    np.savez_compressed(Path(folder, _FILE), **layers)


def load(folder):
    """Return the model that `save` wrote."""
    numbers = read_arrays(Path(folder, _FILE))
    weights, biases = (tuple(numbers[f"{name}_{k}"] for k in (0, 1)) for name in ("weights", "biases"))
    return Model(weights, biases)
