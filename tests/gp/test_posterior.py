"""Peaks, errors and the artifact of the multi-band posterior."""

import numpy as np
import pytest

from mallorn.errors import ConfigError, DataError
from mallorn.gp.fit import fit_lightcurves
from mallorn.gp.models import MultibandMatern32
from mallorn.gp.posterior import UNITS, _band_peaks, phase_grid, predict_posterior, read_posterior
from mallorn.gp.predict import Process
from mallorn.io.tables import write_table
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS

pytestmark = pytest.mark.filterwarnings("error")

FITS = {
    "priors": {
        "sigma": {"median": 1.0, "ln_sd": 2.0, "lower": 0.0025, "upper": 400.0},
        "length": {"median": 60.0, "ln_sd": 2.0, "lower": 1.0, "upper": 3e4},
        "wavelength": {"median": 3.0, "ln_sd": 1.0, "lower": 0.2, "upper": 30.0},
    },
    "starts": [{"sigma": 1.0, "length": 100.0, "wavelength": 5.0}],
    "tolerance": 1e-5,
    "max_iterations": 60,
    "min_points": 3,
}
CONFIG = {
    "phases": {"start": -60, "stop": 120, "step": 4},
    "knots": [-30, 0, 50],
    "peak_bands": ["g", "r", "i"],
    "peak_margin": 10.0,
    "peak_step": 0.5,
    "band_peak_window": [-40, 80],
}
Z = 0.25


def event(mjd, peak=60300.0, seed=1):
    """A flare, later in redder passbands by 2 rest-frame days each, at redshift 0.25, seen at `mjd`."""
    rng = np.random.default_rng(seed)
    mjd = np.sort(mjd)
    band = rng.integers(0, 6, len(mjd))
    phase = (mjd - peak) / (1.0 + Z) - 2.0 * (band - 2)
    clean = 20.0 * np.exp(-0.5 * (phase / 20.0) ** 2)
    err = np.full(len(mjd), 0.4)
    return mjd, band.astype(np.int8), clean + err * rng.normal(size=len(mjd)), err


def survey(*curves, ebv=0.0):
    start = np.concatenate([[0], np.cumsum([len(c[0]) for c in curves])])
    columns = [np.concatenate(c) for c in zip(*curves, strict=True)]
    n = len(curves)
    ids = np.array([f"object {k}" for k in range(n)], dtype=object)
    ones = np.ones(n)
    return LightCurves(ids, Z * ones, 0.0 * ones, ebv * ones, 1000.0 * ones, start, *columns, passbands=LSST)


def make(lc, config=CONFIG):
    return predict_posterior(lc, fit_lightcurves(MultibandMatern32, lc.dereddened(), FITS), config)


FULL = np.random.default_rng(2).uniform(60000.0, 60600.0, 200)


def test_peaks_of_a_well_seen_event():
    table = make(survey(event(FULL)))
    assert table["status"][0] == 0
    assert table["peak_mjd"][0] == pytest.approx(60300.0, abs=3.0)
    expected = 60300.0 + (1.0 + Z) * 2.0 * (np.arange(6) - 2)
    error = table["band_peak_mjd_err"][0]
    assert (np.abs(table["band_peak_mjd"][0] - expected) < 3.0 * error).all()
    assert ((error > 0.2) & (error < 4.0)).all()
    np.testing.assert_allclose(table["band_peak_flux"][0], 20.0, rtol=0.05)
    assert (table["band_chi2"][0] > 0.4).all()
    assert (table["band_chi2"][0] < 1.5).all()


def test_predictions_are_those_of_the_process():
    lc = survey(event(FULL), ebv=0.1)
    table, o = make(lc), lc.dereddened()[0]
    fits = fit_lightcurves(MultibandMatern32, lc.dereddened(), FITS)
    theta = [fits[f"ln_{name}"][0] for name in MultibandMatern32.parameters]
    process = Process(MultibandMatern32, theta, o.mjd, o.band, o.flux, o.flux_err, lc.passbands.wavelength)
    mjd = table["peak_mjd"][0] + (1.0 + Z) * phase_grid(CONFIG)
    for b in (0, 3):
        mean, variance = process.variance(mjd, np.full(len(mjd), SLOT_WAVELENGTHS[b]))
        np.testing.assert_allclose(table["mean"][0, b], mean, rtol=1e-5)
        np.testing.assert_allclose(table["sd"][0, b], np.sqrt(variance), rtol=1e-4)
    knots = table["peak_mjd"][0] + (1.0 + Z) * np.array([-30.0, 0.0, 50.0])
    for k in range(3):
        mean, covariance = process.covariance(np.full(6, knots[k]), SLOT_WAVELENGTHS)
        np.testing.assert_allclose(table["knot_mean"][0, k], mean, rtol=1e-9)
        np.testing.assert_allclose(table["knot_cov"][0, k], covariance, rtol=1e-8, atol=1e-9)
    assert table["baseline"][0] == pytest.approx(process.constant, rel=1e-9)


def test_an_event_that_appears_falling_does_not_peak_in_the_gap_before():
    gap = FULL[(FULL < 60150.0) | (FULL > 60320.0)]
    lc = survey(event(gap))
    peak = make(lc)["peak_mjd"][0]
    assert gap[gap > 60150.0].min() - 10.0 <= peak <= 60340.0


def test_the_peak_lies_within_the_observed_span():
    rising = FULL[FULL < 60280.0]
    peak = make(survey(event(rising)))["peak_mjd"][0]
    assert peak == pytest.approx(rising.max(), abs=1e-6)


def test_objects_do_not_depend_on_each_other():
    curves = event(FULL), event(FULL[:60], seed=3), event(FULL[60:160], seed=4)
    together = make(survey(*curves))
    for k, curve in enumerate(curves):
        alone = make(survey(curve))
        for name in UNITS:
            np.testing.assert_allclose(together[name][k], alone[name][0], rtol=1e-6, atol=1e-9, err_msg=name)


def test_too_few_points_leave_nan_and_say_so():
    short = tuple(column[:2] for column in event(FULL))
    none = tuple(column[:0] for column in event(FULL))
    table = make(survey(short, event(FULL), none))
    np.testing.assert_array_equal(table["status"], [1, 0, 1])
    assert table["reason"].tolist() == ["too few points for a fit", "", "too few points for a fit"]
    for name in UNITS:
        assert np.isnan(table[name][[0, 2]]).all()
        assert np.isfinite(table[name][1]).all()


def test_error_of_a_parabolas_peak_is_slope_error_over_curvature():
    """Mean 10 - c x^2 / 2; the difference from the peak has standard deviation s |x|: error s / c on either side."""
    days = np.arange(-50.0, 51.0, 5.0)
    curvature, slope_error, top = 0.02, 0.1, 10
    curvatures = np.full(6, curvature)
    curvatures[1] *= 1e-6
    mean = 10.0 - 0.5 * curvatures[:, None] * days**2
    variance = np.full((6, len(days)), 4.0)
    lag = 4.0 - 0.5 * (slope_error * (days - days[top])) ** 2
    offset, error, flux = _band_peaks(mean, variance, np.tile(lag, (6, 1)), np.full(6, top), days, np.full(1, 1e-12))
    np.testing.assert_allclose(offset, 0.0, atol=1e-9)
    np.testing.assert_allclose(flux, 10.0)
    np.testing.assert_allclose(np.delete(error, 1), slope_error / curvature)
    assert error[1] == 50.0  # flat: the window


def test_a_peak_between_grid_points_is_the_parabolas_vertex():
    days = np.arange(-50.0, 51.0, 5.0)
    mean = np.tile(8.0 - 0.01 * (days - 1.7) ** 2, (6, 1))
    ones, zeros, top = np.ones_like(mean), np.zeros_like(mean), np.argmax(mean, axis=1)
    offset, _, flux = _band_peaks(mean, ones, zeros, top, days, np.full(1, 1e-12))
    np.testing.assert_allclose(offset, 1.7)
    np.testing.assert_allclose(flux, 8.0)


def test_the_reader_returns_what_was_written(tmp_path):
    table = make(survey(event(FULL), tuple(column[:1] for column in event(FULL))))
    write_table(tmp_path / "posterior.parquet", table, UNITS)
    posterior = read_posterior(tmp_path / "posterior.parquet", CONFIG)
    assert len(posterior) == 2
    np.testing.assert_array_equal(posterior.phase, np.arange(-60.0, 121.0, 4.0))
    np.testing.assert_array_equal(posterior.knots, [-30.0, 0.0, 50.0])
    for name in ("object_id", "status", *UNITS):
        np.testing.assert_array_equal(getattr(posterior, name), table[name])
    with pytest.raises(DataError, match="column mean holds 276 numbers per object.*make 300"):
        read_posterior(tmp_path / "posterior.parquet", {**CONFIG, "phases": {"start": -60, "stop": 136, "step": 4}})


def test_fits_of_other_objects_are_refused():
    lc = survey(event(FULL))
    fits = fit_lightcurves(MultibandMatern32, lc, FITS)
    with pytest.raises(DataError, match="not of the same objects"):
        predict_posterior(lc, {**fits, "object_id": np.array(["another"], dtype=object)}, CONFIG)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phases": {"start": -60, "stop": 121, "step": 4}}, "stop minus start must be a multiple of step"),
        ({"phases": {"start": 4, "stop": 120, "step": 4}}, "0 must lie between them"),
        ({"band_peak_window": [0, 4]}, "fewer than 3 of the phases lie in"),
    ],
)
def test_contradictory_settings_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        make(survey(event(FULL)), {**CONFIG, **change})
