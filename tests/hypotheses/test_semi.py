from dataclasses import replace

import numpy as np
import pytest
from feature_inputs import flat, too_few
from hypothetical_events import pack
from semi_events import EPOCH, REDSHIFT, SETTINGS, covariance, drawn, light, observed, pulls, sed

from mallorn.errors import ConfigError
from mallorn.hypotheses import semi_kernels
from mallorn.hypotheses.cache import second_light
from mallorn.hypotheses.semi import chosen_semi_parametric, fit_semi_parametric, semi_units
from mallorn.hypotheses.semi_models import PROCESSES, SEMI_PARAMETRIC, SEMI_SEDS
from mallorn.survey.passbands import SLOT_WAVELENGTHS

EACH = pytest.mark.parametrize("h", SEMI_PARAMETRIC, ids=lambda h: h.name)


def evaluated(h, p, x, band, flux, error, t0, mean_sd=1e6):
    """Return deviance, objective, half its gradient and half its Hessian at p, priors apart: a fit without a step."""
    free = np.array([np.zeros(len(p)), np.full(len(p), 1e6), np.full(len(p), -np.inf), np.full(len(p), np.inf)])
    free[1, -1] = mean_sd if h.parameter_names[-1] == "mean" else 1e6
    given = np.array([0, len(x)]), x, band, flux, error**2, 1.0 * SLOT_WAVELENGTHS[None], np.array([t0])
    rest = p[None], np.empty((1, 0, len(p))), free, 0, 0, 0, 1.0
    fit, second = (second_light(), True) if h.second_light else (semi_kernels.fit_semi_parametric, None)
    numbers = PROCESSES.index(h.process), SEMI_SEDS.index(h.sed), second
    _, deviance, _, objective, gradient, hessian, *_ = fit(*numbers, *given, *rest)
    return deviance[0], objective[0], gradient[0], hessian[0]


def dense(h, p, x, band, flux, error, t0):
    """Return what the deviance is by whole matrices."""
    total, mean = light(h, x - t0, SLOT_WAVELENGTHS[band], p)
    total += np.diag(error**2)
    rest = flux - mean
    return rest @ np.linalg.solve(total, rest) + np.linalg.slogdet(total)[1] - 2 * np.log(error).sum()


def some_points(rng, number=70):
    """Return times in nights of several points, bands, fluxes and errors."""
    x = np.sort(np.floor(rng.uniform(0, 300, number) / 4) * 4.0)
    error = rng.uniform(0.02, 0.8, number)
    return x, rng.integers(0, 6, number).astype(np.int8), rng.normal(0, 2, number), error


@EACH
def test_the_likelihood_is_that_of_a_dense_gaussian_process(h):
    rng = np.random.default_rng(3)
    for _ in range(4):
        points = some_points(rng)
        p = drawn(h, rng)
        assert evaluated(h, p, *points, 90.0)[0] == pytest.approx(dense(h, p, *points, 90.0), rel=1e-8)


@EACH
def test_derivatives_are_those_of_the_likelihood(h):
    rng = np.random.default_rng(4)
    for _ in range(3):
        points, p = some_points(rng), drawn(h, rng)
        gradient = 2 * evaluated(h, p, *points, 90.0)[2]
        for k in range(len(p)):
            step = np.eye(len(p))[k] * 1e-4
            far, near = (
                evaluated(h, p + s * step, *points, 90.0)[1] - evaluated(h, p - s * step, *points, 90.0)[1]
                for s in (2, 1)
            )
            assert gradient[k] == pytest.approx((8 * near - far) / 12e-4, rel=1e-5, abs=1e-6 * np.abs(gradient).max())


@pytest.mark.parametrize("h", [h for h in SEMI_PARAMETRIC if "mean" in h.parameter_names], ids=lambda h: h.name)
def test_a_free_mean_is_integrated_over(h):
    """At the best mean the objective is that of a process to which all means add under a normal prior, here of sd 3."""
    rng = np.random.default_rng(8)
    x, band, flux, error = some_points(rng)
    p = drawn(h, rng)
    s = sed(h, x - 90.0, SLOT_WAVELENGTHS[band], p)
    own = covariance(h, x, p)[0] * np.outer(s, s) + np.diag(error**2)
    p[-1] = s @ np.linalg.solve(own, flux) / (s @ np.linalg.solve(own, s) + 1 / 9)
    total = own + 9 * np.outer(s, s)
    expected = flux @ np.linalg.solve(total, flux) + np.linalg.slogdet(total)[1] - 2 * np.log(error).sum()
    assert evaluated(h, p, x, band, flux, error, 90.0, mean_sd=3.0)[1] == pytest.approx(expected, rel=1e-8)


def test_the_information_is_the_mean_square_of_the_gradient():
    """Fisher's information is the covariance of the score of data that obey the parameters."""
    h, rng, p = SEMI_PARAMETRIC[3], np.random.default_rng(6), np.array([-0.5, 0.4, 1.0, 0.2, 3.5])
    x, band, _, error = some_points(rng, 40)
    s = sed(h, x - 90.0, SLOT_WAVELENGTHS[band], p)
    root = np.linalg.cholesky(covariance(h, x, p)[0] + 1e-10 * np.eye(len(x)))
    scores, information = [], 0.0
    for _ in range(1500):
        flux = s * (root @ rng.standard_normal(len(x))) + error * rng.standard_normal(len(x))
        _, _, gradient, hessian = evaluated(h, p, x, band, flux, error, 90.0)
        scores.append(gradient)
        information = information + hessian / 1500
    root = np.linalg.cholesky(np.linalg.inv(information))
    np.testing.assert_allclose(root.T @ np.cov(np.array(scores).T) @ root, np.eye(len(p)), atol=0.2)


@EACH
def test_parameters_are_recovered(h):
    """68% intervals hold 60 to 76% of the truth; `tests/semi_events.py` measures with more events."""
    pull, _ = pulls(h, 80, seed=11)
    assert np.isfinite(pull).all()
    assert 0.60 <= np.mean(np.abs(pull) < 1) <= 0.76


@pytest.fixture(scope="module")
def events():
    """An event of each hypothesis, and one without points."""
    rng = np.random.default_rng(5)
    points = [observed(h, drawn(h, rng), rng, number=60) for h in SEMI_PARAMETRIC]
    return pack([*points, tuple(values[:0] for values in points[0])], REDSHIFT)


@pytest.fixture(scope="module")
def fitted(events):
    return fit_semi_parametric(events, EPOCH + 0 * events.redshift, SETTINGS)


def test_columns_are_those_announced(fitted):
    assert set(semi_units(SETTINGS["models"])) < set(fitted)
    for name, values in fitted.items():
        assert len(values) == len(SEMI_PARAMETRIC) + 1, name
    for h in SEMI_PARAMETRIC:
        assert (fitted[f"{h.name}_status"][:-1] == 0).all()
        assert fitted[f"{h.name}_status"][-1] == 3
        assert np.isnan(fitted[f"{h.name}_ln_evidence"][-1])
        own = fitted["drifting_parabola_deviance"] + fitted["drifting_parabola_penalty"]
    assert np.nanmin(own) > 0


def test_a_refinement_never_fits_worse(fitted):
    """Of one light: a second one costs by its prior where there is none."""
    for h in SEMI_PARAMETRIC:
        if h.parent and h.process == "matern":
            ends = [fitted[f"{name}_deviance"] + fitted[f"{name}_penalty"] for name in (h.name, h.parent)]
            assert (np.nan_to_num(ends[0] - ends[1]) < 0.01).all()


def test_evidence_is_laplaces_approximation(events, fitted):
    """Of one event: the integral of the posterior over a grid about its mode, two parameters given."""
    h, k = SEMI_PARAMETRIC[0], 0
    mode = np.array([fitted[f"{h.name}_{name}"][k] for name in h.parameter_names])
    error = np.array([fitted[f"{h.name}_{name}_err"][k] for name in h.parameter_names])
    lc = events.take([k])
    x, scale = (lc.mjd - EPOCH) / (1 + REDSHIFT), fitted["scale"][k]
    wavelength, steps = SLOT_WAVELENGTHS[lc.band] / (1 + REDSHIFT), np.linspace(-4, 4, 9)

    def ln_posterior(p):
        s = sed(h, x, wavelength, p)
        total = covariance(h, x, p)[0] * np.outer(s, s) + np.diag((lc.flux_err / scale) ** 2)
        flux = lc.flux / scale
        deviance = flux @ np.linalg.solve(total, flux) + np.linalg.slogdet(total)[1]
        deviance -= 2 * np.log(lc.flux_err / scale).sum()
        prior = sum(((v - q.mean) / q.sd) ** 2 for v, q in zip(p, h.parameters, strict=True))
        return -0.5 * (deviance + prior)

    grid = np.stack(np.meshgrid(*[mode[j] + error[j] * steps for j in range(3)], indexing="ij"), -1).reshape(-1, 3)
    ln = np.array([ln_posterior(p) for p in grid])
    volume = np.prod(error) / np.prod([q.sd * np.sqrt(2 * np.pi) for q in h.parameters])
    assert fitted[f"{h.name}_ln_evidence"][k] == pytest.approx(
        np.log(np.exp(ln - ln.max()).sum() * volume) + ln.max(), abs=0.3
    )


def test_objects_are_independent(events, fitted):
    for k in (2, 5):
        alone = fit_semi_parametric(events.take([k]), np.array([EPOCH]), SETTINGS)
        for name, values in alone.items():
            np.testing.assert_array_equal(values, fitted[name][[k]], err_msg=name)


def test_neither_the_time_nor_the_unit_of_flux_matters(events, fitted):
    later = replace(events, mjd=events.mjd + 1024.0)
    brighter = replace(events, flux=8 * events.flux, flux_err=8 * events.flux_err)
    for changed, epoch in ((later, EPOCH + 1024.0), (brighter, EPOCH)):
        found = fit_semi_parametric(changed, epoch + 0 * events.redshift, SETTINGS)
        for h in SEMI_PARAMETRIC:
            for name in [*h.parameter_names, "ln_evidence"]:
                np.testing.assert_allclose(found[f"{h.name}_{name}"], fitted[f"{h.name}_{name}"], rtol=1e-6, atol=1e-8)


def test_too_few_points_and_flat_curves_give_no_exception():
    for lightcurves in (too_few(), flat()):
        filled = lightcurves.n_points > 0
        epoch = np.where(filled, 61000.0, np.nan)
        with np.errstate(all="raise"):
            fits = fit_semi_parametric(lightcurves, epoch, SETTINGS)
        for h in SEMI_PARAMETRIC:
            for name in [*h.parameter_names, "deviance", "ln_evidence"]:
                values = fits[f"{h.name}_{name}"]
                assert np.isfinite(values[filled]).all(), (h.name, name)
                assert np.isnan(values[~filled]).all()


def test_unknown_and_missing_hypotheses_are_named():
    with pytest.raises(ConfigError, match="unknown hypothesis 'nova'"):
        chosen_semi_parametric(["nova"])
    with pytest.raises(ConfigError, match="add 'blackbody'"):
        chosen_semi_parametric(["drifting_blackbody"])
