from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.families import blackbody
from mallorn.families.family import Inputs, columns
from mallorn.survey.blackbody import MPC, SIGMA_SB, planck
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS

KNOTS = np.array([-20.0, 0.0, 50.0, 100.0])
CONFIG = {
    "enabled": True,
    "phases": [0, 50],
    "evolution": [0, 100],
    "temperature": {"start": 2500, "stop": 80000, "size": 64},
    "temperature_prior": {"mean": 12000, "sd": 5.0},
    "error_floor": 0.0,
    "min_snr": 3.0,
    "uv_limit": 4000.0,
    "uv_ratio_limit": 30.0,
}
REDSHIFT, DISTANCE, RADIUS = 0.25, 1300.0, 5e14


def sed(temperature):
    """Microjansky of a sphere of RADIUS at REDSHIFT, (6,)."""
    brightness = np.pi * planck(SLOT_WAVELENGTHS / (1 + REDSHIFT), temperature)
    return (1 + REDSHIFT) * brightness * (RADIUS / (DISTANCE * MPC)) ** 2 / 1e-29


def inputs(flux, relative=0.01):
    flux = np.asarray(flux, dtype=float)
    n = len(flux)
    ones, empty = np.ones(n), np.empty(0)
    ids = np.array([f"o{k}" for k in range(n)], dtype=object)
    start = np.zeros(n + 1, dtype=np.int64)
    band = empty.astype(np.int8)
    z, distance = ones * REDSHIFT, ones * DISTANCE
    objects = LightCurves(ids, z, ones * np.nan, ones * 0, distance, start, empty, band, empty, empty, passbands=LSST)
    sd = relative * np.abs(flux).max(2, keepdims=True)
    cov = np.eye(6) * (sd**2)[..., None]
    return Inputs(objects, {"posterior": SimpleNamespace(knots=KNOTS, knot_mean=flux, knot_cov=cov)})


def test_sphere_of_known_size_by_hand():
    # L = 4 pi R^2 sigma T^4 = 4 pi x 2.5e29 x 5.670374e-5 x 1.6e17 = 2.850e43 erg/s at 20,000 K.
    out = blackbody.extract(inputs([[sed(20000.0)] * 4]), CONFIG)
    assert out["blackbody__log10_temperature_p0"][0] == pytest.approx(np.log10(20000), abs=2e-3)
    assert out["blackbody__log10_radius_p0"][0] == pytest.approx(np.log10(5e14), abs=2e-3)
    assert out["blackbody__log10_luminosity_p0"][0] == pytest.approx(np.log10(2.850e43), abs=5e-3)
    assert out["blackbody__log10_peak_luminosity"][0] == pytest.approx(np.log10(2.850e43), abs=5e-3)
    assert out["blackbody__log10_energy"][0] == pytest.approx(np.log10(2.850e43 * 120 * 86400), abs=5e-3)
    assert out["blackbody__residual_p0"][0] < 2e-3
    assert out["blackbody__log10_uv_ratio_p0"][0] == pytest.approx(0, abs=5e-3)
    assert list(out) == columns("blackbody", blackbody.features(CONFIG))


def test_cooling_has_a_slope():
    temperatures = 10 ** (4.3 - 0.002 * KNOTS)
    out = blackbody.extract(inputs([[sed(t) for t in temperatures]]), CONFIG)
    assert out["blackbody__log10_temperature_slope"][0] == pytest.approx(-0.002, abs=5e-5)
    assert out["blackbody__log10_radius_slope"][0] == pytest.approx(0, abs=5e-5)
    assert out["blackbody__log10_luminosity_slope"][0] == pytest.approx(-0.008, abs=2e-4)
    assert out["blackbody__peak_phase"][0] == -20


def test_line_blanketing_lowers_the_ultraviolet_ratio():
    flux = sed(9000.0)
    flux[:2] *= 0.5  # u and g lie below 4000 angstrom at this redshift
    out = blackbody.extract(inputs([[flux] * 4], relative=1e-3), CONFIG)
    assert out["blackbody__log10_uv_ratio_p0"][0] == pytest.approx(np.log10(0.5), abs=0.02)
    assert out["blackbody__residual_p0"][0] > 0.05


def test_error_floor_enters_chi2():
    flux = sed(9000.0) * (1 + 0.1 * np.array([1, -1, 1, -1, 1, -1]))
    tight = blackbody.extract(inputs([[flux] * 4]), CONFIG)["blackbody__chi2_p0"][0]
    loose = blackbody.extract(inputs([[flux] * 4]), CONFIG | {"error_floor": 0.1})["blackbody__chi2_p0"][0]
    assert loose < 2 < tight


def test_nothing_seen_is_unknown():
    rng = np.random.default_rng(3)
    bright, faint, none = sed(9000.0), 0.1 * rng.normal(size=6), np.full(6, np.nan)
    data = inputs([[bright] * 4, [faint] * 4, [none] * 4])
    data.tables["posterior"].knot_cov[1] = np.eye(6)
    out = blackbody.extract(data, CONFIG)
    for name, values in out.items():
        assert np.isfinite(values[0]), name
        assert np.isnan(values[1:]).all(), name


def test_luminosity_follows_flux_and_distance():
    flux = np.array([[sed(9000.0)] * 4])
    one, ten = blackbody.extract(inputs(flux), CONFIG), blackbody.extract(inputs(10 * flux), CONFIG)
    assert ten["blackbody__log10_luminosity_p0"][0] - one["blackbody__log10_luminosity_p0"][0] == pytest.approx(1)
    assert ten["blackbody__log10_radius_p0"][0] - one["blackbody__log10_radius_p0"][0] == pytest.approx(0.5)
    assert ten["blackbody__log10_temperature_p0"][0] == pytest.approx(one["blackbody__log10_temperature_p0"][0])
    assert pytest.approx(5.670374e-5, rel=1e-6) == SIGMA_SB
