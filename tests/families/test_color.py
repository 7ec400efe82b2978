import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.families import color
from mallorn.families.family import Inputs, columns
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

KNOTS = np.array([-20.0, 0.0, 20.0, 100.0])
CONFIG = {
    "enabled": True,
    "phases": [0, 20, 100],
    "changes": [[0, 20]],
    "evolution": [0, 100],
    "energy": [-20, 100],
    "raw_window": [-10, 10],
    "share_phases": [0],
    "max_sd": 0.5,
}


def inputs(flux, sd=1e-3, raw=None):
    """One object per row of `flux` (n, 6, K) at redshift 1; `raw` is a list of (object, mjd, band, flux, error)."""
    n = len(flux)
    raw = np.array(raw if raw is not None else np.empty((0, 5)), dtype=float)
    start = np.searchsorted(raw[:, 0], np.arange(n + 1)).astype(np.int64)
    ones = np.ones(n)
    ids = np.array([f"o{k}" for k in range(n)], dtype=object)
    mjd, band, raw_flux, raw_err = raw[:, 1], raw[:, 2].astype(np.int8), raw[:, 3], raw[:, 4]
    objects = LightCurves(
        ids, ones, ones * np.nan, ones * 0, ones * 100, start, mjd, band, raw_flux, raw_err, passbands=LSST
    )
    flux = np.asarray(flux, dtype=float)
    cov = np.broadcast_to(np.eye(6) * np.asarray(sd)[..., None, None] ** 2, (n, len(KNOTS), 6, 6))
    posterior = SimpleNamespace(
        knots=KNOTS,
        knot_mean=flux.transpose(0, 2, 1),
        knot_cov=cov,
        phase=KNOTS,
        mean=flux,
        peak_mjd=np.full(n, 1000.0),
        band_peak_mjd=1000.0 + 2.0 * np.arange(6) + np.zeros((n, 1)),
        band_peak_flux=flux.max(2),
    )
    fits = {"ln_sigma": np.log(np.nanmax(np.abs(flux), axis=(1, 2), initial=1e-3))}
    return Inputs(objects, {"posterior": posterior, "fits/multiband": fits})


def test_asinh_color_by_hand():
    # f1 = 2b, f2 = 0: -(2.5 / ln 10) asinh(1) = -1.085736 x 0.881374; slopes 1 / (b sqrt 8) and 1 / 2b.
    c, e = color.asinh_color(2.0, 0.0, 1.0, 1.0, 0.0)
    assert c == pytest.approx(-0.956939, abs=1e-6)
    assert e == pytest.approx(1.085736 * np.sqrt(1 / 8 + 1 / 4), abs=1e-6)


def test_asinh_color_is_the_magnitude_difference_of_bright_fluxes():
    c, e = color.asinh_color(100.0, 50.0, 1e-4, 1e-4, 0.5e-4)
    assert c == pytest.approx(-2.5 * np.log10(2), abs=1e-6)
    variance = 1e-4 * (1 / 100**2 + 1 / 50**2) - 2 * 0.5e-4 / (100 * 50)
    assert e == pytest.approx(1.085736 * np.sqrt(variance), rel=1e-5)


def test_evolution_of_a_linear_color():
    flux = np.full((1, 6, 4), 100.0)
    flux[0, 1] = 100.0 * 10 ** (-0.4 * 0.01 * KNOTS)  # g - r = 0.01 mag per day
    out = color.extract(inputs(flux), CONFIG)
    assert out["color__g_r_p20"][0] == pytest.approx(0.2, abs=1e-6)
    assert out["color__g_r_p0_p20"][0] == pytest.approx(0.2, abs=1e-6)
    assert out["color__g_r_slope"][0] == pytest.approx(0.01, abs=1e-6)
    assert out["color__g_r_monotonicity"][0] == 1
    assert out["color__u_g_monotonicity"][0] == -1
    assert out["color__r_i_scatter"][0] == pytest.approx(0, abs=1e-9)
    assert out["color__share_p0__r"][0] == pytest.approx(1 / 6)
    np.testing.assert_allclose([out[f"color__lag__{b}"][0] for b in "ugrizy"], np.arange(6))


def test_blue_fraction_weighs_by_frequency():
    flux = np.zeros((1, 6, 4))
    flux[0, 1], flux[0, 4] = 4704.0, 3 * 8695.0  # nu f_nu of 1 in g and 3 in z
    assert color.extract(inputs(flux), CONFIG)["color__blue_fraction"][0] == pytest.approx(0.25)


def test_raw_colors_average_the_points_near_peak():
    # At redshift 1 the window of 10 rest-frame days reaches 20 observed days: the last g point is out.
    raw = [(0, 990, 1, 90, 0.1), (0, 1015, 1, 110, 0.1), (0, 1015, 2, 50, 0.1), (0, 1021, 1, 900, 0.1)]
    out = color.extract(inputs(np.ones((1, 6, 4)), raw=raw), CONFIG)
    assert out["color__g_r_raw"][0] == pytest.approx(-2.5 * np.log10(2), abs=1e-4)
    assert out["color__g_r_raw_err"][0] == pytest.approx(1.0857 * np.hypot(0.1 / np.sqrt(2) / 100, 0.1 / 50), rel=1e-3)
    assert np.isnan(out["color__r_i_raw"][0])


def test_unknown_where_the_posterior_is_wide_and_where_there_is_none():
    flux = np.ones((3, 6, 4))
    flux[1] = np.nan
    sd = np.full((3, 4), 1e-3)
    sd[0, 2] = 0.6  # above max_sd of the prior at +20 d
    out = color.extract(inputs(flux, sd), CONFIG)
    assert np.isnan(out["color__g_r_p20"][0])
    assert out["color__g_r_p0"][0] == 0
    for name, values in out.items():
        assert "lag" in name or np.isnan(values[1]), name
    assert list(out) == columns("color", color.features(CONFIG))


def test_flux_scale_does_not_matter():
    flux = np.abs(np.random.default_rng(0).normal(5, 2, (4, 6, 4)))
    one, other = (color.extract(inputs(s * flux, s * 0.3), CONFIG) for s in (1.0, 1e3))
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_phase_that_is_no_knot_is_refused():
    with pytest.raises(ConfigError, match=r"features.color.phases.*got \[7\]"):
        color.extract(inputs(np.ones((1, 6, 4))), CONFIG | {"phases": [0, 7]})


def test_a_variance_that_rounding_took_below_zero_is_unknown_and_brings_no_warning():
    flux = np.full((1, 6, 4), 10.0)
    given = inputs(flux)
    cov = np.array(given.tables["posterior"].knot_cov)
    cov[0, 1, 0, 0] = -1e-20
    given.tables["posterior"].knot_cov = cov
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = color.extract(given, CONFIG)
    assert np.isnan(found["color__u_g_p0"][0])
    assert found["color__g_r_p0"][0] == pytest.approx(0.0, abs=1e-9)
