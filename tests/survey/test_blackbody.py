import numpy as np
import pytest

from mallorn.survey.blackbody import BOLTZMANN, LIGHT, MPC, PLANCK, SIGMA_SB, fit_blackbody, planck, to_radius
from mallorn.survey.passbands import SLOT_WAVELENGTHS

GRID = np.geomspace(2500, 80000, 64)


def test_planck_by_hand():
    # At 10,000 K and h nu = kT (14387.77 angstrom): 2 (kT)^3 / (hc)^2 / (e - 1) = 1.33391e-4 / 1.718282.
    assert planck(14387.77, 1e4) == pytest.approx(7.7630e-5, rel=1e-4)


@pytest.mark.parametrize("temperature", [4000.0, 20000.0])
def test_planck_integrates_to_stefan_boltzmann(temperature):
    x = np.linspace(1e-4, 60, 200001)
    frequency = x * BOLTZMANN * temperature / PLANCK
    flux = np.pi * np.trapezoid(planck(LIGHT / frequency * 1e8, temperature), frequency)
    assert flux == pytest.approx(SIGMA_SB * temperature**4, rel=1e-6)


def test_radius_of_a_sphere_at_known_distance():
    # A surface of brightness pi B seen under (R / D)^2: one AU at 1 Mpc, no redshift, in microjansky.
    scale = np.pi * (1.495978707e13 / MPC) ** 2 / 1e-29
    assert to_radius(scale, 0.0, 1.0) == pytest.approx(1.495978707e13)
    assert to_radius(scale, 0.44, 1.0) == pytest.approx(1.495978707e13 / 1.2)


@pytest.mark.parametrize("temperature", [4321.0, 9876.0, 23456.0])
@pytest.mark.parametrize("redshift", [0.05, 1.2])
def test_recovers_temperature_and_scale(temperature, redshift):
    wavelength = SLOT_WAVELENGTHS[None] / (1 + redshift)
    flux = 3e5 * planck(wavelength, temperature)
    covariance = np.diag((0.01 * flux[0]) ** 2)[None]
    fit = fit_blackbody(wavelength, flux, covariance, GRID, 12000.0, 5.0)
    assert np.exp(fit.log_temperature[0]) == pytest.approx(temperature, rel=3e-3)
    assert fit.scale[0] == pytest.approx(3e5, rel=1e-2)
    assert fit.chi2[0] < 0.05
    assert fit.chi2_zero[0] == pytest.approx(6e4)


def test_agrees_with_scipy_on_noisy_correlated_fluxes():
    from scipy.optimize import minimize

    rng = np.random.default_rng(1)
    wavelength = SLOT_WAVELENGTHS[None] / 1.3
    truth = 1e5 * planck(wavelength[0], 14000.0)
    for _ in range(10):
        root = np.tril(rng.normal(size=(6, 6))) * 0.03 * truth.mean() + np.diag(0.03 * truth)
        covariance = root @ root.T
        flux = truth + root @ rng.normal(size=6)
        fit = fit_blackbody(wavelength, flux[None], covariance[None], GRID, 12000.0, 0.7)

        def cost(p, flux=flux, covariance=covariance):
            r = flux - np.exp(p[1]) * planck(wavelength[0], np.exp(p[0]))
            return r @ np.linalg.solve(covariance, r) + ((p[0] - np.log(12000.0)) / 0.7) ** 2

        slow = minimize(cost, [np.log(14000.0), np.log(1e5)], method="Nelder-Mead", options={"xatol": 1e-7})
        assert fit.log_temperature[0] == pytest.approx(slow.x[0], abs=0.1 * fit.log_temperature_err[0] + 1e-3)
        assert np.log(fit.scale[0]) == pytest.approx(slow.x[1], abs=0.01)


def test_errors_cover_the_truth():
    rng = np.random.default_rng(2)
    m = 2000
    wavelength = np.repeat(SLOT_WAVELENGTHS[None] / 1.3, m, axis=0)
    truth = planck(wavelength, 12000.0) * 1e5
    error = 0.05 * truth[0]
    covariance = np.repeat(np.diag(error**2)[None], m, axis=0)
    fit = fit_blackbody(wavelength, truth + error * rng.normal(size=(m, 6)), covariance, GRID, 12000.0, 3.0)
    assert np.std((fit.log_temperature - np.log(12000.0)) / fit.log_temperature_err) == pytest.approx(1.0, abs=0.08)
    luminosity = np.log(fit.scale) + 4 * fit.log_temperature
    expected = np.log(1e5) + 4 * np.log(12000.0)
    assert np.std((luminosity - expected) / fit.log_luminosity_err) == pytest.approx(1.0, abs=0.08)
    assert np.mean(fit.chi2) == pytest.approx(4.0, abs=0.2)


def test_prior_decides_where_nothing_is_seen():
    wavelength = SLOT_WAVELENGTHS[None] / 1.3
    fit = fit_blackbody(wavelength, np.full((1, 6), -1.0), np.eye(6)[None], GRID, 12000.0, 0.7)
    assert np.exp(fit.log_temperature[0]) == pytest.approx(12000.0, rel=1e-6)
    assert fit.log_temperature_err[0] == pytest.approx(0.7, rel=1e-6)
    assert fit.scale[0] == 0
    assert fit.chi2[0] == fit.chi2_zero[0]


def test_unusable_rows_are_nan_and_leave_the_others_alone():
    wavelength = np.repeat(SLOT_WAVELENGTHS[None] / 1.3, 3, axis=0)
    flux = planck(wavelength, 9000.0) * 1e5
    covariance = np.repeat(np.diag((0.1 * flux[0]) ** 2)[None], 3, axis=0)
    alone = fit_blackbody(wavelength[:1], flux[:1], covariance[:1], GRID, 12000.0, 0.7)
    flux[1] = np.nan
    covariance[2, 3, 3] = 0.0
    fit = fit_blackbody(wavelength, flux, covariance, GRID, 12000.0, 0.7)
    for one, all_ in zip(alone, fit, strict=True):
        np.testing.assert_allclose(all_[0], one[0], rtol=1e-12)
        assert np.isnan(all_[1:]).all()
