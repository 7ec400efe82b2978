import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families import cross_band
from mallorn.families.family import Inputs

SETTINGS = CONFIG["features"]["cross_band"] | {"pairs": [["g", "r"]]}


def extract(mjd, g, r, error, settings=SETTINGS):
    """Return the features of g and r points taken at the same times, at redshift 1."""
    n = len(mjd)
    points = [(np.tile(mjd, 2), "g" * n + "r" * n, np.concatenate([g, r]), error)]
    found = cross_band.extract(Inputs(pack(points, redshift=1.0)), settings)
    return {name.removeprefix("cross_band__"): value[0] for name, value in found.items()}


def test_a_constant_ratio_by_hand():
    """g is twice r: the angle is atan 2, and g has 4/5 of the variance."""
    r = np.array([1.0, 2.0, 5.0, 3.0, 1.0])
    found = extract(30.0 * np.arange(5), 2 * r, r, 1e-6)
    expected = {
        "matched_g_r": 5.0,
        "correlation_g_r": 1.0,
        "ratio_g_r": np.arctan(2.0),
        "variable_ratio_g_r": np.arctan(2.0),
        "variability_g_r": 0.8,
        "correlation_mean": 1.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert found["ratio_chi2_g_r"] == pytest.approx(0.0, abs=1e-6)


def test_a_changing_ratio_shows_in_chi2_by_hand():
    """r = (1, 0, 1, 0), g = 1 - r: a line through the origin is an axis, and misses two points by ten errors."""
    x = np.array([1.0, 0.0, 1.0, 0.0])
    found = extract(30.0 * np.arange(4), 1 - x, x, 0.1)
    assert found["correlation_g_r"] == pytest.approx(-1.0)
    assert found["ratio_chi2_g_r"] == pytest.approx(2 * 100 / 3)
    assert found["variable_chi2_g_r"] == pytest.approx(0.0, abs=1e-12)
    assert found["variable_ratio_g_r"] == pytest.approx(-np.pi / 4)


def test_the_lag_of_a_delayed_copy_is_found():
    rest = np.arange(0.0, 400.0, 4.0)
    leading, following = (np.exp(-0.5 * ((rest - centre) / 12) ** 2) for centre in (200, 220))
    found = extract(2.0 * rest, leading, following, 0.01)
    assert found["lag_g_r"] == pytest.approx(20.0, abs=3.0)
    assert found["lag_peak_g_r"] > 0.9


def test_too_few_matches_are_unknown():
    found = extract(30.0 * np.arange(3), np.ones(3), np.arange(3.0), 0.1)
    assert found["matched_g_r"] == 3
    assert np.isnan(found["correlation_g_r"])
