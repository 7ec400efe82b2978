import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mallorn.decide.ensembles import (
    METHODS,
    Members,
    apply_ensemble,
    cross_fitted_ensemble,
    fit_ensemble,
    predict_ensemble,
)
from mallorn.errors import ConfigError, DataError
from mallorn.metrics import average_precision

OPTIONS = {"step": 0.25, "C": [0.1, 1.0]}


@pytest.fixture(scope="module")
def members():
    """Three members of 400 objects: a good one, a fair one and one that knows nothing."""
    rng = np.random.default_rng(4)
    target = (rng.random(400) < 0.2).astype(int)
    odds = np.stack([3.0 * target, 1.5 * target, 0.0 * target], axis=1) + rng.normal(size=(400, 3)) - 2.0
    return 1.0 / (1.0 + np.exp(-odds)), target, rng.integers(0, 4, 400)


def binary(p):
    """Return `Members` of two classes of the probabilities (n, m) of the one sought."""
    return Members(tuple(np.column_stack([q, 1 - q]) for q in p.T), (("TDE", "other"),) * p.shape[1])


@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_is_as_good_as_its_best_member_or_nearly(members, method):
    p, target, fold = members
    cross_fitted = cross_fitted_ensemble(method, binary(p), target, fold, OPTIONS)[:, 0]
    assert np.all((cross_fitted >= 0) & (cross_fitted <= 1))
    assert average_precision(target, cross_fitted) > average_precision(target, p[:, 1])
    learned = fit_ensemble(method, p, target, fold, OPTIONS)
    again = apply_ensemble(json.loads(json.dumps(learned)), p)
    assert np.array_equal(again, apply_ensemble(learned, p))


@pytest.mark.parametrize("method", METHODS)
def test_labels_of_a_fold_do_not_reach_its_predictions(members, method):
    p, target, fold = members
    other = np.where(fold == 2, 1 - target, target)
    before, after = (cross_fitted_ensemble(method, binary(p), t, fold, OPTIONS) for t in (target, other))
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
    other = LogisticRegression(C=0.3, max_iter=10_000, tol=1e-12).fit(odds, target)
    np.testing.assert_allclose(apply_ensemble(learned, p), other.predict_proba(odds)[:, 1], atol=1e-9)
    assert learned["weights"][0] > learned["weights"][1] > abs(learned["weights"][2])


def test_stacking_on_a_single_fold_takes_the_strongest_penalty(members):
    p, target, fold = members
    assert fit_ensemble("stacked", p, target, 0 * fold, {**OPTIONS, "C": [1.0, 0.1]})["C"] == 0.1


@pytest.fixture(scope="module")
def of_several_classes(members):
    """Members: two that tell three classes apart, and one that knows the class sought and the others."""
    p, target, fold = members
    rng = np.random.default_rng(7)
    share = rng.dirichlet([2.0, 1.0], size=(2, len(p)))
    classes = [np.column_stack([q, (1 - q)[:, None] * s]) for q, s in zip(p.T, share, strict=False)]
    both = np.column_stack([p[:, 2], 1 - p[:, 2]])
    return Members((*classes, both), (("TDE", "AGN", "SN"),) * 2 + (("TDE", "other"),)), target, fold


@pytest.mark.parametrize("method", METHODS)
def test_all_classes_are_kept_and_the_class_sought_is_as_if_there_were_two(of_several_classes, method):
    several, target, fold = of_several_classes
    p = cross_fitted_ensemble(method, several, target, fold, OPTIONS)
    assert p.shape == (400, 3)
    assert p.min() >= 0
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    alone = cross_fitted_ensemble(method, binary(several.sought), target, fold, OPTIONS)
    assert np.array_equal(p[:, 0], alone[:, 0])
    served = cross_fitted_ensemble(method, several, target, fold, OPTIONS, several.take([3, 1]), fold[[3, 1]])
    np.testing.assert_allclose(served, p[[3, 1]], rtol=1e-12)


def test_what_is_left_is_shared_out_as_the_members_that_know_do_by_hand():
    classes = (np.array([[0.5, 0.4, 0.1]]), np.array([[0.2, 0.2, 0.6]]), np.array([[0.8, 0.2]]))
    several = Members(classes, (("TDE", "AGN", "SN"),) * 2 + (("TDE", "other"),))
    mean = predict_ensemble({"method": "weighted", "weights": [0.5, 0.25, 0.25]}, several)
    # 0.5 * 0.5 + 0.25 * 0.2 + 0.25 * 0.8; AGN to SN as 0.5 * 0.4 + 0.25 * 0.2 to 0.5 * 0.1 + 0.25 * 0.6
    assert mean[0] == pytest.approx([0.5, 0.5 * 0.25 / 0.45, 0.5 * 0.2 / 0.45])
    best = predict_ensemble({"method": "best", "weights": [0.0, 0.0, 1.0]}, several)
    assert best[0] == pytest.approx([0.8, 0.2 * 0.6 / 1.3, 0.2 * 0.7 / 1.3])
    alike = predict_ensemble({"method": "mean", "weights": [0.5, 0.5]}, Members(classes[:2], several.names[:2]))
    assert alike[0] == pytest.approx([0.35, 0.3, 0.35])


def test_classes_that_do_not_fit_together_are_refused(members):
    p, target, fold = members
    odd = binary(p)._replace(names=(("TDE", "other"), ("TDE", "other"), ("TDE", "rest")))
    with pytest.raises(DataError, match="do not fit together: TDE, other, and TDE, rest"):
        cross_fitted_ensemble("mean", odd, target, fold, OPTIONS)


def test_an_unknown_method_is_refused(members):
    with pytest.raises(ConfigError, match="no method 'median'"):
        fit_ensemble("median", *members, OPTIONS)
