import numpy as np
import pytest
from sklearn.metrics import f1_score

from mallorn.decide.thresholds import (
    RULES,
    choose,
    cross_fitted_thresholds,
    expected_count,
    maximum_expected_f1,
    maximum_f1,
    wanted_precision,
)
from mallorn.errors import ConfigError

OPTIONS = {"ratio": 1.93, "precision": 0.8, "fraction": None}


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
    options = {**OPTIONS, "rule": "maximum_f1"}
    threshold = cross_fitted_thresholds(options, target, p, fold)
    for k in range(5):
        others = fold != k
        assert set(threshold[~others]) == {maximum_f1(target[others], p[others])}
    # labels of a fold do not touch its own threshold
    flipped = np.where(fold == 2, 1 - target, target)
    assert np.array_equal(cross_fitted_thresholds(options, flipped, p, fold)[fold == 2], threshold[fold == 2])


def test_rules_by_name():
    target, p, _ = draw(2)
    chosen = {rule: choose({**OPTIONS, "rule": rule}, target, p) for rule in RULES}
    assert chosen == {
        "maximum_f1": maximum_f1(target, p),
        "expected_count": expected_count(target, p, 1.93),
        "wanted_precision": wanted_precision(target, p, 0.8),
        "maximum_expected_f1": maximum_expected_f1(p),
    }
    with pytest.raises(ConfigError, match="threshold.rule: expected one of maximum_f1, .*, found 'best'"):
        choose({**OPTIONS, "rule": "best"}, target, p)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("copies", [1, 4])
def test_another_fraction_of_targets_is_as_if_the_others_had_copies(rule, copies):
    """With every other object `copies` times, targets are 1 / (1 + copies (1 - f) / f) of all; so are the weights."""
    rng = np.random.default_rng(5)
    p = rng.beta(0.5, 2.0, 500)
    target = (rng.random(500) < p).astype(int)
    times = np.where(target == 1, 1, copies)
    fraction = target.sum() / times.sum()
    threshold = choose({**OPTIONS, "rule": rule, "fraction": fraction}, target, p)
    if rule == "maximum_expected_f1":  # reads no label: the shift applies to the odds of each probability
        others = (1 - fraction) / fraction * p.sum() / (1 - p).sum()
        shares = [2 * p[p >= t].sum() / ((p + others * (1 - p))[p >= t].sum() + p.sum()) for t in p]
        assert p[p >= threshold].min() == p[np.argmax(shares)]
    else:
        repeated = np.repeat(target, times), np.repeat(p, times)
        assert threshold == choose({**OPTIONS, "rule": rule}, *repeated)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("fraction", [None, 0.2])
def test_weights_are_copies_and_many_at_once_are_as_one_by_one(rule, fraction):
    target, p, _ = draw(4)
    times = np.random.default_rng(2).integers(0, 3, (6, len(p)))
    options = {**OPTIONS, "rule": rule, "fraction": fraction}
    together = choose(options, target, p, times)
    assert together.shape == (6,)
    for threshold, t in zip(together, times, strict=True):
        assert threshold == pytest.approx(choose(options, np.repeat(target, t), np.repeat(p, t)))
        assert threshold == choose(options, target, p, t)


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


@pytest.mark.parametrize("ratio", [0.5, 1.2, 30.0])
@pytest.mark.parametrize("decimals", [12, 2, 0])
def test_the_most_probable_objects_decide_as_all_do(ratio, decimals):
    rng = np.random.default_rng(7)
    target = (np.arange(3000) % 60 == 0).astype(int)
    p = np.round(np.where(target, rng.random(3000) ** 0.2, rng.random(3000) ** 4), decimals)
    weight = rng.poisson(1.0, size=(20, 4000)).astype(float)
    weight[0, rng.permutation(4000)[:3900]] = 0.0
    rows = np.sort(rng.permutation(4000)[:3000])
    together = expected_count(target, p, ratio, weight=weight, rows=rows)
    for row, threshold in zip(weight[:, rows], together, strict=True):
        assert threshold == expected_count(np.repeat(target, row.astype(int)), np.repeat(p, row.astype(int)), ratio)
