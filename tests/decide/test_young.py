"""How models of young objects give way to those of whole light curves: by age and points, without a jump."""

import numpy as np
import pytest

from mallorn.decide.young import share_of_whole, trigger_of
from mallorn.survey.as_of import USUAL, Trigger

DOMAIN = {
    "young": {"passes": [200.0, 400.0], "trigger": {"detections": 3, "snr": 4.0}},
    "scorers": {"final": {"quantities": ["span", "n_points"], "low": [0.0, np.log10(40.0)]}},
}


class Seen:
    """Of `Observed` what is read here."""

    def __init__(self, age, n_points):
        self.age, self.n_points = map(np.asarray, np.broadcast_arrays(age, n_points))


def share(age, n_points=100):
    return share_of_whole(DOMAIN, Seen(age, n_points), "final")


def test_the_share_of_whole_curves_rises_with_age():
    assert share([0.0, 199.0, 200.0, 300.0, 400.0, 3000.0]).tolist() == [0, 0, 0, 0.5, 1, 1]
    assert share([np.nan]).tolist() == [1.0]  # no trigger, no age


def test_an_old_light_curve_of_few_points_is_left_to_the_others():
    assert share(3000.0, [10, 40, 50, 60, 90]) == pytest.approx([0, 0, 0.5, 1, 1])


def test_the_share_is_smooth():
    steps = np.diff(share(np.arange(0.0, 500.0)))
    assert steps.min() >= 0.0
    assert steps.max() < 0.008
    assert np.abs(np.diff(steps)).max() < 2e-4


def test_ages_count_from_the_trigger_of_the_model():
    assert trigger_of(DOMAIN) == Trigger(3, 4.0)
    assert trigger_of({"scorers": {}}) == USUAL
