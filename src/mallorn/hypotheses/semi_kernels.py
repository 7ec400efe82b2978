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
from numba import float64, int8, int64, njit, types, uint64

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
from mallorn.runtime.arithmetic import bare, jit
from mallorn.runtime.lanes import any_below, eight, load_eight, store

__all__ = ["entry", "fit_semi_parametric"]

_WALK = 1
_BLACKBODY, _DRIFTING_BLACKBODY, _COOLING, _DRIFTING_PARABOLA, _PARABOLA = 0, 1, 2, 3, 4
_OF_KERNELS = (1, 2, 3, 4)  # numbers of the first four in `kernels`
_ROOT3 = sqrt(3.0)
_DISPLACEMENT = 1e-3  # steps of parameters for second derivatives, in standard deviations of their priors


@bare
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


@bare
def _sed(sed, points, t0, p, s, ds, work):
    """Fill s (n,) with the SED at each point, and ds, unless it is (.., 0), with the derivatives of its logarithm by
    its parameters."""
    if sed == _PARABOLA:
        _parabola(p, points, s, ds)
        return
    sed_of_points(_OF_KERNELS[sed], points, 0, t0, p, s, work[1:])
    if ds.shape[1] > 0:
        sed_derivatives(_OF_KERNELS[sed], points, 0, t0, p, work[0], ds, work[1:])


@bare
def _n_sed(sed):
    """Number of parameters of an SED."""
    if sed == _BLACKBODY:
        return 1
    if sed == _COOLING:
        return 4
    return 3 if sed == _DRIFTING_PARABOLA else 2


@bare
def _decays(rate, x, f):
    """Fill f (n,) with exp(-s) of the steps s = rate dx before each point, where there is one.

    Loops over points that call nothing keep their state in registers.
    """
    for i in range(uint64(1), uint64(x.size)):
        if x[i] > x[i - uint64(1)]:
            f[i] = exp(-(rate * (x[i] - x[i - uint64(1)])))


@bare
def _transition(process, s, f):
    """Return the four entries of the transition of the state over a step s; f: exp(-s)."""
    if process == _WALK:
        return f, 0.0, 0.0, 0.0
    return f * (1.0 + s), f * s, -f * s, f * (1.0 - s)


@bare
def _deviances(process, k, starts, s, y, noise, x, rows, decay, values):
    """Fill values (8,) with -2 ln L + sum ln(2 pi e^2) of up to eight starting points (.., P) side by side.

    s (n,): the SED, whose k parameters they share. The noise is e^2. rows (5, 8), decay (n, 8): room.
    """
    sigma, mean, rate = rows[0], rows[1], rows[2]
    for j in range(8):
        start = starts[min(j, len(starts) - 1)]
        sigma[j], mean[j] = exp(start[k]), start[k + 2] if start.size > k + 2 else 0.0
        rate[j] = exp(-start[k + 1]) * (1.0 if process == _WALK else _ROOT3)
        first = 0  # the lane whose length this one shares
        while first < j and rate[first] != rate[j]:
            first += 1
        if first == j:
            _decays(rate[j], x, decay[:, j])
        else:
            for i in range(uint64(x.size)):
                decay[i, j] = decay[i, first]
    sigmas, means, rates = load_eight(sigma, 0), load_eight(mean, 0), load_eight(rate, 0)
    zero, v1 = eight(0.0), 0.0 if process == _WALK else 1.0
    a0, a1, p00, p01, p11 = zero, zero, eight(1.0), zero, eight(v1)
    total, product = zero, eight(1.0)
    for i in range(uint64(y.size)):
        if i and x[i] > x[i - uint64(1)]:
            c00, c01, c10, c11 = load_eight(decay[i], 0), zero, zero, zero
            if process != _WALK:
                tau = rates * (x[i] - x[i - uint64(1)])
                c00, c01, c10, c11 = c00 * (tau + 1.0), c00 * tau, (zero - c00) * tau, c00 * (1.0 - tau)
            a0, a1 = c00 * a0 + c01 * a1, c10 * a0 + c11 * a1
            q00, q11 = p00 - 1.0, p11 - v1
            t00, t01 = c00 * q00 + c01 * p01, c00 * p01 + c01 * q11
            t10, t11 = c10 * q00 + c11 * p01, c10 * p01 + c11 * q11
            p00, p01, p11 = t00 * c00 + t01 * c01 + 1.0, t00 * c10 + t01 * c11, t10 * c10 + t11 * c11 + v1
        h = sigmas * s[i]
        v = y[i] - h * a0 - means * s[i]
        inverse = 1.0 / (h * h * p00 + noise[i])
        k0, k1, kept = h * p00 * inverse, h * p01 * inverse, inverse * noise[i]
        total = total + v * v * inverse
        product = product * kept
        if any_below(product, 1e-200):
            store(total, rows[3], 0)
            store(product, rows[4], 0)
            for j in range(8):
                if rows[4, j] < 1e-200:
                    rows[3, j] -= log(rows[4, j])
                    rows[4, j] = 1.0
            total, product = load_eight(rows[3], 0), load_eight(rows[4], 0)
        a0 = a0 + k0 * v
        a1 = a1 + k1 * v
        p11 = p11 - k1 * h * p01
        p01 = p01 * kept
        p00 = p00 * kept
    store(total, values, 0)
    store(product, rows[4], 0)
    for j in range(8):
        values[j] -= log(rows[4, j])


@bare
def _derivatives(process, k, p, s, by_sed, y, noise, x, mean_sd, gradient, fisher, rows, decay):
    """Return what `_deviances` fills in for p, and ln(mean_sd^2 F);
    fill half the gradient (P,) of their sum and, unless it is (0, 0), Fisher's information (P, P) of the first.

    F is the posterior's precision of a free mean mu at given other parameters, 1 without a free mean. k: number of the
    SED's parameters. by_sed (n, 8): derivatives of ln s, and 1 in lane k. rows (13, 8), decay (n,): room.
    Derivatives by all parameters lie side by side in lanes: of the state (d0, d1), its covariance (d2, d3, d4), the
    state's derivative by mu (d5, d6), and F (d7).
    """
    size, ell, mu = p.size, k + 1, k + 2
    sigma, mean = exp(p[k]), p[mu] if size > mu else 0.0
    rate = exp(-p[ell]) * (1.0 if process == _WALK else _ROOT3)
    _decays(rate, x, decay)
    v1 = 0.0 if process == _WALK else 1.0
    a0, a1, p00, p01, p11 = 0.0, 0.0, 1.0, 0.0, v1
    total, product, precision, b0, b1 = 0.0, 1.0, 1.0 / (mean_sd * mean_sd), 0.0, 0.0
    for j in range(len(rows)):
        for q in range(8):
            rows[j, q] = 0.0
    rows[0, k] = rows[1, ell] = 1.0
    if size > mu:
        rows[2, mu] = 1.0
    of_sigma, of_ell, of_mu = load_eight(rows[0], 0), load_eight(rows[1], 0), load_eight(rows[2], 0)
    zero, left, right, information = eight(0.0), rows[3], rows[4], rows[5:]
    d0, d1, d2, d3, d4, d5, d6, d7 = zero, zero, zero, zero, zero, zero, zero, zero
    slope = zero
    for i in range(uint64(y.size)):
        if i and x[i] > x[i - uint64(1)]:
            tau = rate * (x[i] - x[i - uint64(1)])
            c00, c01, c10, c11 = _transition(process, tau, decay[i])
            q00, q11 = p00 - 1.0, p11 - v1
            t00, t01 = c00 * q00 + c01 * p01, c00 * p01 + c01 * q11
            t10, t11 = c10 * q00 + c11 * p01, c10 * p01 + c11 * q11
            p00, p01, p11 = t00 * c00 + t01 * c01 + 1.0, t00 * c10 + t01 * c11, t10 * c10 + t11 * c11 + v1
            a0, a1 = c00 * a0 + c01 * a1, c10 * a0 + c11 * a1
            d0, d1 = d0 * c00 + d1 * c01, d0 * c10 + d1 * c11
            u00, u01 = d2 * c00 + d3 * c01, d3 * c00 + d4 * c01
            u10, u11 = d2 * c10 + d3 * c11, d3 * c10 + d4 * c11
            d2, d3, d4 = u00 * c00 + u01 * c01, u00 * c10 + u01 * c11, u10 * c10 + u11 * c11
            if size > mu:
                b0, b1 = c00 * b0 + c01 * b1, c10 * b0 + c11 * b1
                d5, d6 = d5 * c00 + d6 * c01, d5 * c10 + d6 * c11
            # d/d ln length = -tau d/dtau, and dA/dtau = F A with F = [[0, 1], [-1, -2]], or -1 for the walk
            if process == _WALK:
                d0 = d0 + of_ell * (tau * a0)
                d2 = d2 + of_ell * (2.0 * tau * (p00 - 1.0))
                if size > mu:
                    d5 = d5 + of_ell * (tau * b0)
            else:
                q00, q11 = p00 - 1.0, p11 - 1.0
                d0 = d0 - of_ell * (tau * a1)
                d1 = d1 + of_ell * (tau * (a0 + 2.0 * a1))
                d2 = d2 - of_ell * (2.0 * tau * p01)
                d3 = d3 - of_ell * (tau * (q11 - q00 - 2.0 * p01))
                d4 = d4 + of_ell * (2.0 * tau * (p01 + 2.0 * q11))
                if size > mu:
                    d5 = d5 - of_ell * (tau * b1)
                    d6 = d6 + of_ell * (tau * (b0 + 2.0 * b1))
        h, w = sigma * s[i], s[i]
        v = y[i] - h * a0 - mean * w
        inverse = 1.0 / (h * h * p00 + noise[i])
        k0, k1, kept = h * p00 * inverse, h * p01 * inverse, noise[i] * inverse
        total += v * v * inverse
        product *= kept
        if product < 1e-200:
            total -= log(product)
            product = 1.0
        by_s = load_eight(by_sed[i], 0)
        dh = by_s * h
        less = dh * a0 + d0 * h  # -dv
        if size > mu:
            by_s = by_s - of_sigma
            less = less + by_s * (mean * w) + of_mu * w
        share = (dh * (2.0 * h) * p00 + d2 * (h * h)) * inverse
        dk0 = (d2 * h + dh * p00) * inverse - share * k0
        dk1 = (d3 * h + dh * p01) * inverse - share * k1
        d0 = d0 + (dk0 * v - less * k0)
        d1 = d1 + (dk1 * v - less * k1)
        if size > mu:
            of_mean = w - h * b0
            precision += of_mean * of_mean * inverse
            second = by_s * w - dh * b0 - d5 * h
            d7 = d7 + (second - share * (0.5 * of_mean)) * (of_mean * inverse)
            d5 = d5 + (dk0 * of_mean + second * k0)
            d6 = d6 + (dk1 * of_mean + second * k1)
            b0 += k0 * of_mean
            b1 += k1 * of_mean
        d4 = d4 - ((dh * p01 + d3 * h) * (2.0 * k1) - share * (k1 * k1) / inverse)
        d2 = (d2 - share * p00) * kept
        d3 = (d3 - share * p01) * kept
        half = share * 0.5
        slope = slope + (half * (1.0 - v * v * inverse) - less * v * inverse)
        if len(fisher):
            store(less * inverse, left, 0)
            store(half, right, 0)
            for j in range(size):
                known = load_eight(information[j], 0)
                store(known + (less * left[j] + share * right[j]), information[j], 0)
        a0 += k0 * v
        a1 += k1 * v
        p11 -= k1 * h * p01
        p01 *= kept
        p00 *= kept
    store(slope, left, 0)
    store(d7, right, 0)
    for j in range(size):
        gradient[j] = left[j] + right[j] / precision
    for j in range(len(fisher)):
        for q in range(j + 1):
            fisher[j, q] = fisher[q, j] = information[j, q]
    return total - log(product), log(precision * mean_sd * mean_sd)


@jit
def _of_pair(process, k, p, points, s, y, noise, out, room):
    """Return the deviance of two components at p; fill half its gradient and Fisher's information in `out`, if any."""
    _, ds, work, _, _, _ = room
    pair_second(process, p[k + 2], points, work[0])
    return pair_likelihood(process, p, s, ds, work[0], points[2][2], y, noise, points[0], out[0], out[1])


@bare
def _penalty(p, prior):
    """Return the priors' part of the objective."""
    total = 0.0
    for j in range(p.size):
        total += ((p[j] - prior[0, j]) / prior[1, j]) ** 2
    return total


@jit
def _evaluate(process, sed, second, p, points, t0, y, noise, prior, out, room, renew):
    """Return deviance and objective at p; fill half the gradient and Hessian of the latter, which `out` holds.

    out: the Hessian may be (0, 0). renew: whether the SED in `room` is not that of p.
    """
    s, ds, work, by_sed, rows, spare = room
    (gradient, fisher), k = out, _n_sed(sed)
    if renew:
        _sed(sed, points, t0, p, s, ds, work)
        for j in range(k):
            for i in range(uint64(s.size)):
                by_sed[i, j] = ds[j, i]
    if second is not None:
        whole = gradient, fisher if len(fisher) else spare
        value, of_mean = _of_pair(process, k, p, points, s, y, noise, whole, room), 0.0
    else:
        mean_sd, x = prior[1, p.size - 1], points[0]
        value, of_mean = _derivatives(process, k, p, s, by_sed, y, noise, x, mean_sd, gradient, fisher, rows, work[0])
    for j in range(p.size):
        gradient[j] += (p[j] - prior[0, j]) / prior[1, j] ** 2
    for j in range(len(fisher)):
        fisher[j, j] += 1.0 / prior[1, j] ** 2
    return value, value + of_mean + _penalty(p, prior)


@jit
def _curvature(process, sed, second, p, points, t0, y, noise, prior, room, hessian):
    """Fill half the Hessian (P, P) of the objective at p by differences of its exact gradient, a row each."""
    moved, above, below, none = p.copy(), np.empty(p.size), np.empty(p.size), np.empty((0, 0))
    k = _n_sed(sed)
    for j in range(p.size):
        step = _DISPLACEMENT * prior[1, j]
        moved[j] = p[j] + step
        _evaluate(process, sed, second, moved, points, t0, y, noise, prior, (above, none), room, j <= k)
        moved[j] = p[j] - step
        _evaluate(process, sed, second, moved, points, t0, y, noise, prior, (below, none), room, j < k)
        moved[j] = p[j]
        for q in range(p.size):
            hessian[j, q] = (above[q] - below[q]) / (2 * step)


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
        trial_deviance, value = _evaluate(
            process, sed, second, trial, points, t0, y, noise, prior, trial_out, room, True
        )
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
    values, some = np.full(len(starts), np.inf), np.empty(8)
    s, work, rows, none, without = room[0], room[2], room[4], (np.empty(0), np.empty((0, 0))), np.empty((4, 0))
    decay = np.empty((s.size, 8))
    for row in starts:
        for j in range(row.size if not np.isnan(row[0]) else 0):
            row[j] = min(max(row[j], prior[2, j]), prior[3, j])
    k, n_sed = 0, _n_sed(sed)
    while k < len(starts):
        end = k + 1
        while end < len(starts) and end < k + 8 and _same(starts[end], starts[k], n_sed):
            end += 1
        if not np.isnan(starts[k, 0]):
            _sed(sed, points, t0, starts[k], s, without, work)
            if second is not None:
                for j in range(k, end):
                    some[j - k] = _of_pair(process, n_sed, starts[j], points, s, y, noise, none, room)
            else:
                _deviances(process, n_sed, starts[k:end], s, y, noise, points[0], rows, decay, some)
            for j in range(k, end):
                values[j] = some[j - k] + _penalty(starts[j], prior)
        k = end
    return values


@bare
def _same(p, q, size):
    """Whether two points agree in their first parameters."""
    same = True
    for j in range(size):
        same = same and p[j] == q[j]
    return same


@bare
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
    gradient (n, P), half its Hessian by Fisher's information (n, P, P), status (n,), numbers of evaluations (n,), and
    half the Hessian by differences of the exact gradient (n, P, P), which rounding leaves slightly asymmetric.
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
    best_status, count, curvature = np.full(n, -1, np.int8), np.zeros(n, np.int64), np.full((n, size, size), np.nan)
    for o in range(n):
        a, b = start[o], start[o + 1]
        if a == b or np.isnan(epoch[o]):
            continue
        table = sed_table(wavelength[o])
        points = x[a:b], band[a:b], point_constants(band[a:b], table), table
        y, e2 = flux[a:b], noise[a:b]
        room = (
            np.empty(b - a), np.empty((4, b - a)), np.empty((6, b - a)), np.zeros((b - a, 8)), np.empty((13, 8)),
            np.empty((size, size)),
        )  # fmt: skip
        room[3][:, _n_sed(sed)] = 1.0
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
        _curvature(process, sed, second, p, points, epoch[o], y, e2, prior, room, curvature[o])
    return best_p, best_deviance, best_penalty, best_value, best_gradient, best_hessian, best_status, count, curvature


def entry(second):
    """Return the fit compiled for one component, with `types.none`, or for two, with `types.boolean`."""
    return njit((int64, int64, second, *_ARGUMENTS), cache=True, error_model="numpy")(_fit_semi_parametric)


fit_semi_parametric = entry(types.none)
