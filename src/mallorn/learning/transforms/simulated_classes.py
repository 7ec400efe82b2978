"""Class probabilities by a model that has seen only simulated objects, as columns beside the features.

A simulated survey has many more events of each type than are known. CatBoost learned from one (`make
simulated-classes`), and no label of a real object plays a part. The columns are the logarithms of its probabilities of
all classes. Features of the model that the data set lacks count as missing. The model comes with mallorn and is saved
with each trained model. docs/explanation/ablation.md says what it brings.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.digests import whole_digest
from mallorn.io.received import read_json
from mallorn.learners import catboost
from mallorn.runtime.arrays import OfArrays

__all__ = [
    "DIGEST",
    "MODEL",
    "NEEDS",
    "PARAMETERS",
    "PREFIX",
    "SHARED",
    "SimulatedClasses",
    "apply",
    "contributions",
    "fit",
    "importance",
    "load",
    "save",
]

NEEDS = ("features",)

PARAMETERS = ()

SHARED = True

PREFIX = "simulated__"
"""Of the names of the columns."""

MODEL = Path(__file__).parents[2] / "released" / "simulated"
"""Folder of the model that comes with mallorn, as fits of a model are kept (`mallorn.learning.model_files`)."""

DIGEST = "93d343d43f701bb3"
"""Of that model, so that jobs are run again where it is another: they follow what stands here."""

_FILE = "simulated.json"

_LEAST = 1e-4  # least probability: the simulation deserves no more certainty


class SimulatedClasses(NamedTuple):
    """The fitted CatBoost `model`, the names of its p features and C `classes`, and the `seen` features of the data set
    that it was put before."""

    model: Any
    columns: tuple
    classes: tuple
    seen: tuple


def fit(part, params, seed, threads):
    """Return the `SimulatedClasses` that come with mallorn; see `mallorn.learning.transforms.transform`.

    Only the names of the training part's features are read. Raises DataError if the model is missing, or is not the one
    that this code names.
    """
    path = MODEL / "000" / "learner" / "model.cbm"
    if not (found := whole_digest(path)).startswith(DIGEST):
        raise DataError.at(
            path, expected=f"a file whose digest begins with {DIGEST}", found=found, fix="install mallorn again"
        )
    about = read_json(MODEL / "fits.json")
    columns, classes = tuple(about["columns"]), tuple(about["classes"])
    return SimulatedClasses(_model(path.parent), columns, classes, tuple(part.dataset.features.columns))


def apply(state, dataset):
    """Return the objects with one more feature for each class: the logarithm of its probability, at least 1e-4."""
    values = _asked("classes", _beside, state, dataset)
    names = (*dataset.features.columns, *(f"{PREFIX}{name}" for name in state.classes))
    return dataset.with_features(names, values)


def importance(state, importance):
    """Return the importances (p,): those of the columns are divided by each feature's importance in their model."""
    own, added = np.split(importance, [len(state.seen)])
    return own + added.sum() * _shares(_of_seen(state, catboost.importance(state.model)[None]))[0]


def contributions(state, dataset, values):
    """Return SHAP values (n, p): those of the columns are divided by how much each feature moves their model."""
    own, added = np.split(values, [len(state.seen)], axis=1)
    return own + added.sum(axis=1, keepdims=True) * _asked("moves", _moves, state, dataset)


def save(state, folder):
    """Write the model in CatBoost's own format, and the rest as JSON."""
    catboost.save(state.model, folder)
    content = {name: list(getattr(state, name)) for name in ("columns", "classes", "seen")}
    Path(folder, _FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def load(folder):
    """Return the `SimulatedClasses` that `save` wrote."""
    content = read_json(Path(folder, _FILE))
    return SimulatedClasses(_model(folder), *(tuple(content[name]) for name in ("columns", "classes", "seen")))


def _model(folder):
    """Return the model in a folder, or the last one that was read if its file is the same: all fits have the same."""
    digest = whole_digest(Path(folder, "model.cbm"))
    model = _READ.get(digest)
    if model is None:
        model = catboost.load(folder)
        _READ.clear()
        _READ[digest] = model
    return model


_READ = {}


_KNOWN = OfArrays()
"""What the model says of features, under the name of what is asked: all fits of a model put the same question."""


def _asked(what, find, state, dataset):
    """Return `find(state, dataset)`, which is remembered by the name `what` of the question."""
    known, question = _KNOWN.of(dataset.features.values), (*state[1:], dataset.features.columns)
    model, asked, found = known.get(what, (None, None, None))
    if model is not state.model or asked != question:
        found = find(state, dataset)
        known[what] = state.model, question, found
    return found


def _beside(state, dataset):
    """Return the features (n, p) with the logarithms (n, C) of the model's probabilities beside them."""
    said = np.empty((0, len(state.classes)))
    if len(dataset):
        said = np.log(np.maximum(catboost.predict(state.model, _known(state, dataset)), _LEAST))
    return np.hstack([dataset.features.values, said.astype(np.float32)])


def _moves(state, dataset):
    """Return the share (n, p) of each feature in how far all of them move the model."""
    return _shares(_of_seen(state, np.abs(catboost.contributions(state.model, _known(state, dataset)))))


def _known(state, dataset):
    """Return the objects with the features of the model, NaN for those that the data set lacks."""
    table = dataset.features
    if tuple(table.columns) == state.columns:
        return dataset
    place = {name: k for k, name in enumerate(table.columns)}
    values = np.full((len(dataset), len(state.columns)), np.nan, dtype=np.float32)
    there = [k for k, name in enumerate(state.columns) if name in place]
    values[:, there] = table.values[:, [place[state.columns[k]] for k in there]]
    return dataset.with_features(state.columns, values)


def _of_seen(state, values):
    """Return values (n, .) of the model's features as those (n, p) of the data set's, 0 for others."""
    place = {name: k for k, name in enumerate(state.columns)}
    spread = np.zeros((len(values), len(state.seen)))
    for k, name in enumerate(state.seen):
        if name in place:
            spread[:, k] = values[:, place[name]]
    return spread


def _shares(values):
    return values / np.maximum(values.sum(axis=1, keepdims=True), np.finfo(float).tiny)
