import json

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from mallorn.decide.calibration import BY_AGE, METHODS, apply, cross_fitted, fit
from mallorn.decide.thresholds import choose
from mallorn.errors import ConfigError
from mallorn.metrics import calibration_table, expected_calibration_error

OPTIONS = {"rule": "maximum_f1", "ratio": 1.0, "precision": 0.9, "fraction": None}


def overconfident(n, seed=1):
    """Return (target, probability) whose odds of 1 are the square root of those that the probability claims."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.6, 2.0, n)
    odds = (truth / (1 - truth)) ** 2
    return (rng.random(n) < truth).astype(int), odds / (1 + odds)


def error(target, p):
    return expected_calibration_error(calibration_table(target, p, np.linspace(0, 1, 11)))


@pytest.mark.parametrize("method", METHODS)
def test_a_map_survives_json_and_keeps_the_order(method):
    target, p = overconfident(400)
    parameters = json.loads(json.dumps(fit(method, target, p)))
    x = np.linspace(0, 1, 500)
    mapped = apply(parameters, x)
    assert np.array_equal(mapped, apply(fit(method, target, p), x))
    assert np.all(np.diff(mapped) >= 0)
    assert 0 <= mapped[0] <= mapped[-1] <= 1


def test_maps_mend_probabilities_of_new_objects():
    parameters = {method: fit(method, *overconfident(4000)) for method in METHODS}
    target, p = overconfident(100_000, seed=2)
    errors = {method: error(target, apply(parameters[method], p)) for method in METHODS}
    assert errors["none"] > 0.05
    assert max(errors["platt"], errors["isotonic"]) < 0.02
    assert parameters["platt"]["slope"] == pytest.approx(0.5, abs=0.05)


def test_platt_agrees_with_logistic_regression_of_smoothed_labels():
    target, p = overconfident(300)
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    x = np.log(clipped / (1 - clipped))[:, None]
    n = np.bincount(target)
    smooth = np.where(target == 1, (n[1] + 1) / (n[1] + 2), 1 / (n[0] + 2))
    labels, weights = np.repeat([1, 0], len(x)), np.concatenate([smooth, 1 - smooth])
    reference = LogisticRegression(C=1e12, tol=1e-10).fit(np.vstack([x, x]), labels, weights)
    parameters = fit("platt", target, p)
    assert parameters["slope"] == pytest.approx(reference.coef_[0, 0], rel=1e-3)
    assert parameters["intercept"] == pytest.approx(reference.intercept_[0], abs=1e-3)


def test_platt_never_turns_the_order_round():
    target, p = overconfident(300)
    assert fit("platt", 1 - target, p)["slope"] == 0.0


def test_isotonic_agrees_with_scikit_learn_also_at_ties_and_beyond_the_ends():
    target, p = overconfident(300)
    p = np.round(0.1 + 0.8 * p, 2)
    reference = IsotonicRegression(out_of_bounds="clip").fit(p, target)
    x = np.linspace(0, 1, 301)
    np.testing.assert_allclose(apply(fit("isotonic", target, p), x), reference.predict(x), atol=1e-9)


def test_isotonic_worked_by_hand():
    parameters = fit("isotonic", [0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    assert parameters == {"method": "isotonic", "probability": [0.1, 0.2, 0.3, 0.4], "calibrated": [0, 0.5, 0.5, 1]}


@pytest.mark.parametrize("method", METHODS)
def test_crossed_maps_and_thresholds_never_see_the_fold_they_serve(method):
    target, p = overconfident(500)
    fold = np.random.default_rng(3).integers(0, 4, 500)
    calibrated, threshold = cross_fitted(method, OPTIONS, target, p, fold)
    parameters = fit(method, target[fold != 2], p[fold != 2])
    assert np.array_equal(calibrated[fold == 2], apply(parameters, p[fold == 2]))
    assert set(threshold[fold == 2]) == {choose(OPTIONS, target[fold != 2], apply(parameters, p[fold != 2]))}
    flipped = cross_fitted(method, OPTIONS, np.where(fold == 2, 1 - target, target), p, fold)
    assert np.array_equal(flipped[0][fold == 2], calibrated[fold == 2])
    assert np.array_equal(flipped[1][fold == 2], threshold[fold == 2])


def test_thresholds_are_chosen_anew_for_each_set_of_weights():
    target, p = overconfident(300)
    fold = np.arange(300) % 3
    weight = np.random.default_rng(4).integers(0, 3, (5, 300)).astype(float)
    weight[0] = 1.0
    calibrated, threshold = cross_fitted("platt", OPTIONS, target, p, fold, weight=weight)
    plain = cross_fitted("platt", OPTIONS, target, p, fold)
    assert np.array_equal(calibrated, plain[0])
    assert np.array_equal(threshold[0], plain[1])
    parameters = fit("platt", target[fold != 1], p[fold != 1])
    expected = choose(OPTIONS, target[fold != 1], apply(parameters, p[fold != 1]), weight[3][fold != 1])
    assert set(threshold[3, fold == 1]) == {expected}


def test_an_unknown_method_is_refused():
    with pytest.raises(ConfigError, match="calibration.method: expected one of none, platt, isotonic, found 'magic'"):
        fit("magic", [0, 1], [0.1, 0.9])


def drifting(n, seed=1):
    """Return (target, probability, age): the younger the object, the more the probability claims too much."""
    rng = np.random.default_rng(seed)
    age, truth = np.exp(rng.uniform(1.0, 6.0, n)), rng.beta(0.6, 2.0, n)
    odds = np.log(truth / (1 - truth)) * np.where(age < 50.0, 2.0, 1.0)
    return (rng.random(n) < truth).astype(int), 1 / (1 + np.exp(-odds)), age


def test_a_map_by_age_mends_what_one_for_all_ages_cannot():
    one, by_age = fit("platt", *drifting(4000)[:2]), fit(BY_AGE, *drifting(4000))
    target, p, age = drifting(100_000, seed=2)
    young = age < 20.0
    assert error(target[young], apply(one, p[young])) > 0.03
    assert error(target[young], apply(json.loads(json.dumps(by_age)), p[young], age[young])) < 0.02
    assert np.all(np.diff(apply(by_age, np.linspace(0, 1, 500), np.full(500, 3.0))) >= 0)


def test_a_map_by_age_is_that_of_all_ages_where_age_says_nothing():
    target, p = overconfident(4000)
    age = np.exp(np.random.default_rng(5).uniform(1.0, 6.0, 4000))
    one, by_age = fit("platt", target, p), fit(BY_AGE, target, p, age)
    np.testing.assert_allclose(apply(by_age, p, age), apply(one, p), atol=0.03)
    assert apply(by_age, [0.3], [np.nan]) == pytest.approx(apply(by_age, [0.3], [50.0]))


def test_crossed_maps_by_age_never_see_the_fold_they_serve():
    target, p, age = drifting(600)
    fold = np.random.default_rng(3).integers(0, 4, 600)
    calibrated, _ = cross_fitted(BY_AGE, OPTIONS, target, p, fold, age=age)
    flipped = np.where(fold == 2, 1 - target, target)
    again, _ = cross_fitted(BY_AGE, OPTIONS, flipped, p, fold, age=age)
    assert np.array_equal(again[fold == 2], calibrated[fold == 2])
    assert not np.array_equal(again[fold != 2], calibrated[fold != 2])
