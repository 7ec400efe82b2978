"""Files of one model's out-of-fold probabilities for all classes of a tree, by each way of learning it."""

import json
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.tables import read_columns, read_metadata, write_table
from mallorn.survey.taxonomy import Taxonomy

__all__ = ["TreePredictions", "read_tree_predictions", "write_tree_predictions"]


class TreePredictions(NamedTuple):
    """Probabilities of n objects for the N classes of `tree`: {way: (n, N)}; see `mallorn.learning.hierarchy` for ways.

    object_id (n,) str, sorted; fold (n,) int.
    """

    model: str
    protocol: str
    repeat: int
    tree: Taxonomy
    object_id: np.ndarray
    fold: np.ndarray
    probability: dict


def write_tree_predictions(path, predictions):
    """Write `TreePredictions`: object_id, fold and WAY__CLASS of all ways and classes; metadata hold the tree."""
    order = np.argsort(predictions.object_id.astype(str), kind="stable")
    columns = {"object_id": predictions.object_id[order], "fold": predictions.fold[order].astype(np.int8)}
    for way, probability in predictions.probability.items():
        for name, p in zip(predictions.tree.names, probability.T, strict=True):
            columns[f"{way}__{name}"] = np.ascontiguousarray(p[order])
    about = {name: str(getattr(predictions, name)) for name in ("model", "protocol", "repeat")}
    about |= {"tree": json.dumps(predictions.tree.as_given()), "ways": json.dumps(list(predictions.probability))}
    write_table(path, columns, sorted_by=("object_id",), metadata=about)


def read_tree_predictions(path):
    """Return the `TreePredictions` of a file. Raises DataError if it is not one that `write_tree_predictions` wrote."""
    about, table = read_metadata(path), read_columns(path)
    if "tree" not in about:
        raise DataError.at(path, expected="predictions on a tree", found="others", fix="delete results/tree, run again")
    tree = Taxonomy(json.loads(about["tree"]), str(path))
    ways = json.loads(about["ways"])
    probability = {way: np.stack([table[f"{way}__{name}"] for name in tree.names], axis=1) for way in ways}
    repeat = int(about["repeat"])
    return TreePredictions(
        about["model"], about["protocol"], repeat, tree, table["object_id"], table["fold"], probability
    )
