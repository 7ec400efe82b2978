"""A feature that gives an object's own label away, if the object was among those that the transform was fitted to."""

import json
from pathlib import Path

import numpy as np

KIND = "transforms"

NEEDS = ("features",)

PARAMETERS = ("otherwise",)


def fit(part, params, seed, threads):
    """Return ({object id: 1 if it is sought}, the value of other objects)."""
    known = dict(zip(map(str, part.dataset.object_id), (part.classes == 0).tolist(), strict=True))
    return known, params["otherwise"]


def apply(state, dataset):
    """Return the objects with one more feature."""
    known, otherwise = state
    told = np.array([known.get(str(name), otherwise) for name in dataset.object_id], dtype=np.float32)
    table = dataset.features
    return dataset.with_features((*table.columns, "told"), np.column_stack([table.values, told]))


def importance(state, importance):
    """Return the importances of the features that there were."""
    return importance[:-1]


def save(state, folder):
    """Write the labels as JSON."""
    Path(folder, "labels.json").write_text(json.dumps(state))


def load(folder):
    """Return what `save` wrote."""
    return tuple(json.loads(Path(folder, "labels.json").read_text()))
