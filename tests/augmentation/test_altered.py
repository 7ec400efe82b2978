import numpy as np
import pytest

from mallorn.augmentation.altered import (
    NEIGHBOURS,
    augmented_lightcurves,
    augmented_metadata,
    metadata_without_redshift,
)
from mallorn.errors import DataError
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

PHOTOZ = {"keep": 1.0, "noise": 0.0}


def metadata(n=300, seed=1):
    """Return metadata of n training and n test objects; the error of a test redshift grows with it."""
    rng = np.random.default_rng(seed)
    z = np.round(rng.uniform(0.05, 1.0, 2 * n), 3)
    test = np.arange(2 * n) >= n
    return {
        "object_id": np.array([f"object {k}" for k in range(2 * n)], dtype=object),
        "set": np.where(test, "test", "train").astype(object),
        "split": np.where(np.arange(2 * n) % 2, "split_a", "split_b").astype(object),
        "Z": z,
        "Z_err": np.where(test, 0.1 * z, np.nan),
        "EBV": np.full(2 * n, 0.1),
        "luminosity_distance": luminosity_distance(z),
        "target": np.where(test, -1, 0).astype(np.int8),
    }


def lightcurves(ids, points=40, seed=2):
    rng = np.random.default_rng(seed)
    n, total = len(ids), len(ids) * points
    unknown = np.full(n, 9.0)
    return LightCurves(
        *(np.array(ids, dtype=object), unknown, unknown, np.full(n, 0.1), unknown),
        start=points * np.arange(n + 1),
        mjd=np.sort(rng.uniform(61000, 62000, (n, points)), axis=1).ravel(),
        band=rng.integers(0, 6, total).astype(np.int8),
        flux=np.full(total, 50.0),
        flux_err=np.full(total, 2.0),
        passbands=LSST,
    )


def test_redshifts_scatter_by_the_errors_of_test_objects_nearby():
    table = metadata()
    altered = augmented_metadata(table, "photoz", seed=3)
    train = table["set"] == "train"
    z, error = table["Z"][train], altered["Z_err"]
    assert altered["object_id"].tolist() == table["object_id"][train].tolist()
    assert set(altered["split"]) == {"photoz"}
    assert np.all(np.isin(error, table["Z_err"][~train]))
    assert np.corrcoef(error, 0.1 * z)[0, 1] > 0.9
    pull = (altered["Z"] - z) / error
    assert np.std(pull) == pytest.approx(1.0, abs=0.15)
    assert abs(np.mean(pull)) < 0.2
    np.testing.assert_allclose(altered["luminosity_distance"], luminosity_distance(altered["Z"]))


def test_only_the_redshift_is_taken_away():
    table = metadata()
    bare, train = metadata_without_redshift(table, "no_redshift"), table["set"] == "train"
    assert set(bare["split"]) == {"no_redshift"}
    for name in ("Z", "Z_err", "luminosity_distance"):
        assert np.isnan(bare[name]).all()
    for name in ("object_id", "set", "EBV", "target"):
        assert bare[name].tolist() == table[name][train].tolist()
    lc = lightcurves(table["object_id"][[500, 3, 10]])
    made = augmented_lightcurves(lc, bare, "no_redshift", {}, 3)
    assert made.object_id.tolist() == ["object 3", "object 10"]
    assert not made.has_redshift.any()
    assert np.isnan(made.luminosity_distance).all()
    for name in ("mjd", "band", "flux", "flux_err"):
        np.testing.assert_array_equal(getattr(made, name), getattr(lc, name)[40:])


def test_test_objects_without_redshift_lend_no_error():
    table = metadata(60)
    some = (table["set"] == "test") & (np.arange(120) % 2 == 0)
    without = {**table, "Z": np.where(some, np.nan, table["Z"]), "Z_err": np.where(some, 99.0, table["Z_err"])}
    altered = augmented_metadata(without, "photoz", 3)
    assert altered["Z_err"].max() < 1.0
    assert np.isfinite(altered["Z"]).all()


def test_an_altered_object_depends_on_its_object_alone():
    table = metadata()
    keep = np.ones(600, dtype=bool)
    keep[:150:2] = False
    whole, part = (
        augmented_metadata(table, "jitter", 3),
        augmented_metadata({k: v[keep] for k, v in table.items()}, "jitter", 3),
    )
    of = dict(zip(whole["object_id"], whole["Z"], strict=True))
    assert [of[i] for i in part["object_id"]] == part["Z"].tolist()
    assert not np.array_equal(augmented_metadata(table, "photoz", 3)["Z"], whole["Z"])


def test_without_photometric_errors_the_next_step_is_told():
    table = metadata(5)
    table["Z_err"][:] = np.nan
    with pytest.raises(DataError, match="augmentations.photoz.enabled"):
        augmented_metadata(table, "photoz", 3)
    assert len(augmented_metadata(metadata(5), "photoz", 3)["Z"]) == 5 < NEIGHBOURS


def test_only_training_objects_are_altered_with_their_new_redshift():
    altered = augmented_metadata(metadata(), "photoz", 3)
    lc = lightcurves(["object 400", "object 7", "object 3"])
    made = augmented_lightcurves(lc, altered, "photoz", PHOTOZ, 3)
    assert made.object_id.tolist() == ["object 7", "object 3"]
    assert made.redshift.tolist() == altered["Z"][[7, 3]].tolist()
    assert np.array_equal(made.mjd, lc.mjd[40:])
    assert np.array_equal(made.flux, lc.flux[40:])
    assert np.array_equal(made.flux_err, lc.flux_err[40:])


def test_points_are_dropped_and_noise_is_added_as_asked():
    altered = augmented_metadata(metadata(), "jitter", 3)
    made = augmented_lightcurves(
        lightcurves([f"object {k}" for k in range(100)]), altered, "jitter", {"keep": 0.7, "noise": 1.0}, 3
    )
    assert len(made.mjd) / 4000 == pytest.approx(0.7, abs=0.03)
    assert made.start[-1] == len(made.mjd)
    np.testing.assert_allclose(made.flux_err, 2.0 * np.sqrt(2.0))
    assert np.std(made.flux - 50.0) == pytest.approx(2.0, abs=0.1)
