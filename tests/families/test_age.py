"""The age of an event and its peak: worked by hand on a light curve of which the posterior is given."""

from types import SimpleNamespace

import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families.age import extract, features
from mallorn.families.family import Inputs
from mallorn.settings.resolve import resolve
from mallorn.survey.passbands import SLOTS

PHASE = np.arange(-40.0, 201.0, 10.0)


def posterior(n, peak_mjd):
    """A posterior that rises from 0 at -40 d to 20 in each slot at peak, and falls by 0.1 a day."""
    shape = np.where(PHASE <= 0, 1.0 + PHASE / 40.0, 1.0 - PHASE / 200.0)
    mean = np.broadcast_to(20.0 * shape, (n, len(SLOTS), len(PHASE)))
    sd = np.full(mean.shape, 2.0)
    return SimpleNamespace(phase=PHASE, mean=mean, sd=sd, peak_mjd=np.full(n, peak_mjd))


def made(mjd, flux, peak_mjd, redshift=1.0):
    lc = pack([(np.asarray(mjd), "r" * len(mjd), np.asarray(flux, dtype=float), np.ones(len(mjd)))], redshift)
    found = extract(Inputs(lc, {"posterior": posterior(1, peak_mjd)}), CONFIG["features"]["age"])
    return {name.removeprefix("age__"): float(value[0]) for name, value in found.items()}


def test_times_and_counts_by_hand():
    found = made([100.0, 110.0, 120.0, 140.0, 160.0, 160.3, 180.0], [0, 1, 9, 9, 20, 20, 9], 140.0)
    assert found["since_first"] == pytest.approx(30.0)  # 120 to 180, at redshift 1
    assert found["since_trigger"] == pytest.approx(20.0)
    assert found["since_peak"] == pytest.approx(20.0)
    assert found["first_to_peak"] == pytest.approx(10.0)
    assert found["dark"] == pytest.approx(5.0)
    assert found["ln_nights"] == pytest.approx(np.log(4.0))
    assert found["ln_nights_after_peak"] == pytest.approx(np.log(3.0))  # 160 and 180


def test_the_end_of_the_smooth_curve_by_hand():
    found = made([120.0, 140.0, 180.0], [9, 20, 9], 140.0)
    assert found["now"] == pytest.approx(0.9)  # 20 d after peak
    assert found["start"] == pytest.approx(0.75)  # 10 d before it
    assert found["slope"] == pytest.approx(-0.05)
    assert found["fall_snr"] == pytest.approx(6.0 / np.sqrt(12.0))


def test_before_the_peak_nothing_has_fallen():
    found = made([120.0, 130.0, 140.0], [9, 12, 20], 140.0)
    assert found["since_peak"] == found["fall_snr"] == found["ln_nights_after_peak"] == 0.0
    assert found["slope"] == pytest.approx(0.25)


def test_an_object_without_a_detection_has_no_age():
    found = made([120.0, 130.0, 140.0], [1, 2, 3], 140.0)
    assert np.isnan([found[name] for name in ("since_first", "since_trigger", "ln_nights", "dark", "start")]).all()
    assert found["now"] == pytest.approx(1.0)


def test_age_is_made_where_young_objects_are_learned_from():
    assert not CONFIG["features"]["age"]["enabled"]
    assert resolve({"augmentations": {"early": {"enabled": True}}})["features"]["age"]["enabled"]
    assert len(features(CONFIG["features"]["age"])) == 11
