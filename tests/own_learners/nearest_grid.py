"""The nearest mean curve of a class: a learner of posterior light curves, those without a fit get the shares of all."""

from pathlib import Path

import numpy as np
from scipy.special import softmax

KIND = "learners"

NEEDS = ("grid",)

PARAMETERS = ("sharpness",)

SEARCH_SPACE = {"sharpness": {"low": 0.1, "high": 10.0, "log": True}}


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return the mean curve of each class, the shares of the classes, and the sharpness."""
    shapes, known = _shapes(dataset.grid)
    share = np.bincount(classes, weight, n_classes) / weight.sum()
    means = [np.average(shapes[known & (classes == c)], axis=0) for c in range(n_classes)]
    return np.stack(means), share, np.array(params["sharpness"])


def predict(model, dataset):
    """Return the softmax of the negative squared distances from the mean curves."""
    means, share, sharpness = model
    shapes, known = _shapes(dataset.grid)
    distance = np.sum((shapes[:, None] - means[None]) ** 2, axis=2)
    return np.where(known[:, None], softmax(-sharpness * distance + np.log(share), axis=1), share)


def save(model, folder):
    """Write the arrays as npz."""
    np.savez(Path(folder, "model.npz"), *model)


def load(folder):
    """Return what `save` wrote."""
    with np.load(Path(folder, "model.npz"), allow_pickle=False) as arrays:
        return tuple(arrays[f"arr_{k}"] for k in range(3))


def _shapes(grid):
    """Return (n, S * G) mean curves over their highest flux, and which objects have a fit."""
    known, mean = grid.status == 0, np.nan_to_num(grid.mean.astype(float)).reshape(len(grid.status), -1)
    return mean / np.maximum(np.abs(mean).max(axis=1, keepdims=True), 1e-9), known
