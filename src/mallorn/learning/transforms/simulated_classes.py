"""What a model that has seen simulated objects alone says of an object, as further columns beside the features.

A simulated survey has many more events of each type than are known. CatBoost learned from one (`make
simulated-classes`), and no label of a real object plays a part. The columns are the logarithms of its probabilities of
all classes. Features that the model knows and the data set lacks are missing values to it. The model comes with
mallorn, and goes along with what is trained. docs/explanation/ablation.md says what it brings.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.digests import whole_digest
from mallorn.io.received import read_json
from mallorn.learners import catboost

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

_LEAST = 1e-4  # probability, so that nothing is said with more certainty than the simulation deserves


class SimulatedClasses(NamedTuple):
    """The fitted CatBoost `model`, the names of its p features and C `classes`, and the `seen` features of the data set
    that it was put before."""

    model: Any
    columns: tuple
    classes: tuple
    seen: tuple


def fit(part, params, seed, threads):
    """Return the `SimulatedClasses` that come with mallorn; see `mallorn.learning.transforms.transform`.

    Of the training part the names of the features alone are read. Raises DataError if the model is not there, or is
    another than the one that this code names.
    """
    path = MODEL / "000" / "learner" / "model.cbm"
    if not (found := whole_digest(path)).startswith(DIGEST):
        raise DataError.at(
            path, expected=f"a file whose digest begins with {DIGEST}", found=found, fix="install mallorn again"
        )
    about = read_json(MODEL / "fits.json")
    columns, classes = tuple(about["columns"]), tuple(about["classes"])
    return SimulatedClasses(catboost.load(path.parent), columns, classes, tuple(part.dataset.features.columns))


def apply(state, dataset):
    """Return the objects with one more feature for each class: the logarithm of its probability, at least 1e-4."""
    table = dataset.features
    said = np.empty((0, len(state.classes)))
    if len(dataset):
        said = np.log(np.maximum(catboost.predict(state.model, _known(state, dataset)), _LEAST))
    names = (*table.columns, *(f"{PREFIX}{name}" for name in state.classes))
    return dataset.with_features(names, np.hstack([table.values, said.astype(np.float32)]))


def importance(state, importance):
    """Return the importances (p,): what the columns have is shared by how much their model leans on each feature."""
    own, added = np.split(importance, [len(state.seen)])
    return own + added.sum() * _shares(_of_seen(state, catboost.importance(state.model)[None]))[0]


def contributions(state, dataset, values):
    """Return SHAP values (n, p): what the columns add is shared by how much each feature moves their model."""
    own, added = np.split(values, [len(state.seen)], axis=1)
    moves = _of_seen(state, np.abs(catboost.contributions(state.model, _known(state, dataset))))
    return own + added.sum(axis=1, keepdims=True) * _shares(moves)


def save(state, folder):
    """Write the model in CatBoost's own format, and the rest as JSON."""
    catboost.save(state.model, folder)
    content = {name: list(getattr(state, name)) for name in ("columns", "classes", "seen")}
    Path(folder, _FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def load(folder):
    """Return the `SimulatedClasses` that `save` wrote."""
    content = read_json(Path(folder, _FILE))
    return SimulatedClasses(catboost.load(folder), *(tuple(content[name]) for name in ("columns", "classes", "seen")))


def _known(state, dataset):
    """Return the objects with the features of the model, NaN where the data set lacks one."""
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
