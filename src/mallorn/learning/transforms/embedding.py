"""Columns of an embedding in place of features: a user's network, an ONNX file, reads the light curves.

The network is used as it is. Nothing in it is fitted: no label and no held-out object plays a part, unless it was
trained on them. It is saved with the model.
"""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.io.received import read_json
from mallorn.learning.embeddings import open_embedder, read_weights

__all__ = [
    "FILES",
    "NEEDS",
    "PARAMETERS",
    "PREFIX",
    "RESOURCES",
    "SHARED",
    "Embedding",
    "apply",
    "contributions",
    "fit",
    "importance",
    "load",
    "save",
]

NEEDS = ("features", "grid", "points")

PARAMETERS = ("weights", "layout", "output", "beside")

FILES = ("weights",)

SHARED = True

RESOURCES = {"memory_mb": 1500}

PREFIX = "embedding__"
"""Of the names of the columns."""

_WEIGHTS, _ABOUT = "weights.onnx", "embedding.json"


class Embedding(NamedTuple):
    """weights: bytes of the ONNX file. layout, output: see `mallorn.learning.embeddings`. width: of the embedding.
    beside (b,) int: numbers of the features that are kept, of `of` features."""

    weights: bytes
    layout: str
    output: str
    width: int
    beside: np.ndarray
    of: int


def fit(part, params, seed, threads):
    """Return the `Embedding` of a training part; see `mallorn.learning.transforms.transform`.

    params: from `PARAMETERS`. weights: path of the file. layout, output: of the network. beside: patterns (fnmatch),
    separated by spaces, of the features that are kept. Raises ConfigError for all that `open_embedder` and
    `Embedder.embed` refuse, and for a pattern that no feature matches; DataError if no object has a point to embed.
    """
    if not params.get("weights"):
        raise ConfigError("models: embedding: expected `weights`, the path of an ONNX file, found nothing")
    weights, columns = read_weights(params["weights"]), part.dataset.features.columns
    layout, output = params.get("layout", "views"), params.get("output", "")
    patterns = str(params.get("beside", "")).split()
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in columns):
            raise ConfigError(f"models: embedding.beside: no feature matches {pattern!r}")
    beside = [k for k, name in enumerate(columns) if any(fnmatchcase(name, pattern) for pattern in patterns)]
    embedder, width = open_embedder(weights, layout, output), 0
    for k in range(len(part.dataset)):
        width = embedder.embed(part.dataset.take([k])).shape[1]
        if width:
            break
    if not width:
        raise DataError("embedding: expected an object with a point near its peak in the training part, found none")
    return Embedding(weights, layout, output, width, np.array(beside, dtype=int), len(columns))


def apply(state, dataset):
    """Return the objects with the embedding as features, followed by the features beside it.

    Objects without a point to embed have NaN. An object's columns do not depend on other objects.
    """
    table = dataset.features
    found = np.full((len(dataset), state.width), np.nan, dtype=np.float32)
    if len(dataset):
        embedded = open_embedder(state.weights, state.layout, state.output).embed(dataset)
        if embedded.shape[1]:
            found[:] = embedded
    names = (*(f"{PREFIX}{k}" for k in range(state.width)), *(table.columns[k] for k in state.beside))
    return dataset.with_features(names, np.hstack([found, np.take(table.values, state.beside, axis=1)]))


def importance(state, importance):
    """Return the importances (p,) of the features, 0 for those not kept beside; the embedding's own are dropped."""
    spread = np.zeros(state.of)
    spread[state.beside] = importance[state.width :]
    return spread


def contributions(state, dataset, values):
    """Return SHAP values (n, p), 0 for features not kept beside; those of the embedding are left out."""
    spread = np.zeros((len(values), state.of))
    spread[:, state.beside] = values[:, state.width :]
    return spread


def save(state, folder):
    """Write the ONNX file as it was, and the rest as JSON."""
    Path(folder, _WEIGHTS).write_bytes(state.weights)
    content = {"layout": state.layout, "output": state.output, "width": state.width, "of": state.of}
    content["beside"] = state.beside.tolist()
    Path(folder, _ABOUT).write_text(json.dumps(content) + "\n", encoding="utf-8")


def load(folder):
    """Return the `Embedding` that `save` wrote."""
    content = read_json(Path(folder, _ABOUT))
    beside = np.array(content.pop("beside"), dtype=int)
    return Embedding(weights=read_weights(Path(folder, _WEIGHTS)), beside=beside, **content)
