"""Compiled fits of the hypotheses of `mallorn.hypotheses.models`: Levenberg-Marquardt with exact derivatives.

One compiled entry, `fit_objects`, serves every hypothesis: which light curve and which SED it multiplies comes in as
numbers (positions in `LIGHT_CURVES` and `SEDS`). numba's cache looks only at the file of the entry, and not at what it
calls elsewhere: see `mallorn.hypotheses.cache` for the folders in which the machine code is kept.

The amplitudes are linear and profiled out: for weighted data f and model m, A = max(<m, f> / <m, m>, 0). The residual r
= f - A m then has dr/dp = -(A dm/dp + m dA/dp), dA/dp = (<dm/dp, f> - 2 A <m, dm/dp>) / <m, m>. This is the full
derivative of Golub & Pereyra (1973, SIAM J. Numer. Anal. 10, 413), which is short for one amplitude per band.
"""

# size: compiled functions take arrays, one argument each

from math import exp, sqrt

import numpy as np
from numba import float64, int8, int64, njit, uint64

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
from mallorn.runtime.arithmetic import bare, exp_of, jit, log_of
from mallorn.runtime.lanes import eight, four, lane, load_eight, load_four, store

__all__ = ["CONVERGED", "EXHAUSTED", "STUCK", "evaluate", "fit_objects"]

_FLARE, _EXPLOSION, _DOUBLE = 0, 1, 2
_MAX_T0_STEP = 15.0
_ROOM = 19


@bare
def _first_after(x, t):
    """Index of the first of the sorted x (n,) that is at least t, n if there is none."""
    low, high = 0, x.size
    while low < high:
        middle = (low + high) // 2
        if x[middle] < t:
            low = middle + 1
        else:
            high = middle
    return low


@bare
def _begin(light_curve, x, p):
    """Index of the first point that a light curve of parameters p reaches, rounded down to a multiple of 4.

    Before it the light curve is below exp(-300). Such values would change no sum, but processors are slow at products
    of them. Multiples of 4 keep the points in the same of the four sums of `_dots`.
    """
    rise = exp(p[1])
    t0 = min(p[0], p[0] + p[5]) if light_curve == _DOUBLE else p[0]
    earliest = t0 - (300.0 if light_curve == _EXPLOSION else sqrt(600.0)) * rise
    return _first_after(x, earliest) // 4 * 4


@bare
def _flare(x, begin, t0, e, g):
    """Fill g: the value of a flare at phases x - t0, the phase before it in units of the rise, and the log of its fall;
    e holds exp(p)."""
    middle = max(begin, _first_after(x, t0))
    for i in range(uint64(begin), uint64(middle)):
        u = (x[i] - t0) / e[0]
        g[0, i] = exp_of(-0.5 * u * u)
        g[1, i] = u
        g[2, i] = 0.0
    for i in range(uint64(middle), uint64(x.size)):
        ln = log_of(1.0 + (x[i] - t0) / e[1])
        g[0, i] = exp_of(-e[2] * ln)
        g[1, i] = 0.0
        g[2, i] = ln


@bare
def _flare_derivatives(x, begin, t0, e, g, slope, dg):
    """Fill slope with d/dd of the g that `_flare` left, and dg with its derivatives by ln_rise, ln_tau, ln_p."""
    middle = max(begin, _first_after(x, t0))
    for i in range(uint64(begin), uint64(middle)):
        value, u = g[0, i], g[1, i]
        slope[i] = -value * u / e[0]
        dg[0, i] = value * u * u
        dg[1, i] = 0.0
        dg[2, i] = 0.0
    for i in range(uint64(middle), uint64(x.size)):
        d = x[i] - t0
        value = g[0, i]
        fall = value * e[2] / (e[1] + d)
        slope[i] = -fall
        dg[0, i] = 0.0
        dg[1, i] = fall * d
        dg[2, i] = -value * e[2] * g[2, i]


@bare
def _explosion(x, begin, t0, e, g):
    """Fill g: the value of an explosion at phases x - t0, and the exponentials of its rise and its fall."""
    for i in range(uint64(begin), uint64(x.size)):
        d = x[i] - t0
        rising, falling = -d / e[0], d / e[1]
        a, b = exp_of(max(rising, -300.0)), exp_of(max(falling, -300.0))
        g[0, i] = 1.0 / (a + b) if max(rising, falling) <= 300.0 else 0.0
        g[1, i] = a
        g[2, i] = b


@bare
def _explosion_derivatives(x, begin, t0, e, g, slope, dg):
    """Fill slope with d/dd of the g that `_explosion` left, and dg with its derivatives by ln_rise, ln_fall."""
    for i in range(uint64(begin), uint64(x.size)):
        d = x[i] - t0
        square = g[0, i] * g[0, i]
        a, b = square * g[1, i], square * g[2, i]
        slope[i] = a / e[0] - b / e[1]
        dg[0, i] = -a * d / e[0]
        dg[1, i] = b * d / e[1]


@bare
def _light_curve(kind, x, begin, p, e, work):
    """Fill a row of work with light curve `kind` of parameters p (t0 first): row 0, or row 18 for the sum of two. Fill
    e with exp(p)."""
    for k in range(p.size - 1):
        e[k] = exp(p[1 + k])
    if kind == _EXPLOSION:
        _explosion(x, begin, p[0], e, work[0:3])
        return
    _flare(x, begin, p[0], e, work[0:3])
    if kind == _DOUBLE:
        _flare(x, begin, p[0] + p[5], e, work[3:6])
        for i in range(uint64(begin), uint64(x.size)):
            work[18, i] = work[0, i] + e[3] * work[3, i]


@bare
def _light_curve_derivatives(kind, x, begin, p, e, work, slope, dg):
    """Fill slope (n,) with d/dd of the light curve that `_light_curve` left in e and work, and dg with its derivatives
    by its parameters."""
    if kind == _EXPLOSION:
        _explosion_derivatives(x, begin, p[0], e, work[0:3], slope, dg)
        return
    _flare_derivatives(x, begin, p[0], e, work[0:3], slope, dg)
    if kind == _DOUBLE:
        ratio, second, second_slope, dh = e[3], work[3:6], work[6], work[7:10]
        _flare_derivatives(x, begin, p[0] + p[5], e, second, second_slope, dh)
        for k in range(3):
            for i in range(uint64(begin), uint64(x.size)):
                dg[k, i] += ratio * dh[k, i]
        for i in range(uint64(begin), uint64(x.size)):
            slope[i] += ratio * second_slope[i]
            dg[3, i] = ratio * second[0, i]
            dg[4, i] = -ratio * second_slope[i]


@bare
def _size(light_curve):
    """Number of parameters of a light curve."""
    if light_curve == _FLARE:
        return 3
    return 2 if light_curve == _EXPLOSION else 5


@bare
def _model(light_curve, sed, p, points, w, m, room, known):
    """Fill m (n,) with w g S; return the first point that is filled: before it all are 0 (see `_begin`).

    points: x (n,) sorted, band (n,), `point_constants` and `sed_table`. room: work (`_ROOM`, n) and e (5,). known: -1,
    or what was returned if the light curve in `room` has these parameters already.
    """
    x, (work, e) = points[0], room
    a, begin = _size(light_curve), known
    if known < 0:
        begin = _begin(light_curve, x, p)
        _light_curve(light_curve, x, begin, p[: 1 + a], e, work)
    g, s = work[18] if light_curve == _DOUBLE else work[0], work[11]
    sed_of_points(sed, points, begin, p[0], p[1 + a :], s, work[13:18])
    for i in range(uint64(begin), uint64(x.size)):
        s[i] *= w[i]
        m[i] = g[i] * s[i]
    return begin


@bare
def _derivatives(light_curve, sed, p, points, begin, m, dm, room):
    """Fill dm (P, n) with the derivatives, by t0 and all parameters, of the m that `_model` left with the room."""
    x, (work, e) = points[0], room
    a = _size(light_curve)
    slope, s, sed_slope = work[10], work[11], work[12]
    _light_curve_derivatives(light_curve, x, begin, p[: 1 + a], e, work[:10], slope, dm[1 : 1 + a])
    sed_derivatives(sed, points, begin, p[0], p[1 + a :], sed_slope, dm[1 + a :], work[13:18])
    for i in range(uint64(begin), uint64(x.size)):
        dm[0, i] = -slope[i] * s[i] - m[i] * sed_slope[i]
    for k in range(1, 1 + a):
        for i in range(uint64(begin), uint64(x.size)):
            dm[k, i] *= s[i]
    for k in range(1 + a, p.size):
        for i in range(uint64(begin), uint64(x.size)):
            dm[k, i] *= m[i]


@bare
def _amplitudes(m, begin, f, group, amplitude, norm):
    """Fill the profiled amplitudes (groups,) and the norms <m, m>."""
    amplitude[:] = 0.0
    norm[:] = 0.0
    if amplitude.size == 1:
        overlap, square = 0.0, 0.0
        for i in range(uint64(begin), uint64(m.size)):
            overlap += m[i] * f[i]
            square += m[i] * m[i]
        amplitude[0], norm[0] = overlap, square
    else:
        for i in range(uint64(begin), uint64(m.size)):
            amplitude[group[i]] += m[i] * f[i]
            norm[group[i]] += m[i] * m[i]
    for j in range(amplitude.size):
        amplitude[j] = max(amplitude[j] / norm[j], 0.0) if norm[j] > 1e-100 else 0.0


@bare
def _objective(f, before, m, begin, group, amplitude, p, mean, sd):
    """Return (chi-square, chi-square + prior penalty). before (n + 1,): sums of squares of the points before each."""
    chi2, one = before[begin], amplitude[0]
    for i in range(uint64(begin), uint64(f.size)):
        r = f[i] - (one if amplitude.size == 1 else amplitude[group[i]]) * m[i]
        chi2 += r * r
    total = chi2
    for k in range(1, p.size):
        q = (p[k] - mean[k]) / sd[k]
        total += q * q
    return chi2, total


@bare
def _dots(a, b, c, d, e, begin, out):
    """Fill out (4,) with the inner products of a with b, c, d and e from a multiple of 4 on.

    Each is made of four interleaved sums.
    """
    s, t, u, v = four(0.0), four(0.0), four(0.0), four(0.0)
    whole = uint64(a.size - a.size % 4)
    for i in range(uint64(begin), whole, uint64(4)):
        left = load_four(a, i)
        s = s + left * load_four(b, i)
        t = t + left * load_four(c, i)
        u = u + left * load_four(d, i)
        v = v + left * load_four(e, i)
    s0, t0, u0, v0 = lane(s, 0), lane(t, 0), lane(u, 0), lane(v, 0)
    for i in range(whole, uint64(a.size)):
        s0 += a[i] * b[i]
        t0 += a[i] * c[i]
        u0 += a[i] * d[i]
        v0 += a[i] * e[i]
    out[0] = (s0 + lane(s, 1)) + (lane(s, 2) + lane(s, 3))
    out[1] = (t0 + lane(t, 1)) + (lane(t, 2) + lane(t, 3))
    out[2] = (u0 + lane(u, 1)) + (lane(u, 2) + lane(u, 3))
    out[3] = (v0 + lane(v, 1)) + (lane(v, 2) + lane(v, 3))


@jit
def _jacobian_of_passbands(f, m, begin, dm, group, amplitude, norm, r):
    """Turn dm into the Jacobian of -r, and fill r, with an amplitude for each passband."""
    n, size, groups = f.size, len(dm), amplitude.size
    overlap = np.zeros((2, groups, size))
    for i in range(uint64(begin), uint64(n)):
        j = group[i]
        r[i] = f[i] - amplitude[j] * m[i]
        for k in range(size):
            overlap[0, j, k] += dm[k, i] * f[i]
            overlap[1, j, k] += dm[k, i] * m[i]
    change = overlap[0]
    for j in range(groups):
        for k in range(size):
            gain = overlap[0, j, k] - 2 * amplitude[j] * overlap[1, j, k]
            change[j, k] = gain / norm[j] if amplitude[j] > 0 else 0.0
    for k in range(size):
        for i in range(uint64(begin), uint64(n)):
            dm[k, i] = amplitude[group[i]] * dm[k, i] + change[group[i], k] * m[i]


@bare
def _jacobian(f, m, begin, dm, amplitude, norm, r, products):
    """Turn dm into the Jacobian of -r, and fill r, with one amplitude."""
    last, of_f, of_m = len(dm) - 1, products[0], products[1]
    for i in range(uint64(begin), uint64(f.size)):
        r[i] = f[i] - amplitude * m[i]
    for k in range(0, len(dm), 4):
        rows = dm[k], dm[min(k + 1, last)], dm[min(k + 2, last)], dm[min(k + 3, last)]
        _dots(f, *rows, begin, of_f[k : k + 4])
        _dots(m, *rows, begin, of_m[k : k + 4])
    for k in range(len(dm)):
        change = (of_f[k] - 2 * amplitude * of_m[k]) / norm if amplitude > 0 else 0.0
        for i in range(uint64(begin), uint64(f.size)):
            dm[k, i] = amplitude * dm[k, i] + change * m[i]


@jit
def _normal_equations(f, m, begin, rows, group, amplitude, norm, p, mean, sd, products, gradient, hessian):
    """Fill half the gradient and half the Gauss-Newton Hessian of the objective.

    rows (P + 1, n): the derivatives of m, of which the Jacobian of -r becomes, and room for r. products (2, P + 4).
    """
    size = p.size
    dm, r, product = rows[:size], rows[size], products[0]
    if amplitude.size == 1:
        _jacobian(f, m, begin, dm, amplitude[0], norm[0], r, products)
    else:
        _jacobian_of_passbands(f, m, begin, dm, group, amplitude, norm, r)
    for k in range(size):
        for q in range(0, k + 2, 4):  # with the rows before it, itself, and r
            a, b, c, d = _row(q, k, size), _row(q + 1, k, size), _row(q + 2, k, size), _row(q + 3, k, size)
            _dots(dm[k], rows[a], rows[b], rows[c], rows[d], begin, product[q : q + 4])
        for q in range(k + 1):
            hessian[k, q] = hessian[q, k] = product[q]
        gradient[k] = -product[k + 1]
    for k in range(1, size):
        gradient[k] += (p[k] - mean[k]) / (sd[k] * sd[k])
        hessian[k, k] += 1.0 / (sd[k] * sd[k])


@bare
def _row(q, k, size):
    """Number of the q-th row that row k is multiplied with: those up to k, then the last one."""
    return q if q <= k else size


@jit
def _descend(light_curve, sed, p, points, group, f, before, w, prior, max_steps, tolerance, last, out, room):
    """Levenberg-Marquardt inside bounds from p, in place; return (chi2, objective, status, evaluations).

    Damping follows the ratio of actual to predicted gain (Nielsen 1999, IMM-REP-1999-05). A parameter at a bound stands
    still if the gradient pushes it outwards. prior (4, P): means, standard deviations, lower and upper bounds.
    points: see `_model`. before: see `_objective`. last: whether `out` is to hold the Hessian at the end. out: room for
    the amplitudes and norms (groups,), half the gradient (P,) and half the Hessian (P, P). room: that of `_model`, m
    (n,), and rows and products of `_normal_equations`.
    """
    mean, sd, low, high = prior[0], prior[1], prior[2], prior[3]
    amplitude, norm, gradient, hessian = out
    size, groups, (of_model, m, rows, products) = p.size, amplitude.size, room
    trial_norm, trial_amplitude = np.empty(groups), np.empty(groups)
    trial, step, damped = np.empty(size), np.empty(size), np.empty((size, size))
    begin = _model(light_curve, sed, p, points, w, m, of_model, -1)
    _amplitudes(m, begin, f, group, amplitude, norm)
    chi2, best = _objective(f, before, m, begin, group, amplitude, p, mean, sd)
    damping, growth, evaluations, status, moved = 1e-3, 2.0, 1, EXHAUSTED, True
    while True:
        if moved:
            if not last and (status == CONVERGED or evaluations > max_steps):
                break
            _derivatives(light_curve, sed, p, points, begin, m, rows[:size], of_model)
            _normal_equations(f, m, begin, rows, group, amplitude, norm, p, mean, sd, products, gradient, hessian)
            if status == CONVERGED:
                break
        if evaluations > max_steps:
            break
        if damping > 1e10:
            status = STUCK
            break
        for k in range(size):
            held = (p[k] <= low[k] and gradient[k] > 0) or (p[k] >= high[k] and gradient[k] < 0) or low[k] == high[k]
            step[k] = 0.0 if held else -gradient[k]
            for q in range(size):
                damped[k, q] = hessian[k, q]
            damped[k, k] += damping * hessian[k, k] + 1e-12
            if held:
                damped[k, k] += 1e12
        gain, predicted = -1.0, 1.0
        if solve_positive(damped, step, size):
            if abs(step[0]) > _MAX_T0_STEP:
                scale = _MAX_T0_STEP / abs(step[0])
                for k in range(size):
                    step[k] *= scale
            for k in range(size):
                trial[k] = min(max(p[k] + step[k], low[k]), high[k])
                step[k] = trial[k] - p[k]
            predicted = predicted_gain(gradient, hessian, step)
            begin = _model(light_curve, sed, trial, points, w, m, of_model, -1)
            evaluations += 1
            _amplitudes(m, begin, f, group, trial_amplitude, trial_norm)
            trial_chi2, value = _objective(f, before, m, begin, group, trial_amplitude, trial, mean, sd)
            gain = best - value
        moved = gain >= 0
        if not moved:
            damping, growth = damping * growth, growth * 2.0
            continue
        copy_into(trial, p)
        copy_into(trial_amplitude, amplitude)
        copy_into(trial_norm, norm)
        chi2, best = trial_chi2, value
        damping, growth = max(damping * max(1 / 3, 1 - (2 * gain / predicted - 1) ** 3), 1e-9), 2.0
        if max(gain, predicted) < tolerance:
            status = CONVERGED
    return chi2, best, status, evaluations


@bare
def _close(light_curve, p, q):
    """Whether two starting points lead to the same place: their epochs (of both flares) and decay times are close."""
    same = abs(p[0] - q[0]) < 6.0 and abs(p[2] - q[2]) < 0.3
    return same and (light_curve != _DOUBLE or abs(p[5] - q[5]) < 25.0)


@jit
def _screen(light_curve, sed, groups, epochs, grid, extra, prior, points, group, f, w, room):
    """Return all starting points (C G + E, P) and their objectives, infinite for absent points."""
    size = prior.shape[1]
    starts = np.empty((epochs.size * len(grid) + len(extra), size))
    k = 0
    for epoch in epochs:
        for row in grid:
            copy_into(row, starts[k])
            starts[k, 0] += epoch
            k += 1
    for row in extra:
        copy_into(row, starts[k])
        k += 1
    values = np.full(len(starts), np.inf)
    side = np.zeros((f.size, 8)), np.zeros(8, np.int64), np.empty((groups, 16)), np.empty(8)
    of_model, m, _, _ = room
    held, known, count, light = -1, -1, 0, 1 + _size(light_curve)
    for k in range(len(starts)):
        if np.isnan(starts[k, 0]):
            continue
        for q in range(size):
            starts[k, q] = min(max(starts[k, q], prior[2, q]), prior[3, q])
        same = held >= 0
        for q in range(light):
            same = same and starts[k, q] == starts[held, q]
        known = _model(light_curve, sed, starts[k], points, w, m, of_model, known if same else -1)
        held = k
        for i in range(uint64(known)):
            side[0][i, count] = 0.0
        for i in range(uint64(known), uint64(f.size)):
            side[0][i, count] = m[i]
        side[1][count] = k
        count += 1
        if count == 8:
            _objectives(f, group, side, count, starts, prior, values)
            count = 0
    _objectives(f, group, side, count, starts, prior, values)
    return starts, values


@bare
def _objectives(f, group, side, count, starts, prior, values):
    """Fill in the objectives of the up to eight starting points in `side`: m (n, 8), their numbers (8,), and room.

    The sums are those of `_amplitudes` and `_objective`, from the first point on: before it is reached, m is 0.
    """
    m, numbers, sums, chi2 = side
    if not count:
        return
    for j in range(len(sums)):
        for k in range(16):
            sums[j, k] = 0.0
    for i in range(uint64(f.size)):
        own, here = sums[group[i]], load_eight(m[i], 0)
        store(load_eight(own, 0) + here * f[i], own, 0)
        store(load_eight(own, 8) + here * here, own, 8)
    for j in range(len(sums)):
        for k in range(8):
            sums[j, k] = max(sums[j, k] / sums[j, 8 + k], 0.0) if sums[j, 8 + k] > 1e-100 else 0.0
    total = eight(0.0)
    for i in range(uint64(f.size)):
        r = f[i] - load_eight(sums[group[i]], 0) * load_eight(m[i], 0)
        total = total + r * r
    store(total, chi2, 0)
    for k in range(count):
        values[numbers[k]] = chi2[k]
        for q in range(1, starts.shape[1]):
            z = (starts[numbers[k], q] - prior[0, q]) / prior[1, q]
            values[numbers[k]] += z * z


_SIGNATURE = (
    int64, int64, int64, int64[::1], float64[::1], int8[::1], float64[::1], float64[::1], float64[:, ::1],
    float64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, ::1], int64, int64, int64,
    float64,
)  # fmt: skip


@njit(_SIGNATURE, cache=True, error_model="numpy")
def fit_objects(
    light_curve, sed, groups, start, x, band, flux, weight, wavelength, epochs, grid, extra, prior,
    descents, trial_steps, max_steps, tolerance,
):  # fmt: skip
    """Fit one hypothesis to every object.

    Return parameters (n, P), amplitudes (n, groups), their norms <m, m> (n, groups), chi2 (n,), chi2 + prior penalty
    (n,), half Hessians of the latter (n, P, P), status (n,) and numbers of evaluations (n,).

    light_curve, sed: numbers of the forms. groups: 1 amplitude, or B, one for each passband. start (n + 1,): first
    point of each object. x (N,) rest-frame days, band (N,), flux (N,) and weight = 1/error (N,). wavelength (n, B):
    rest frame, angstrom.
    epochs (n, C): rest-frame days at which an event may be, NaN where absent. Each is combined with every row of grid
    (G, P), whose t0 is relative to it. extra (n, E, P): further starting points, with absolute t0, NaN where absent.
    prior (4, P): means, sds, lower and upper bounds; the bounds of t0 are relative to the first and the last point.
    descents: number of best starting points from which to descend, each for trial_steps evaluations. The lowest of them
    goes on for max_steps, or until a step gains less than tolerance.
    status: CONVERGED, EXHAUSTED (no convergence after max_steps), STUCK (no downhill step found).
    """
    n, size = start.size - 1, prior.shape[1]
    best_p = np.full((n, size), np.nan)
    best_amplitude, best_norm = np.full((n, groups), np.nan), np.full((n, groups), np.nan)
    best_chi2, best_value = np.full(n, np.nan), np.full(n, np.nan)
    best_hessian = np.full((n, size, size), np.nan)
    best_status, count = np.full(n, -1, np.int8), np.zeros(n, np.int64)
    for o in range(n):
        a, b = start[o], start[o + 1]
        if a == b:
            continue
        xo, bo, wo = x[a:b], band[a:b], weight[a:b]
        table, of_model = sed_table(wavelength[o]), (np.empty((_ROOM, b - a)), np.empty(5))
        points = xo, bo, point_constants(bo, table), table
        room = of_model, np.empty(b - a), np.empty((size + 1, b - a)), np.empty((2, size + 4))
        fo, before = flux[a:b] * wo, np.zeros(b - a + 1)
        for i in range(b - a):
            before[i + 1] = before[i] + fo[i] * fo[i]
        group = bo if groups > 1 else np.zeros(b - a, np.int8)
        bounds = prior.copy()
        bounds[2, 0] += xo[0]
        bounds[3, 0] += xo[-1]
        starts, values = _screen(
            light_curve, sed, groups, epochs[o], grid, extra[o], bounds, points, group, fo, wo, room
        )
        count[o] = len(values)
        out = np.empty(groups), np.empty(groups), np.empty(size), np.empty((size, size))
        p, value, steps = starts[0], np.inf, trial_steps
        for turn in range(descents + 1):  # one call in the code, which numba would put there twice
            candidate = p
            if turn < descents:
                k = np.argmin(values)
                if not values[k] < np.inf:
                    continue
                candidate = starts[k].copy()
                for q in range(len(values)):
                    if _close(light_curve, starts[q], candidate):
                        values[q] = np.inf
                values[k] = np.inf
            else:
                steps = max_steps
            chi2, reached, status, evaluations = _descend(
                light_curve, sed, candidate, points, group, fo, before, wo, bounds, steps, tolerance,
                turn == descents, out, room,
            )  # fmt: skip
            count[o] += evaluations
            if reached < value or turn == descents:
                p, value = candidate, reached
        best_value[o], best_chi2[o], best_status[o] = value, chi2, status
        copy_into(p, best_p[o])
        copy_into(out[0], best_amplitude[o])
        copy_into(out[1], best_norm[o])
        for k in range(size):
            copy_into(out[3][k], best_hessian[o, k])
    return best_p, best_amplitude, best_norm, best_chi2, best_value, best_hessian, best_status, count


@njit(cache=True, error_model="numpy")
def evaluate(light_curve, sed, p, x, band, wavelength):
    """Return the shape (n,) of a hypothesis with parameters p at sorted times x and bands, and its derivatives (P, n).

    This is for checks. It is compiled at its first call.
    """
    m, dm, table = np.zeros(x.size), np.zeros((p.size, x.size)), sed_table(wavelength)
    points, room = (x, band, point_constants(band, table), table), (np.empty((_ROOM, x.size)), np.empty(5))
    begin = _model(light_curve, sed, p, points, np.ones(x.size), m, room, -1)
    _derivatives(light_curve, sed, p, points, begin, m, dm, room)
    return m, dm
