"""Copies at ages: what they hold, what they are called, and that nothing later is in them."""

from dataclasses import replace

import numpy as np
import pytest

from mallorn.augmentation.early import WHOLE, age_name, known_at_ages
from mallorn.settings.resolve import defaults
from mallorn.survey.as_of import trigger_times
from mallorn.survey.copies import cuts_of, originals
from mallorn.survey.lightcurves import LightCurves, joined
from mallorn.survey.passbands import LSST

FIXED = {"days": 0, "shares": 0, "exponents": [0.0, 11.0], "history": None}
OPTIONS = {**defaults()["augmentations"]["early"], "ages": [20.0, 50.0], "random": FIXED}
MINIMUM = {"points": 3, "detections": 0, "nights": 2}


def seen(*objects):
    """Return `LightCurves` of objects, each (times, fluxes), in r; errors are 1."""
    n, (times, fluxes) = len(objects), zip(*objects, strict=True)
    mjd = np.concatenate(times)
    return LightCurves(
        object_id=np.array([f"o{k}" for k in range(n)], dtype=object),
        redshift=np.full(n, 0.1),
        redshift_err=np.full(n, np.nan),
        ebv=np.zeros(n),
        luminosity_distance=np.full(n, 460.0),
        start=np.cumsum([0, *map(len, times)]),
        mjd=mjd,
        band=np.full(len(mjd), 2, dtype=np.int8),
        flux=np.concatenate(fluxes),
        flux_err=np.ones(len(mjd)),
        passbands=LSST,
    )


@pytest.fixture
def curves():
    times = np.arange(0.0, 120.0, 5.0)
    return seen((times, np.where(times < 30.0, 0.0, 50.0)), (times, np.zeros(len(times))))


def test_a_copy_holds_what_was_known_at_its_age(curves):
    copies = known_at_ages(curves, OPTIONS, MINIMUM, 7)
    whole = joined(copies)
    assert sorted(set(cuts_of(whole.object_id))) == sorted([age_name(20.0), age_name(50.0), WHOLE])
    trigger = trigger_times(curves)
    for lc, age in zip(copies, (20.0, 50.0, np.inf), strict=True):
        for k, name in enumerate(originals(lc.object_id)):
            row = list(curves.object_id).index(name)
            own = slice(lc.start[k], lc.start[k + 1])
            until = curves.mjd[curves.start[row] : curves.start[row + 1]]
            if age < np.inf:
                until = until[until <= trigger[row] + age]
            assert lc.mjd[own].tolist() == until.tolist()


def test_what_comes_later_changes_no_copy(curves):
    curves = curves.take([0])
    later = replace(curves, flux=np.where(curves.mjd > trigger_times(curves)[0] + 20.0, 9.0, curves.flux))
    first, second = (known_at_ages(one, OPTIONS, MINIMUM, 7)[0] for one in (curves, later))
    assert np.array_equal(first.flux, second.flux)
    assert list(first.object_id) == list(second.object_id)


def test_an_object_that_never_triggers_has_no_young_copy(curves):
    names = [set(originals(lc.object_id)) for lc in known_at_ages(curves, OPTIONS, MINIMUM, 7)]
    assert [len(one) for one in names] == [1, 1, 2]


def test_a_copy_that_shows_no_more_is_left_out():
    times = np.arange(0.0, 40.0, 5.0)
    curves = seen((times, np.full(len(times), 50.0)))
    copies = known_at_ages(curves, {**OPTIONS, "ages": [50.0, 20.0, 90.0]}, MINIMUM, 7)
    assert [len(lc) for lc in copies] == [1, 1, 0, 0]


def test_random_copies_are_of_times_drawn_for_each_object(curves):
    options = {**OPTIONS, "random": {**FIXED, "days": 9, "shares": 7, "exponents": [0.0, 6.5]}}
    copies = joined(known_at_ages(curves, options, MINIMUM, 7))
    cuts, of = cuts_of(copies.object_id), originals(copies.object_id)
    drawn = np.flatnonzero([cut.startswith(("days", "share")) for cut in cuts])
    assert {cuts[k].split()[0] for k in drawn} == {"days", "share"}
    assert set(of[drawn]) == {"o0"}  # the other never triggers
    whole, trigger = curves.mjd[: curves.start[1]], trigger_times(curves)[0]
    seen = set()
    for k in np.flatnonzero(of == "o0"):
        own = copies.mjd[copies.start[k] : copies.start[k + 1]]
        assert own.tolist() == whole[: len(own)].tolist()
        assert own[-1] >= trigger
        seen.add(len(own))
    assert len(seen) == np.sum(of == "o0")  # none shows what another shows
    again = joined(known_at_ages(curves.take([1, 0]), options, MINIMUM, 7))
    assert sorted(again.object_id) == sorted(copies.object_id)
    assert sorted(again.mjd) == sorted(copies.mjd)
    other = joined(known_at_ages(curves, options, MINIMUM, 8))
    assert len(other.mjd) != len(copies.mjd)


def test_days_of_random_copies_are_spread_evenly_in_their_logarithm():
    times = np.arange(0.0, 3000.0, 1.0)
    curves = seen((times, np.full(len(times), 50.0)))
    options = {**OPTIONS, "ages": [2.0], "random": {**FIXED, "days": 400, "exponents": [3.0, 11.0]}}
    copies = joined(known_at_ages(curves, options, MINIMUM, 7))
    drawn = np.log2([n for n, cut in zip(copies.n_points, cuts_of(copies.object_id), strict=True) if cut[0] == "d"])
    assert 3.0 <= drawn.min() < 3.2
    assert 10.8 < drawn.max() <= 11.01
    above = drawn[drawn > 8.0]  # below it many draws show the same points
    assert abs(np.mean(above > 9.5) - 0.5) < 0.1


def test_random_copies_may_have_another_history(curves):
    drawn = {**FIXED, "days": 3, "exponents": [4.0, 5.0]}
    forced, alerts = (
        known_at_ages(curves, {**OPTIONS, "ages": [20.0], "random": {**drawn, "history": how}}, MINIMUM, 7)
        for how in (None, "alerts")
    )
    assert [lc.n_points.tolist() for lc in forced[:2]] == [lc.n_points.tolist() for lc in alerts[:2]]
    before = [joined(copies[2:]).mjd.min() for copies in (forced, alerts)]
    assert before[0] == curves.mjd.min()
    assert before[1] == 25.0  # the last point without a detection
