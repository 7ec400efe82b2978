r"""Maximum a posteriori fits of Gaussian processes to many light curves at once.

The constant mean mu is profiled out by generalised least squares. With the innovations r = L^-1 (y - mu) and pivots d
of K = L diag(d) L^T, the negative log posterior of the log parameters theta is

    f(theta) = 1/2 sum(r^2 / d + ln d) + 1/2 sum(((theta - m) / s)^2) + constant,

with independent normal priors N(m, s^2). The derivatives of r and d are forward differences, with one factorisation per
parameter (celerite2's reverse mode is wrong for ranks above 4). They give the gradient; mu is at its optimum and adds
nothing. At no further cost they give J_r^T J_r + 1/2 J_d^T J_d, with J scaled by the pivots, whose expectation is the
Fisher information (as Mehra 1974, IEEE TAC 19, 756, for Kalman filters). The minimum is found by Fisher scoring with
Levenberg damping, bounds, and a BFGS update of each new Fisher matrix (as the residual curvature in Dennis, Gay and
Welsch 1981, ACM TOMS 7, 348). All objects and all their starts step together, each with its own damping, and leave when
they have converged. Newton steps then polish the best end of each object. They use central differences of f, wide
enough that rounding does not move the optimum: every engine gives the same one.
"""

import logging
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mallorn.gp.batch import pack
from mallorn.gp.objective import CELERITE2, Likelihood, evaluate, objective, settings
from mallorn.survey.passbands import SLOTS

__all__ = ["REASONS", "Fits", "fit", "fit_lightcurves", "fit_slots", "fit_units"]

REASONS = (
    "",
    "no points",
    "too few points for a fit: parameters at the mode of the prior",
    "no convergence",
    "covariance not positive definite",
)
"""Meaning of each status: 0 is a converged fit, 1 is all NaN, 2 to 4 have values of a fit that did not converge."""

log = logging.getLogger(__name__)

_CONVERGED, _NO_POINTS, _PRIOR_MODE, _NOT_CONVERGED, _SINGULAR = range(5)

_POLISHING_STEP = 1e-2
"""Step of the central difference of a log parameter at the optimum; it moves the optimum by about 2e-5."""

_POLISHED = 3e-3
"""A Newton step of a log parameter below this is the last one: the remaining error goes with its square."""

_LONGEST_POLISHING = 0.3

_POLISHINGS = 20

_FLATTEST = 1e-3
"""Smallest eigenvalue at which a Hessian is trusted."""

_NUMBERS_PER_CHUNK = 2**17
"""Rows times rank that are solved together: they fit into a core's cache."""

_LONGEST_STEP = 2.0
"""Largest change of a log parameter in one iteration."""

_LARGEST_DAMPING = 1e7


@dataclass(frozen=True, eq=False)
class Fits:
    """Best fits of m objects, in the units of their light curves.

    theta, theta_err: (m, k) log parameters and their standard errors from the Fisher information, with the prior. mean,
    mean_err: (m,) the constant. ln_likelihood: (m,) of the fluxes, at the profiled mean. ln_posterior: (m,) the same
    plus the log density of the prior. n_points, n_evaluations (likelihoods, of all starts), status: (m,) int.
    """

    theta: np.ndarray
    theta_err: np.ndarray
    mean: np.ndarray
    mean_err: np.ndarray
    ln_likelihood: np.ndarray
    ln_posterior: np.ndarray
    n_points: np.ndarray
    n_evaluations: np.ndarray
    status: np.ndarray


def fit(model, batch, how, engine=CELERITE2):
    """Return the `Fits` of all objects of `batch` by `how`, a `Settings`. No object's fit depends on the others."""
    chunks = _chunks(batch, model.rank(batch) * len(how.starts))
    parts = [_fit_chunk(model, batch.take(chunk), how, engine) for chunk in chunks]
    return Fits(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def fit_lightcurves(model, lightcurves, config, engine=CELERITE2, what="objects"):
    """Return the table {column: (n,) array} of the fits of `model` to `LightCurves`, one row per object.

    `config` is the model's block of config.yaml `fits`. A model of one passband takes all points that it gets: give it
    `lightcurves.in_band(...)`. The model of all passbands sees each point at its passband's own wavelength. Parameters
    are natural logarithms `ln_NAME` with `ln_NAME_err`. An object without points has NaN everywhere; `status` and
    `reason` (see `REASONS`) say why. what: name of the rows in the log.
    """
    lc, how = lightcurves, settings(model, config)
    fitted = np.flatnonzero(lc.n_points > 0)
    some = lc.take(fitted)
    n, k = len(lc), len(model.parameters)
    table = {name: np.full(n, np.nan) for name in _float_columns(model)}
    counts = {"n_points": lc.n_points.astype(np.int32), "n_evaluations": np.zeros(n, np.int32)}
    status = np.full(n, _NO_POINTS, dtype=np.int8)
    if len(fitted):
        points = some.mjd, some.band, some.flux, some.flux_err, some.start, some.object_id
        batch = pack(*points, wavelength=some.passbands.wavelength)
        fits = fit(model, batch, how, engine)
        for i in range(k):
            table[f"ln_{model.parameters[i]}"][fitted] = fits.theta[:, i]
            table[f"ln_{model.parameters[i]}_err"][fitted] = fits.theta_err[:, i]
        for name in ("mean", "mean_err", "ln_likelihood", "ln_posterior"):
            table[name][fitted] = getattr(fits, name)
        counts["n_evaluations"][fitted] = fits.n_evaluations
        status[fitted] = fits.status
    for code in range(1, len(REASONS)):
        if (status == code).any():
            log.info("%s: %d of %d %s: %s", model.name, np.sum(status == code), n, what, REASONS[code])
    reason = np.array(REASONS, dtype=object)[status]
    return {"object_id": lc.object_id, **table, **counts, "status": status, "reason": reason}


def fit_slots(model, lightcurves, config, engine=CELERITE2):
    """Return {slot: table of `fit_lightcurves`, one row per object} for `LightCurves` by slot (see `in_slots`).

    All slots are fitted together: a few large steps take less time than many small ones.
    """
    n, order = len(lightcurves), np.argsort(lightcurves.band, kind="stable")
    counts = np.bincount(lightcurves.band.astype(np.int64) * n + lightcurves.owner, minlength=n * len(SLOTS))
    points = {
        name: getattr(lightcurves, name)[order] for name in ("mjd", "band", "flux", "flux_err", "detected", "limit")
    }
    names = ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance")
    objects = {name: np.tile(getattr(lightcurves, name), len(SLOTS)) for name in names}
    start = np.concatenate([[0], np.cumsum(counts)])
    table = fit_lightcurves(
        model, replace(lightcurves, start=start, **objects, **points), config, engine, "objects and passbands"
    )
    return {slot: {name: values[k * n : (k + 1) * n] for name, values in table.items()} for k, slot in enumerate(SLOTS)}


def fit_units(model):
    """Return {column: unit} of the table of `fit_lightcurves`; "ln d" is the natural logarithm of days."""
    units = {"sigma": "ln uJy", "tau": "ln d", "length": "ln d", "wavelength": "ln kAngstrom"}
    named = {f"ln_{name}": units[name] for name in model.parameters}
    return {**named, "mean": "uJy", "mean_err": "uJy"}


def _float_columns(model):
    parameters = [f"ln_{name}{end}" for name in model.parameters for end in ("", "_err")]
    return [*parameters, "mean", "mean_err", "ln_likelihood", "ln_posterior"]


def _chunks(batch, numbers_per_row):
    """Split the objects of `batch` into runs of about `_NUMBERS_PER_CHUNK` numbers."""
    run = batch.start[:-1] * numbers_per_row // _NUMBERS_PER_CHUNK
    return np.split(np.arange(len(batch)), np.flatnonzero(np.diff(run)) + 1)


def _fit_chunk(model, batch, how, engine):
    m, k = len(batch), len(model.parameters)
    enough = np.flatnonzero(batch.n_points >= how.min_points)
    theta, theta_err = np.tile(how.prior_mean, (m, 1)), np.tile(how.prior_sd, (m, 1))
    status = np.full(m, _PRIOR_MODE, dtype=np.int8)
    n_evaluations = np.ones(m, dtype=np.int32)
    if len(enough):
        s = len(how.starts)
        start = np.tile(how.starts, (len(enough), 1))
        ends = _minimise(model, batch.take(np.repeat(enough, s)), start, how, engine)
        value = ends.value.reshape(-1, s)
        # The first of equally good starts, whichever one rounding favours.
        as_good = value <= value.min(axis=1, keepdims=True) + how.tolerance
        best = s * np.arange(len(enough)) + np.argmax(as_good, axis=1)
        of_starts = ends.n_evaluations.reshape(-1, s).sum(axis=1)
        ends = _polish(model, batch.take(enough), _Ends(*(column[best] for column in ends)), how, engine)
        theta[enough], theta_err[enough], status[enough] = ends.theta, _standard_errors(ends.fisher), ends.status
        n_evaluations[enough] += of_starts + ends.n_evaluations

    final = Likelihood(*(values[0] for values in engine.likelihoods(model, batch, theta[None])))
    singular = np.isnan(final.chi2_logdet)
    status[singular], theta[singular], theta_err[singular] = _SINGULAR, np.nan, np.nan
    n, log_scale = batch.n_points, np.log(batch.scale)
    prior_pull = (theta - how.prior_mean) / how.prior_sd
    log_prior = -np.sum(0.5 * prior_pull**2 + np.log(how.prior_sd) + 0.5 * np.log(2.0 * np.pi), axis=1)
    ln_likelihood = -0.5 * (final.chi2_logdet + n * np.log(2.0 * np.pi)) - n * log_scale
    physical = theta + np.eye(k)[0] * log_scale[:, None]
    mean, mean_err = final.mean * batch.scale, np.sqrt(final.mean_variance) * batch.scale
    ln_posterior = ln_likelihood + log_prior
    return physical, theta_err, mean, mean_err, ln_likelihood, ln_posterior, n, n_evaluations, status


def _standard_errors(fisher):
    usable = np.isfinite(fisher).all(axis=(1, 2))
    errors = np.full(fisher.shape[:2], np.nan)
    errors[usable] = np.sqrt(np.diagonal(np.linalg.inv(fisher[usable]), axis1=1, axis2=2))
    return errors


class _Ends(NamedTuple):
    """End points of m objects: f (inf if it failed), Fisher matrices, statuses, numbers of likelihoods computed."""

    theta: np.ndarray
    value: np.ndarray
    fisher: np.ndarray
    status: np.ndarray
    n_evaluations: np.ndarray


def _minimise(model, batch, theta, how, engine):
    """Minimise f from each object's `theta` (m, k); return the `_Ends`."""
    m, k = theta.shape
    theta, status = theta.copy(), np.full(m, _NOT_CONVERGED, dtype=np.int8)
    passes, damping = np.ones(m, dtype=np.int32), np.full(m, 1e-3)
    now = evaluate(model, batch, theta, how, engine)
    value, gradient, fisher, curvature = now.value, now.gradient, now.fisher, now.fisher.copy()
    singular = np.isnan(value)
    value[singular], status[singular] = np.inf, _SINGULAR
    active, members = np.flatnonzero(~singular), batch

    for _ in range(how.max_iterations):
        step, decrease = _step(theta[active], gradient[active], curvature[active], damping[active], how)
        done = (decrease < how.tolerance) & (np.abs(step).max(axis=1, initial=0.0) < 0.05)
        status[active[done]] = _CONVERGED
        going = ~done & (damping[active] <= _LARGEST_DAMPING)
        active, step = active[going], step[going]
        if not len(active):
            break
        if len(active) < len(members):
            members = batch.take(active)

        trial = theta[active] + step
        new = evaluate(model, members, trial, how, engine)
        passes[active] += 1
        better = new.value <= value[active]
        up, down = active[~better], active[better]
        damping[up] = damping[up] * 8.0 + 1e-2
        damping[down] = np.maximum(damping[down] * 0.1, 1e-7)
        change = new.gradient[better] - gradient[down]
        fisher[down] = new.fisher[better]
        curvature[down] = _with_secant(new.fisher[better], step[better], change)
        theta[down], value[down], gradient[down] = trial[better], new.value[better], new.gradient[better]
    return _Ends(theta, value, fisher, status, passes * (k + 1))


def _polish(model, batch, ends, how, engine):
    """Return the `_Ends` of Newton steps from the converged `ends`; `n_evaluations` counts only these steps.

    Where f is not convex, absolute values of the Hessian's eigenvalues make the step a descent.
    """
    m, k = ends.theta.shape
    theta, value, fisher, status = (column.copy() for column in ends[:4])
    spent, active = np.zeros(m, dtype=np.int32), np.flatnonzero(status == _CONVERGED)
    for _ in range(_POLISHINGS if len(active) else 0):
        members = batch.take(active)
        gradient, hessian = _differences(model, members, theta[active], value[active], how, engine)
        spent[active] += k * (k + 3) // 2
        known = np.isfinite(hessian).all(axis=(1, 2))
        active, gradient = active[known], gradient[known]
        bends, axes = np.linalg.eigh(hessian[known])
        curvature = np.einsum("pij,pj,plj->pil", axes, np.maximum(np.abs(bends), _FLATTEST), axes)
        step, _ = _step(theta[active], gradient, curvature, np.zeros(len(active)), how, _LONGEST_POLISHING)
        theta[active] += step
        active = active[np.abs(step).max(axis=1, initial=0.0) > _POLISHED]
        if not len(active):
            break
        now = evaluate(model, batch.take(active), theta[active], how, engine)
        value[active], fisher[active] = now.value, now.fisher
        spent[active] += k + 1
    status[active] = _NOT_CONVERGED
    return _Ends(theta, value, fisher, status, spent)


def _differences(model, batch, theta, value, how, engine):
    """Return gradient (m, k) and Hessian (m, k, k) of f about `theta` (m, k), where it is `value` (m,)."""
    k, h = theta.shape[1], _POLISHING_STEP
    axes, pairs = h * np.eye(k), [(i, j) for i in range(k) for j in range(i)]
    steps = np.concatenate([axes, -axes, np.array([axes[i] + axes[j] for i, j in pairs]).reshape(-1, k)])
    moved = theta + steps[:, None, :]
    found = objective(engine.likelihoods(model, batch, moved), moved, how)
    above, below = (np.ascontiguousarray(rows.T) for rows in (found[:k], found[k : 2 * k]))
    hessian = np.empty((len(theta), k, k))
    for i in range(k):
        hessian[:, i, i] = (above[:, i] + below[:, i] - 2.0 * value) / h**2
    for (i, j), corner in zip(pairs, found[2 * k :], strict=True):
        hessian[:, i, j] = hessian[:, j, i] = (corner - above[:, i] - above[:, j] + value) / h**2
    return (above - below) / (2.0 * h), hessian


def _step(theta, gradient, curvature, damping, how, longest=_LONGEST_STEP):
    """Return the damped step (p, k) within the bounds, and the decrease of f that it promises to first order."""
    k = theta.shape[1]
    held = ((theta <= how.lower) & (gradient > 0.0)) | ((theta >= how.upper) & (gradient < 0.0))
    free = ~held[:, :, None] & ~held[:, None, :]
    matrix = np.where(free, curvature, 0.0)
    diagonal = np.arange(k)
    matrix[:, diagonal, diagonal] *= 1.0 + damping[:, None]
    matrix[:, diagonal, diagonal] += held
    step = -np.linalg.solve(matrix, np.where(held, 0.0, gradient)[..., None])[..., 0]
    step /= np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True) / longest)
    step = np.clip(theta + step, how.lower, how.upper) - theta
    return step, -np.sum(gradient * step, axis=1)


def _with_secant(fisher, step, change):
    """Return `fisher` with a BFGS update: it maps `step` to `change` if the curvature along the step allows."""
    image = np.einsum("pij,pj->pi", fisher, step)
    along, expected = np.sum(change * step, axis=1), np.sum(image * step, axis=1)
    usable = (expected > 0.0) & (along > 0.05 * expected)
    along, expected = np.where(usable, along, 1.0), np.where(usable, expected, 1.0)
    update = change[:, :, None] * change[:, None, :] / along[:, None, None]
    update -= image[:, :, None] * image[:, None, :] / expected[:, None, None]
    return fisher + np.where(usable[:, None, None], update, 0.0)
