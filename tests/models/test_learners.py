"""What every learner must do, one test over all of them."""

import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.models.learner import LEARNERS, learner

PARAMS = {
    "lightgbm": {"num_iterations": 30, "learning_rate": 0.2, "num_leaves": 6, "min_child_samples": 5,
                 "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1},
    "xgboost": {"num_boost_round": 30, "learning_rate": 0.2, "max_depth": 3, "subsample": 0.7, "colsample_bynode": 0.7},
}  # fmt: skip


@pytest.fixture(scope="module")
def data():
    """Three classes told apart by features 1 and 3 of six, a third of the values missing."""
    rng = np.random.default_rng(6)
    classes = rng.integers(0, 3, 400)
    values = rng.normal(size=(400, 6))
    values[:, 1] += 3.0 * (classes == 0)
    values[:, 3] += 3.0 * (classes == 2)
    values[rng.random(values.shape) < 0.3] = np.nan
    return values.astype(np.float32), classes


def fit(name, values, classes, n_classes, seed=3, threads=1, weight=None, **params):
    weight = np.ones(len(classes)) if weight is None else weight
    return learner(name, PARAMS[name]).fit(
        values, classes, weight, n_classes, {**PARAMS[name], **params}, seed, threads
    )


def test_all_learners_are_tested():
    assert set(PARAMS) == set(LEARNERS)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_tell_classes_apart_with_missing_values(data, name, n_classes):
    values, classes = data[0], np.minimum(data[1], n_classes - 1)
    p = learner(name, {}).predict_proba(fit(name, values[:300], classes[:300], n_classes), values[300:])
    assert p.shape == (100, n_classes)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-6)
    assert p.min() >= 0
    assert np.mean(p.argmax(axis=1) == classes[300:]) > 0.6
    rare = p[classes[300:] == 0, 0].mean()
    assert rare > 2 * p[classes[300:] != 0, 0].mean()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_row_without_any_value_has_a_probability(data, name):
    p = learner(name, {}).predict_proba(fit(name, *data, 3), np.full((1, 6), np.nan, np.float32))
    assert np.isfinite(p).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_importance_is_that_of_the_features_that_matter(data, name):
    gain = learner(name, {}).importance(fit(name, *data, 3))
    assert gain.shape == (6,)
    assert set(np.argsort(gain)[-2:]) == {1, 3}
    values = data[0].copy()
    values[:, 5] = 1.0
    assert learner(name, {}).importance(fit(name, values, data[1], 3))[5] == 0


@pytest.mark.parametrize("name", LEARNERS)
def test_same_seed_gives_the_same_model_and_another_seed_another(data, name):
    predict = learner(name, {}).predict_proba
    first = predict(fit(name, *data, 3), data[0])
    assert np.array_equal(first, predict(fit(name, *data, 3), data[0]))
    assert not np.array_equal(first, predict(fit(name, *data, 3, seed=4), data[0]))


@pytest.mark.parametrize("name", LEARNERS)
def test_weight_moves_probabilities(data, name):
    predict = learner(name, {}).predict_proba
    heavy = predict(fit(name, *data, 3, weight=np.where(data[1] == 0, 20.0, 1.0)), data[0])
    assert heavy[:, 0].mean() > predict(fit(name, *data, 3), data[0])[:, 0].mean() + 0.05


def test_unknown_learners_and_parameters_are_named():
    with pytest.raises(ConfigError, match="no learner 'lightgbn'; expected one of lightgbm, xgboost"):
        learner("lightgbn", {})
    with pytest.raises(ConfigError, match=r"lightgbm has no parameter 'num_leafs' \(did you mean 'num_leaves'\?\)"):
        learner("lightgbm", {"num_leafs": 3})
    with pytest.raises(ConfigError, match="xgboost has no parameter 'seed' "):
        learner("xgboost", {"seed": 3})
