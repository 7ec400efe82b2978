"""k nearest neighbours of raw light curves: their points averaged in bins of time since the first one."""

from pathlib import Path

import numpy as np

KIND = "learners"

NEEDS = ("points",)

PARAMETERS = ("k", "bins", "width")

SEARCH_SPACE = {"k": {"low": 1, "high": 15}}


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return the shapes of the training curves, their classes as a table, weighted, and the settings."""
    shapes = _shapes(dataset.points, params["bins"], params["width"])
    settings = np.array([params["k"], params["bins"], params["width"]])
    return shapes, np.eye(n_classes)[classes] * weight[:, None], settings


def predict(model, dataset):
    """Return the share of each class among the nearest."""
    shapes, votes, (k, bins, width) = model
    found = _shapes(dataset.points, int(bins), width)
    distance = np.sum((found[:, None] - shapes[None]) ** 2, axis=2)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : int(k)]
    total = votes[nearest].sum(axis=1)
    return total / total.sum(axis=1, keepdims=True)


def save(model, folder):
    """Write the arrays as npz."""
    np.savez(Path(folder, "model.npz"), *model)


def load(folder):
    """Return what `save` wrote."""
    with np.load(Path(folder, "model.npz"), allow_pickle=False) as arrays:
        return tuple(arrays[f"arr_{k}"] for k in range(3))


def _shapes(lc, bins, width):
    """Return (n, bins): mean flux in bins of `width` days, over the highest."""
    place = np.minimum((lc.mjd - lc.mjd[lc.start[:-1]][lc.owner]) // width, bins - 1).astype(int)
    total, count = np.zeros((len(lc), bins)), np.zeros((len(lc), bins))
    np.add.at(total, (lc.owner, place), lc.flux)
    np.add.at(count, (lc.owner, place), 1)
    mean = total / np.maximum(count, 1)
    return mean / np.maximum(np.abs(mean).max(axis=1, keepdims=True), 1e-9)
