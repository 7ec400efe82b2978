"""Values against dense Cholesky in extended precision, and the layout of many objects on one axis."""

import itertools

import numpy as np
import pytest
from gp_dense import PARAMETERS, Dense, pack_six

from mallorn.gp.batch import BLANKS
from mallorn.gp.models import MODELS
from mallorn.gp.solver import factorise, innovations

TOLERANCE = {"drw": 1e-10, "matern": 1e-10, "multiband": 1e-8}


def light_curve(rng, n, season=180.0, several_bands=True, ties=False):
    """A slow wave in noise: times in three yearly seasons, passbands, fluxes and errors of `n` points, unsorted."""
    t = 60000.0 + 365.0 * rng.integers(0, 3, n) + rng.uniform(0.0, season, n)
    if ties:
        t[: n // 3] = t[0]
    band = rng.integers(0, 6, n) if several_bands else np.full(n, 2)
    err = rng.uniform(0.05, 0.5, n)
    flux = 3.0 * np.sin(t / 90.0 + 0.2 * band) + err * rng.normal(size=n)
    return t, band, flux, err


def ln_likelihood(name, theta, t, band, flux, err):
    """ln L of one object as mallorn.gp.fit makes it from the innovations; `theta` in the light curve's own unit."""
    batch = pack_six(t, band, flux, err)
    theta = np.array([theta], dtype=float)
    theta[:, 0] -= np.log(batch.scale)
    Z, d = innovations(MODELS[name], batch, theta)
    mean = (Z[:, 0] * Z[:, 1] / d).sum() / (Z[:, 1] ** 2 / d).sum()
    residual = Z[:, 0] - mean * Z[:, 1]
    n = len(t)
    return -0.5 * (np.sum(residual**2 / d + np.log(d)) + n * np.log(2.0 * np.pi)) - n * np.log(batch.scale[0])


@pytest.mark.parametrize("n", [1, 2, 3, 40, 300])
@pytest.mark.parametrize("name", list(MODELS))
def test_value_agrees_with_dense_cholesky(name, n):
    rng = np.random.default_rng(n)
    for ties in (False, True):
        t, band, flux, err = light_curve(rng, n, several_bands=name == "multiband", ties=ties)
        for length, amplitude in itertools.product((3.0, 30.0, 300.0, 30000.0), (0.1, 2.0, 10.0, 50.0)):
            # Rounding weighs as the signal-to-noise ratio squared, in any factorisation: full marks up to 100 a point.
            tolerance = TOLERANCE[name] * max(1.0, (amplitude / (100.0 * err.min())) ** 2)
            theta = np.log([amplitude, length, 2.5])[: PARAMETERS[name]]
            expected = Dense(name, theta, t, band, flux, err).ln_likelihood
            found = ln_likelihood(name, theta, t, band, flux, err)
            assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("unit", [1e-8, 1e8])
@pytest.mark.parametrize("name", list(MODELS))
def test_value_at_extreme_flux_units(name, unit):
    t, band, flux, err = light_curve(np.random.default_rng(1), 60, several_bands=name == "multiband")
    theta = np.log([2.0 * unit, 40.0, 2.5])[: PARAMETERS[name]]
    expected = Dense(name, theta, t, band, unit * flux, unit * err).ln_likelihood
    assert ln_likelihood(name, theta, t, band, unit * flux, unit * err) == pytest.approx(expected, rel=TOLERANCE[name])


@pytest.mark.parametrize("length", [0.05, 0.5])
@pytest.mark.parametrize("name", list(MODELS))
def test_value_where_seasons_are_many_time_scales_apart(name, length):
    """x = w t reaches thousands here: the origin of the generators must move along with the points."""
    rng = np.random.default_rng(2)
    season = np.repeat(180.0 * np.arange(5), 30)
    _, band, flux, err = light_curve(rng, 150, several_bands=name == "multiband")
    t = season + rng.uniform(0.0, 20.0, 150)
    theta = np.log([2.0, length, 2.5])[: PARAMETERS[name]]
    expected = Dense(name, theta, t, band, flux, err).ln_likelihood
    assert ln_likelihood(name, theta, t, band, flux, err) == pytest.approx(expected, rel=TOLERANCE[name])


def batch_of(rng, sizes, season=180.0):
    curves = [light_curve(rng, n, season) for n in sizes]
    start = np.concatenate([[0], np.cumsum(sizes)])
    return pack_six(*(np.concatenate(column) for column in zip(*curves, strict=True)), start)


@pytest.mark.parametrize("name", list(MODELS))
def test_company_does_not_change_a_bit(name):
    batch = batch_of(np.random.default_rng(3), [5, 1, 80, 2, 33])
    theta = (
        np.log(np.random.default_rng(4).uniform(0.5, 2.0, (5, PARAMETERS[name])))
        + np.log([1, 40, 2])[: PARAMETERS[name]]
    )
    Z, d = innovations(MODELS[name], batch, theta)
    for k in range(5):
        alone = batch.take([k])
        Z_alone, d_alone = innovations(MODELS[name], alone, theta[[k]])
        rows = slice(batch.start[k], batch.start[k + 1])
        np.testing.assert_array_equal(Z[rows], Z_alone)
        np.testing.assert_array_equal(d[rows], d_alone)


@pytest.mark.parametrize("name", list(MODELS))
def test_objects_too_long_to_come_back_stay_separate(name):
    """With 40,000 decay times per object the axis cannot return to zero; the next objects start where it can."""
    batch = batch_of(np.random.default_rng(5), [30, 30, 30, 4, 30], season=1500.0)
    theta = np.log([[1.0, 0.05, 2.0]] * 3 + [[1.0, 100.0, 2.0]] * 2)[:, : PARAMETERS[name]]
    together = innovations(MODELS[name], batch, theta)
    alone = [innovations(MODELS[name], batch.take([k]), theta[[k]]) for k in range(5)]
    for whole, parts in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-9, atol=1e-9)
    axis = factorise(MODELS[name], batch, theta).axis
    assert (np.diff(axis) >= -700.0 - 1e-6).all()
    ends = batch.start[1:] - BLANKS
    assert (axis[ends] - axis[ends - 1] > 745.2).all()


def test_blank_rows_add_nothing():
    batch = batch_of(np.random.default_rng(6), [7, 3])
    Z, d = innovations(MODELS["matern"], batch, np.log([[1.0, 30.0], [2.0, 300.0]]))
    blank = batch.live == 0.0
    assert blank.sum() == 2 * BLANKS
    np.testing.assert_array_equal(Z[blank], 0.0)
    np.testing.assert_array_equal(d[blank], 1.0)


def test_an_impossible_covariance_is_nan_and_its_neighbours_are_not():
    rng = np.random.default_rng(7)
    batch = batch_of(rng, [20, 20, 20])
    noise = batch.noise.copy()
    noise[batch.start[1] : batch.start[2] - BLANKS] = -0.9
    bad = type(batch)(**{**{f: getattr(batch, f) for f in batch.__dataclass_fields__}, "noise": noise})
    theta = np.log([[1.0, 50.0]] * 3)
    Z, d = innovations(MODELS["matern"], bad, theta)
    rows = batch.owner == 1
    assert np.isnan(d[rows]).all()
    good, _ = innovations(MODELS["matern"], batch, theta)
    np.testing.assert_array_equal(Z[~rows], good[~rows])
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        factorise(MODELS["matern"], bad, theta)
