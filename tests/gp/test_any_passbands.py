"""Gaussian processes of any number of passbands: against dense ones, and where surveys must agree."""

from dataclasses import replace

import numpy as np
import pytest
from feature_inputs import CONFIG, simulated
from gp_dense import Dense

from mallorn.gp.batch import pack
from mallorn.gp.compiled import COMPILED
from mallorn.gp.fit import fit_lightcurves, fit_slots
from mallorn.gp.models import DRW, Matern32, MultibandMatern32
from mallorn.gp.objective import CELERITE2
from mallorn.gp.posterior import predict_posterior
from mallorn.gp.predict import Process
from mallorn.survey.passbands import LSST, NO_SLOT, SLOT_WAVELENGTHS, SLOTS, Passbands

pytestmark = pytest.mark.filterwarnings("error")

SURVEYS = {
    1: [6200.0],
    2: [4746.0, 6367.0],
    8: [2684.0, 3641.0, 4704.0, 6155.0, 6790.0, 7504.0, 8695.0, 10056.0],
    20: np.linspace(2000.0, 20000.0, 20),
}
THETA = np.log([3.0, 40.0, 2.5])
FITS = CONFIG["fits"]["multiband"]


def points(bands, n=60, seed=3):
    rng = np.random.default_rng(seed)
    t, band = np.sort(60000.0 + rng.uniform(0.0, 400.0, n)), rng.integers(0, bands, n)
    err = rng.uniform(0.1, 0.5, n)
    return t, band, 5.0 + 3.0 * np.sin(t / 50.0 + 0.1 * band) + err * rng.normal(size=n), err


@pytest.mark.parametrize("engine", [CELERITE2, COMPILED], ids=["celerite2", "compiled"])
@pytest.mark.parametrize("bands", SURVEYS)
def test_likelihood_agrees_with_dense(bands, engine):
    wavelength = np.asarray(SURVEYS[bands])
    t, band, flux, err = points(bands)
    batch = pack(t, band, flux, err, wavelength=wavelength)
    theta = THETA[None] - np.array([[np.log(batch.scale[0]), 0.0, 0.0]])
    likelihood = engine.likelihoods(MultibandMatern32, batch, theta[None])
    chi2_logdet = likelihood.chi2_logdet[0, 0] + 2.0 * len(t) * np.log(batch.scale[0])
    found = -0.5 * (chi2_logdet + len(t) * np.log(2.0 * np.pi))
    expected = Dense("multiband", THETA, t, band, flux, err, wavelength / 1000.0).ln_likelihood
    assert found == pytest.approx(expected, rel=1e-9)
    assert MultibandMatern32.rank(batch) == 2 * bands


@pytest.mark.parametrize("bands", SURVEYS)
def test_predictions_at_wavelengths_that_no_passband_has(bands):
    wavelength, slots = np.asarray(SURVEYS[bands]), SLOT_WAVELENGTHS
    t, band, flux, err = points(bands)
    process = Process(MultibandMatern32, THETA, t, band, flux, err, wavelength)
    dense = Dense("multiband", THETA, t, band, flux, err, np.concatenate([wavelength, slots]) / 1000.0)
    times = np.array([59990.0, 60100.0, 60555.0])
    mean, covariance = dense.predict(np.repeat(times, len(slots)), bands + np.tile(np.arange(len(slots)), len(times)))
    grid = process.grid(times, slots)
    np.testing.assert_allclose(grid.mean, mean.reshape(len(times), -1).T, rtol=1e-9)
    np.testing.assert_allclose(grid.sd.T.ravel() ** 2, np.diag(covariance), rtol=1e-8)
    block = slice(len(slots), 2 * len(slots))
    np.testing.assert_allclose(grid.covariance_of_bands(1), covariance[block, block], rtol=1e-8, atol=1e-9)


def known(table):
    return {name: values for name, values in table.items() if values.dtype.kind == "f"}


def test_names_of_passbands_do_not_matter():
    lc = simulated(3, seed=4)
    renamed = replace(lc, passbands=Passbands(tuple(row._replace(name=f"band {k}") for k, row in enumerate(LSST))))
    one, other = (known(fit_lightcurves(MultibandMatern32, x.dereddened(), FITS)) for x in (lc, renamed))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_passbands_without_points_change_nothing():
    """One shares a slot, one lies outside all slots; the fits and the posterior at the slots are the same."""
    lc = simulated(3, seed=4)
    further = Passbands((("UVW1", 2684.0, 23.9, NO_SLOT), *LSST.rows, ("o", 6790.0, 23.9, 2)))
    eight = replace(lc, passbands=further, band=(lc.band + 1).astype(np.int8))
    fits = [fit_lightcurves(MultibandMatern32, x.dereddened(), FITS) for x in (lc, eight)]
    for name, values in known(fits[0]).items():
        np.testing.assert_allclose(fits[1][name], values, rtol=1e-5, atol=1e-7, err_msg=name)
    posteriors = [predict_posterior(x, fits[0], CONFIG["posterior"]) for x in (lc, eight)]
    for name, values in known(posteriors[0]).items():
        np.testing.assert_allclose(posteriors[1][name], values, rtol=1e-6, atol=1e-6, err_msg=name)


def test_peaks_are_sought_in_what_the_survey_has():
    lc = simulated(3, seed=4)
    lc = lc.where(np.isin(lc.band, [1, 2]))
    fits = fit_lightcurves(MultibandMatern32, lc.dereddened(), FITS)
    rows = (LSST.rows[1], LSST.rows[2])
    two = replace(lc, passbands=Passbands(rows), band=(lc.band - 1).astype(np.int8))
    as_told = predict_posterior(lc, fits, {**CONFIG["posterior"], "peak_bands": ["g", "r"]})
    found = predict_posterior(two, fits, CONFIG["posterior"])  # of g, r and i it has two
    for name in ("peak_mjd", "band_peak_mjd", "mean", "knot_cov"):
        np.testing.assert_allclose(found[name], as_told[name], rtol=1e-6, atol=1e-6)
    none_asked = predict_posterior(two, fits, {**CONFIG["posterior"], "peak_bands": ["z", "y"]})
    np.testing.assert_allclose(none_asked["peak_mjd"], found["peak_mjd"], atol=1e-3)
    no_slot = replace(two, passbands=Passbands(tuple(row._replace(slot=NO_SLOT) for row in rows)))
    outside = predict_posterior(no_slot, fits, CONFIG["posterior"])
    np.testing.assert_allclose(outside["peak_mjd"], found["peak_mjd"], atol=1e-3)
    assert np.isnan(outside["band_chi2"]).all()


@pytest.mark.parametrize("model", [DRW, Matern32])
def test_fits_of_slots_that_the_survey_lacks_are_those_without_points(model):
    lc = simulated(3, seed=4)
    lc = lc.where(np.isin(lc.band, [1, 2]))
    two = replace(lc, passbands=Passbands((LSST.rows[1], LSST.rows[2])), band=(lc.band - 1).astype(np.int8))
    settings = CONFIG["fits"][model.name]
    tables = [fit_slots(model, curves.dereddened().in_slots(), settings) for curves in (lc, two)]
    for slot in SLOTS:
        for name, values in tables[0][slot].items():
            np.testing.assert_array_equal(tables[1][slot][name], values)
    assert set(tables[1]["z"]["reason"]) == {"no points"}
