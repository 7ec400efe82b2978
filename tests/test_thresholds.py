import numpy as np
import pytest
from sklearn.metrics import f1_score

from mallorn.errors import ConfigError
from mallorn.thresholds import (
    choose,
    crossed_thresholds,
    expected_count,
    maximum_expected_f1,
    maximum_f1,
    wanted_precision,
)


def draw(seed, n=300):
    rng = np.random.default_rng(seed)
    target = (rng.random(n) < 0.1).astype(int)
    return target, np.round(np.clip(0.3 * target + rng.beta(1, 4, n), 0, 1), 2), rng.integers(0, 5, n)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_has_a_higher_f1(seed):
    target, p, _ = draw(seed)
    best = max(f1_score(target, p >= t) for t in np.unique(p))
    assert f1_score(target, p >= maximum_f1(target, p)) == pytest.approx(best)


def test_threshold_lies_midway_between_two_probabilities():
    target, p = np.array([1, 1, 0, 0]), np.array([0.9, 0.6, 0.2, 0.1])
    assert maximum_f1(target, p) == pytest.approx(0.4)
    assert expected_count(target, p, 1.0) == pytest.approx(0.4)
    assert expected_count(target, p, 1.5) == pytest.approx(0.15)
    assert expected_count(target, p, 10.0) == pytest.approx(0.1)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.15])
def test_expected_count_chooses_that_many(ratio):
    rng = np.random.default_rng(8)
    target = (rng.random(1000) < 0.1).astype(int)
    p = rng.random(1000)
    assert np.sum(p >= expected_count(target, p, ratio)) == round(ratio * target.sum())


def test_threshold_of_a_fold_comes_from_the_others():
    target, p, fold = draw(1)
    options = {"rule": "maximum_f1", "ratio": 1.0}
    threshold = crossed_thresholds(options, target, p, fold)
    for k in range(5):
        others = fold != k
        assert set(threshold[~others]) == {maximum_f1(target[others], p[others])}
    # labels of a fold do not touch its own threshold
    flipped = np.where(fold == 2, 1 - target, target)
    assert np.array_equal(crossed_thresholds(options, flipped, p, fold)[fold == 2], threshold[fold == 2])


def test_rules_by_name():
    target, p, _ = draw(2)
    assert choose({"rule": "maximum_f1", "ratio": 2.0}, target, p) == maximum_f1(target, p)
    assert choose({"rule": "expected_count", "ratio": 2.0}, target, p) == expected_count(target, p, 2.0)
    with pytest.raises(ConfigError, match="threshold.rule: expected maximum_f1 or expected_count, found 'best'"):
        choose({"rule": "best", "ratio": 1.0}, target, p)


def test_wanted_precision_is_the_lowest_threshold_that_has_it():
    target, p = np.array([1, 1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert wanted_precision(target, p, 0.9) == pytest.approx(0.75)
    assert wanted_precision(target, p, 0.7) == pytest.approx(0.55)
    assert wanted_precision(1 - target, p, 0.99) == pytest.approx(0.5)


def test_expected_f1_is_best_at_its_threshold():
    rng = np.random.default_rng(3)
    p = rng.beta(0.2, 2.0, 400)
    best = maximum_expected_f1(p)

    def expected(t):
        return 2 * p[p >= t].sum() / (np.sum(p >= t) + p.sum())

    assert expected(best) == pytest.approx(max(expected(t) for t in np.linspace(0.01, 0.9, 300)), abs=1e-3)
    draws = rng.random((400, 400)) < p
    realised = [np.mean([f1_score(y, p >= t) for y in draws]) for t in (0.5 * best, best, min(1.6 * best, 0.95))]
    assert np.argmax(realised) == 1
