from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.families import multiband
from mallorn.families.family import Inputs, columns
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

CONFIG = {"enabled": True, "levels": [0.75, 0.5, 0.1], "area_window": [-20, 40]}
PHASE = np.arange(-40.0, 81.0, 5.0)


def triangles(peaks, rise, fall, height=8.0):
    """Posterior means (6, G) that rise linearly from `rise` days before each peak and fall to zero `fall` after."""
    phase = PHASE - np.asarray(peaks)[:, None]
    return np.maximum(height * (1.0 - np.where(phase < 0.0, -phase / rise, phase / fall)), 0.0)


def extract(mean, peaks, redshift=1.0, flux=8.0, fit_status=0):
    zero, none = np.zeros(1), np.empty(0)
    ids, start = np.array(["a"], dtype=object), np.zeros(2, np.int64)
    lc = LightCurves(
        ids, zero + redshift, zero, zero, zero + 10.0, start, none, none.astype(np.int8), none, none, passbands=LSST
    )
    fit = {
        "ln_sigma": np.log([4.0]),
        "ln_length": np.log([50.0]),
        "ln_wavelength": np.log([3.0]),
        "mean": [2.0],
        "ln_likelihood": [-90.0],
        "n_points": [30],
        "status": [fit_status],
    }
    posterior = SimpleNamespace(
        phase=PHASE,
        mean=np.asarray(mean, dtype=np.float32)[None],
        peak_mjd=np.array([60000.0]),
        band_peak_mjd=60000.0 + (1.0 + redshift) * np.asarray(peaks, dtype=float)[None],
        band_peak_mjd_err=np.full((1, 6), 3.0),
        band_peak_flux=np.full((1, 6), flux),
        band_chi2=np.arange(6.0)[None],
    )
    tables = {"fits/multiband": {name: np.array(value) for name, value in fit.items()}, "posterior": posterior}
    found = multiband.extract(Inputs(lc, tables), CONFIG)
    assert list(found) == columns("multiband", multiband.features(CONFIG))
    return {name.removeprefix("multiband__"): values[0] for name, values in found.items()}


def test_numbers_worked_by_hand():
    peaks = [0.0, 0.0, 5.0, 10.0, 10.0, 10.0]
    one = extract(triangles(peaks, 20.0, 40.0), peaks)
    assert one["ln_sigma"] == pytest.approx(np.log(4.0))
    assert one["ln_length_rest"] == pytest.approx(np.log(25.0))
    assert one["ln_luminosity"] == pytest.approx(np.log(400.0))
    assert one["mean_over_sigma"] == pytest.approx(0.5)
    assert one["peak_over_sigma"] == pytest.approx(2.0)
    assert one["ln_likelihood_per_point"] == pytest.approx(-3.0)
    assert one["chi2__y"] == 5.0
    assert one["ln_peak_luminosity__g"] == pytest.approx(np.log(800.0))
    assert one["peak_err__g"] == pytest.approx(1.5)
    assert one["lag__u"] == pytest.approx(-5.0)
    assert one["lag__z"] == pytest.approx(5.0)
    for band in "ugrizy":
        assert one[f"rise_75__{band}"] == pytest.approx(5.0, rel=1e-6)
        assert one[f"fall_75__{band}"] == pytest.approx(10.0, rel=1e-6)
        assert one[f"rise_50__{band}"] == pytest.approx(10.0, rel=1e-6)
        assert one[f"fall_10__{band}"] == pytest.approx(36.0, rel=1e-6)
        assert one[f"fwhm__{band}"] == pytest.approx(30.0, rel=1e-6)
        assert one[f"asymmetry__{band}"] == pytest.approx((20.0 - 10.0) / 30.0, rel=1e-6)
    assert one["area__u"] == pytest.approx(30.0)  # the whole triangle, half of base 60
    assert one["area__z"] == pytest.approx(30.0 - 0.5 * 10.0 * 0.25)  # less its tip beyond +40 d: 10 d at up to 1/4


def test_a_light_curve_that_never_falls_gives_the_edge_of_the_phases():
    one = extract(np.full((6, len(PHASE)), 8.0), np.zeros(6))
    assert one["rise_50__r"] == pytest.approx(40.0)
    assert one["fall_50__r"] == pytest.approx(80.0)


def test_peaks_between_grid_points_shift_the_widths():
    peaks = np.full(6, 2.0)
    one = extract(triangles(peaks, 20.0, 40.0), peaks)
    assert one["rise_50__r"] == pytest.approx(10.0, rel=1e-6)
    assert one["fall_50__r"] == pytest.approx(20.0, rel=1e-6)


def test_no_positive_peak_no_shape():
    one = extract(np.full((6, len(PHASE)), -1.0), np.zeros(6), flux=-1.0)
    for name in ("rise_50__g", "fall_50__g", "fwhm__g", "asymmetry__g", "area__g", "ln_peak_luminosity__g"):
        assert np.isnan(one[name])
    assert one["lag__g"] == 0.0


def test_an_object_without_fit_is_nan():
    one = extract(np.full((6, len(PHASE)), np.nan), np.full(6, np.nan), flux=np.nan, fit_status=1)
    known = {f"{name}__{band}" for name in ("peak_err", "chi2") for band in "ugrizy"} | {"mean_over_sigma"}
    assert all(np.isnan(value) for name, value in one.items() if name not in known)
