import numpy as np
import pytest
from hypothetical_events import SETTINGS, drawn, hypothesis, observed, pack, visits
from scipy.optimize import least_squares

from mallorn.errors import ConfigError
from mallorn.hypotheses.fit import chosen_hypotheses, fit_hypotheses, units
from mallorn.hypotheses.models import HYPOTHESES
from mallorn.hypotheses.points import STATUS
from mallorn.survey.passbands import SLOT_WAVELENGTHS

ALL = [h.name for h in HYPOTHESES]


def only(*names, **changes):
    return SETTINGS | {"models": list(names)} | changes


def lineage(h):
    return [name for name in (h.parent, h.name) if name]


def apart(h, values, rng):
    """The same parameters, but two flares far enough from each other to be told apart."""
    if h.name == "tde_double":
        values = np.concatenate([values[:3], [np.log(0.6), rng.uniform(100, 200)], values[5:]])
    return values


def posterior_residuals(h, p, points, redshift):
    """Residuals and prior terms with the best amplitudes, written plainly."""
    mjd, band, flux, error = points
    d = (mjd - mjd[0]) / (1 + redshift) - p[0]
    shape = h.shape(d, SLOT_WAVELENGTHS[band] / (1 + redshift), p[1:, None])
    model = np.zeros_like(flux)
    for chosen in [band == b for b in range(6)] if h.by_passband else [np.ones(len(band), dtype=bool)]:
        m, f, w = shape[chosen], flux[chosen], error[chosen] ** -2
        if (m**2 * w).sum() > 0:
            model[chosen] = m * max((m * f * w).sum() / (m**2 * w).sum(), 0)
    prior = [(value - q.mean) / q.sd for value, q in zip(p[1:], h.parameters, strict=True)]
    return np.concatenate([(flux - model) / error, prior])


@pytest.mark.parametrize("h", HYPOTHESES, ids=ALL)
def test_optimum_is_that_of_an_independent_optimiser(h):
    rng = np.random.default_rng(11)
    truth = [apart(h, drawn(h, rng, 0.5), rng) for _ in range(4)]
    points = [observed(h, values, rng, t0=60200.0, amplitudes=[9, 10, 11, 12, 9, 8], error=1.0) for values in truth]
    settings = only(*lineage(h), tolerance=1e-7, max_steps=1000)
    fits = fit_hypotheses(pack(points, 0.25), settings)
    low = np.array([-1e3, *(p.low - 1e-9 for p in h.parameters)])
    high = np.array([1e3, *(p.high + 1e-9 for p in h.parameters)])
    for k, one in enumerate(points):
        ours = fits[f"{h.name}_chi2"][k] + fits[f"{h.name}_penalty"][k]
        best = np.inf
        for _ in range(8):
            start = np.concatenate([[160.0 + rng.normal(0, 10)], apart(h, drawn(h, rng, 0.5), rng)])
            result = least_squares(
                lambda p, one=one: posterior_residuals(h, p, one, 0.25), np.clip(start, low, high), bounds=(low, high)
            )
            best = min(best, 2 * result.cost)
        p = np.array(
            [(fits[f"{h.name}_t0"][k] - one[0][0]) / 1.25, *(fits[f"{h.name}_{n}"][k] for n in h.parameter_names)]
        )
        assert np.sum(posterior_residuals(h, p, one, 0.25) ** 2) == pytest.approx(ours, rel=1e-6)
        assert ours <= best + 0.01


@pytest.mark.parametrize("name", ["tde_fixed", "hot_supernova", "achromatic"])
def test_truth_is_recovered_within_the_errors(name):
    h, rng = hypothesis(name), np.random.default_rng(2)
    truth = np.array([drawn(h, rng) for _ in range(300)])
    points = [observed(h, values, rng, error=1.0) for values in truth]
    fits = fit_hypotheses(pack(points, 0.25), only(name))
    for k, p in enumerate(h.parameters):
        if p.low == p.high:
            assert (fits[f"{name}_{p.name}"] == p.mean).all()
            assert (fits[f"{name}_{p.name}_err"] == 0).all()
            continue
        pull = (fits[f"{name}_{p.name}"] - truth[:, k]) / fits[f"{name}_{p.name}_err"]
        assert 0.58 < np.mean(np.abs(pull) < 1) < 0.78, p.name
        assert np.mean(np.abs(pull) < 3) > 0.97, p.name
    pull = (fits[f"{name}_t0"] - 60250.0) / fits[f"{name}_t0_err"]
    assert 0.5 < np.mean(np.abs(pull) < 1) < 0.8


def walk(rng, tau=100.0, sigma=3.0):
    mjd, band = visits(rng)
    covariance = sigma**2 * np.exp(-np.abs(mjd[:, None] - mjd) / 1.25 / tau)
    common = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(mjd))) @ rng.standard_normal(len(mjd))
    error = np.full(len(mjd), 0.3)
    return mjd, band, common * (SLOT_WAVELENGTHS[band] / 6155.0) ** -0.75 + error * rng.standard_normal(len(mjd)), error


@pytest.mark.parametrize(
    ("truth", "rivals"),
    [
        ("tde_free", ["supernova", "drw"]),
        ("supernova", ["tde_free", "drw"]),
        ("tde_double", ["tde_free", "drw"]),
        ("drw", ["tde_free", "supernova", "drifting_color"]),
    ],
)
def test_the_right_hypothesis_is_preferred(truth, rivals):
    rng = np.random.default_rng(4)
    if truth == "drw":
        points = [walk(rng) for _ in range(40)]
    else:
        values = [apart(hypothesis(truth), drawn(hypothesis(truth), rng, 0.5), rng) for _ in range(40)]
        points = [observed(hypothesis(truth), v, rng, t0=60150.0) for v in values]
    fits = fit_hypotheses(pack(points, 0.25), SETTINGS)
    for rival in rivals:
        assert np.mean(fits[f"{truth}_ln_evidence"] > fits[f"{rival}_ln_evidence"]) >= 0.9, rival


def test_evidence_is_the_integral_of_the_posterior():
    # importance sampling of the integral over t0, rise, tau and T, amplitude profiled as the evidence has it
    h, rng = hypothesis("tde_fixed"), np.random.default_rng(8)
    points = observed(h, np.array([p.mean for p in h.parameters]), rng, amplitude=30.0)
    fits = fit_hypotheses(pack([points], 0.25), only("tde_fixed"))
    free = [0, 1, 2, 4]
    best = np.array(
        [(fits["tde_fixed_t0"][0] - points[0][0]) / 1.25, *(fits[f"tde_fixed_{n}"][0] for n in h.parameter_names)]
    )
    error = np.array([fits["tde_fixed_t0_err"][0] / 1.25, *(fits[f"tde_fixed_{n}_err"][0] for n in h.parameter_names)])[
        free
    ]
    normal = rng.standard_t(5, (20000, 4))
    window = (points[0][-1] - points[0][0]) / 1.25 + 200.0
    ln = np.empty(len(normal))
    for k, step in enumerate(normal):
        p = best.copy()
        p[free] += 1.2 * error * step
        ln[k] = -0.5 * np.sum(posterior_residuals(h, p, points, 0.25) ** 2)
    proposal = np.sum(-3.0 * np.log1p(normal**2 / 5) + np.log(0.3796067) - np.log(1.2 * error), axis=1)
    prior = -np.log(window) - sum(np.log(h.parameters[k - 1].sd) + 0.5 * np.log(2 * np.pi) for k in free[1:])
    ln += prior - proposal
    integral = ln.max() + np.log(np.mean(np.exp(ln - ln.max())))
    amplitude = 0.5 * np.log1p((fits["tde_fixed_amplitude"][0] / fits["tde_fixed_amplitude_err"][0]) ** 2)
    assert fits["tde_fixed_ln_evidence"][0] == pytest.approx(integral - amplitude, abs=0.3)


def some_events(rng):
    names = ["tde_free", "supernova", "drifting_color"]
    return [observed(hypothesis(n), drawn(hypothesis(n), rng, 0.5), rng, number=60) for n in names]


def assert_same(a, b, **tolerance):
    assert list(a) == list(b)
    for name in a:
        if name != "object_id" and not name.endswith("_n_evaluations"):
            np.testing.assert_allclose(a[name], b[name], err_msg=name, **tolerance)


def test_a_batch_equals_its_objects_one_by_one():
    points = pack(some_events(np.random.default_rng(1)), 0.25)
    together = fit_hypotheses(points, SETTINGS)
    for k in range(len(points)):
        alone = fit_hypotheses(points.take([k]), SETTINGS)
        for name in together:
            np.testing.assert_array_equal(together[name][k], alone[name][0], err_msg=name)


def test_a_shift_in_time_shifts_the_epochs_alone():
    points = some_events(np.random.default_rng(1))
    before = fit_hypotheses(pack(points, 0.25), SETTINGS)
    after = fit_hypotheses(pack([(p[0] + 1024.0, *p[1:]) for p in points], 0.25), SETTINGS)
    for name in before:
        if name.endswith("_t0"):
            after[name] -= 1024.0
    assert_same(before, after, rtol=1e-5, atol=1e-5)


def test_jitter_of_the_times_hardly_matters():
    rng = np.random.default_rng(1)
    points = some_events(rng)
    jittered = [(p[0] + rng.uniform(-1e-3, 1e-3, len(p[0])), *p[1:]) for p in points]
    before, after = (fit_hypotheses(pack(p, 0.25), only(*ALL, tolerance=1e-6)) for p in (points, jittered))
    for h in HYPOTHESES:
        for name in h.parameter_names:
            change = np.abs(before[f"{h.name}_{name}"] - after[f"{h.name}_{name}"])
            assert (change <= 0.1 * before[f"{h.name}_{name}_err"] + 1e-9).all(), (h.name, name)


def test_the_scale_of_the_flux_scales_the_amplitudes_alone():
    points = some_events(np.random.default_rng(1))
    before = fit_hypotheses(pack(points, 0.25), SETTINGS)
    after = fit_hypotheses(pack([(p[0], p[1], 8 * p[2], 8 * p[3]) for p in points], 0.25), SETTINGS)
    for name in before:
        if "amplitude" in name or name == "drw_scale":
            after[name] = after[name] / 8
        if name == "drw_ln_sigma":
            after[name] = after[name] - np.log(8)
    assert_same(before, after, rtol=1e-9, atol=1e-9)


def empty(n=0):
    return np.empty(n), np.empty(n, dtype=int), np.empty(n), np.empty(n)


ODD = {
    "one point": ([60000.0], [2], [3.0], [1.0]),
    "two points": ([60000.0, 60000.0], [2, 3], [3.0, 1.0], [1.0, 1.0]),
    "one band": (
        60000.0 + np.arange(30),
        np.full(30, 1),
        np.exp(-0.5 * (np.arange(30) / 5 - 3) ** 2),
        np.full(30, 0.1),
    ),
    "constant": (60000.0 + np.arange(20), np.arange(20) % 6, np.full(20, 2.0), np.full(20, 0.1)),
    "zero": (60000.0 + np.arange(20), np.arange(20) % 6, np.zeros(20), np.full(20, 0.1)),
    "negative": (60000.0 + np.arange(20), np.arange(20) % 6, np.full(20, -5.0), np.full(20, 0.1)),
    "huge errors": (60000.0 + np.arange(20), np.arange(20) % 6, np.full(20, 5.0), np.full(20, 1e9)),
    "huge flux": (60000.0 + np.arange(20), np.arange(20) % 6, np.arange(20) * 1e8, np.full(20, 1e-3)),
}


@pytest.mark.parametrize("redshift", [-0.02, 0.5, 5.0])
def test_odd_objects_have_defined_rows(redshift):
    points = pack([tuple(np.asarray(values) for values in one) for one in [empty(), *ODD.values()]], redshift)
    fits = fit_hypotheses(points, SETTINGS | {"error_floor": 0.05})
    for name, values in fits.items():
        assert len(values) == len(points), name
    for h in HYPOTHESES:
        assert fits[f"{h.name}_status"][0] == 3
        assert set(fits[f"{h.name}_status"][1:]) <= {0, 1, 2}
        for name in ("t0", "t0_err", "chi2", "penalty", "ln_evidence", "log_det", *h.parameter_names):
            assert np.isnan(fits[f"{h.name}_{name}"][0]), name
            assert np.isfinite(fits[f"{h.name}_{name}"][1:]).all(), name
    assert np.isfinite(fits["drw_ln_evidence"][1:]).all()
    assert np.isnan(fits["null_chi2"][0])


def test_without_flux_the_prior_is_left():
    points = pack([tuple(np.asarray(v) for v in ODD["negative"])], 0.5)
    fits = fit_hypotheses(points, only("tde_fixed"))
    assert fits["tde_fixed_amplitude"][0] == 0
    assert fits["tde_fixed_penalty"][0] == pytest.approx(0, abs=1e-6)
    assert fits["tde_fixed_ln_T_err"][0] == pytest.approx(hypothesis("tde_fixed").parameters[3].sd, rel=1e-6)
    assert fits["tde_fixed_ln_evidence"][0] == pytest.approx(-0.5 * fits["null_chi2"][0], rel=1e-9)


def test_a_split_without_objects():
    fits = fit_hypotheses(pack([], 0.5), SETTINGS)
    assert all(len(values) == 0 for values in fits.values())


def test_units_are_of_columns():
    fits = fit_hypotheses(pack(some_events(np.random.default_rng(1))[:1], 0.25), SETTINGS)
    assert set(units(ALL)) <= set(fits)
    assert units(ALL)["tde_fixed_t0"] == "d"
    assert set(STATUS) == {0, 1, 2, 3, 4}


def test_unknown_names_and_lacking_parents_are_refused():
    with pytest.raises(ConfigError, match="unknown hypothesis 'sm'; known are tde_fixed"):
        chosen_hypotheses(["sm"])
    with pytest.raises(ConfigError, match="'tde_free' starts from the fit of 'tde_fixed'"):
        chosen_hypotheses(["tde_free"])
