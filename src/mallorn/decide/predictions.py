"""The files of predictions: probabilities of objects out of fold, and of objects kept apart, by one model."""

from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.tables import read_columns, read_metadata, write_table
from mallorn.learning.folds import PROTOCOLS, fold_of

__all__ = [
    "HeldOut",
    "OutOfFold",
    "mean_probability",
    "pooled_by_model",
    "read_held_out",
    "read_out_of_fold",
    "write_predictions",
]


class OutOfFold(NamedTuple):
    """Out-of-fold predictions of n objects: `object_id` (n,) str, `fold` (n,), `probability` (n,) of a target."""

    model: str
    training: str
    protocol: str
    repeat: int
    object_id: np.ndarray
    fold: np.ndarray
    probability: np.ndarray


class HeldOut(NamedTuple):
    """Predictions of n objects that no model has seen: `object_id` (n,) str, `probability` (n,) of a target."""

    model: str
    training: str
    protocol: str
    repeat: int
    object_id: np.ndarray
    probability: np.ndarray


def write_predictions(path, object_id, probability, classes, metadata, fold=None):
    """Write object_id, [fold,] probability and, of more than two classes, probability__CLASS for each.

    probability: (n, C), class 0 being the targets; classes: (C,) names; fold: (n,) int8 or None.
    metadata: {"model", "training", "protocol", "repeat"}, kept in the file so that it says itself what it is.
    """
    columns = {"object_id": object_id}
    if fold is not None:
        columns["fold"] = np.asarray(fold, dtype=np.int8)
    columns["probability"] = np.ascontiguousarray(probability[:, 0])
    if len(classes) > 2:
        for name, p in zip(classes, probability.T, strict=True):
            columns[f"probability__{name}"] = np.ascontiguousarray(p)
    write_table(path, columns, metadata={key: str(value) for key, value in metadata.items()})


def read_out_of_fold(path):
    """Return the `OutOfFold` predictions of a file that `write_predictions` made."""
    return OutOfFold(*_about(path), **read_columns(path, ["object_id", "fold", "probability"]))


def read_held_out(path):
    """Return the `HeldOut` predictions of a file that `write_predictions` made without folds."""
    return HeldOut(*_about(path), **read_columns(path, ["object_id", "probability"]))


def mean_probability(paths):
    """Return (object_id (n,), probability (n,)): the mean over files of predictions of the same objects."""
    first = read_columns(paths[0], ["object_id"])["object_id"]
    total = np.zeros(len(first))
    for path in paths:
        table = read_columns(path, ["object_id", "probability"])
        if not np.array_equal(table["object_id"], first):
            raise DataError.at(
                path, expected=f"the objects of {paths[0]}", found="others", fix="delete results/predictions, run again"
            )
        total += table["probability"]
    return first, total / len(paths)


def pooled_by_model(paths, folds):
    """Return {protocol: {model: (target, probability)}} of files of out-of-fold predictions, repeats one after another.

    folds: table as from `mallorn.learning.folds.draw_folds`.
    """
    pooled = {}
    for p in map(read_out_of_fold, paths):
        target = fold_of(folds, p.protocol, p.repeat, p.object_id)["target"]
        pooled.setdefault((p.protocol, p.model), []).append((target, p.probability))
    models = dict.fromkeys(model for _, model in pooled)
    return {
        protocol: {model: tuple(map(np.concatenate, zip(*pooled[protocol, model], strict=True))) for model in models}
        for protocol in PROTOCOLS
    }


def _about(path):
    about = read_metadata(path)
    return about["model"], about["training"], about["protocol"], int(about["repeat"])
