"""The compiled engine against celerite2: the same innovations, likelihoods and fits."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from mallorn.gp.batch import BLANKS, pack
from mallorn.gp.compiled import innovations as compiled
from mallorn.gp.fit import evaluate, fit, settings
from mallorn.gp.models import MODELS
from mallorn.gp.solver import innovations

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())


def light_curves(rng, counts, several_bands, ties=False, gap=365.0):
    """The packed points of objects with `counts` points each: a slow wave in noise, in three seasons `gap` apart."""
    n = sum(counts)
    t = 60000.0 + gap * rng.integers(0, 3, n) + rng.uniform(0.0, 180.0, n)
    if ties:
        t = np.round(t, -1)
    band = rng.integers(0, 6, n) if several_bands else np.full(n, 2)
    err = rng.uniform(0.05, 0.5, n)
    flux = 3.0 * np.sin(t / 40.0 + 0.2 * band) + err * rng.normal(size=n)
    return pack(t, band, flux, err, np.concatenate([[0], np.cumsum(counts)]))


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
        ours, theirs = (evaluate(model, batch, theta, how, engine) for engine in (compiled, innovations))
        for field in ("value", "chi2_logdet", "mean", "mean_variance"):
            np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(ours.gradient, theirs.gradient, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ours.fisher, theirs.fisher, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", list(MODELS))
def test_fits_are_those_of_celerite2(name):
    batch = light_curves(np.random.default_rng(5), [80, 2, 45, 160, 1, 30], several_bands=name == "multiband")
    how = settings(MODELS[name], CONFIG["fits"][name])
    ours, theirs = (fit(MODELS[name], batch, how, engine) for engine in (compiled, innovations))
    assert ours.status.tolist() == theirs.status.tolist() == [0, 2, 0, 0, 2, 0]
    np.testing.assert_allclose(ours.log_likelihood, theirs.log_likelihood, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.log_posterior, theirs.log_posterior, rtol=0, atol=1e-8)
    assert np.abs((ours.theta - theirs.theta) / theirs.theta_err).max() < 1e-4


@pytest.mark.parametrize("name", list(MODELS))
def test_blanks_hold_nothing_and_an_object_is_as_if_alone(name):
    rng = np.random.default_rng(7)
    batch = light_curves(rng, [20, 7, 33], several_bands=name == "multiband")
    theta = np.log([[1.0, 60.0, 3.0]] * 3)[:, : len(MODELS[name].parameters)]
    Z, d = compiled(MODELS[name], batch, theta)
    assert not Z[batch.live == 0.0].any()
    assert (d[batch.live == 0.0] == 1.0).all()
    alone, pivots = compiled(MODELS[name], batch.take(np.array([1])), theta[1:2])
    rows = slice(batch.start[1], batch.start[2])
    assert (Z[rows] == alone).all()
    assert (d[rows] == pivots).all()
    assert len(alone) == 7 + BLANKS


@pytest.mark.parametrize("name", list(MODELS))
def test_an_object_without_a_positive_covariance_is_nan_and_spares_the_others(name):
    batch = light_curves(np.random.default_rng(9), [6, 6, 6], several_bands=False)
    batch.noise[batch.start[1] : batch.start[2] - BLANKS] = -5.0
    theta = np.log([[1.0, 60.0, 3.0]] * 3)[:, : len(MODELS[name].parameters)]
    Z, d = compiled(MODELS[name], batch, theta)
    singular = np.repeat([False, True, False], np.diff(batch.start))
    assert (np.isnan(d) == singular).all()
    assert (np.isnan(Z).all(axis=1) == singular).all()
