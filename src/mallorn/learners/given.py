"""Probabilities that the columns already hold, as logarithms: it learns only which classes each of them is of.

For what a transform says of classes that need not be those of the training part, such as the models of simulated
objects (`mallorn.learning.transforms.simulated_classes`). Labels decide nothing but which classes a column is of. So
the errors of such a model have little to do with those of models that learned from the same objects.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from mallorn.io.received import read_json

__all__ = [
    "NEEDS",
    "PARAMETERS",
    "SEARCH_SPACE",
    "Model",
    "contributions",
    "fit",
    "importance",
    "load",
    "predict",
    "save",
]

NEEDS = ("features",)

PARAMETERS = ()

SEARCH_SPACE = {}

_FILE = "model.json"

_LEAST = 0.1  # of the highest mean probability that a column gives a class; those that give it less are not its own


class Model(NamedTuple):
    """`given` (p, C): the share of each column's probability that each class has; `average` (p,): the columns' means in
    the training part, which missing values have."""

    given: np.ndarray
    average: np.ndarray


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return a fitted `Model`; see `mallorn.learners.learner` for the arguments. Nothing is drawn.

    A class belongs to the column that gives it the largest share of what it gives to all classes, in the weighted mean
    of their objects, among the columns that give it a tenth of what any does, or more. Classes with the same column
    share it by their weights. A column without a class is of the one whose objects have the highest mean by it.
    """
    values = np.asarray(dataset.features.values, dtype=float)
    known = np.isfinite(values)
    average = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    total = np.zeros((n_classes, values.shape[1]))
    np.add.at(total, classes, softmax(np.where(known, values, average), axis=1) * weight[:, None])
    number = np.bincount(classes, weights=weight, minlength=n_classes)
    mean = total / number[:, None]
    given = np.zeros((values.shape[1], n_classes))
    enough = mean >= _LEAST * mean.max(axis=1, keepdims=True)
    given[np.argmax(enough * mean / mean.sum(axis=0), axis=1), np.arange(n_classes)] = number
    alone = np.flatnonzero(given.sum(axis=1) == 0)
    given[alone, mean[:, alone].argmax(axis=0)] = 1.0
    return Model(given / given.sum(axis=1, keepdims=True), average)


def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    return np.einsum("np,pc->nc", softmax(_columns(model, dataset), axis=1), model.given)


def contributions(model, dataset):
    """Return the logarithm of the probability of class 0 less that of the average object, (n, p).

    The columns that class 0 has a share of divide it equally; others have 0.
    """
    sought = model.given[:, 0] > 0
    said = softmax(np.vstack([_columns(model, dataset), model.average]), axis=1)
    logarithm = np.log(said @ model.given[:, 0])
    values = np.zeros((len(said) - 1, len(sought)))
    values[:, sought] = ((logarithm[:-1] - logarithm[-1]) / sought.sum())[:, None]
    return values


def importance(model):
    """Return the same importance for each column, shape (p,)."""
    return np.ones(len(model.average))


def save(model, folder):
    """Write the numbers of the model as JSON."""
    content = {name: values.tolist() for name, values in model._asdict().items()}
    Path(folder, _FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def load(folder):
    """Return the model that `save` wrote."""
    content = read_json(Path(folder, _FILE))
    return Model(*(np.asarray(content[name], dtype=float) for name in Model._fields))


def _columns(model, dataset):
    values = np.asarray(dataset.features.values, dtype=float)
    return np.where(np.isfinite(values), values, model.average)
