import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from mallorn.metrics import (
    average_precision,
    bootstrap,
    bootstrap_weights,
    brier,
    calibration_table,
    decision_scores,
    expected_calibration_error,
    interval,
    precision_recall,
    recall_at_precision,
    roc_auc,
)


def draws():
    rng = np.random.default_rng(4)
    for n in (5, 40, 500):
        for levels in (3, 1000):
            target = rng.random(n) < 0.2
            target[:2] = True, False
            yield target.astype(int), np.round(rng.random(n) * levels) / levels, rng.integers(0, 4, n).astype(float)


@pytest.mark.parametrize(("target", "score", "weight"), list(draws()))
def test_scores_agree_with_scikit_learn(target, score, weight):
    weight[:2] = 1.0
    for w in (None, weight):
        assert average_precision(target, score, w) == pytest.approx(
            average_precision_score(target, score, sample_weight=w)
        )
        assert roc_auc(target, score, w) == pytest.approx(roc_auc_score(target, score, sample_weight=w))
        assert brier(target, score, w) == pytest.approx(brier_score_loss(target, score, sample_weight=w))
        scores, decision = decision_scores(target, score >= 0.5, w), score >= 0.5
        for name, function in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
            expected = function(target, decision, sample_weight=w, zero_division=0.0)
            assert scores[name] == pytest.approx(expected)


def test_weights_of_whole_numbers_are_copies():
    target, score = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.8, 0.3, 0.1])
    times = np.array([2, 0, 1, 3, 1])
    copied = average_precision(np.repeat(target, times), np.repeat(score, times))
    assert average_precision(target, score, times) == pytest.approx(copied)


def test_average_precision_worked_by_hand():
    """Ranks 1 and 3 of four are targets: (1/1 + 2/3) / 2."""
    assert average_precision([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6]) == pytest.approx(5 / 6)
    threshold, precision, recall = precision_recall([1, 0, 1, 0], [0.9, 0.8, 0.8, 0.6])
    assert threshold.tolist() == [0.9, 0.8, 0.6]
    np.testing.assert_allclose(precision, [1, 2 / 3, 1 / 2])
    np.testing.assert_allclose(recall, [1 / 2, 1, 1])


def test_scores_without_a_class():
    with pytest.raises(ValueError, match="at least one positive"):
        average_precision([0, 0], [0.1, 0.2])
    assert np.isnan(roc_auc([1, 1], [0.1, 0.2]))
    assert decision_scores([0, 0], [False, False]) == {"f1": 0.0, "precision": 0.0, "recall": 0.0}


def test_many_weights_at_once_are_as_one_by_one():
    target, score, _ = list(draws())[-1]
    weights = np.random.default_rng(6).integers(0, 3, (7, len(target))).astype(float)
    weights[0, target == 1] = 0.0
    edges = np.linspace(0, 1, 6)

    def scores(w):
        table = calibration_table(target, score, edges, w)
        return {
            "roc_auc": roc_auc(target, score, w),
            "brier": brier(target, score, w),
            "error": expected_calibration_error(table),
            "counts": table["count"],
            **decision_scores(target, score > 0.4, w),
        }

    together = scores(weights)
    for name, value in together.items():
        np.testing.assert_allclose(value, [scores(w)[name] for w in weights], err_msg=name)
    for function in (average_precision, lambda *a: recall_at_precision(*a[:2], 0.3, *a[2:])):
        values = function(target, score, weights)
        np.testing.assert_allclose(values[1:], [function(target, score, w) for w in weights[1:]])
    assert np.isnan(average_precision(target, score, weights)[0])


def test_bootstrap_is_the_statistics_of_its_weights_whatever_the_batch(monkeypatch):
    target, event = np.array([1, 1, 0, 0, 0]), np.array(list("aabcc"))

    def statistics(weight):
        return {"sum": weight @ np.arange(5.0), "each": weight}

    whole = bootstrap(statistics, event, target, 20, seed=3)
    monkeypatch.setattr("mallorn.metrics._BATCH", 17)
    small = bootstrap(statistics, event, target, 20, seed=3)
    expected = np.array(list(bootstrap_weights(event, target, 20, seed=3)))
    for result in (whole, small):
        assert np.array_equal(result["each"], expected)
        assert np.array_equal(result["sum"], expected @ np.arange(5.0))


def test_interval_holds_the_middle_and_leaves_out_rounds_without_meaning():
    values = np.append(np.arange(101.0), np.nan)
    assert interval(values, 0.9) == pytest.approx((5.0, 95.0))
    low, high = interval(np.stack([values, np.full(102, np.nan)], axis=1), 0.5)
    np.testing.assert_allclose([low, high], [[25.0, np.nan], [75.0, np.nan]])


def test_bootstrap_draws_whole_events_and_keeps_the_number_of_each_kind():
    event = np.array(list("aaabbcdefg"))
    target = np.isin(event, list("ab")).astype(int)
    weights = np.array(list(bootstrap_weights(event, target, 400, seed=3)))
    first = [np.flatnonzero(event == s)[0] for s in "abcdefg"]
    assert np.all(weights[:, 0] == weights[:, 2])
    assert np.all(weights[:, first[:2]].sum(axis=1) == 2)
    assert np.all(weights[:, first[2:]].sum(axis=1) == 5)
    assert weights.mean(axis=0) == pytest.approx(np.ones(10), abs=0.2)
    assert np.array_equal(weights[:5], list(bootstrap_weights(event, target, 5, seed=3)))


def test_recall_at_precision_worked_by_hand():
    target, score = [1, 1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6, 0.5]
    assert recall_at_precision(target, score, 0.9) == pytest.approx(2 / 3)
    assert recall_at_precision(target, score, 0.75) == 1.0
    assert recall_at_precision([0, 1], [0.9, 0.1], 0.9) == 0.0


def test_calibration_worked_by_hand():
    target, p = np.array([0, 0, 1, 1, 1]), np.array([0.0, 0.2, 0.3, 0.5, 1.0])
    table = calibration_table(target, p, [0.0, 0.25, 0.4, 0.5, 1.0])
    assert table["count"].tolist() == [2, 1, 0, 2]
    np.testing.assert_allclose(table["probability"], [0.1, 0.3, np.nan, 0.75])
    np.testing.assert_allclose(table["frequency"], [0, 1, np.nan, 1])
    assert expected_calibration_error(table) == pytest.approx((2 * 0.1 + 0.7 + 2 * 0.25) / 5)


def test_true_probabilities_are_calibrated():
    rng = np.random.default_rng(12)
    p = rng.random(200_000)
    table = calibration_table(rng.random(len(p)) < p, p, np.linspace(0, 1, 11))
    assert expected_calibration_error(table) < 0.005
    assert expected_calibration_error(calibration_table(rng.random(len(p)) < p**2, p, np.linspace(0, 1, 11))) > 0.1
