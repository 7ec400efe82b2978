"""Stars, and the newer events, in a simulated survey."""

import csv

import numpy as np
import pytest
from astropy.timeseries import LombScargle

from mallorn.settings.resolve import defaults
from mallorn.simulate import cadence
from mallorn.simulate.lightcurves import light_curve, reference_flux, write_split
from mallorn.simulate.objects import draw_objects
from mallorn.simulate.source import is_star
from mallorn.simulate.types import TYPES
from mallorn.survey.passbands import LSST, survey_passbands

SEED = 21
STARS = sorted(name for name in TYPES if is_star(name))
NEW = [*STARS, "KN", "ILOT", "CART", "PISN", "CLAGN"]


@pytest.fixture(scope="module")
def config():
    simulation = defaults()["simulation"]
    sources = dict.fromkeys(simulation["sources"], 0) | {"TDE": 1} | dict.fromkeys(NEW, 1)
    return simulation | {"n_splits": 2, "sources": sources, "deep_fraction": 0.0}


@pytest.fixture(scope="module")
def survey(config, make_survey):
    return make_survey(config, SEED)


def rows_of(truth, spec_type):
    member = np.flatnonzero(truth["spec_type"] == spec_type)
    return [{name: values[k] for name, values in truth.items()} for k in member]


def test_stars_have_no_redshift(survey):
    folder, truth = survey
    star = np.isin(truth["spec_type"], STARS)
    for name in ("redshift", "log_redshift", "log_redshift_err", "rest_span", "peak_mjd"):
        assert np.isnan(truth[name][star]).all()
    assert np.isfinite(truth["redshift"][~star]).all()
    assert np.isfinite(truth["luminosity_distance"]).all()
    stars = set(truth["object_id"][star])
    for part in ("train", "test"):
        with open(folder / f"{part}_log.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert (row["Z"] == "") == (row["object_id"] in stars)
                assert (row["Z_err"] == "") == (part == "train" or row["object_id"] in stars)


def test_stars_of_one_source_share_nothing_but_their_type(survey):
    _, truth = survey
    for spec_type in STARS:
        rows = rows_of(truth, spec_type)
        name = next(iter(TYPES[spec_type].parameters))
        assert len({row[name] for row in rows}) == len({row["luminosity_distance"] for row in rows}) == len(rows)
        assert all(np.isfinite(row[name]) for row in rows for name in TYPES[spec_type].parameters)
        assert {row["set"] for row in rows} == {"train", "test"}


@pytest.mark.parametrize("spec_type", STARS)
def test_times_are_those_of_visits_and_unique_in_a_passband(survey, config, spec_type):
    _, truth = survey
    for row in rows_of(truth, spec_type):
        mjd, band, _, error = light_curve(config, LSST, SEED, row)
        assert (np.diff(mjd) >= 0.0).all()
        assert len(set(zip(mjd, band, strict=True))) == len(mjd)
        assert mjd.min() >= config["start_mjd"]
        assert mjd.max() < config["start_mjd"] + cadence.span(config) + 0.5
        assert len(np.unique(mjd)) > 0.95 * len(mjd)  # visits of one night are half an hour apart
        assert (error > 0.0).all()


def test_stars_are_seen_about_their_reference_and_are_not_saturated(survey, config):
    _, truth = survey
    limit = cadence.saturation(config, LSST)
    for spec_type in STARS:
        for row in rows_of(truth, spec_type):
            reference = reference_flux(LSST, SEED, row)
            assert (reference > 0.0).all()
            assert (reference < limit).all()
            _, band, flux, error = light_curve(config, LSST, SEED, row)
            assert np.nanmin(flux + reference[band] + 5.0 * error) > 0.0
    event = rows_of(truth, "TDE")[0]
    np.testing.assert_array_equal(reference_flux(LSST, SEED, event), np.zeros(6))


def test_pulsators_lie_about_their_mean(survey, config):
    lie = []
    for row in (row for spec_type in ("RRL", "Cepheid", "d-Sct") for row in rows_of(survey[1], spec_type)):
        _, band, flux, _ = light_curve(config, LSST, SEED, row)
        red = flux[np.isfinite(flux) & (band == 2)]
        assert 0.2 < np.mean(red < 0.0) < 0.8
        lie.append(red.mean() / red.std())
    assert np.mean(lie) == pytest.approx(0.0, abs=0.12)


@pytest.mark.parametrize("spec_type", ["RRL", "d-Sct"])
def test_the_period_is_found_in_the_light_curve(survey, config, spec_type):
    for row in rows_of(survey[1], spec_type)[:4]:
        row["luminosity_distance"] = 0.03  # 30 kpc
        mjd, band, flux, error = light_curve(config | {"nights_per_season": 40.0}, LSST, SEED, row)
        known = np.isfinite(flux) & (band == 2)
        frequency = np.arange(0.9, 1.1, 2e-5) / row["period"]
        power = LombScargle(mjd[known], flux[known], error[known]).power(frequency)
        assert frequency[np.argmax(power)] == pytest.approx(1.0 / row["period"], rel=1e-3)
        assert power.max() > 0.6


def test_errors_of_bright_stars_are_those_of_their_photons():
    # F_5 is one microjansky: 0.2^2 without light; 0.04 + 0.001 x 1000 + 25 at 1,000 microjansky
    assert cadence.star_error(0.0, 0.2) == pytest.approx(0.2)
    assert cadence.star_error(-3.0, 0.2) == pytest.approx(0.2)
    assert cadence.star_error(1000.0, 0.2) == pytest.approx(np.sqrt(0.04 + 1.0 + 25.0))


def test_saturation_lies_eight_magnitudes_above_the_depth(config):
    found = cadence.saturation(config, LSST)
    np.testing.assert_allclose(found, 10.0 ** (0.4 * (31.9 - cadence.median_depth(config, LSST))))


def test_scatter_is_as_the_errors_say_and_light_as_the_law_says(survey, config):
    """A lensed star's points less its law, by hand from the parameters in the truth."""
    from mallorn.simulate.lensing import magnification

    pulls = []
    for row in rows_of(survey[1], "uLens"):
        mjd, band, flux, error = light_curve(config, LSST, SEED, row)
        u = np.hypot(row["impact"], (mjd - config["start_mjd"] - row["peak"]) / row["einstein_time"])
        expected = reference_flux(LSST, SEED, row)[band] * row["share"] * (magnification(u) - 1.0)
        pulls.append(((flux - expected) / error)[np.isfinite(flux)])
    pulls = np.concatenate(pulls)
    assert pulls.mean() == pytest.approx(0.0, abs=0.1)
    assert pulls.std() == pytest.approx(1.0, abs=0.05)


def test_a_split_can_be_written_alone_and_objects_stay_with_other_splits(survey, config, make_survey, tmp_path):
    folder, truth = survey
    member = truth["split"] == "split_02"
    write_split(config, LSST, SEED, "split_02", {name: values[member] for name, values in truth.items()}, tmp_path)
    for path in (tmp_path / "split_02").iterdir():
        assert path.read_bytes() == (folder / "split_02" / path.name).read_bytes()
    other, again = make_survey(config | {"n_splits": 1}, SEED)
    for name in set(truth) - {"split"}:
        np.testing.assert_array_equal(again[name], truth[name])
    lines = [
        sorted(line for path in root.glob("split_*/*.csv") for line in path.read_bytes().splitlines()[1:])
        for root in (folder, other)
    ]
    assert lines[0] == lines[1]


def test_new_types_leave_older_objects_as_they_are(survey, config):
    _, truth = survey
    few = dict.fromkeys(config["sources"], 0) | {"TDE": 1}
    alone, _, _ = draw_objects(config | {"sources": few}, LSST, SEED)
    first = truth["spec_type"] == "TDE"
    for name in alone:
        np.testing.assert_array_equal(alone[name], truth[name][first])
    assert list(config["sources"]).index("TDE") < min(map(list(config["sources"]).index, NEW))


def test_another_survey_sees_nearer_ones(config):
    ztf = config | {"survey": "ztf"}
    for spec_type in ("RRL", "EB", "PISN", "ILOT"):
        sources = dict.fromkeys(config["sources"], 0) | {spec_type: 4}
        near, far = (
            draw_objects(c | {"sources": sources}, passbands, SEED)[0]["luminosity_distance"]
            for c, passbands in ((ztf, survey_passbands("ztf")), (config, LSST))
        )
        assert np.median(near) < np.median(far)


def test_rare_events_are_near_and_not_at_the_end_of_the_redshifts(survey):
    _, truth = survey
    for spec_type, most in (("KN", 0.15), ("ILOT", 0.2), ("CART", 0.3)):
        redshift = truth["redshift"][truth["spec_type"] == spec_type]
        assert redshift.max() < most
        assert redshift.min() >= 0.006
