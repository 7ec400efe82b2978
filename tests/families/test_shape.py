import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.errors import ConfigError
from mallorn.families import shape
from mallorn.families.family import Inputs

SETTINGS = CONFIG["features"]["shape"] | {
    "smoothing": {"bands": ["r", "g", "i"], "half_width": 1, "factor_sd": 0.5, "rounds": 2},
    "phases": [-20, -5, 5, 25],
}


def extract(flux, error=0.01, step=20.0, settings=SETTINGS):
    """Return the features, without the family's name, of r points `step` observed days apart at redshift 1."""
    points = [(step * np.arange(len(flux)), "r" * len(flux), flux, error)]
    found = shape.extract(Inputs(pack(points, redshift=1.0)), settings)
    return {name.removeprefix("shape__"): value[0] for name, value in found.items()}


def test_one_peak_by_hand():
    """Rest-frame days 0 to 50 in steps of 10; half of 10 is passed at 11 2/3 and 32.5, the peak is at 20."""
    found = extract([0.0, 4.0, 10.0, 6.0, 2.0, 0.0])
    expected = {
        "peak_flux": 10.0,
        "rise_50": 25 / 3,
        "fall_50": 12.5,
        "above_50": 12.5 + 25 / 3,
        "asymmetry_50": 0.2,
        "fall_75": 6.25,
        "fall_20": 20.0,
        "fall_stretch": 7.5 / 6.25,
        "duty_cycle": 35 / 50,
        "n_peaks": 1.0,
        "second_peak": 0.0,
        "rebrightening": 0.0,
        "precursor": 0.0,
        "fall_monotonicity": 1.0,
        "variation": 1.0,
        "roughness": 0.0,
        "flux_m20_m5": (0.0 + 0.4) / 2,
        "flux_5_25": (0.6 + 0.2) / 2,
        "bright_span_5__r": 30.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_percentiles_of_a_box_by_hand():
    """Constant flux over 100 rest-frame days: 10% and 90% of its sum are 80 days apart, symmetric about the middle."""
    found = extract(np.full(11, 5.0))
    assert found["robust_duration"] == pytest.approx(80.0)
    assert found["robust_asymmetry"] == pytest.approx(0.0, abs=1e-12)
    assert found["slow_fraction"] == 1.0
    assert found["inflections"] == 0.0
    assert np.isnan(found["rise_50"])
    assert np.isnan(found["fall_monotonicity"])


def test_a_second_peak_by_hand():
    found = extract([0.0, 10.0, 2.0, 6.0, 0.0])
    expected = {
        "n_peaks": 2.0,
        "second_peak": 0.6,
        "second_peak_delay": 20.0,
        "rebrightening": 0.4,
        "rebrightening_snr": 4.0 / np.hypot(0.01, 0.01),
        "rise_monotonicity": 1.0,
        "fall_monotonicity": (8 - 4 + 6) / 18,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_a_fall_before_the_peak_by_hand():
    found = extract([0.0, 5.0, 1.0, 10.0, 0.0])
    assert found["precursor"] == pytest.approx(0.4)
    assert found["rebrightening"] == 0.0
    assert found["second_peak_delay"] == pytest.approx(-20.0)


def test_noise_makes_no_peaks():
    assert extract([0.0, 10.0, 2.0, 6.0, 0.0], error=2.0)["n_peaks"] == 1.0


def test_an_object_that_is_never_positive_has_no_shape():
    found = extract([-1.0, -2.0, -1.5])
    assert all(np.isnan(value) for name, value in found.items() if not name.startswith("bright_span"))


def test_times_are_those_of_the_rest_frame():
    points = [(20.0 * np.arange(6), "r" * 6, [0.0, 4.0, 10.0, 6.0, 2.0, 0.0], 0.01)]
    near, far = (shape.extract(Inputs(pack(points, redshift=z)), SETTINGS)["shape__fall_50"][0] for z in (0.25, 1.5))
    assert near / far == pytest.approx(2.0)


def test_levels_must_hold_those_that_others_use():
    with pytest.raises(ConfigError, match="duty_level and stretch must be among levels"):
        shape.features(SETTINGS | {"duty_level": 0.3})
