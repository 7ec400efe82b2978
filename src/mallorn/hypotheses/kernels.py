"""Compiled fits of the hypotheses of `mallorn.hypotheses.models`: Levenberg-Marquardt with exact derivatives.

One compiled entry, `fit_objects`, serves every hypothesis: which light curve and which SED it multiplies comes in as
numbers (positions in `LIGHT_CURVES` and `SEDS`). numba's cache looks only at the file of the entry, and not at what it
calls elsewhere: see `mallorn.hypotheses.cache` for the folders in which the machine code is kept.

The amplitudes are linear and profiled out: for weighted data f and model m, A = max(<m, f> / <m, m>, 0), so the
residual r = f - A m has dr/dp = -(A dm/dp + m dA/dp), dA/dp = (<dm/dp, f> - 2 A <m, dm/dp>) / <m, m>: the full
derivative of Golub & Pereyra (1973, SIAM J. Numer. Anal. 10, 413), which is this short for one amplitude a band.
"""

# size: compiled functions take arrays, one argument each

from math import exp

import numpy as np
from numba import float64, int8, int64, njit

from mallorn.hypotheses.shared_kernels import (
    CONVERGED,
    EXHAUSTED,
    STUCK,
    copy_into,
    exp_of,
    jit,
    log_of,
    point_constants,
    predicted_gain,
    sed_of_points,
    solve_positive,
)

__all__ = ["CONVERGED", "EXHAUSTED", "STUCK", "evaluate", "fit_objects"]

_FLARE, _EXPLOSION, _DOUBLE = 0, 1, 2
_MAX_T0_STEP = 15.0
_ROOM = 18


@jit
def _flare(x, t0, e, g):
    """Fill g: the value of a flare at phases x - t0, the phase before it in units of the rise, and the log of its fall;
    e holds exp(p)."""
    for i in range(x.size):
        d = x[i] - t0
        u = min(d, 0.0) / e[0]
        ln = log_of(1.0 + max(d, 0.0) / e[1])
        g[0, i] = exp_of(-0.5 * u * u - e[2] * ln)
        g[1, i] = u
        g[2, i] = ln


@jit
def _flare_derivatives(x, t0, e, g, slope, dg):
    """Fill slope with d/dd, and dg with the derivatives by ln_rise, ln_tau, ln_p, of what `_flare` left in g."""
    for i in range(x.size):
        d = x[i] - t0
        value, u = g[0, i], g[1, i]
        fall = value * e[2] / (e[1] + d) if d >= 0.0 else 0.0
        slope[i] = -value * u / e[0] - fall
        dg[0, i] = value * u * u
        dg[1, i] = fall * d
        dg[2, i] = -value * e[2] * g[2, i]


@jit
def _explosion(x, t0, e, g):
    """Fill g: the value of an explosion at phases x - t0, and the exponentials of its rise and its fall."""
    for i in range(x.size):
        d = x[i] - t0
        rising, falling = -d / e[0], d / e[1]
        a, b = exp_of(rising), exp_of(falling)
        g[0, i] = 1.0 / (a + b) if max(rising, falling) <= 300.0 else 0.0
        g[1, i] = a
        g[2, i] = b


@jit
def _explosion_derivatives(x, t0, e, g, slope, dg):
    """Fill slope with d/dd, and dg with the derivatives by ln_rise, ln_fall, of what `_explosion` left in g."""
    for i in range(x.size):
        d = x[i] - t0
        square = g[0, i] * g[0, i]
        a, b = square * g[1, i], square * g[2, i]
        slope[i] = a / e[0] - b / e[1]
        dg[0, i] = -a * d / e[0]
        dg[1, i] = b * d / e[1]


@jit
def _light_curve(kind, x, p, derivatives, work, slope, dg):
    """Fill the first row of work with light curve `kind` of parameters p (t0 first) and, where asked, slope and dg."""
    t0, e = p[0], np.empty(p.size - 1)
    for k in range(e.size):
        e[k] = exp(p[1 + k])
    if kind == _EXPLOSION:
        _explosion(x, t0, e, work[0:3])
        if derivatives:
            _explosion_derivatives(x, t0, e, work[0:3], slope, dg)
        return
    _flare(x, t0, e, work[0:3])
    if derivatives:
        _flare_derivatives(x, t0, e, work[0:3], slope, dg)
    if kind == _DOUBLE:
        delay, ratio, second, second_slope, dh = p[5], e[3], work[3:6], work[6], work[7:10]
        _flare(x, t0 + delay, e, second)
        if derivatives:
            _flare_derivatives(x, t0 + delay, e, second, second_slope, dh)
            for k in range(3):
                for i in range(x.size):
                    dg[k, i] += ratio * dh[k, i]
            for i in range(x.size):
                slope[i] += ratio * second_slope[i]
                dg[3, i] = ratio * second[0, i]
                dg[4, i] = -ratio * second_slope[i]
        for i in range(x.size):
            work[0, i] += ratio * second[0, i]


@jit
def _size(light_curve):
    """Number of parameters of a light curve."""
    if light_curve == _FLARE:
        return 3
    return 2 if light_curve == _EXPLOSION else 5


@jit
def _model(light_curve, sed, p, points, w, m, dm, work):
    """Fill m (n,) with w g S, and dm (P, n) with its derivatives by t0 and all parameters unless it is (P, 0).

    points: x (n,), band (n,), wavelength (B,) and `point_constants`. work (`_ROOM`, n): room.
    """
    x, band, wavelength, c = points
    a, derivatives = _size(light_curve), dm.shape[1] > 0
    g, slope, s, sed_slope = work[0], work[10], work[11], work[12]
    _light_curve(light_curve, x, p[: 1 + a], derivatives, work[:10], slope, dm[1 : 1 + a])
    sed_of_points(sed, x, p[0], p[1 + a :], band, wavelength, c, derivatives, s, sed_slope, dm[1 + a :], work[13:])
    for i in range(x.size):
        s[i] *= w[i]
        m[i] = g[i] * s[i]
    if derivatives:
        for i in range(x.size):
            dm[0, i] = -slope[i] * s[i] - m[i] * sed_slope[i]
        for k in range(1, 1 + a):
            for i in range(x.size):
                dm[k, i] *= s[i]
        for k in range(1 + a, len(dm)):
            for i in range(x.size):
                dm[k, i] *= m[i]


@jit
def _amplitudes(m, f, group, amplitude, norm):
    """Fill the profiled amplitudes (groups,) and the norms <m, m>."""
    amplitude[:] = 0.0
    norm[:] = 0.0
    for i in range(m.size):
        amplitude[group[i]] += m[i] * f[i]
        norm[group[i]] += m[i] * m[i]
    for j in range(amplitude.size):
        amplitude[j] = max(amplitude[j] / norm[j], 0.0) if norm[j] > 1e-100 else 0.0


@jit
def _objective(f, m, group, amplitude, p, mean, sd):
    """Return (chi-square, chi-square + prior penalty)."""
    chi2 = 0.0
    for i in range(f.size):
        r = f[i] - amplitude[group[i]] * m[i]
        chi2 += r * r
    total = chi2
    for k in range(1, p.size):
        q = (p[k] - mean[k]) / sd[k]
        total += q * q
    return chi2, total


@jit
def _dot(a, b):
    """Inner product in four interleaved sums, which the processor can take side by side."""
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    whole = a.size - a.size % 4
    for i in range(0, whole, 4):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
    for i in range(whole, a.size):
        s0 += a[i] * b[i]
    return (s0 + s1) + (s2 + s3)


@jit
def _normal_equations(f, m, dm, group, amplitude, norm, p, mean, sd, gradient, hessian):
    """Turn dm into the Jacobian of -r; fill half the gradient and half the Gauss-Newton Hessian of the objective."""
    n, size, groups = f.size, p.size, amplitude.size
    overlap_f, overlap_m, r = np.zeros(groups), np.zeros(groups), np.empty(n)
    for i in range(n):
        r[i] = f[i] - amplitude[group[i]] * m[i]
    for k in range(size):
        if groups == 1:
            overlap_f[0], overlap_m[0] = _dot(dm[k], f), _dot(dm[k], m)
        else:
            overlap_f[:] = 0.0
            overlap_m[:] = 0.0
            for i in range(n):
                overlap_f[group[i]] += dm[k, i] * f[i]
                overlap_m[group[i]] += dm[k, i] * m[i]
        for j in range(groups):
            change = (overlap_f[j] - 2 * amplitude[j] * overlap_m[j]) / norm[j] if amplitude[j] > 0 else 0.0
            overlap_f[j] = change
        for i in range(n):
            dm[k, i] = amplitude[group[i]] * dm[k, i] + overlap_f[group[i]] * m[i]
        gradient[k] = -_dot(dm[k], r)
        for q in range(k + 1):
            hessian[k, q] = _dot(dm[k], dm[q])
            hessian[q, k] = hessian[k, q]
    for k in range(1, size):
        gradient[k] += (p[k] - mean[k]) / (sd[k] * sd[k])
        hessian[k, k] += 1.0 / (sd[k] * sd[k])


@jit
def _descend(light_curve, sed, p, points, group, f, w, prior, max_steps, tolerance, out, work):
    """Levenberg-Marquardt inside bounds from p, in place; return (chi2, objective, status, evaluations).

    Damping follows the ratio of actual to predicted gain (Nielsen 1999, IMM-REP-1999-05); parameters at a bound that
    the gradient pushes outwards stand still. prior (4, P): means, standard deviations, lower and upper bounds.
    points, work: see `_model`. out: room for the amplitudes and norms (groups,), half the gradient (P,) and half the
    Hessian (P, P).
    """
    mean, sd, low, high = prior[0], prior[1], prior[2], prior[3]
    amplitude, norm, gradient, hessian = out
    n, size, groups = f.size, p.size, amplitude.size
    m, trial_m, dm, trial_dm = np.empty(n), np.empty(n), np.empty((size, n)), np.empty((size, n))
    trial_norm, trial_amplitude = np.empty(groups), np.empty(groups)
    trial, step, damped = np.empty(size), np.empty(size), np.empty((size, size))
    _model(light_curve, sed, p, points, w, m, dm, work)
    _amplitudes(m, f, group, amplitude, norm)
    chi2, best = _objective(f, m, group, amplitude, p, mean, sd)
    damping, growth, evaluations, status = 1e-3, 2.0, 1, EXHAUSTED
    moved = True
    while True:
        if moved:
            _normal_equations(f, m, dm, group, amplitude, norm, p, mean, sd, gradient, hessian)
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
            _model(light_curve, sed, trial, points, w, trial_m, trial_dm, work)
            evaluations += 1
            _amplitudes(trial_m, f, group, trial_amplitude, trial_norm)
            trial_chi2, value = _objective(f, trial_m, group, trial_amplitude, trial, mean, sd)
            gain = best - value
        moved = gain >= 0
        if not moved:
            damping, growth = damping * growth, growth * 2.0
            continue
        copy_into(trial, p)
        copy_into(trial_amplitude, amplitude)
        copy_into(trial_norm, norm)
        m, trial_m, dm, trial_dm = trial_m, m, trial_dm, dm
        chi2, best = trial_chi2, value
        damping, growth = max(damping * max(1 / 3, 1 - (2 * gain / predicted - 1) ** 3), 1e-9), 2.0
        if max(gain, predicted) < tolerance:
            status = CONVERGED
    return chi2, best, status, evaluations


@jit
def _close(light_curve, p, q):
    """Whether two starting points lead to the same place: epochs (of both flares) and decay times much the same."""
    same = abs(p[0] - q[0]) < 6.0 and abs(p[2] - q[2]) < 0.3
    return same and (light_curve != _DOUBLE or abs(p[5] - q[5]) < 25.0)


@jit
def _screen(light_curve, sed, groups, epochs, grid, extra, prior, points, group, f, w, work):
    """Return all starting points (C G + E, P) and their objectives; infinite where one is absent."""
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
    m, nothing = np.empty(f.size), np.empty((size, 0))
    amplitude, norm = np.empty(groups), np.empty(groups)
    for k in range(len(starts)):
        if np.isnan(starts[k, 0]):
            continue
        for q in range(size):
            starts[k, q] = min(max(starts[k, q], prior[2, q]), prior[3, q])
        _model(light_curve, sed, starts[k], points, w, m, nothing, work)
        _amplitudes(m, f, group, amplitude, norm)
        values[k] = _objective(f, m, group, amplitude, starts[k], prior[0], prior[1])[1]
    return starts, values


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
    epochs (n, C): rest-frame days at which an event may be, NaN where absent; each is combined with every row of
    grid (G, P), whose t0 is relative to it. extra (n, E, P): further starting points, t0 absolute, NaN where absent.
    prior (4, P): means, sds, lower and upper bounds; the bounds of t0 are relative to the first and the last point.
    descents: number of best starting points from which to descend, each for trial_steps evaluations; the one that gets
    lowest goes on for max_steps, or until a step gains less than tolerance.
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
        points, work = (xo, bo, wavelength[o], point_constants(bo, wavelength[o])), np.empty((_ROOM, b - a))
        fo = flux[a:b] * wo
        group = bo if groups > 1 else np.zeros(b - a, np.int8)
        bounds = prior.copy()
        bounds[2, 0] += xo[0]
        bounds[3, 0] += xo[-1]
        starts, values = _screen(
            light_curve, sed, groups, epochs[o], grid, extra[o], bounds, points, group, fo, wo, work
        )
        count[o] = len(values)
        room = np.empty(groups), np.empty(groups), np.empty(size), np.empty((size, size))
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
                light_curve, sed, candidate, points, group, fo, wo, bounds, steps, tolerance, room, work
            )
            count[o] += evaluations
            if reached < value or turn == descents:
                p, value = candidate, reached
        best_value[o], best_chi2[o], best_status[o] = value, chi2, status
        copy_into(p, best_p[o])
        copy_into(room[0], best_amplitude[o])
        copy_into(room[1], best_norm[o])
        for k in range(size):
            copy_into(room[3][k], best_hessian[o, k])
    return best_p, best_amplitude, best_norm, best_chi2, best_value, best_hessian, best_status, count


@njit(cache=True, error_model="numpy")
def evaluate(light_curve, sed, p, x, band, wavelength):
    """Return the shape (n,) of a hypothesis with parameters p at times x and bands, and its derivatives (P, n).

    For checks; compiled at its first call.
    """
    m, dm = np.empty(x.size), np.empty((p.size, x.size))
    points = x, band, wavelength, point_constants(band, wavelength)
    _model(light_curve, sed, p, points, np.ones(x.size), m, dm, np.empty((_ROOM, x.size)))
    return m, dm
