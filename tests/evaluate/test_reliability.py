import numpy as np
import pytest

from mallorn.decide.calibration import METHODS, cross_fitted
from mallorn.evaluate.reliability import RELIABILITY_COLUMNS, reliability
from mallorn.metrics import brier, calibration_table

OPTIONS = {"level": 0.9, "rounds": 60, "bins": {"probability": 5}}


def draws(n=3000):
    """Return (target, event, repeats) of overconfident probabilities in two repeats."""
    rng = np.random.default_rng(6)
    truth = rng.beta(0.7, 1.5, n)
    target = (rng.random(n) < truth).astype(int)
    odds = (truth / (1 - truth)) ** 2
    repeats = [(np.clip(odds / (1 + odds), 0, 1) ** k, rng.integers(0, 4, n)) for k in (1.0, 1.1)]
    return target, np.arange(n).astype(str), repeats


def test_tables_are_of_crossed_calibrations_pooled_over_repeats():
    target, event, repeats = draws()
    rows = reliability(target, event, repeats, OPTIONS, seed=2)
    assert [row["method"] for row in rows] == [method for method in METHODS for _ in range(5)]
    assert all(tuple(row) == RELIABILITY_COLUMNS for row in rows)
    for method in METHODS:
        mine = [row for row in rows if row["method"] == method]
        options = {"rule": "maximum_f1", "fraction": None}
        maps = [cross_fitted(method, options, target, p, fold)[0] for p, fold in repeats]
        table = calibration_table(np.tile(target, 2), np.concatenate(maps), np.linspace(0, 1, 6))
        assert [row["objects"] for row in mine] == (table["count"] / 2).tolist()
        assert [row["frequency"] for row in mine] == table["frequency"].tolist()
        assert mine[0]["brier"] == pytest.approx(np.mean([brier(target, p) for p in maps]))
        assert all(row["frequency_low"] <= row["frequency"] <= row["frequency_high"] for row in mine)


def test_calibration_lowers_the_error_of_overconfident_probabilities():
    error = {row["method"]: row["expected_calibration_error"] for row in reliability(*draws(), OPTIONS, seed=2)}
    assert error["none"] > 0.05
    assert max(error["platt"], error["isotonic"]) < 0.5 * error["none"]
