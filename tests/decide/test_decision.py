import numpy as np
import pytest

from mallorn.decide.calibration import apply, fit
from mallorn.decide.decision import decide, make_decision

RULE = {"rule": "maximum_f1", "ratio": 1.0, "precision": 0.9, "fraction": None}


def settings(method):
    return {"threshold": RULE, "calibration": {"method": method}}


def test_threshold_worked_by_hand():
    """The threshold of fold 0 comes from fold 1, between .8 and .3; that of fold 1 from fold 0, between .6 and .2."""
    part = (np.array([1, 0, 1, 0]), np.array([0.6, 0.2, 0.8, 0.3]), np.array([0, 0, 1, 1]))
    decision = make_decision(settings("none"), [part])
    assert decision["threshold"] == pytest.approx((0.55 + 0.4) / 2)
    assert decision["spread"] == pytest.approx(0.075)
    calibrated, chosen = decide(decision, np.array([0.47, 0.48]))
    assert calibrated.tolist() == [0.47, 0.48]
    assert chosen.tolist() == [False, True]


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_calibration_comes_before_the_threshold(method):
    rng = np.random.default_rng(0)
    target = (rng.random(600) < 0.3).astype(int)
    p = np.clip(0.2 + 0.3 * target + 0.1 * rng.normal(size=600), 0.01, 0.99)
    parts = [(target, p, rng.integers(0, 3, 600)), (target, p, rng.integers(0, 3, 600))]
    decision = make_decision(settings(method), parts)
    expected = apply(fit(method, np.tile(target, 2), np.tile(p, 2)), p)
    calibrated, chosen = decide(decision, p)
    assert np.array_equal(calibrated, expected)
    assert np.array_equal(chosen, expected >= decision["threshold"])
    assert abs(chosen.mean() - 0.3) < 0.1
