"""What is known of a light curve at a time: the points until then, as a survey reports them, and nothing of later."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mallorn.families.pipeline import extract_features
from mallorn.settings.resolve import defaults
from mallorn.survey.as_of import Trigger, as_of, detection_times, peak_times, trigger_times
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

CHEAP = {name: {**block, "enabled": name in ("statistics", "shape")} for name, block in defaults()["features"].items()}


def curves(*objects, redshift=0.5, detected=None):
    """Return `LightCurves` of objects, each a list of (mjd, flux); errors are 1, passbands g and r in turn."""
    points = [(t, k % 2 + 1, f) for one in objects for k, (t, f) in enumerate(one)]
    mjd, band, flux = (np.array(values) for values in zip(*points, strict=True))
    n = len(objects)
    return LightCurves(
        object_id=np.array([f"o{k}" for k in range(n)], dtype=object),
        redshift=np.full(n, redshift),
        redshift_err=np.full(n, np.nan),
        ebv=np.zeros(n),
        luminosity_distance=np.full(n, 2800.0),
        start=np.cumsum([0, *map(len, objects)]),
        mjd=mjd.astype(float),
        band=band.astype(np.int8),
        flux=flux.astype(float),
        flux_err=np.ones(len(mjd)),
        passbands=LSST,
        detected=detected,
    )


EVENT = [(1, 0), (5, 1), (9, 2), (13, 7), (17, 1), (21, 12), (25, 30), (29, 30), (33, 8), (37, 2), (41, 1)]
FAINT = [(2, 0), (8, 4), (14, 9), (20, 1)]


def times(lc, k=0):
    return lc[k].mjd.tolist()


def test_an_object_is_known_from_its_trigger_on():
    lc = curves(EVENT, FAINT)
    assert trigger_times(lc).tolist()[0] == 21
    assert np.isnan(trigger_times(lc)[1])
    assert trigger_times(lc, Trigger(detections=1)).tolist() == [13, 14]
    assert trigger_times(lc, Trigger(snr=20.0)).tolist()[0] == 29
    assert len(as_of(lc, 20.9).mjd) == 0
    assert times(as_of(lc, 21)) == [9, 13, 17, 21]
    assert times(as_of(lc, 36)) == [9, 13, 17, 21, 25, 29, 33]
    assert len(as_of(lc, 1e9)[1].mjd) == 0


def test_forced_photometry_tells_all_that_was_before():
    lc = curves(EVENT)
    assert times(as_of(lc, 21, history="forced")) == [1, 5, 9, 13, 17, 21]
    with pytest.raises(ValueError, match='expected "alerts" or "forced", found \'all\''):
        as_of(lc, 21, history="all")


def test_each_object_has_its_own_time_and_no_time_is_before_everything():
    lc = curves(EVENT, EVENT, EVENT)
    known = as_of(lc, [21, np.nan, 25])
    assert [len(one.mjd) for one in known] == [4, 0, 5]
    assert known.object_id.tolist() == ["o0", "o1", "o2"]


def test_detections_are_those_of_the_file_where_it_tells():
    told = np.zeros(len(EVENT), dtype=np.int8)
    told[[0, 2]] = 1
    lc = curves(EVENT, detected=told)
    assert trigger_times(lc).tolist() == [9]
    assert times(as_of(lc, 10)) == [1, 5, 9]
    limits = replace(curves(EVENT), limit=np.array([f >= 7 for _, f in EVENT]))
    assert np.isnan(trigger_times(limits)).all()


def test_cuts_by_detections_and_by_phase():
    lc = curves(EVENT, FAINT)
    assert detection_times(lc, 1).tolist() == [13, 14]
    assert detection_times(lc, 5)[0] == 33
    assert np.isnan(detection_times(lc, 6)).all()
    assert peak_times(lc).tolist() == [25, 14]  # of two that are as bright the first
    assert peak_times(lc, -10.0).tolist() == [10, -1]
    assert peak_times(curves(EVENT, redshift=np.nan), 4.0).tolist() == [29]
    assert np.isnan(peak_times(curves([(1, 0), (2, 0)]))).all()


flux = st.floats(-5, 60, allow_nan=False, width=32)
one = st.lists(st.tuples(st.integers(0, 60), flux), min_size=1, max_size=25, unique_by=lambda p: p[0]).map(sorted)


@settings(max_examples=40, deadline=None)
@given(st.lists(one, min_size=1, max_size=3), st.lists(flux, min_size=75, max_size=75), st.integers(0, 60))
def test_later_points_tell_nothing(objects, others, time):
    lc = curves(*objects)
    later = lc.mjd > time
    changed = replace(lc, flux=np.where(later, np.array(others)[: len(lc.mjd)], lc.flux))
    fewer = lc.where(~later)
    for history in ("alerts", "forced"):
        known = as_of(lc, time, history=history)
        for other in (as_of(changed, time, history=history), as_of(fewer, time, history=history)):
            assert other.start.tolist() == known.start.tolist()
            for name in ("mjd", "band", "flux"):
                assert getattr(other, name).tolist() == getattr(known, name).tolist()
        earlier = as_of(known, time - 7, history=history)
        assert earlier.mjd.tolist() == as_of(lc, time - 7, history=history).mjd.tolist()


def test_features_of_a_cut_do_not_change_when_later_points_do():
    lc = curves(EVENT, [(t + 0.5, 3 * f) for t, f in EVENT])
    changed = replace(lc, flux=np.where(lc.mjd > 26, 500.0, lc.flux))
    blocks = {**defaults(), "features": CHEAP}
    made = [extract_features(as_of(one, 26), blocks) for one in (lc, changed)]
    assert len(made[0]) > 100
    for name, values in made[0].items():
        np.testing.assert_array_equal(values, made[1][name], err_msg=name)
    assert any((extract_features(lc, blocks)[name] != values).any() for name, values in made[0].items())
