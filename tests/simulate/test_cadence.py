import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.simulate.cadence import flux_error, median_depth, median_flux_error, visit_rates, visits
from mallorn.simulate.streams import stream
from mallorn.survey.passbands import LSST, SLOTS, shipped_depths, shipped_surveys, survey_passbands

SHIPPED_DEPTHS = shipped_depths("lsst")


def fields(config, n=300):
    return [visits(stream(5, "field", k), config, LSST) for k in range(n)]


def test_flux_error_is_a_fifth_of_the_depth():
    # depth 23.9 is one microjansky
    assert flux_error(23.9) == pytest.approx(0.2)
    assert flux_error(21.4) == pytest.approx(2.0)


def test_visits_lie_in_seasons_within_the_survey(config):
    for mjd, _, _ in fields(config, 50):
        assert mjd.min() >= config["start_mjd"]
        assert mjd.max() <= config["start_mjd"] + 365.25 * config["years"]
        phase = np.sort(mjd % 365.25)
        gaps = np.diff(np.append(phase, phase[0] + 365.25))
        assert gaps.max() >= 365.25 - config["season_length"] - 1e-6


def test_mean_visits_are_as_the_rates_say(config):
    plain = config | {"deep_fraction": 0.0, "empty_band_fraction": 0.0}
    counts = np.array([np.bincount(band, minlength=6) for _, band, _ in fields(plain)])
    expected = visit_rates(plain, LSST) * plain["season_length"] * plain["years"]
    np.testing.assert_allclose(counts.mean(axis=0), expected, rtol=0.12)


def test_deep_fields_have_many_more_visits(config):
    deep, wide = (
        np.mean([len(mjd) for mjd, _, _ in fields(config | {"deep_fraction": share}, 40)]) for share in (1.0, 0.0)
    )
    assert 5.0 < deep / wide < 8.0


def test_depths_have_the_configured_median_and_scatter(config):
    _, band, depth = (np.concatenate(columns) for columns in zip(*fields(config), strict=True))
    for k, name in enumerate(SLOTS):
        assert np.median(depth[band == k]) == pytest.approx(SHIPPED_DEPTHS[name], abs=0.06)
        assert depth[band == k].std() == pytest.approx(config["depth_scatter"], rel=0.15)
    np.testing.assert_allclose(median_flux_error(config, LSST), flux_error([SHIPPED_DEPTHS[name] for name in SLOTS]))


def test_fields_of_the_diverse_population_differ_more(config):
    alike, diverse = (
        fields(config | {"population": name, "deep_fraction": 0.0}, 150) for name in ("simple", "diverse")
    )

    def scatter_of_depth(visits):
        return np.std([np.median(depth[band == 2]) for _, band, depth in visits])

    def longest_gap(visits):
        return np.array([np.diff(np.unique(mjd)).max() for mjd, _, _ in visits])

    assert scatter_of_depth(diverse) > 1.2 * scatter_of_depth(alike)
    assert longest_gap(diverse).std() > 1.2 * longest_gap(alike).std()
    depth, band = (np.concatenate([one[k] for one in diverse]) for k in (2, 1))
    assert depth[band == 5].std() < 0.95 * depth[band == 2].std()
    assert np.mean([len(one[0]) for one in diverse]) == pytest.approx(np.mean([len(one[0]) for one in alike]), rel=0.1)


def test_u_is_taken_by_dark_time_and_y_by_bright(config):
    mjd, band, _ = (np.concatenate(columns) for columns in zip(*fields(config), strict=True))
    darkness = np.cos(2.0 * np.pi * (mjd - 51549.76) / 29.530588)
    assert darkness[band == 0].mean() > 0.7
    assert darkness[band == 5].mean() < -0.4


def test_bands_can_be_empty(config):
    band = np.concatenate([band for _, band, _ in fields(config | {"empty_band_fraction": 1.0}, 5)])
    assert set(band) == {1, 2, 3, 4}


ZTF = survey_passbands("ztf")


def test_other_surveys_take_every_passband_on_every_night(config):
    ztf = config | {"survey": "ztf", "empty_band_fraction": 0.0, "deep_fraction": 0.0}
    found = [visits(stream(5, "field", k), ztf, ZTF) for k in range(60)]
    for mjd, band, _ in found:
        nights = [mjd[band == k] for k in range(3)]
        np.testing.assert_array_equal(nights[0], nights[1])
        np.testing.assert_array_equal(nights[0], nights[2])
    counts = np.array([np.bincount(band, minlength=3) for _, band, _ in found])
    expected = visit_rates(ztf, ZTF) * ztf["season_length"] * ztf["years"]
    np.testing.assert_allclose(counts.mean(axis=0), expected, rtol=0.15)
    band, depth = (np.concatenate(columns) for columns in list(zip(*found, strict=True))[1:])
    assert np.median(depth[band == 2]) == pytest.approx(19.9, abs=0.06)


def test_every_shipped_survey_has_depths(config):
    for survey, names in shipped_surveys().items():
        depth = median_depth(config | {"survey": survey}, survey_passbands(survey))
        assert depth.shape == (len(names),)
        assert ((depth > 19.0) & (depth < 25.0)).all()


def test_a_stated_depth_goes_before_that_of_the_shipped_survey(config):
    depth = median_depth(config | {"survey": "ztf", "depth": {"r": 21.5}}, ZTF)
    np.testing.assert_array_equal(depth, [20.8, 21.5, 19.9])


def test_a_passband_without_a_depth_is_named(config):
    with pytest.raises(ConfigError, match=r"simulation.depth: .*found none of c, o"):
        median_flux_error(config | {"survey": "mine"}, survey_passbands("atlas"))
