"""The compiled engine against celerite2: the same likelihoods, derivatives and fits."""

from dataclasses import replace

import numpy as np
import pytest
from gp_dense import pack_six
from numba import njit

from mallorn.gp.compiled import COMPILED, _total
from mallorn.gp.fit import fit_lightcurves
from mallorn.gp.models import MODELS
from mallorn.gp.objective import CELERITE2, evaluate, settings
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

CONFIG = defaults()


def light_curves(rng, counts, several_bands, ties=False, gap=365.0):
    """The packed points of objects with `counts` points each: a slow wave in noise, in three seasons `gap` apart."""
    n = sum(counts)
    t = 60000.0 + gap * rng.integers(0, 3, n) + rng.uniform(0.0, 180.0, n)
    if ties:
        t = np.round(t, -1)
    band = rng.integers(0, 6, n) if several_bands else np.full(n, 2)
    err = rng.uniform(0.05, 0.5, n)
    flux = 3.0 * np.sin(t / 40.0 + 0.2 * band) + err * rng.normal(size=n)
    return pack_six(t, band, flux, err, np.concatenate([[0], np.cumsum(counts)]))


CASES = {
    "ordinary": dict(counts=[160, 90, 40]),
    "few points": dict(counts=[1, 2, 3, 1]),
    "equal times": dict(counts=[60, 120], ties=True),
    "long": dict(counts=[1100, 5]),
    "far apart": dict(counts=[50, 70], gap=1e5),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", list(MODELS))
def test_objective_and_derivatives_are_those_of_celerite2(name, case):
    rng = np.random.default_rng(3)
    batch = light_curves(rng, several_bands=name == "multiband", **CASES[case])
    model, how = MODELS[name], settings(MODELS[name], CONFIG["fits"][name])
    for _ in range(4):
        theta = how.prior_mean + rng.uniform(-1.5, 1.5, (len(batch), len(model.parameters)))
        ours, theirs = (evaluate(model, batch, theta, how, engine) for engine in (COMPILED, CELERITE2))
        for field in ("value", "chi2_logdet", "mean", "mean_variance"):
            np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(ours.gradient, theirs.gradient, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ours.fisher, theirs.fisher, rtol=1e-4, atol=1e-4)


def edge_cases(several_bands):
    """One `LightCurves` of every kind of object that a fit may meet."""
    rng = np.random.default_rng(5)

    def curve(n, error=0.2, times=lambda t: t, flux=lambda wave: wave):
        t = np.sort(times(60000.0 + 365.0 * rng.integers(0, 3, n) + rng.uniform(0.0, 180.0, n)))
        band = rng.integers(0, 6, n) if several_bands else np.full(n, 2)
        err = error * rng.uniform(0.5, 2.0, n)
        return t, band.astype(np.int8), flux(3.0 * np.sin(t / 40.0 + 0.2 * band) + err * rng.normal(size=n)), err

    curves = {
        "no points": curve(0),
        "one point": curve(1),
        "two points": curve(2),
        "three points": curve(3),
        "ordinary": curve(80),
        "another": curve(160),
        "equal times": curve(60, times=lambda t: np.round(t, -1)),
        "all at one time": curve(20, times=lambda t: np.full_like(t, 60000.0)),
        "constant flux": curve(30, flux=lambda wave: np.full_like(wave, 7.0)),
        "no signal": curve(60, error=30.0),
        "signal to noise 100": curve(80, error=0.03),
        "1000 points": curve(1000),
        "tiny unit": curve(50, error=1e-3, flux=lambda wave: 1e-3 * wave),
        "signal to noise 1000": curve(80, error=0.003),
    }
    start = np.concatenate([[0], np.cumsum([len(t) for t, *_ in curves.values()])])
    zero = np.zeros(len(curves))
    columns = (np.concatenate(column) for column in zip(*curves.values(), strict=True))
    return LightCurves(
        np.array(list(curves), dtype=object), zero + 0.5, zero, zero, zero + 1000.0, start, *columns, passbands=LSST
    )


@pytest.mark.parametrize("name", list(MODELS))
def test_fits_are_those_of_celerite2(name):
    """Parameters and likelihoods to 1e-8; at a signal to noise of 1000 celerite2's rounding allows less."""
    lc, model = edge_cases(name == "multiband"), MODELS[name]
    ours, theirs = (fit_lightcurves(model, lc, CONFIG["fits"][name], engine) for engine in (COMPILED, CELERITE2))
    assert ours["status"].tolist() == theirs["status"].tolist() == [1, 2, 2] + [0] * 11
    parameters = [f"ln_{parameter}" for parameter in model.parameters]
    for objects, tolerance in ((slice(0, -1), 1e-8), (slice(-1, None), 1e-6)):
        for column in (*parameters, "mean", "mean_err", "ln_likelihood", "ln_posterior"):
            relative = 0.0 if column in parameters else tolerance
            a, b = ours[column][objects], theirs[column][objects]
            np.testing.assert_allclose(a, b, rtol=relative, atol=tolerance, err_msg=column)
        for column in parameters:
            np.testing.assert_allclose(ours[f"{column}_err"][objects], theirs[f"{column}_err"][objects], rtol=1e-6)


@pytest.mark.parametrize("name", list(MODELS))
def test_likelihoods_at_many_parameters_are_those_at_each(name):
    """More than eight of them, of objects short and long, one of whose covariances is not positive definite."""
    rng = np.random.default_rng(8)
    batch = light_curves(rng, [1, 6, 9, 40, 700], several_bands=name == "multiband")
    bad = (batch.owner == 2) & (batch.live > 0.0)
    batch = replace(batch, noise=np.where(bad, -3.0, batch.noise))
    theta = np.log([1.0, 60.0, 3.0])[: len(MODELS[name].parameters)] + rng.normal(size=(9, 5, 1)) / 5.0
    together = COMPILED.likelihoods(MODELS[name], batch, theta)
    theirs = CELERITE2.likelihoods(MODELS[name], batch, theta)
    for k, one in enumerate(theta):
        for alone, derivatives in (
            (COMPILED.likelihoods(MODELS[name], batch, one[None]), False),
            (COMPILED.derivatives(MODELS[name], batch, one)[0], True),
        ):
            for field, values in zip(together._fields, together, strict=True):
                found = getattr(alone, field)
                np.testing.assert_array_equal(found if derivatives else found[0], values[k])
    for ours, other in zip(together, theirs, strict=True):
        assert np.isnan(ours[:, 2]).all()
        np.testing.assert_allclose(ours, other, rtol=1e-8)


@pytest.mark.parametrize("name", list(MODELS))
def test_an_object_is_as_if_alone(name):
    rng = np.random.default_rng(7)
    batch = light_curves(rng, [20, 7, 33], several_bands=name == "multiband")
    theta = np.log([[1.0, 60.0, 3.0]] * 3)[:, : len(MODELS[name].parameters)]
    likelihood, *derivatives = COMPILED.derivatives(MODELS[name], batch, theta)
    alone, *others = COMPILED.derivatives(MODELS[name], batch.take(np.array([1])), theta[1:2])
    for together, other in zip((*likelihood, *derivatives), (*alone, *others), strict=True):
        np.testing.assert_array_equal(together[1], other[0])


def test_sums_are_those_of_numpy():
    rng = np.random.default_rng(9)
    for size in (*range(3, 40), *rng.integers(40, 3000, 60)):
        values = rng.normal(size=size) * np.exp(5.0 * rng.normal(size=size))
        assert total(values) == np.add.reduceat(values, [0])[0]


@njit
def total(values):
    return _total(values, np.empty((3, 64)))
