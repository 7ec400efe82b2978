import numpy as np
import pytest

from mallorn.families import gp_vs_drw
from mallorn.families.family import Inputs, columns
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOTS


def lightcurves(n=2):
    """Objects with two points of 1 and 3 uJy, errors 1, in every passband."""
    zero = np.zeros(n)
    ids = np.array([f"object {k}" for k in range(n)], dtype=object)
    band = np.tile(np.repeat(np.arange(6, dtype=np.int8), 2), n)
    flux = np.tile([1.0, 3.0], 6 * n)
    start = 12 * np.arange(n + 1)
    return LightCurves(
        ids, zero, zero, zero, zero, start, np.arange(12.0 * n), band, flux, np.ones(12 * n), passbands=LSST
    )


def extract(ratios, drw_status=(0, 0)):
    """Matern minus DRW log likelihoods `ratios` (6,); DRW ones are -10, points 2, taus 10, 20, 30, 10, 20, 30."""
    n = len(drw_status)
    base = {"n_points": np.full(n, 2), "status": np.zeros(n, np.int8), "ln_sigma": np.zeros(n)}
    drw, matern = {}, {}
    for k, band in enumerate(SLOTS):
        tau = np.full(n, np.log(10.0 * (k % 3 + 1)))
        drw[band] = {**base, "ln_tau": tau, "ln_likelihood": np.full(n, -10.0), "status": np.array(drw_status)}
        matern[band] = {**base, "ln_length": tau, "ln_likelihood": np.full(n, -10.0 + ratios[k])}
    return gp_vs_drw.extract(Inputs(lightcurves(n), {"fits/drw": drw, "fits/matern": matern}), {})


def test_numbers_worked_by_hand():
    found = extract([1.0, 2.0, 3.0, -4.0, 1.0, 3.0])
    assert list(found) == columns("gp_vs_drw", gp_vs_drw.features({}))
    one = {name.removeprefix("gp_vs_drw__"): values[0] for name, values in found.items()}
    assert one["ln_ratio__i"] == pytest.approx(-4.0)
    assert one["ln_ratio_per_point__i"] == pytest.approx(-2.0)
    assert one["aic__i"] == pytest.approx(-8.0)
    # A constant flux of 2: chi2 is 1 + 1, so ln L = -1 - ln(2 pi) = -2.8379; AIC gains 2 (ln L' - ln L) - 4.
    assert one["drw_aic__u"] == pytest.approx(2.0 * (-10.0 + 1.0 + np.log(2.0 * np.pi)) - 4.0)
    assert one["matern_aic__u"] == pytest.approx(one["drw_aic__u"] + 2.0)
    per_point = np.array([0.5, 1.0, 1.5, -2.0, 0.5, 1.5])
    assert one["ln_ratio_per_point_mean"] == pytest.approx(0.5)
    assert one["ln_ratio_per_point_sd"] == pytest.approx(per_point.std(ddof=1))
    assert one["ln_ratio_per_point_min"] == pytest.approx(-2.0)
    assert one["ln_ratio_per_point_max"] == pytest.approx(1.5)
    assert one["ln_ratio_max"] == pytest.approx(-4.0)
    assert one["sign_agreement"] == pytest.approx(4.0 / 6.0)
    assert one["combined"] == pytest.approx(6.0)
    assert one["combined_per_point"] == pytest.approx(0.5)
    # taus 10, 20, 30 twice: mean 20, sample variance 400 / 5
    assert one["tau_cv"] == pytest.approx(np.sqrt(80.0) / 20.0)
    assert one["sigma_cv"] == pytest.approx(0.0)
    assert one["drw_variability"] == pytest.approx(6.0 * one["drw_aic__u"])


def test_without_any_fit_all_is_nan():
    found = extract([1.0] * 6, drw_status=(0, 2))
    assert all(np.isnan(values[1]) for values in found.values())
    assert all(np.isfinite(values[0]) for values in found.values())


def test_constant_flux_is_per_object_and_passband():
    lc = lightcurves(2)
    lc.flux[14] = 5.0  # the second object's g band: 5 and 3, the same scatter about another mean
    lc.flux[16] = 7.0  # its r band: 7 and 3, chi2 = 8
    found = gp_vs_drw.constant_log_likelihood(lc.where(~((lc.owner == 0) & (lc.band == 5))))
    expected = np.full((6, 2), -1.0 - np.log(2.0 * np.pi))
    expected[2, 1] -= 3.0
    expected[5, 0] = 0.0
    np.testing.assert_allclose(found, expected)
