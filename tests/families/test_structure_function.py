import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families import structure_function
from mallorn.families.family import Inputs

SETTINGS = CONFIG["features"]["structure_function"] | {"lags": [0, 15, 40], "min_pairs": 1, "reference": 10}


def extract(points, settings=SETTINGS):
    found = structure_function.extract(Inputs(pack(points, redshift=1.0)), settings)
    return {name.removeprefix("structure_function__"): value for name, value in found.items()}


def test_three_points_by_hand():
    """Rest-frame days 0, 10, 20; fluxes 0, 3, 1; errors 1: differences 3 and -2 at 10 d, 1 at 20 d; variance 14/9."""
    found = extract([([0.0, 20.0, 40.0], "rrr", [0.0, 3.0, 1.0], 1.0)])
    square = (9 + 4) / 2 - 2
    expected = {
        "sf_0_15__r": np.sqrt(square),
        "sf_15_40__r": 0.0,  # 1 - 2 < 0
        "relative_0_15__r": square / (2 * 14 / 9),
        "relative_15_40__r": -1 / (2 * 14 / 9),
        "skew_0_15__r": (27 - 8) / 2 / 6.5**1.5,
        "skew_15_40__r": 1.0,
        "all_relative_0_15": square / (2 * 14 / 9),
        "all_skew_15_40": 1.0,
    }
    assert {name: found[name][0] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert np.isnan(found["sf_0_15__g"][0])
    assert np.isnan(found["slope__r"][0])


def test_slope_and_amplitude_of_a_straight_line():
    """Flux that grows by 0.5 a day: the structure function is 0.5 lag, up to the width of the bins."""
    rest = np.arange(0.0, 400.0, 1.0)
    points = [(2.0 * rest, "r" * 400, 0.5 * rest, 1e-6)]
    found = extract(points, SETTINGS | {"lags": [9, 11, 20, 24], "min_pairs": 1})
    assert found["slope__r"][0] == pytest.approx(1.0, abs=0.02)
    assert found["amplitude__r"][0] == pytest.approx(5.0, rel=0.02)


def test_few_pairs_are_unknown():
    found = extract([([0.0, 20.0, 40.0], "rrr", [0.0, 3.0, 1.0], 1.0)], SETTINGS | {"min_pairs": 3})
    assert np.isnan(found["sf_0_15__r"][0])


def test_fast_rise_and_slow_fall_skew_the_differences():
    rest = np.arange(0.0, 100.0, 2.0)
    flux = np.where(rest < 10, rest, 10 * np.exp(-(rest - 10) / 40))
    up, down = (extract([(2.0 * rest, "r" * 50, f, 0.01)])["all_skew_0_15"][0] for f in (flux, flux[::-1]))
    assert up > 0 > down
