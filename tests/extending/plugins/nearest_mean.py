"""The class whose mean is nearest, with each feature in units of its scatter; missing values are average."""

from pathlib import Path

import numpy as np

KIND = "learners"
NEEDS = ("features",)
PARAMETERS = ("softness",)
SEARCH_SPACE = {"softness": {"low": 0.1, "high": 10.0, "log": True}}


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return {"center", "scatter" (p,), "means" (C, p), "softness"}."""
    features = dataset.features.values
    center, scatter = np.nanmean(features, axis=0), np.nanstd(features, axis=0)
    center, scatter = np.nan_to_num(center), np.where(scatter > 0, scatter, 1.0)
    scaled = np.nan_to_num((features - center) / scatter)
    means = np.array([np.average(scaled[classes == k], axis=0, weights=weight[classes == k]) for k in range(n_classes)])
    return {"center": center, "scatter": scatter, "means": means, "softness": np.array(params["softness"])}


def predict(model, dataset):
    """Return (n, C) probabilities: the softmax of minus the mean squared distances."""
    scaled = np.nan_to_num((dataset.features.values - model["center"]) / model["scatter"])
    distance = ((scaled[:, None, :] - model["means"]) ** 2).mean(axis=2) / model["softness"]
    chance = np.exp(distance.min(axis=1, keepdims=True) - distance)
    return chance / chance.sum(axis=1, keepdims=True)


def importance(model):
    """Return (p,): the spread of the classes' means."""
    return model["means"].std(axis=0)


def save(model, folder):
    """Write the model as numbers."""
    np.savez(Path(folder, "model.npz"), **model)


def load(folder):
    """Return the model that `save` wrote."""
    with np.load(Path(folder, "model.npz"), allow_pickle=False) as numbers:
        return dict(numbers)
