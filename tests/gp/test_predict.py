"""Predictions against dense Gaussian processes."""

import numpy as np
import pytest
from gp_dense import PARAMETERS, WAVELENGTHS, Dense

from mallorn.gp.models import MODELS
from mallorn.gp.predict import Process

ANGSTROM = 1000.0 * WAVELENGTHS

pytestmark = pytest.mark.filterwarnings("error")


def case(name, n=60, seed=1, length=40.0):
    rng = np.random.default_rng(seed)
    t = 60000.0 + rng.uniform(0.0, 600.0, n)
    t[-n // 5 :] = t[0]
    band = rng.integers(0, 5, n) if name == "multiband" else np.full(n, 2)
    err = rng.uniform(0.05, 0.5, n)
    flux = 7.0 + 3.0 * np.sin(t / 60.0 + 0.2 * band) + err * rng.normal(size=n)
    theta = np.log([3.0, length, 2.5])[: PARAMETERS[name]]
    queries = np.concatenate([rng.uniform(59900.0, 60800.0, 40), np.resize(t, 3)])
    bands = rng.integers(0, 6, 43) if name == "multiband" else np.full(43, 2)
    return (
        Process(MODELS[name], theta, t, band, flux, err, ANGSTROM),
        Dense(name, theta, t, band, flux, err),
        queries,
        bands,
    )


@pytest.mark.parametrize("length", [5.0, 40.0, 2000.0])
@pytest.mark.parametrize("n", [1, 2, 60])
@pytest.mark.parametrize("name", list(MODELS))
def test_mean_and_covariance_agree_with_dense(name, n, length):
    process, dense, t, band = case(name, n, length=length)
    mean, covariance = dense.predict(t, band)
    scale = np.abs(covariance).max()
    np.testing.assert_allclose(process.mean(t, ANGSTROM[band]), mean, rtol=1e-9, atol=1e-9)
    found_mean, found_covariance = process.covariance(t, ANGSTROM[band])
    np.testing.assert_allclose(found_mean, mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found_covariance, covariance, rtol=1e-9, atol=1e-9 * scale)
    found_mean, variance = process.variance(t, ANGSTROM[band])
    np.testing.assert_allclose(found_mean, mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(variance, np.diag(covariance), rtol=1e-9, atol=1e-9 * scale)
    assert process.constant == pytest.approx(float(dense.mean), rel=1e-9)
    assert process.constant_variance == pytest.approx(float(dense.mean_variance), rel=1e-9)


def test_grid_agrees_with_dense():
    process, dense, t, _ = case("multiband")
    grid, bands = process.grid(t, ANGSTROM), np.arange(6)
    mean, covariance = dense.predict(np.repeat(t, 6), np.tile(bands, len(t)))
    covariance = covariance.reshape(len(t), 6, len(t), 6)
    variance = np.einsum("tbtb->bt", covariance)
    scale = covariance.max()
    np.testing.assert_allclose(grid.mean, mean.reshape(-1, 6).T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(process.mean_at(t, ANGSTROM), grid.mean, rtol=1e-12)
    np.testing.assert_allclose(grid.sd**2, variance, rtol=1e-9, atol=1e-9 * scale)
    for k in (0, 17, 42):
        np.testing.assert_allclose(grid.covariance_of_bands(k), covariance[k, :, k], rtol=1e-9, atol=1e-9 * scale)
    tops = np.array([3, 9, 0, 42, 3, 17])
    expected = np.stack([covariance[tops[b], b, :, b] for b in bands])
    np.testing.assert_allclose(grid.covariance_with(tops), expected, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("name", list(MODELS))
def test_residuals_are_those_of_the_posterior_mean(name):
    rng = np.random.default_rng(2)
    t, band = np.sort(rng.uniform(0.0, 300.0, 30)), rng.integers(0, 6, 30) if name == "multiband" else np.full(30, 1)
    flux, err = rng.normal(size=30), rng.uniform(0.1, 1.0, 30)
    process = Process(MODELS[name], np.log([1.0, 30.0, 3.0])[: PARAMETERS[name]], t, band, flux, err, ANGSTROM)
    np.testing.assert_allclose(process.mjd, t, rtol=1e-12)
    np.testing.assert_array_equal(process.band, band)
    np.testing.assert_allclose(
        process.residuals(), (flux - process.mean(t, ANGSTROM[band])) / err, rtol=1e-9, atol=1e-9
    )


def test_samples_have_the_posterior_mean_and_covariance():
    process, dense, _, _ = case("multiband")
    t, band = np.array([60100.0, 60100.0, 60150.0, 60900.0, 60900.0]), np.array([1, 4, 1, 2, 2])
    draws = process.sample(t, ANGSTROM[band], 40000, np.random.default_rng(5))
    mean, covariance = dense.predict(t, band)
    sd = np.sqrt(np.diag(covariance))
    assert draws.shape == (40000, 5)
    assert (np.abs(draws.mean(axis=0) - mean) < 5.0 * sd / 200.0).all()
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.04 * sd.max() ** 2)
    np.testing.assert_allclose(draws[:, 3], draws[:, 4], atol=1e-5)
    np.testing.assert_array_equal(draws, process.sample(t, ANGSTROM[band], 40000, np.random.default_rng(5)))


def test_far_from_points_the_prior_returns():
    process, _, _, _ = case("matern")
    mean, variance = process.variance([90000.0], [6155.0])
    assert mean[0] == pytest.approx(process.constant)
    assert variance[0] == pytest.approx(9.0 + process.constant_variance)


def test_order_of_points_does_not_matter():
    t, band = np.array([1.0, 5.0, 9.0, 30.0]), np.array([0, 1, 2, 3])
    flux, err, order = np.array([1.0, 2.0, 1.0, 0.0]), np.full(4, 0.1), np.array([2, 0, 3, 1])
    theta = np.log([1.0, 10.0, 3.0])
    sorted_, shuffled = (
        Process(MODELS["multiband"], theta, t[o], band[o], flux[o], err[o], ANGSTROM) for o in (np.arange(4), order)
    )
    np.testing.assert_array_equal(sorted_.mean(t, ANGSTROM[band]), shuffled.mean(t, ANGSTROM[band]))


def test_times_and_wavelengths_must_pair():
    process, _, _, _ = case("matern")
    with pytest.raises(ValueError, match="3 times but 2 wavelengths"):
        process.mean([1.0, 2.0, 3.0], [5000.0, 6000.0])
