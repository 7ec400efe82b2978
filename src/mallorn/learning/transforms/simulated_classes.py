"""Class probabilities by a model that has seen only simulated objects, as columns in place of the features.

A simulated survey has many more events of each type than are known. LightGBM learned from one (`make
simulated-classes`), and no label of a real object plays a part. The columns are the logarithms of its probabilities of
all classes. Features of the model that the data set lacks count as missing. The model comes with mallorn and is saved
with each trained model. docs/explanation/ablation.md says what it brings.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.digests import whole_digest
from mallorn.io.received import read_json
from mallorn.learning.model_files import Fits, mean_contributions, predict_mean, read_fits, write_fits
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
    "digest",
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

DIGEST = "66cba53f9769b9e4"
"""Of that model, so that jobs are run again where it is another: they follow what stands here."""

_FILE = "seen.json"

_LEAST = 1e-4  # least probability: the simulation deserves no more certainty


class SimulatedClasses(NamedTuple):
    """The `model` of simulated objects, as `Fits`, and the `seen` features of the data set that it was put before."""

    model: Fits
    seen: tuple


def fit(part, params, seed, threads):
    """Return the `SimulatedClasses` that come with mallorn; see `mallorn.learning.transforms.transform`.

    Only the names of the training part's features are read. Raises DataError if the model is missing, or is not the one
    that this code names.
    """
    if (found := digest(MODEL)) != DIGEST:
        raise DataError.at(MODEL, expected=f"files with the digest {DIGEST}", found=found, fix="install mallorn again")
    return SimulatedClasses(_model(MODEL), tuple(part.dataset.features.columns))


def apply(state, dataset):
    """Return the objects with one feature for each class: the logarithm of its probability, at least 1e-4."""
    names = [f"{PREFIX}{name}" for name in state.model.classes]
    return dataset.with_features(names, _asked("classes", _said, state, dataset))


def importance(state, importance):
    """Return the importances (p,): those of the columns are divided by each feature's importance in their model."""
    own = np.mean([fit.importance() for fit in state.model.fits], axis=0)
    return importance.sum() * _shares(_of_seen(state, own[None]))[0]


def contributions(state, dataset, values):
    """Return SHAP values (n, p): those of the columns are divided by how much each feature moves their model."""
    return values.sum(axis=1, keepdims=True) * _asked("moves", _moves, state, dataset)


def save(state, folder):
    """Write the model as fits are written, and the names of the features seen as JSON."""
    write_fits(folder, state.model)
    Path(folder, _FILE).write_text(json.dumps(list(state.seen)) + "\n", encoding="utf-8")


def load(folder):
    """Return the `SimulatedClasses` that `save` wrote."""
    return SimulatedClasses(_model(folder), tuple(read_json(Path(folder, _FILE))))


def digest(folder):
    """Return a digest of the model in a folder."""
    whole = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.name != _FILE:
            whole.update(f"{path.relative_to(folder).as_posix()} {whole_digest(path)}\n".encode())
    return whole.hexdigest()[:16]


def _model(folder):
    """Return the model in a folder, or the last one that was read if its files are the same: all fits have the same."""
    key = digest(folder)
    model = _READ.get(key)
    if model is None:
        model = read_fits(folder)
        _READ.clear()
        _READ[key] = model
    return model


_READ = {}


_KNOWN = OfArrays()
"""What the model says of features, under the name of what is asked: all fits of a model put the same question."""


def _asked(what, find, state, dataset):
    """Return `find(state, dataset)`, which is remembered by the name `what` of the question."""
    known, question = _KNOWN.of(dataset.features.values), (state.seen, dataset.features.columns)
    model, asked, found = known.get(what, (None, None, None))
    if model is not state.model or asked != question:
        found = find(state, dataset)
        known[what] = state.model, question, found
    return found


def _said(state, dataset):
    """Return the logarithms (n, C) of the model's probabilities, float32."""
    return np.log(np.maximum(predict_mean(state.model, _known(state, dataset)), _LEAST)).astype(np.float32)


def _moves(state, dataset):
    """Return the share (n, p) of each feature in how far all of them move the model."""
    return _shares(_of_seen(state, np.abs(mean_contributions(state.model, _known(state, dataset)))))


def _known(state, dataset):
    """Return the objects with the features of the model, NaN for those that the data set lacks."""
    table, columns = dataset.features, tuple(state.model.columns)
    if tuple(table.columns) == columns:
        return dataset
    place = {name: k for k, name in enumerate(table.columns)}
    values = np.full((len(dataset), len(columns)), np.nan, dtype=np.float32)
    there = [k for k, name in enumerate(columns) if name in place]
    values[:, there] = table.values[:, [place[columns[k]] for k in there]]
    return dataset.with_features(columns, values)


def _of_seen(state, values):
    """Return values (n, .) of the model's features as those (n, p) of the features seen, 0 for others."""
    place = {name: k for k, name in enumerate(state.model.columns)}
    spread = np.zeros((len(values), len(state.seen)))
    for k, name in enumerate(state.seen):
        if name in place:
            spread[:, k] = values[:, place[name]]
    return spread


def _shares(values):
    return values / np.maximum(values.sum(axis=1, keepdims=True), np.finfo(float).tiny)
