import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mallorn.decide.ensembles import METHODS, apply_ensemble, cross_fitted_ensemble, fit_ensemble
from mallorn.errors import ConfigError
from mallorn.metrics import average_precision

OPTIONS = {"step": 0.25, "C": [0.1, 1.0]}


@pytest.fixture(scope="module")
def members():
    """Three members of 400 objects: a good one, a fair one and one that knows nothing."""
    rng = np.random.default_rng(4)
    target = (rng.random(400) < 0.2).astype(int)
    odds = np.stack([3.0 * target, 1.5 * target, 0.0 * target], axis=1) + rng.normal(size=(400, 3)) - 2.0
    return 1.0 / (1.0 + np.exp(-odds)), target, rng.integers(0, 4, 400)


@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_is_as_good_as_its_best_member_or_nearly(members, method):
    p, target, fold = members
    cross_fitted = cross_fitted_ensemble(method, p, target, fold, OPTIONS)
    assert np.all((cross_fitted >= 0) & (cross_fitted <= 1))
    assert average_precision(target, cross_fitted) > average_precision(target, p[:, 1])
    learned = fit_ensemble(method, p, target, fold, OPTIONS)
    again = apply_ensemble(json.loads(json.dumps(learned)), p)
    assert np.array_equal(again, apply_ensemble(learned, p))


@pytest.mark.parametrize("method", METHODS)
def test_labels_of_a_fold_do_not_reach_its_predictions(members, method):
    p, target, fold = members
    other = np.where(fold == 2, 1 - target, target)
    before, after = (cross_fitted_ensemble(method, p, t, fold, OPTIONS) for t in (target, other))
    assert np.array_equal(before[fold == 2], after[fold == 2])


def test_mean_best_and_weighted_worked_by_hand():
    p = np.array([[0.9, 0.1], [0.8, 0.9], [0.1, 0.8], [0.2, 0.2]])
    target, fold = np.array([1, 1, 0, 0]), np.array([0, 1, 0, 1])
    mean = apply_ensemble(fit_ensemble("mean", p, target, fold, OPTIONS), p)
    assert mean == pytest.approx([0.5, 0.85, 0.45, 0.2])
    assert fit_ensemble("best", p, target, fold, OPTIONS)["weights"] == [1.0, 0.0]
    # equal weights rank both targets first already, and ties go to the more equal weights
    assert fit_ensemble("weighted", p, target, fold, OPTIONS)["weights"] == [0.5, 0.5]
    # 3:1 is the most equal of the weights that keep a wrong second member from spoiling the first
    p = np.array([[0.9, 0.0], [0.8, 0.0], [0.1, 0.9], [0.2, 0.9]])
    assert fit_ensemble("weighted", p, target, fold, OPTIONS)["weights"] == [0.75, 0.25]


def test_ranks_do_not_depend_on_the_scale_of_a_member(members):
    p, target, fold = members
    ranks = [
        apply_ensemble(fit_ensemble("rank", q, target, fold, OPTIONS), q) for q in (p, p ** np.array([1.0, 3.0, 0.5]))
    ]
    np.testing.assert_allclose(ranks[0], ranks[1], atol=2e-3)
    order = np.argsort(np.argsort(p, axis=0), axis=0) / 399
    np.testing.assert_allclose(ranks[0], order.mean(axis=1), atol=2e-3)


def test_stacking_is_the_logistic_regression_of_scikit_learn(members):
    p, target, fold = members
    learned = fit_ensemble("stacked", p, target, fold, {**OPTIONS, "C": [0.3]})
    odds = np.log(np.clip(p, 1e-4, 1 - 1e-4) / (1 - np.clip(p, 1e-4, 1 - 1e-4)))
    other = LogisticRegression(C=0.3, max_iter=1000).fit(odds, target)
    np.testing.assert_allclose(apply_ensemble(learned, p), other.predict_proba(odds)[:, 1], atol=1e-9)
    assert learned["weights"][0] > learned["weights"][1] > abs(learned["weights"][2])


def test_stacking_on_a_single_fold_takes_the_strongest_penalty(members):
    p, target, fold = members
    assert fit_ensemble("stacked", p, target, 0 * fold, {**OPTIONS, "C": [1.0, 0.1]})["C"] == 0.1


def test_an_unknown_method_is_refused(members):
    with pytest.raises(ConfigError, match="no method 'median'"):
        fit_ensemble("median", *members, OPTIONS)
