import numpy as np
import pytest

from mallorn.learners import logistic
from mallorn.learning.dataset import of_values


@pytest.fixture(scope="module")
def fitted():
    """Scores (500, 8) of four classes, and the model of them."""
    rng = np.random.default_rng(4)
    classes = rng.integers(0, 4, 500)
    values = of_values((rng.normal(size=(500, 8)) + 1.5 * rng.normal(size=(4, 8))[classes]).astype(np.float32))
    params = {"C": 1.0, "max_iter": 300, "tol": 1e-4}
    return values, logistic.fit(values, classes, np.ones(500), 4, params, seed=0, threads=1)


def test_log_odds_are_those_of_the_probability(fitted):
    values, model = fitted
    p = logistic.predict(model, values)[:, 0]
    np.testing.assert_allclose(logistic.log_odds(model, values), np.log(p) - np.log1p(-p), rtol=1e-6)


def test_contributions_to_the_log_odds_add_up_to_their_difference_from_the_average_object(fitted):
    """The average object has the scores 0."""
    values, model = fitted
    added = logistic.contributions(model, values, odds=True).sum(axis=1)
    average = logistic.log_odds(model, of_values(np.zeros((1, 8), dtype=np.float32)))
    np.testing.assert_allclose(added, logistic.log_odds(model, values) - average, atol=1e-4)
    margin = logistic.contributions(model, values).sum(axis=1)
    assert np.abs(added - margin).max() > 1


def test_a_feature_that_tells_other_classes_apart_adds_to_the_log_odds_only_through_them(fitted):
    """Moved alike in all margins, no probability changes and nothing is added."""
    values, model = fitted
    weights = model.weights.copy()
    weights[3] = weights[3].mean()
    added = logistic.contributions(model._replace(weights=weights), values, odds=True)
    np.testing.assert_allclose(added[:, 3], 0, atol=1e-9)
