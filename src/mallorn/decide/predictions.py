"""Files of predictions by one model: probabilities of objects out of fold, or of objects kept apart."""

from typing import NamedTuple

import numpy as np
from pyarrow.parquet import read_schema

from mallorn.errors import DataError
from mallorn.io.tables import read_columns, read_metadata, write_table
from mallorn.learning.folds import PROTOCOLS, fold_of

__all__ = [
    "CLASS_PREFIX",
    "HeldOut",
    "OutOfFold",
    "class_columns",
    "mean_of_files",
    "pooled_by_model",
    "read_held_out",
    "read_out_of_fold",
    "write_predictions",
]

CLASS_PREFIX = "probability__"
"""Prefix of columns with the probability of a class."""


class OutOfFold(NamedTuple):
    """Out-of-fold predictions of n objects: `object_id` (n,) str, `fold` (n,), `probability` (n,) of the class sought.

    classes (n, C): probabilities of the classes `names`; the first is the one sought.
    """

    model: str
    training: str
    protocol: str
    repeat: int
    object_id: np.ndarray
    fold: np.ndarray
    probability: np.ndarray
    names: tuple
    classes: np.ndarray


class HeldOut(NamedTuple):
    """Predictions of n objects that no model has seen: `object_id` (n,) str, and the rest as in `OutOfFold`."""

    model: str
    training: str
    protocol: str
    repeat: int
    object_id: np.ndarray
    probability: np.ndarray
    names: tuple
    classes: np.ndarray


def write_predictions(path, object_id, probability, classes, metadata, fold=None):
    """Write object_id, [fold,] probability (of the class sought), and probability__CLASS of each class.

    probability: (n, C), class 0 is the one sought; classes: (C,) names; fold: (n,) int8 or None. metadata: {"model",
    "training", "protocol", "repeat"}, kept in the file.
    """
    columns = {"object_id": object_id}
    if fold is not None:
        columns["fold"] = np.asarray(fold, dtype=np.int8)
    columns["probability"] = np.ascontiguousarray(probability[:, 0])
    columns |= class_columns(probability, classes)
    write_table(path, columns, metadata={key: str(value) for key, value in metadata.items()})


def class_columns(probability, classes):
    """Return {probability__CLASS: (n,)} from probabilities (n, C) of the classes called `classes`."""
    pairs = zip(classes, np.asarray(probability).T, strict=True)
    return {f"{CLASS_PREFIX}{name}": np.ascontiguousarray(p) for name, p in pairs}


def read_out_of_fold(path):
    """Return the `OutOfFold` predictions of a file that `write_predictions` made."""
    return OutOfFold(*_about(path), **_columns(path, ["object_id", "fold"]))


def read_held_out(path):
    """Return the `HeldOut` predictions of a file that `write_predictions` made without folds."""
    return HeldOut(*_about(path), **_columns(path, ["object_id"]))


def mean_of_files(paths):
    """Return (object_id (n,), probability (n, C), names (C,)): the mean over files of predictions of the same objects.

    Raises DataError if the files differ in objects or classes.
    """
    first = read_held_out(paths[0])
    total = np.zeros(first.classes.shape)
    for path in paths:
        p = read_held_out(path)
        if not np.array_equal(p.object_id, first.object_id) or p.names != first.names:
            raise DataError.at(
                path,
                expected=f"the objects and classes of {paths[0]}",
                found="others",
                fix="delete results/predictions, run again",
            )
        total += p.classes
    return first.object_id, total / len(paths), first.names


def pooled_by_model(paths, folds):
    """Return {protocol: {model: (target, probability)}} of files of out-of-fold predictions, with repeats in a row.

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


def _columns(path, names):
    classes = [name for name in read_schema(path).names if name.startswith(CLASS_PREFIX)]
    if not classes:
        raise DataError.at(
            path, expected="a column probability__CLASS", found="none", fix="delete results/predictions, run again"
        )
    table = read_columns(path, [*names, "probability", *classes])
    found = {name: table[name] for name in (*names, "probability")}
    known = tuple(name.removeprefix(CLASS_PREFIX) for name in classes)
    return {**found, "names": known, "classes": np.stack([table[name] for name in classes], axis=1)}
