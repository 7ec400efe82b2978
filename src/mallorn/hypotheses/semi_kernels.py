"""Compiled likelihoods and fits of the hypotheses of `mallorn.hypotheses.semi_models`, with exact derivatives.

Model and noise make a Gaussian process of rank one over all points. Its likelihood follows from a Kalman filter whose
state is the process and, for the Matern-3/2 process, its first derivative: O(N) (Hartikainen & Sarkka 2010, IEEE MLSP,
379). With the time in units of length / sqrt(3) the state (g, g') has unit variances, the transition over a step s is
exp(-s) [[1 + s, s], [-s, 1 - s]], and the covariance P of the state goes to A (P - 1) A^T + 1. Derivatives by all
parameters go through the filter beside it. Two components have a filter of their own, in `semi_pairs`. Steps are those
of Fisher scoring: the information is the sum over the innovations v of variance V of dv dv^T / V + dV dV^T / 2 V^2, to
which the priors add theirs.
"""

# size: compiled functions take arrays, one argument each

from math import exp, log, sqrt

import numpy as np
from numba import float64, int8, int64, njit, types

from mallorn.hypotheses.models import REFERENCE
from mallorn.hypotheses.semi_pairs import pair_likelihood, pair_second
from mallorn.hypotheses.shared_kernels import (
    CONVERGED,
    EXHAUSTED,
    STUCK,
    copy_into,
    point_constants,
    predicted_gain,
    sed_derivatives,
    sed_of_points,
    sed_table,
    solve_positive,
)
from mallorn.runtime.arithmetic import jit

__all__ = ["entry", "fit_semi_parametric"]

_WALK = 1
_BLACKBODY, _DRIFTING_BLACKBODY, _COOLING, _DRIFTING_PARABOLA, _PARABOLA = 0, 1, 2, 3, 4
_OF_KERNELS = (1, 2, 3, 4)  # numbers of the first four in `kernels`
_ROOT3 = sqrt(3.0)


@jit
def _parabola(p, points, s, ds):
    """A log-parabola that does not change; see `_sed`."""
    _, band, c, table = points
    for j in range(table.shape[1]):
        ln = table[4, j]
        table[0, j] = exp(p[0] * ln - p[1] * ln * ln)
    for i in range(band.size):
        s[i] = table[0, band[i]]
    for i in range(ds.shape[1]):
        ds[0, i] = c[2, i]
        ds[1, i] = -c[2, i] * c[2, i]


@jit
def _sed(sed, points, t0, p, s, ds, work):
    """Fill s (n,) with the SED at each point, and ds, unless it is (.., 0), with the derivatives of its logarithm by
    its parameters."""
    if sed == _PARABOLA:
        _parabola(p, points, s, ds)
        return
    sed_of_points(_OF_KERNELS[sed], points, 0, t0, p, s, work[1:])
    if ds.shape[1] > 0:
        sed_derivatives(_OF_KERNELS[sed], points, 0, t0, p, work[0], ds, work[1:])


@jit
def _n_sed(sed):
    """Number of parameters of an SED."""
    if sed == _BLACKBODY:
        return 1
    if sed == _COOLING:
        return 4
    return 3 if sed == _DRIFTING_PARABOLA else 2


@jit
def _transition(process, s):
    """Return the four entries of the transition of the state over a step s."""
    f = exp(-s)
    if process == _WALK:
        return f, 0.0, 0.0, 0.0
    return f * (1.0 + s), f * s, -f * s, f * (1.0 - s)


@jit
def _deviance(process, sed, p, s, y, noise, x):
    """Return -2 ln L + sum ln(2 pi e^2) of parameters p; s (n,): the SED. The noise is e^2."""
    k = _n_sed(sed)
    sigma, mean = exp(p[k]), p[k + 2] if p.size > k + 2 else 0.0
    rate = exp(-p[k + 1]) * (1.0 if process == _WALK else _ROOT3)
    v1 = 0.0 if process == _WALK else 1.0
    a0, a1, p00, p01, p11 = 0.0, 0.0, 1.0, 0.0, v1
    total, product = 0.0, 1.0
    for i in range(y.size):
        if i and x[i] > x[i - 1]:
            c00, c01, c10, c11 = _transition(process, rate * (x[i] - x[i - 1]))
            a0, a1 = c00 * a0 + c01 * a1, c10 * a0 + c11 * a1
            q00, q11 = p00 - 1.0, p11 - v1
            t00, t01 = c00 * q00 + c01 * p01, c00 * p01 + c01 * q11
            t10, t11 = c10 * q00 + c11 * p01, c10 * p01 + c11 * q11
            p00, p01, p11 = t00 * c00 + t01 * c01 + 1.0, t00 * c10 + t01 * c11, t10 * c10 + t11 * c11 + v1
        h = sigma * s[i]
        v = y[i] - h * a0 - mean * s[i]
        inverse = 1.0 / (h * h * p00 + noise[i])
        k0, k1 = h * p00 * inverse, h * p01 * inverse
        total += v * v * inverse
        product *= inverse * noise[i]
        if product < 1e-200:
            total -= log(product)
            product = 1.0
        a0 += k0 * v
        a1 += k1 * v
        p11 -= k1 * h * p01
        p01 *= noise[i] * inverse
        p00 *= noise[i] * inverse
    return total - log(product)


@jit
def _derivatives(process, sed, p, s, ds, y, noise, x, mean_sd, gradient, fisher, d, step):
    """Return what `_deviance` returns, and ln(mean_sd^2 F); fill half the gradient (P,) of their sum and the Fisher
    information (P, P) of the first.

    F is the posterior's precision of a free mean mu at given other parameters, 1 without a free mean. ds (.., n):
    derivatives of ln s. d (8, P): room for the derivatives of the state, of its derivative by mu, and of F; step (4,
    P): of the innovations.
    """
    k, size = _n_sed(sed), p.size
    ell, mu = k + 1, k + 2
    sigma, mean = exp(p[k]), p[mu] if size > mu else 0.0
    rate = exp(-p[ell]) * (1.0 if process == _WALK else _ROOT3)
    v1 = 0.0 if process == _WALK else 1.0
    a0, a1, p00, p01, p11 = 0.0, 0.0, 1.0, 0.0, v1
    total, product, precision, b0, b1 = 0.0, 1.0, 1.0 / (mean_sd * mean_sd), 0.0, 0.0
    d[:] = 0.0
    gradient[:] = 0.0
    fisher[:] = 0.0
    by_s, dh, dv, dw = step[0], step[1], step[2], step[3]
    by_s[:] = 0.0
    dh[:] = 0.0
    for i in range(y.size):
        if i and x[i] > x[i - 1]:
            tau = rate * (x[i] - x[i - 1])
            c00, c01, c10, c11 = _transition(process, tau)
            q00, q11 = p00 - 1.0, p11 - v1
            t00, t01 = c00 * q00 + c01 * p01, c00 * p01 + c01 * q11
            t10, t11 = c10 * q00 + c11 * p01, c10 * p01 + c11 * q11
            p00, p01, p11 = t00 * c00 + t01 * c01 + 1.0, t00 * c10 + t01 * c11, t10 * c10 + t11 * c11 + v1
            a0, a1 = c00 * a0 + c01 * a1, c10 * a0 + c11 * a1
            for j in range(size):
                e0, e1, r00, r01, r11 = d[0, j], d[1, j], d[2, j], d[3, j], d[4, j]
                d[0, j], d[1, j] = c00 * e0 + c01 * e1, c10 * e0 + c11 * e1
                u00, u01 = c00 * r00 + c01 * r01, c00 * r01 + c01 * r11
                u10, u11 = c10 * r00 + c11 * r01, c10 * r01 + c11 * r11
                d[2, j], d[3, j], d[4, j] = u00 * c00 + u01 * c01, u00 * c10 + u01 * c11, u10 * c10 + u11 * c11
            if size > mu:
                b0, b1 = -d[0, mu], -d[1, mu]
                for j in range(size):
                    d[5, j], d[6, j] = c00 * d[5, j] + c01 * d[6, j], c10 * d[5, j] + c11 * d[6, j]
            # d/d ln length = -tau d/dtau, and dA/dtau = F A with F = [[0, 1], [-1, -2]], or -1 for the walk
            if process == _WALK:
                d[0, ell] += tau * a0
                d[5, ell] += tau * b0
                d[2, ell] += 2.0 * tau * (p00 - 1.0)
            else:
                q00, q11 = p00 - 1.0, p11 - 1.0
                d[0, ell] -= tau * a1
                d[1, ell] += tau * (a0 + 2.0 * a1)
                d[5, ell] -= tau * b1
                d[6, ell] += tau * (b0 + 2.0 * b1)
                d[2, ell] -= 2.0 * tau * p01
                d[3, ell] -= tau * (q11 - q00 - 2.0 * p01)
                d[4, ell] += 2.0 * tau * (p01 + 2.0 * q11)
        h, w = sigma * s[i], s[i]
        v = y[i] - h * a0 - mean * w
        inverse = 1.0 / (h * h * p00 + noise[i])
        k0, k1, kept = h * p00 * inverse, h * p01 * inverse, noise[i] * inverse
        total += v * v * inverse
        product *= kept
        if product < 1e-200:
            total -= log(product)
            product = 1.0
        for j in range(k):
            by_s[j] = ds[j, i]
            dh[j] = h * ds[j, i]
        dh[k] = h
        for j in range(size):
            change = dh[j]
            dv[j] = -change * a0 - h * d[0, j] - mean * w * by_s[j]
        of_mean = 0.0
        if size > mu:
            dv[mu] -= w
            of_mean = -dv[mu]
            precision += of_mean * of_mean * inverse
        for j in range(size):
            change = dh[j]
            dw[j] = (2.0 * h * change * p00 + h * h * d[2, j]) * inverse
            share = dw[j]
            dk0 = (d[2, j] * h + p00 * change) * inverse - k0 * share
            dk1 = (d[3, j] * h + p01 * change) * inverse - k1 * share
            d[0, j] += dk0 * v + k0 * dv[j]
            d[1, j] += dk1 * v + k1 * dv[j]
            if size > mu:
                second = w * by_s[j] - change * b0 - h * d[5, j]
                d[7, j] += of_mean * inverse * (second - 0.5 * of_mean * share)
                d[5, j] += dk0 * of_mean + k0 * second
                d[6, j] += dk1 * of_mean + k1 * second
            d[4, j] -= 2.0 * k1 * (p01 * change + h * d[3, j]) - k1 * k1 * share / inverse
            d[2, j] = kept * (d[2, j] - p00 * share)
            d[3, j] = kept * (d[3, j] - p01 * share)
            gradient[j] += v * dv[j] * inverse + 0.5 * share * (1.0 - v * v * inverse)
        b0 += k0 * of_mean
        b1 += k1 * of_mean
        for j in range(size):
            left, right = dv[j] * inverse, 0.5 * dw[j]
            for q in range(j + 1):
                fisher[j, q] += left * dv[q] + right * dw[q]
        a0 += k0 * v
        a1 += k1 * v
        p11 -= k1 * h * p01
        p01 *= kept
        p00 *= kept
    for j in range(size):
        for q in range(j):
            fisher[q, j] = fisher[j, q]
        gradient[j] += d[7, j] / precision
    return total - log(product), log(precision * mean_sd * mean_sd)


@jit
def _of_pair(process, sed, p, points, s, y, noise, out, room):
    """Return the deviance of two components at p; fill half its gradient and Fisher's information in `out`, if any."""
    _, ds, work, _, _ = room
    pair_second(process, p[_n_sed(sed) + 2], points, work[0])
    return pair_likelihood(process, p, s, ds, work[0], points[2][2], y, noise, points[0], out[0], out[1])


@jit
def _penalty(p, prior):
    """Return the priors' part of the objective."""
    total = 0.0
    for j in range(p.size):
        total += ((p[j] - prior[0, j]) / prior[1, j]) ** 2
    return total


@jit
def _evaluate(process, sed, second, p, points, t0, y, noise, prior, out, room):
    """Return deviance and objective at p; fill half the gradient and Hessian of the latter, which `out` holds."""
    s, ds, work, d, step = room
    gradient, fisher = out
    _sed(sed, points, t0, p, s, ds, work)
    if second is not None:
        value, of_mean = _of_pair(process, sed, p, points, s, y, noise, out, room), 0.0
    else:
        mean_sd = prior[1, p.size - 1]
        value, of_mean = _derivatives(process, sed, p, s, ds, y, noise, points[0], mean_sd, gradient, fisher, d, step)
    for j in range(p.size):
        gradient[j] += (p[j] - prior[0, j]) / prior[1, j] ** 2
        fisher[j, j] += 1.0 / prior[1, j] ** 2
    return value, value + of_mean + _penalty(p, prior)


@jit
def _step(p, gradient, hessian, prior, damping, room, step):
    """Fill step with the step of the damped Hessian inside the bounds; return whether there is one.

    Parameters that would cross a bound go to the bound, and the others take their best step given that. room: (P, P),
    and (P,) for the parameters that are held.
    """
    size, (damped, held) = p.size, room
    right = np.empty(size)
    for j in range(size):
        held[j] = (p[j] <= prior[2, j] and gradient[j] > 0) or (p[j] >= prior[3, j] and gradient[j] < 0)
        step[j] = 0.0
    for _ in range(size + 1):
        for j in range(size):
            right[j] = -gradient[j]
        for j in range(size):
            if held[j]:
                for q in range(size):
                    right[q] -= hessian[q, j] * step[j]
        for j in range(size):
            for q in range(size):
                damped[j, q] = 0.0 if held[j] or held[q] else hessian[j, q]
            damped[j, j] = 1.0 if held[j] else damped[j, j] * (1.0 + damping)
            right[j] = step[j] if held[j] else right[j]
        if not solve_positive(damped, right, size):
            return False
        inside = True
        for j in range(size):
            step[j] = right[j]
            if not held[j] and (p[j] + step[j] < prior[2, j] or p[j] + step[j] > prior[3, j]):
                step[j] = (prior[2, j] if step[j] < 0 else prior[3, j]) - p[j]
                held[j], inside = True, False
        if inside:
            break
    return True


@jit
def _descend(process, sed, second, p, points, t0, y, noise, prior, max_steps, tolerance, out, room):
    """Damped Fisher scoring inside bounds from p, in place; return (deviance, objective, status, evaluations).

    Damping follows the ratio of actual to predicted gain (Nielsen 1999, IMM-REP-1999-05). A parameter at a bound stands
    still if the gradient pushes it outwards. prior (4, P): means, standard deviations, lower and upper bounds. `out`
    holds half the gradient (P,) and half the Hessian (P, P) of the objective at the end.
    """
    size, (gradient, hessian) = p.size, out
    trial, step, step_room = p.copy(), np.zeros(size), (np.empty((size, size)), np.empty(size, np.bool_))
    trial_gradient, trial_hessian = np.empty(size), np.empty((size, size))
    deviance, best, predicted = np.inf, np.inf, np.inf
    damping, growth, evaluations = 1e-3, 2.0, 0
    while True:
        trial_out = trial_gradient, trial_hessian
        trial_deviance, value = _evaluate(process, sed, second, trial, points, t0, y, noise, prior, trial_out, room)
        evaluations += 1
        gain = best - value
        if gain >= 0:
            copy_into(trial, p)
            copy_into(trial_gradient, gradient)
            for j in range(size):
                copy_into(trial_hessian[j], hessian[j])
            deviance, best = trial_deviance, value
            if evaluations > 1:
                damping, growth = max(damping * max(1 / 3, 1 - (2 * gain / predicted - 1) ** 3), 1e-9), 2.0
            if max(gain, predicted) < tolerance:
                return deviance, best, CONVERGED, evaluations
        elif evaluations == 1:
            return deviance, best, STUCK, evaluations
        else:
            if predicted < 1e-3 * tolerance:
                return deviance, best, CONVERGED, evaluations
            damping, growth = damping * growth, growth * 2.0
        if evaluations > max_steps:
            return deviance, best, EXHAUSTED, evaluations
        while not _step(p, gradient, hessian, prior, damping, step_room, step):
            damping, growth = damping * growth, growth * 2.0
            if damping > 1e10:
                return deviance, best, STUCK, evaluations
        if damping > 1e10:
            return deviance, best, STUCK, evaluations
        for j in range(size):
            trial[j] = min(max(p[j] + step[j], prior[2, j]), prior[3, j])
            step[j] = trial[j] - p[j]
        predicted = predicted_gain(gradient, hessian, step)


@jit
def _screen(process, sed, second, starts, points, t0, y, noise, prior, room):
    """Put all starting points (G, P) inside the bounds; return their objectives, infinite for absent points."""
    values = np.full(len(starts), np.inf)
    s, ds, work, none = room[0], room[1], room[2], (np.empty(0), np.empty((0, 0)))
    for k in range(len(starts)):
        if np.isnan(starts[k, 0]):
            continue
        for j in range(starts.shape[1]):
            starts[k, j] = min(max(starts[k, j], prior[2, j]), prior[3, j])
        same = k > 0
        for j in range(_n_sed(sed)):
            same = same and starts[k, j] == starts[k - 1, j]
        if not same:
            _sed(sed, points, t0, starts[k], s, ds, work)
        if second is not None:
            value = _of_pair(process, sed, starts[k], points, s, y, noise, none, room)
        else:
            value = _deviance(process, sed, starts[k], s, y, noise, points[0])
        values[k] = value + _penalty(starts[k], prior)
    return values


@jit
def _leave_out(values, starts, p, prior):
    """Set to infinity the values of starting points that lead where p leads: all parameters within 0.6 sigma of it."""
    for k in range(len(values)):
        far = False
        for j in range(p.size):
            far = far or abs(starts[k, j] - p[j]) >= 0.6 * prior[1, j]
        if not far:
            values[k] = np.inf


_ARGUMENTS = (
    int64[::1], float64[::1], int8[::1], float64[::1], float64[::1], float64[:, ::1], float64[::1],
    float64[:, ::1], float64[:, :, ::1], float64[:, ::1], int64, int64, int64, float64,
)  # fmt: skip


def _fit_semi_parametric(
    process, sed, second, start, x, band, flux, noise, wavelength, epoch, grid, extra, prior, descents, trial_steps,
    max_steps, tolerance,
):  # fmt: skip
    """Fit one hypothesis to every object.

    Return parameters (n, P), -2 ln L + sum ln(2 pi e^2) (n,), the priors' penalty (n,), the objective (n,), half its
    gradient (n, P), half its Hessian by Fisher's information (n, P, P), status (n,) and numbers of evaluations (n,).
    The objective is the sum of the first two. For a free mean it adds ln(sd^2 F), which turns the likelihood into that
    over all means: the other parameters are then not drawn to values that suit the best mean alone.

    process, sed: numbers of the forms. second: None, or True for a process of two components; numba makes the code for
    None without what two need, and in two thirds of the time. start (n + 1,): first point of each object. x (N,)
    rest-frame days, sorted within objects; band (N,); flux (N,) in units of the object's scale, and noise (N,), squares
    of the errors.
    wavelength (n, B): rest frame, angstrom. epoch (n,): t0, rest-frame days; objects whose epoch is NaN are not fitted.
    grid (G, P) and extra (n, E, P): starting points of all objects, and those of each, NaN where absent.
    prior (4, P): means, standard deviations, lower and upper bounds.
    descents: number of best starting points from which to descend, each for trial_steps evaluations. The lowest of them
    goes on for max_steps, or until a step gains less than tolerance.
    """
    n, size = start.size - 1, prior.shape[1]
    best_p, best_hessian = np.full((n, size), np.nan), np.full((n, size, size), np.nan)
    best_gradient, best_penalty = np.full((n, size), np.nan), np.full(n, np.nan)
    best_deviance, best_value = np.full(n, np.nan), np.full(n, np.nan)
    best_status, count = np.full(n, -1, np.int8), np.zeros(n, np.int64)
    for o in range(n):
        a, b = start[o], start[o + 1]
        if a == b or np.isnan(epoch[o]):
            continue
        table = sed_table(wavelength[o])
        points = x[a:b], band[a:b], point_constants(band[a:b], table), table
        y, e2 = flux[a:b], noise[a:b]
        room = np.empty(b - a), np.empty((4, b - a)), np.empty((6, b - a)), np.empty((8, size)), np.empty((4, size))
        out = np.empty(size), np.empty((size, size))
        starts = np.empty((len(grid) + extra.shape[1], size))
        for k in range(len(grid)):
            copy_into(grid[k], starts[k])
        for k in range(extra.shape[1]):
            copy_into(extra[o, k], starts[len(grid) + k])
        values = _screen(process, sed, second, starts, points, epoch[o], y, e2, prior, room)
        count[o] = len(values)
        p, value, steps = starts[0].copy(), np.inf, trial_steps
        for q in range(descents + 1):
            candidate = p
            if q < descents:
                k = np.argmin(values)
                if not values[k] < np.inf:
                    continue
                candidate = starts[k].copy()
                _leave_out(values, starts, candidate, prior)
            else:
                steps = max_steps
            deviance, reached, status, evaluations = _descend(
                process, sed, second, candidate, points, epoch[o], y, e2, prior, steps, tolerance, out, room
            )
            count[o] += evaluations
            if reached < value or q == descents:
                p, value = candidate, reached
        best_deviance[o], best_penalty[o], best_value[o] = deviance, _penalty(p, prior), value
        best_status[o] = status
        copy_into(p, best_p[o])
        copy_into(out[0], best_gradient[o])
        for k in range(size):
            copy_into(out[1][k], best_hessian[o, k])
    return best_p, best_deviance, best_penalty, best_value, best_gradient, best_hessian, best_status, count


def entry(second):
    """Return the fit compiled for one component, with `types.none`, or for two, with `types.boolean`."""
    return njit((int64, int64, second, *_ARGUMENTS), cache=True, error_model="numpy")(_fit_semi_parametric)


fit_semi_parametric = entry(types.none)
