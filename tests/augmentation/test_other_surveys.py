"""Copies of training objects as other surveys would have seen them, of curves whose nature is known."""

from dataclasses import replace

import numpy as np
import pytest

from mallorn.augmentation.other_surveys import copies_metadata, seen_by_other_surveys
from mallorn.gp.fit import fit_lightcurves
from mallorn.gp.models import MultibandMatern32
from mallorn.settings.resolve import defaults
from mallorn.survey.as_of import DETECTION_SNR
from mallorn.survey.blackbody import planck
from mallorn.survey.copies import CUTS, cuts_of, originals
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.dust import transmission
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.observed import enough, observed
from mallorn.survey.passbands import LSST, SLOTS

SETTINGS = defaults()
OPTIONS, MINIMUM = SETTINGS["augmentations"]["other_surveys"], SETTINGS["domain"]
ALWAYS = {**OPTIONS, "moved": 1.0, "keep": 1.0}
TEMPERATURE, VISITS = 15_000.0, 61_000.0 + np.arange(0.0, 300.0, 3.0)
PEAK = 100.0  # days after the first visit


def law(redshift, days, band):
    """Return the flux of a blackbody of one temperature that rises and fades in its own time, `days` from peak."""
    rest = days / (1.0 + redshift)
    shape = np.where(rest < 0.0, np.exp(-0.5 * (rest / 12.0) ** 2), np.exp(-np.maximum(rest, 0.0) / 40.0))
    wavelength = LSST.wavelength[band] / (1.0 + redshift)
    sed = planck(wavelength, TEMPERATURE) / planck(np.array([3000.0]), TEMPERATURE)
    return 1e8 * shape * sed * (1.0 + redshift) / luminosity_distance(np.array([redshift])) ** 2


def fireballs(redshift, error=0.05):
    """Return the curves of such objects, without any noise."""
    n, mjd, band = len(redshift), np.repeat(VISITS, 6), np.tile(np.arange(6), len(VISITS)).astype(np.int8)
    flux = np.concatenate([law(z, mjd - VISITS[0] - PEAK, band) for z in redshift])
    names = np.array([f"object {k}" for k in range(n)], dtype=object)
    return LightCurves(
        *(names, np.array(redshift), np.full(n, np.nan), np.full(n, 0.1), luminosity_distance(np.array(redshift))),
        start=len(mjd) * np.arange(n + 1),
        mjd=np.tile(mjd, n),
        band=np.tile(band, n),
        flux=flux * np.tile(transmission(np.array([0.1]), LSST.extinction)[0, band], n),
        flux_err=np.full(len(flux), error),
        passbands=LSST,
    )


@pytest.fixture(scope="module")
def curves():
    return fireballs([0.2, 0.35, 0.5, 0.8])


@pytest.fixture(scope="module")
def fits(curves):
    return fit_lightcurves(MultibandMatern32, curves.dereddened(), SETTINGS["fits"]["multiband"])


@pytest.fixture(scope="module")
def copies(curves, fits):
    return dict(zip(CUTS, seen_by_other_surveys(curves, fits, ALWAYS, 1, MINIMUM), strict=True))


def test_a_moved_object_is_what_it_would_be_at_its_new_redshift(curves, copies):
    """By the law that the curves were made with, which the copies know nothing of."""
    forced = copies["forced"].dereddened()
    assert (forced.redshift < curves.redshift).all()
    for k in range(len(forced)):
        one, f = forced[k], (1.0 + forced.redshift[k]) / (1.0 + curves.redshift[k])
        expected = law(one.redshift, one.mjd - VISITS[0] - PEAK * f, one.band)
        bright = expected > 0.1 * expected.max()
        assert bright.sum() > 50
        assert np.median(np.abs(one.flux[bright] / expected[bright] - 1.0)) < 0.02
        assert np.abs(one.flux[bright] / expected[bright] - 1.0).max() < 0.2


def test_cuts_hold_what_they_say(copies):
    for cut, (few_bands, detections) in CUTS.items():
        lc = copies[cut]
        assert set(cuts_of(lc.object_id)) == {cut}
        slots = [set(np.array(SLOTS)[lc.passbands.slot[lc[k].band]]) for k in range(len(lc))]
        if few_bands:
            assert all(any(seen <= set(allowed) for allowed in OPTIONS["passbands"]) for seen in slots)
        else:
            assert any(len(seen) > 3 for seen in slots)
        assert (lc.flux > DETECTION_SNR * lc.flux_err).all() == detections
        assert enough(observed(lc), MINIMUM).all()


def test_points_are_in_order_and_times_of_a_passband_unique(copies):
    for lc in copies.values():
        for k in range(len(lc)):
            one = lc[k]
            order = np.lexsort((one.band, one.mjd))
            assert (order == np.arange(len(order))).all()
            pairs = set(zip(one.mjd.tolist(), one.band.tolist(), strict=True))
            assert len(pairs) == len(one.mjd)


def test_a_copy_is_brighter_but_no_better_known(curves, copies):
    """Errors grow with the flux; points of two passbands that become one are known better by the root of two."""
    forced, clear = copies["forced"].dereddened(), curves.dereddened()
    stretch = (1.0 + forced.redshift) / (1.0 + curves.redshift)
    brighter = stretch * (curves.luminosity_distance / luminosity_distance(forced.redshift)) ** 2
    assert (brighter > 1.0).all()
    error = forced.flux_err / brighter[forced.owner]
    assert error.min() > 0.999 * clear.flux_err.min() / np.sqrt(2.0)
    assert error.max() < 1.001 * clear.flux_err.max()


def test_what_is_not_moved_keeps_its_points(curves, fits):
    still = {**ALWAYS, "moved": 0.0}
    (forced, *_) = seen_by_other_surveys(curves, fits, still, 1, MINIMUM)
    assert originals(forced.object_id).tolist() == curves.object_id.tolist()
    for name in ("mjd", "band", "redshift"):
        assert np.array_equal(getattr(forced, name), getattr(curves, name))
    np.testing.assert_allclose(forced.flux, curves.flux, rtol=1e-12)


def test_draws_depend_on_the_object_and_the_cut_alone(curves, fits):
    whole = seen_by_other_surveys(curves, fits, OPTIONS, 1, MINIMUM)
    rows = np.array([2, 3])
    some = {name: values[rows] for name, values in fits.items()}
    for one, all_of_them in zip(
        seen_by_other_surveys(curves.take(rows), some, OPTIONS, 1, MINIMUM), whole, strict=True
    ):
        place = {name: k for k, name in enumerate(all_of_them.object_id)}
        same = all_of_them.take([place[name] for name in one.object_id])
        assert np.array_equal(one.flux, same.flux)
        assert np.array_equal(one.redshift, same.redshift)
    other = seen_by_other_surveys(curves, fits, OPTIONS, 2, MINIMUM)
    assert not np.array_equal(other[0].redshift, whole[0].redshift)


def test_an_object_without_redshift_or_fit_is_cut_but_not_bent(curves, fits):
    unknown = curves.without_redshift()
    (forced, *_) = seen_by_other_surveys(unknown, fits, ALWAYS, 1, MINIMUM)
    assert np.isnan(forced.redshift).all()
    np.testing.assert_allclose(forced.flux, curves.flux, rtol=1e-12)
    none = {name: np.full(len(v), np.nan) if name.startswith("ln_") else v for name, v in fits.items()}
    (bare, *_) = seen_by_other_surveys(curves, none, ALWAYS, 1, MINIMUM)
    assert np.isfinite(bare.flux).all()


def test_objects_of_which_too_little_is_left_are_left_out(curves, fits):
    faint = replace(curves, flux_err=np.full(len(curves.flux), 1e4))
    assert [len(lc) for lc in seen_by_other_surveys(faint, fits, ALWAYS, 1, MINIMUM)] == [0, 0, 0, 0]


def test_metadata_of_copies_are_those_of_their_objects(copies):
    table = {
        "object_id": np.array([f"object {k}" for k in range(4)], dtype=object),
        "set": np.full(4, "train", dtype=object),
        "split": np.full(4, "split_1", dtype=object),
        "Z": np.array([0.2, 0.35, 0.5, 0.8]),
        "Z_err": np.full(4, np.nan),
        "luminosity_distance": luminosity_distance(np.array([0.2, 0.35, 0.5, 0.8])),
        "target": np.array([0, 1, 0, 1], dtype=np.int8),
    }
    lc = copies["alerts"]
    made = copies_metadata(table, lc, "other_surveys")
    assert made["object_id"].tolist() == lc.object_id.tolist()
    assert set(made["split"]) == {"other_surveys"}
    of = {f"object {k}": k for k in range(4)}
    assert made["target"].tolist() == [table["target"][of[name]] for name in originals(lc.object_id)]
    assert np.array_equal(made["Z"], lc.redshift)
