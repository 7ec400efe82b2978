"""Leaving a type out: one that is far away, and one that lies between the classes, both rank high."""

import numpy as np
import pytest
from learning_data import SPEC, TRAINING, survey

from mallorn.evaluate.outliers import WAYS, held_out_types, rank_left_out
from mallorn.learning.dataset import Dataset, Features
from mallorn.learning.folds import draw_folds, fold_of

SETTINGS = {
    "target": "TDE",
    "training": TRAINING,
    "model": {**SPEC, "classes": "multiclass"},
    "outliers": {"trees": 20, "sample": 64},
}


@pytest.fixture(scope="module")
def objects():
    ids, types, target, event, values = survey()
    labels = fold_of(draw_folds(ids, types, target, event, n_folds=3, repeats=1, rare=5, seed=1), "grouped", 0, ids)
    return ids, labels, values.astype(np.float32)


def test_types_of_enough_objects_are_left_out():
    assert held_out_types(["b", "a", "b", "c", "a", "b"], 2) == ["a", "b"]


def test_a_type_that_is_far_away_ranks_high(objects):
    ids, labels, values = objects
    kind = "AGN"
    away = np.where((labels["spec_type"] == kind)[:, None], values + 20.0, values)
    names = tuple(f"x{k}" for k in range(values.shape[1]))
    found = rank_left_out(Dataset(ids, features=Features(ids, names, away)), labels, kind, SETTINGS, 3, 1)
    of_way = {row["way"]: row for row in found}
    assert tuple(of_way) == WAYS
    assert of_way["isolation"]["auc"] > 0.99
    assert of_way["both"]["auc"] > 0.9
    assert {row["objects"] for row in found} == {int(np.sum(labels["spec_type"] == kind))}


def test_a_type_that_is_like_another_does_not(objects):
    ids, labels, _ = objects
    rng = np.random.default_rng(4)
    same = rng.normal(size=(len(ids), 3)).astype(np.float32)
    found = rank_left_out(Dataset(ids, features=Features(ids, ("a", "b", "c"), same)), labels, "AGN", SETTINGS, 3, 1)
    assert all(0.3 < row["auc"] < 0.7 for row in found)
