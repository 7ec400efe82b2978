"""Objective, gradient and Fisher information against dense references; fits against known truth and under change."""

import numpy as np
import pytest
from gp_dense import PARAMETERS, Dense, kernel, pack_six

from mallorn.errors import ConfigError, DataError
from mallorn.gp.fit import REASONS, fit, fit_lightcurves, fit_slots, fit_units
from mallorn.gp.models import MODELS
from mallorn.gp.objective import CELERITE2, Engine, evaluate, settings
from mallorn.gp.solver import innovations
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOTS

pytestmark = pytest.mark.filterwarnings("error")

SIGMA = {"median": 1.0, "ln_sd": 2.0, "lower": 0.0025, "upper": 400.0}
TIME = {"median": 100.0, "ln_sd": 2.0, "lower": 0.5, "upper": 3e4}
WAVELENGTH = {"median": 3.0, "ln_sd": 1.0, "lower": 0.2, "upper": 30.0}
RULES = {"tolerance": 1e-5, "max_iterations": 60, "min_points": 3}
CONFIG = {
    "drw": {
        "priors": {"sigma": SIGMA, "tau": TIME},
        "starts": [{"sigma": 1.0, "tau": 15.0}, {"sigma": 1.0, "tau": 300.0}],
        **RULES,
    },
    "matern": {
        "priors": {"sigma": SIGMA, "length": TIME},
        "starts": [{"sigma": 1.0, "length": 15.0}, {"sigma": 1.0, "length": 300.0}],
        **RULES,
    },
    "multiband": {
        "priors": {"sigma": SIGMA, "length": TIME, "wavelength": WAVELENGTH},
        "starts": [{"sigma": 1.0, "length": 100.0, "wavelength": 5.0}],
        **RULES,
    },
}
TRUTH = {"drw": [0.0, np.log(60.0)], "matern": [0.0, np.log(60.0)], "multiband": [0.0, np.log(60.0), np.log(3.0)]}


def draws(name, m, n, seed, span=2000.0, noise=0.1, theta=None):
    """Return (t, band, flux, err, start) of `m` light curves of `n` points drawn from the model at `theta`."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(0.0, span, (m, n)), axis=1)
    band = rng.integers(0, 6, (m, n)) if name == "multiband" else np.full((m, n), 2)
    flux = np.empty((m, n))
    for k in range(m):
        covariance = kernel(name, TRUTH[name] if theta is None else theta, t[k], band[k], t[k], band[k]).astype(float)
        flux[k] = 5.0 + np.linalg.cholesky(covariance + noise**2 * np.eye(n)) @ rng.standard_normal(n)
    return t.ravel(), band.ravel(), flux.ravel(), np.full(m * n, noise), n * np.arange(m + 1)


def walks(m, n, tau, span, noise, seed):
    """As `draws` of damped random walks with sigma 1, from their exact recursion in time."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(0.0, span, (m, n)), axis=1)
    kept = np.exp(-np.diff(t, axis=1) / tau)
    flux = rng.standard_normal((m, n))
    for i in range(1, n):
        flux[:, i] = kept[:, i - 1] * flux[:, i - 1] + np.sqrt(1.0 - kept[:, i - 1] ** 2) * flux[:, i]
    flux += 5.0 + noise * rng.standard_normal((m, n))
    return t.ravel(), np.full(m * n, 2), flux.ravel(), np.full(m * n, noise), n * np.arange(m + 1)


def lightcurves(t, band, flux, err, start):
    n = len(start) - 1
    ids = np.array([f"object {k}" for k in range(n)], dtype=object)
    zero = np.zeros(n)
    return LightCurves(
        ids, zero + 0.5, zero, zero, zero + 1000.0, np.asarray(start), t, band, flux, err, passbands=LSST
    )


def how(name, **changes):
    return settings(MODELS[name], {**CONFIG[name], **changes})


def dense_objective(name, rules, scale, t, band, flux, err):
    """Return f of scaled log parameters and its gradient: central, extrapolated differences in extended precision."""
    unit = np.eye(PARAMETERS[name])

    def value(theta):
        penalty = 0.5 * np.sum(((theta - rules.prior_mean) / rules.prior_sd) ** 2)
        return penalty - Dense(name, theta + unit[0] * np.log(scale), t, band, flux, err).ln_likelihood

    def gradient(theta):
        slopes = [[(value(theta + h * e) - value(theta - h * e)) / (2 * h) for e in unit] for h in (2e-3, 1e-3)]
        return (4.0 * np.array(slopes[1]) - slopes[0]) / 3.0

    return value, gradient


@pytest.mark.parametrize("name", list(MODELS))
def test_gradient_agrees_with_dense_differences(name):
    t, band, flux, err, _ = draws(name, 1, 50, seed=1)
    batch, rules = pack_six(t, band, flux, err), how(name)
    value, gradient = dense_objective(name, rules, batch.scale[0], t, band, flux, err)
    constant = len(t) * (0.5 * np.log(2.0 * np.pi) + np.log(batch.scale[0]))
    rng = np.random.default_rng(2)
    for _ in range(3):
        scaled = np.array(TRUTH[name]) + rng.normal(size=PARAMETERS[name])
        scaled[0] -= np.log(batch.scale[0])
        found = evaluate(MODELS[name], batch, scaled[None], rules)
        assert found.value[0] + constant == pytest.approx(value(scaled), rel=1e-9)
        # In units of the parameters' errors, or of the gradient where that is steep: the forward difference's error.
        error = 1.0 / np.sqrt(np.diagonal(found.fisher[0]))
        expected = gradient(scaled)
        assert (np.abs(found.gradient[0] - expected) * error < 2e-3 * np.maximum(1.0, np.abs(expected * error))).all()


@pytest.mark.parametrize("name", list(MODELS))
def test_dense_gradient_vanishes_at_the_optimum(name):
    """A step of Fisher scoring with the dense gradient would move no parameter by 1e-3 of its error."""
    t, band, flux, err, _ = draws(name, 1, 50, seed=1)
    batch, rules = pack_six(t, band, flux, err), how(name)
    fits = fit(MODELS[name], batch, rules)
    scaled = fits.theta[0] - np.eye(PARAMETERS[name])[0] * np.log(batch.scale[0])
    _, gradient = dense_objective(name, rules, batch.scale[0], t, band, flux, err)
    assert (np.abs(gradient(scaled)) * fits.theta_err[0] < 1e-3).all()


@pytest.mark.parametrize("name", list(MODELS))
def test_fisher_information_averages_to_the_traces(name):
    """Over draws of the model the mean is 1/2 tr(K^-1 K_i K^-1 K_j), Rasmussen and Williams eq. 5.9's expectation."""
    m, n = 300, 60
    rng = np.random.default_rng(3)
    t = np.sort(rng.uniform(0.0, 3000.0, n))  # long, so that to fit the mean takes little away
    band = rng.integers(0, 6, n) if name == "multiband" else np.full(n, 2)
    theta = np.array(TRUTH[name])

    def covariance(at):
        return kernel(name, at, t, band, t, band).astype(float) + 0.3**2 * np.eye(n)

    K = covariance(theta)
    k = len(theta)
    rates = [
        np.linalg.solve(K, (covariance(theta + 1e-4 * e) - covariance(theta - 1e-4 * e)) / 2e-4) for e in np.eye(k)
    ]
    expected = np.array([[0.5 * np.trace(a @ b) for b in rates] for a in rates])

    flux = rng.standard_normal((m, n)) @ np.linalg.cholesky(K).T
    batch = pack_six(np.tile(t, m), np.tile(band, m), flux.ravel(), np.full(m * n, 0.3), n * np.arange(m + 1))
    scaled = np.tile(theta, (m, 1))
    scaled[:, 0] -= np.log(batch.scale)
    rules = how(name)
    fisher = evaluate(MODELS[name], batch, scaled, rules).fisher - np.diag(rules.prior_sd**-2)
    error = fisher.std(axis=0) / np.sqrt(m)
    size = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert (np.abs(fisher.mean(axis=0) - expected) < 4.0 * error + 0.02 * size).all()


def test_errors_cover_the_truth():
    """500 damped random walks: the 68% intervals of tau and sigma hold the truth in 60 to 76% of cases."""
    t, band, flux, err, start = walks(500, 200, tau=60.0, span=4000.0, noise=0.1, seed=4)
    fits = fit(MODELS["drw"], pack_six(t, band, flux, err, start), how("drw"))
    assert (fits.status == 0).all()
    inside = np.abs(fits.theta - TRUTH["drw"]) < fits.theta_err
    assert ((inside.mean(axis=0) > 0.60) & (inside.mean(axis=0) < 0.76)).all()
    pulls = (fits.theta - TRUTH["drw"]) / fits.theta_err
    assert (np.abs(pulls.mean(axis=0)) < 0.5).all()  # biased low by the fitted mean, as any likelihood of a DRW
    assert 0.5 < np.mean(np.abs(fits.mean - 5.0) < fits.mean_err) < 0.78


@pytest.mark.parametrize("name", list(MODELS))
def test_fit_ends_at_the_optimum_of_a_grid(name):
    t, band, flux, err, start = draws(name, 4, 60, seed=5)
    batch, rules = pack_six(t, band, flux, err, start), how(name)
    fits = fit(MODELS[name], batch, rules)
    best = fits.theta - np.eye(fits.theta.shape[1])[0] * np.log(batch.scale)[:, None]
    value = evaluate(MODELS[name], batch, best, rules).value
    for direction in np.vstack([np.eye(len(best[0])), -np.eye(len(best[0]))]):
        for length in (0.02, 0.3, 2.0):
            moved = evaluate(MODELS[name], batch, best + length * direction, rules).value
            assert (moved > value - 2e-5).all()


@pytest.mark.parametrize("name", list(MODELS))
def test_log_likelihood_and_posterior_are_those_of_the_fluxes(name):
    t, band, flux, err, _ = draws(name, 1, 40, seed=6)
    batch, rules = pack_six(t, band, flux, err), how(name)
    fits = fit(MODELS[name], batch, rules)
    dense = Dense(name, fits.theta[0], t, band, flux, err)
    assert fits.ln_likelihood[0] == pytest.approx(dense.ln_likelihood, rel=1e-9)
    assert fits.mean[0] == pytest.approx(float(dense.mean), rel=1e-9)
    assert fits.mean_err[0] == pytest.approx(float(np.sqrt(dense.mean_variance)), rel=1e-8)
    scaled = fits.theta[0] - np.eye(len(fits.theta[0]))[0] * np.log(batch.scale[0])
    density = -0.5 * ((scaled - rules.prior_mean) / rules.prior_sd) ** 2 - np.log(rules.prior_sd * np.sqrt(2 * np.pi))
    assert fits.ln_posterior[0] == pytest.approx(dense.ln_likelihood + density.sum(), rel=1e-9)
    assert fits.n_points[0] == 40
    assert fits.n_evaluations[0] > PARAMETERS[name]


def same(a, b, rtol=1e-9, atol=1e-9, theta_shift=0.0):
    np.testing.assert_allclose(a.theta + theta_shift, b.theta, rtol=rtol, atol=atol)
    np.testing.assert_allclose(a.theta_err, b.theta_err, rtol=rtol, atol=atol)
    np.testing.assert_array_equal(a.status, b.status)


@pytest.mark.parametrize("name", list(MODELS))
def test_fits_do_not_depend_on_company_order_time_or_unit(name):
    t, band, flux, err, start = draws(name, 12, 25, seed=7)
    rules = how(name)
    fits = fit(MODELS[name], pack_six(t, band, flux, err, start), rules)

    batch = pack_six(t, band, flux, err, start)
    reverse = fit(MODELS[name], batch.take(np.arange(12)[::-1]), rules)
    same(type(fits)(*(getattr(reverse, f)[::-1] for f in fits.__dataclass_fields__)), fits)
    np.testing.assert_array_equal(fit(MODELS[name], batch.take([3]), rules).n_evaluations, fits.n_evaluations[[3]])
    same(fit(MODELS[name], batch.take([3]), rules), type(fits)(*(getattr(fits, f)[[3]] for f in vars(fits))))

    order = np.concatenate([k * 25 + np.random.default_rng(k).permutation(25) for k in range(12)])
    same(fit(MODELS[name], pack_six(t[order], band[order], flux[order], err[order], start), rules), fits)
    same(fit(MODELS[name], pack_six(t + 60000.0, band, flux, err, start), rules), fits, rtol=1e-6, atol=1e-6)

    scaled = fit(MODELS[name], pack_six(t, band, 1e3 * flux, 1e3 * err, start), rules)
    same(fits, scaled, rtol=1e-6, atol=1e-6, theta_shift=np.eye(fits.theta.shape[1])[0] * np.log(1e3))
    np.testing.assert_allclose(scaled.mean, 1e3 * fits.mean, rtol=1e-6)
    np.testing.assert_allclose(scaled.ln_likelihood, fits.ln_likelihood - 25 * np.log(1e3), rtol=1e-6)


def test_more_objects_than_a_chunk_holds_are_fitted_alike(monkeypatch):
    t, band, flux, err, start = draws("matern", 9, 20, seed=8)
    batch = pack_six(t, band, flux, err, start)
    whole = fit(MODELS["matern"], batch, how("matern"))
    monkeypatch.setattr("mallorn.gp.fit._NUMBERS_PER_CHUNK", 150)
    same(fit(MODELS["matern"], batch, how("matern")), whole)


def test_multiband_of_one_passband_is_the_fit_of_that_passband():
    t, band, flux, err, start = draws("matern", 6, 40, seed=9)
    single = fit(MODELS["matern"], pack_six(t, band, flux, err, start), how("matern"))
    several = fit(MODELS["multiband"], pack_six(t, band, flux, err, start), how("multiband"))
    np.testing.assert_allclose(several.theta[:, :2], single.theta, atol=3e-3)
    np.testing.assert_allclose(several.theta_err[:, :2], single.theta_err, rtol=1e-2)
    np.testing.assert_allclose(several.ln_likelihood, single.ln_likelihood, atol=2e-3)
    # The wavelength scale is known from its prior alone.
    np.testing.assert_allclose(several.theta[:, 2], np.log(3.0), atol=1e-2)
    np.testing.assert_allclose(several.theta_err[:, 2], 1.0, rtol=1e-3)


HARD = {
    "constant flux": (np.arange(8.0), np.full(8, 3.0), np.full(8, 0.1)),
    "huge errors": (np.arange(8.0), np.sin(np.arange(8.0)), np.full(8, 1e7)),
    "one huge error": (np.arange(8.0), np.sin(np.arange(8.0)), np.r_[1e7, np.full(7, 0.1)]),
    "tiny errors": (np.arange(8.0), np.sin(np.arange(8.0)), np.full(8, 1e-6)),
    "all at one time": (np.full(8, 5.0), np.sin(np.arange(8.0)), np.full(8, 0.5)),
    "two at one time": (np.r_[0.0, np.arange(7.0)], np.sin(np.arange(8.0)), np.full(8, 0.1)),
    "an outlier": (np.arange(8.0), np.r_[1e6, np.zeros(7)], np.full(8, 0.1)),
    "century apart": (np.arange(8.0) * 4000.0, np.sin(np.arange(8.0)), np.full(8, 0.1)),
    "unsorted": (np.array([7.0, 2.0, 5.0, 1.0, 3.0, 6.0, 4.0, 0.0]), np.cos(np.arange(8.0)), np.full(8, 0.1)),
}


@pytest.mark.parametrize("case", list(HARD))
@pytest.mark.parametrize("name", list(MODELS))
def test_hard_light_curves_have_defined_fits(name, case):
    t, flux, err = HARD[case]
    band = np.arange(8) % 6 if name == "multiband" else np.full(8, 2)
    fits = fit(MODELS[name], pack_six(t, band, flux, err), how(name))
    assert fits.status[0] == 0
    for values in (fits.theta, fits.theta_err, fits.mean, fits.mean_err, fits.ln_likelihood, fits.ln_posterior):
        assert np.isfinite(values).all()
    rules, scale = how(name), pack_six(t, band, flux, err).scale
    scaled = fits.theta[0] - np.eye(fits.theta.shape[1])[0] * np.log(scale)
    assert (scaled >= rules.lower - 1e-9).all()
    assert (scaled <= rules.upper + 1e-9).all()


@pytest.mark.parametrize("name", list(MODELS))
def test_table_has_a_row_for_every_object(name):
    """Objects with 0, 1, 2 and 20 points: nothing, the prior's mode twice, a fit."""
    t, band, flux, err, _ = draws(name, 1, 23, seed=10)
    band = band.astype(np.int8)
    table = fit_lightcurves(MODELS[name], lightcurves(t, band, flux, err, [0, 0, 1, 3, 23]), CONFIG[name])
    np.testing.assert_array_equal(table["status"], [1, 2, 2, 0])
    assert table["reason"].tolist() == [REASONS[1], REASONS[2], REASONS[2], ""]
    np.testing.assert_array_equal(table["n_points"], [0, 1, 2, 20])
    numbers = [column for column, values in table.items() if values.dtype.kind == "f"]
    assert all(np.isnan(table[column][0]) and np.isfinite(table[column][1:]).all() for column in numbers)
    assert set(fit_units(MODELS[name])) <= set(table)
    # One point of error e: the scale is e, so the mode of sigma is e, and the mean is the point, known to sqrt(2) e.
    assert table["ln_sigma"][1] == pytest.approx(np.log(err[0]))
    assert table["ln_sigma_err"][1] == 2.0
    assert table["mean"][1] == pytest.approx(flux[0])
    assert table["mean_err"][1] == pytest.approx(np.sqrt(2.0) * err[0])


@pytest.mark.parametrize("start", [[0], [0, 0, 0]])
def test_no_points_at_all(start):
    none = np.empty(0)
    table = fit_lightcurves(MODELS["drw"], lightcurves(none, none.astype(np.int8), none, none, start), CONFIG["drw"])
    assert len(table["ln_tau"]) == len(start) - 1
    assert (table["status"] == 1).all()


def test_bad_points_name_their_object():
    t, band, flux, err, start = draws("drw", 2, 5, seed=11)
    flux[7] = np.nan
    with pytest.raises(DataError, match="'object 1': a flux that is not a finite number"):
        fit_lightcurves(MODELS["drw"], lightcurves(t, band, flux, err, start), CONFIG["drw"])


def test_a_fit_cut_short_says_so():
    t, band, flux, err, start = draws("matern", 2, 40, seed=12)
    fits = fit(MODELS["matern"], pack_six(t, band, flux, err, start), how("matern", max_iterations=1))
    np.testing.assert_array_equal(fits.status, 3)
    assert np.isfinite(fits.ln_likelihood).all()


def test_another_engine_may_fail_on_one_object():
    """The seam for other solvers, and what becomes of a covariance that cannot be factorised."""
    t, band, flux, err, start = draws("drw", 3, 10, seed=13)
    batch = pack_six(t, band, flux, err, start)
    bad_scale = batch.scale[1]

    def failing(model, batch, theta):
        Z, d = innovations(model, batch, theta)
        lost = (batch.scale == bad_scale)[batch.owner]
        return np.where(lost[:, None], np.nan, Z), np.where(lost, np.nan, d)

    fits, sound = (fit(MODELS["drw"], batch, how("drw"), engine=e) for e in (Engine(failing), CELERITE2))
    np.testing.assert_array_equal(fits.status, [0, 4, 0])
    assert np.isnan(fits.theta[1]).all()
    assert np.isnan(fits.ln_likelihood[1])
    np.testing.assert_array_equal(fits.theta[[0, 2]], sound.theta[[0, 2]])


@pytest.mark.parametrize(
    "change",
    [
        {"lower": 0.0},
        {"lower": 500.0},
        {"upper": 50.0},
        {"median": 1e6},
        {"lower": 200.0, "median": 300.0},
    ],
)
def test_contradictory_settings_are_refused(change):
    config = {**CONFIG["drw"], "priors": {"sigma": SIGMA, "tau": {**TIME, **change}}}
    with pytest.raises(ConfigError, match="fits.drw: parameter 'tau' needs 0 < lower < upper"):
        settings(MODELS["drw"], config)


@pytest.mark.parametrize("name", ["drw", "matern"])
def test_slots_fitted_together_have_the_fits_that_each_has_alone(name):
    rng = np.random.default_rng(8)
    sizes = [40, 0, 4, 25]
    start = np.concatenate([[0], np.cumsum(sizes)])
    mjd = np.concatenate([np.sort(rng.uniform(0.0, 900.0, n)) for n in sizes])
    flux, nan = 5.0 + rng.normal(0.0, 2.0, len(mjd)), np.full(4, np.nan)
    ids = np.array(list("abcd"), dtype=object)
    band = rng.integers(0, 5, len(mjd)).astype(np.int8)
    lc = LightCurves(ids, nan, nan, 0 * np.ones(4), nan, start, mjd, band, flux, np.full(len(mjd), 0.3), LSST)
    tables = fit_slots(MODELS[name], lc, CONFIG[name])
    assert list(tables) == list(SLOTS)
    for k, table in enumerate(tables.values()):
        alone = fit_lightcurves(MODELS[name], lc.in_band(k), CONFIG[name])
        assert list(table) == list(alone)
        for column, values in alone.items():
            if values.dtype == object or column in ("status", "n_points"):
                assert table[column].tolist() == values.tolist()
            else:
                np.testing.assert_allclose(table[column], values, rtol=1e-6, atol=1e-9, err_msg=column)
    assert (tables["y"]["status"] == 1).all()
