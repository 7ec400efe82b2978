"""Shape functions: those of an additive model are found, interactions are told."""

import numpy as np
import pytest

from mallorn.learning.dataset import Features
from mallorn.learning.model_files import Fits
from mallorn.learning.shapes import shape_functions

VALUES = np.random.default_rng(3).normal(size=(200, 2)).astype(np.float32)
VALUES[:20, 0] = np.nan
OPTIONS = {"points": 9, "objects": 5}


class Known:
    """A model of three classes whose margins are 2 x and y, that of a missing x being 1, and `together` x y."""

    def __init__(self, together=0.0):
        self.together = together

    def predict(self, dataset):
        x, y = dataset.features.values.astype(float).T
        missing = np.isnan(x)
        x = np.where(missing, 0.0, x)
        margin = np.stack([2.0 * x + missing + self.together * x * y, y, np.zeros(len(x))], axis=1)
        weight = np.exp(margin)
        return weight / weight.sum(axis=1, keepdims=True)


def shapes(model):
    features = Features(np.arange(200).astype(str), ("x", "y"), VALUES)
    rows = shape_functions([Fits(("x", "y"), ("a", "b", "c"), ("features",), (model,))], features, ["x"], OPTIONS, 1)
    return {name: [row for row in rows if row["class"] == name] for name in "abc"}


def test_the_functions_of_an_additive_model_are_found_exactly():
    found = shapes(Known())
    value, added = (np.array([row[name] for row in found["a"]]) for name in ("value", "added"))
    assert np.isnan(value[-1])
    assert np.isfinite(value[:-1]).all()
    # of the margins 2 x, y, 0 the first is 4/3 x above the mean of the three, and the others 2/3 x below
    assert added[:-1] == pytest.approx(4.0 / 3.0 * (value[:-1] - value[:-1].mean()), abs=1e-9)
    assert added[-1] == pytest.approx(2.0 / 3.0 - 4.0 / 3.0 * value[:-1].mean(), abs=1e-9)
    for name in "bc":
        assert [row["added"] for row in found[name]] == pytest.approx(-added / 2.0, abs=1e-9)
    assert max(row["interaction"] for rows in found.values() for row in rows) < 1e-9


def test_interactions_are_told():
    assert max(row["interaction"] for row in shapes(Known(together=1.0))["a"]) > 0.1
