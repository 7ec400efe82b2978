"""Class probabilities by models that have seen only simulated objects, as columns in place of the features.

A simulated survey has many more events of each type than are known. CatBoost and LightGBM learned from one (`make
simulated-classes`), and no label of a real object plays a part. The columns are the logarithms of the mean of their
probabilities of all classes. Features of the models that the data set lacks count as missing. The models come with
mallorn and are saved with each trained model. docs/explanation/ablation.md says what they bring.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.digests import whole_digest
from mallorn.io.received import read_json
from mallorn.learning.model_files import mean_contributions, predict_mean, read_fits, write_fits
from mallorn.runtime.arrays import OfArrays

__all__ = [
    "DIGEST",
    "MODELS",
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

MODELS = Path(__file__).parents[2] / "released" / "simulated"
"""Folder of the models that come with mallorn, a folder of fits for each (`mallorn.learning.model_files`)."""

DIGEST = "70d8323e652eb91f"
"""Of these models, so that jobs are run again where they are others: they follow what stands here."""

_FILE = "seen.json"

_LEAST = 1e-4  # least probability: the simulation deserves no more certainty


class SimulatedClasses(NamedTuple):
    """The fitted `models`, {name: `Fits`}, and the `seen` features of the data set that they were put before."""

    models: dict
    seen: tuple


def fit(part, params, seed, threads):
    """Return the `SimulatedClasses` that come with mallorn; see `mallorn.learning.transforms.transform`.

    Only the names of the training part's features are read. Raises DataError if the models are missing, or are not
    those that this code names.
    """
    if (found := digest(MODELS)) != DIGEST:
        raise DataError.at(MODELS, expected=f"files with the digest {DIGEST}", found=found, fix="install mallorn again")
    return SimulatedClasses(_models(MODELS), tuple(part.dataset.features.columns))


def apply(state, dataset):
    """Return the objects with one feature for each class: the logarithm of its probability, at least 1e-4."""
    classes = next(iter(state.models.values())).classes
    names = [f"{PREFIX}{name}" for name in classes]
    return dataset.with_features(names, _asked("classes", _said, state, dataset))


def importance(state, importance):
    """Return the importances (p,): those of the columns are divided by each feature's importance in their models."""
    own = []
    for fits in state.models.values():
        gains = np.mean([fit.importance() for fit in fits.fits], axis=0)
        own.append(_of_seen(state, fits, _shares(gains[None])))
    return importance.sum() * _shares(sum(own))[0]


def contributions(state, dataset, values):
    """Return SHAP values (n, p): those of the columns are divided by how much each feature moves their models."""
    return values.sum(axis=1, keepdims=True) * _asked("moves", _moves, state, dataset)


def save(state, folder):
    """Write the models, each as its fits, and the names of the features seen as JSON."""
    for name, fits in state.models.items():
        write_fits(Path(folder, name), fits)
    Path(folder, _FILE).write_text(json.dumps(list(state.seen)) + "\n", encoding="utf-8")


def load(folder):
    """Return the `SimulatedClasses` that `save` wrote."""
    return SimulatedClasses(_models(folder), tuple(read_json(Path(folder, _FILE))))


def digest(folder):
    """Return a digest of the models in a folder."""
    whole = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.name != _FILE:
            whole.update(f"{path.relative_to(folder).as_posix()} {whole_digest(path)}\n".encode())
    return whole.hexdigest()[:16]


def _models(folder):
    """Return the models in a folder, or the last ones that were read if the files are the same: all fits have them."""
    key = digest(folder)
    models = _READ.get(key)
    if models is None:
        models = {path.name: read_fits(path) for path in sorted(Path(folder).iterdir()) if path.is_dir()}
        _READ.clear()
        _READ[key] = models
    return models


_READ = {}


_KNOWN = OfArrays()
"""What the models say of features, under the name of what is asked: all fits of a model put the same question."""


def _asked(what, find, state, dataset):
    """Return `find(state, dataset)`, which is remembered by the name `what` of the question."""
    known, question = _KNOWN.of(dataset.features.values), (state.seen, dataset.features.columns)
    models, asked, found = known.get(what, (None, None, None))
    if models is not state.models or asked != question:
        found = find(state, dataset)
        known[what] = state.models, question, found
    return found


def _said(state, dataset):
    """Return the logarithms (n, C) of the mean of the models' probabilities, float32."""
    said = [predict_mean(fits, _known(fits, dataset)) for fits in state.models.values()]
    return np.log(np.maximum(sum(said) / len(said), _LEAST)).astype(np.float32)


def _moves(state, dataset):
    """Return the share (n, p) of each feature in how far all of them move the models."""
    return _shares(sum(_moved(state, fits, _known(fits, dataset)) for fits in state.models.values()))


def _moved(state, fits, known):
    """Return the shares (n, p) of the features seen in how far they move one model."""
    return _of_seen(state, fits, _shares(np.abs(mean_contributions(fits, known))))


def _known(fits, dataset):
    """Return the objects with the features of a model, NaN for those that the data set lacks."""
    table, columns = dataset.features, tuple(fits.columns)
    if tuple(table.columns) == columns:
        return dataset
    place = {name: k for k, name in enumerate(table.columns)}
    values = np.full((len(dataset), len(columns)), np.nan, dtype=np.float32)
    there = [k for k, name in enumerate(columns) if name in place]
    values[:, there] = table.values[:, [place[columns[k]] for k in there]]
    return dataset.with_features(columns, values)


def _of_seen(state, fits, values):
    """Return values (n, .) of a model's features as those (n, p) of the features seen, 0 for others."""
    place = {name: k for k, name in enumerate(fits.columns)}
    spread = np.zeros((len(values), len(state.seen)))
    for k, name in enumerate(state.seen):
        if name in place:
            spread[:, k] = values[:, place[name]]
    return spread


def _shares(values):
    return values / np.maximum(values.sum(axis=1, keepdims=True), np.finfo(float).tiny)
