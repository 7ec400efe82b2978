"""Columns that are probabilities already: they are given to the classes that they are of, and to no others."""

import numpy as np
import pytest

from mallorn.learners import given
from mallorn.learning.dataset import of_values


def said(classes, order, sure=0.7, seed=0):
    """Logarithms of probabilities: column k says with `sure` that an object is of class order[k]."""
    rng = np.random.default_rng(seed)
    order = np.asarray(order)
    p = rng.random((len(classes), len(order))) + 0.1
    p[order[None] == classes[:, None]] += 4 * sure
    return np.log(p / p.sum(axis=1, keepdims=True))


def fitted(values, classes, n_classes, weight=None):
    weight = np.ones(len(classes)) if weight is None else weight
    return given.fit(of_values(values.astype(np.float32)), classes, weight, n_classes, {}, 1, 1)


@pytest.fixture
def classes():
    """A twentieth of the objects is of class 0."""
    return np.where(np.arange(600) % 20 == 0, 0, 1 + np.arange(600) % 3)


def test_columns_in_any_order_find_their_classes(classes):
    values = said(classes, [2, 0, 3, 1])
    model = fitted(values, classes, 4)
    np.testing.assert_array_equal(model.given, np.eye(4)[[2, 0, 3, 1]])
    p = given.predict(model, of_values(values.astype(np.float32)))
    np.testing.assert_allclose(p[:, [2, 0, 3, 1]], np.exp(values), atol=1e-6)


def test_several_columns_of_a_class_add_up(classes):
    values = said(classes, [0, 1, 2, 3])
    model = fitted(values, np.minimum(classes, 1), 2)
    p = given.predict(model, of_values(values.astype(np.float32)))
    np.testing.assert_allclose(p, np.column_stack([np.exp(values[:, 0]), 1 - np.exp(values[:, 0])]), atol=1e-6)


def test_classes_of_the_same_column_share_it_by_their_weights(classes):
    values = said(np.minimum(classes, 2), [0, 1, 2])
    model = fitted(values, classes, 4, weight=np.where(classes == 3, 3.0, 1.0))
    third = np.sum(classes == 2) / (np.sum(classes == 2) + 3 * np.sum(classes == 3))
    np.testing.assert_allclose(model.given, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, third, 1 - third]])
    p = given.predict(model, of_values(values.astype(np.float32)))
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


def test_a_class_that_no_column_is_sure_of_has_the_one_that_tells_it_from_others(classes):
    """Objects of class 0 have .2 in column 0, ten times as much as others, and .6 in column 1, as those of class 1."""
    rare = classes == 0
    p = np.where(rare[:, None], [[0.2, 0.6, 0.1, 0.1]], 0.02)
    p[~rare, classes[~rare]] = 0.94
    model = fitted(np.log(p), classes, 4)
    np.testing.assert_array_equal(model.given, np.eye(4))


def test_labels_decide_nothing_else(classes):
    values = said(classes, [0, 1, 2, 3])
    some = fitted(values[:300], classes[:300], 4)
    others = fitted(values[300:], classes[300:], 4, weight=np.linspace(0.1, 3, 300))
    p, q = (given.predict(model, of_values(values.astype(np.float32))) for model in (some, others))
    np.testing.assert_array_equal(p, q)


def test_what_is_missing_is_average(classes):
    values = said(classes, [0, 1, 2, 3])
    model = fitted(values, classes, 4)
    p = given.predict(model, of_values(np.full((1, 4), np.nan, np.float32)))
    expected = np.exp(values.mean(axis=0))
    np.testing.assert_allclose(p[0], expected / expected.sum(), atol=1e-6)


def test_contributions_add_up_to_the_logarithm_of_the_probability(classes):
    values = said(classes, [0, 1, 2, 0])
    dataset = of_values(values.astype(np.float32))
    model = fitted(values, np.minimum(classes, 2), 3)
    shap = given.contributions(model, dataset)
    assert shap.shape == values.shape
    logarithm = np.log(given.predict(model, dataset)[:, 0])
    np.testing.assert_allclose(shap.sum(axis=1) - shap[0].sum(), logarithm - logarithm[0], atol=1e-5)
    assert (shap[:, model.given[:, 0] == 0] == 0).all()
    assert given.importance(model).tolist() == [1.0] * 4


def test_a_saved_model_is_the_same(classes, tmp_path):
    model = fitted(said(classes, [3, 1, 2, 0]), classes, 4)
    given.save(model, tmp_path)
    for one, other in zip(given.load(tmp_path), model, strict=True):
        np.testing.assert_array_equal(one, other)
