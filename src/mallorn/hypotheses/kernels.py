"""Compiled fits of the hypotheses of `mallorn.hypotheses.models`: Levenberg-Marquardt with exact derivatives.

One compiled entry, `fit_objects`, serves every hypothesis: which light curve and which SED it multiplies comes in as
numbers (positions in `LIGHT_CURVES` and `SEDS`). Everything it calls lives in this file, because numba's cache looks
only at the file of the entry. numba keeps the machine code in the folder of the environment variable NUMBA_CACHE_DIR.

The amplitudes are linear and profiled out: for weighted data f and model m, A = max(<m, f> / <m, m>, 0), so the
residual r = f - A m has dr/dp = -(A dm/dp + m dA/dp), dA/dp = (<dm/dp, f> - 2 A <m, dm/dp>) / <m, m>: the full
derivative of Golub & Pereyra (1973, SIAM J. Numer. Anal. 10, 413), which is this short for one amplitude a band.
"""

from math import exp, expm1, log, log1p, sqrt

import numpy as np
from numba import float64, int8, int64, njit

from mallorn.hypotheses.models import COOLING_BREAK, HC_OVER_K, REFERENCE

__all__ = ["CONVERGED", "EXHAUSTED", "STUCK", "evaluate", "fit_objects"]

CONVERGED, EXHAUSTED, STUCK = 0, 1, 2

_FLARE, _EXPLOSION, _DOUBLE = 0, 1, 2
_NONE, _BLACKBODY, _DRIFTING_BLACKBODY, _COOLING, _PARABOLA = 0, 1, 2, 3, 4
_LN_T_LOW, _LN_T_HIGH = log(3000.0), log(1e5)
_MAX_T0_STEP = 15.0

_jit = njit(error_model="numpy")


@_jit
def _flare(d, p, e, g):
    """Fill g with the value, d/dd and the derivatives by ln_rise, ln_tau, ln_p; e holds exp(p)."""
    if d < 0:
        u = d / e[0]
        value = exp(-0.5 * u * u)
        g[0], g[1], g[2], g[3], g[4] = value, -value * u / e[0], value * u * u, 0.0, 0.0
    else:
        ln = log1p(d / e[1])
        value = exp(-e[2] * ln)
        fall = value * e[2] / (e[1] + d)
        g[0], g[1], g[2], g[3], g[4] = value, -fall, 0.0, fall * d, -value * e[2] * ln


@_jit
def _light_curve(kind, d, p, e, g, h):
    """Fill g with the value, d/dd and d/dp of light curve `kind` at phase d; h is room for a second one."""
    if kind == _EXPLOSION:
        rising, falling = -d / e[0], d / e[1]
        if rising > 300.0 or falling > 300.0:
            for k in range(4):
                g[k] = 0.0
            return
        a, b = exp(rising), exp(falling)
        value = 1.0 / (a + b)
        square = value * value
        g[0], g[1] = value, square * (a / e[0] - b / e[1])
        g[2], g[3] = square * a * rising, square * b * falling
        return
    _flare(d, p, e, g)
    if kind == _DOUBLE:
        delay, ratio = p[4], e[3]
        _flare(d - delay, p, e, h)
        for k in range(5):
            g[k] += ratio * h[k]
        g[5], g[6] = ratio * h[0], -ratio * h[1]


@_jit
def _constants(sed, wavelength, p):
    """What the SEDs need of each passband, (6, 5): h c / k lam, (REFERENCE / lam)^3, ln(lam / REFERENCE), and below the
    break of the cooling photosphere ln(lam / break) and the blanketing (lam / break)^uv."""
    c = np.empty((6, 5))
    for j in range(6):
        c[j, 0] = HC_OVER_K / wavelength[j]
        c[j, 1] = (REFERENCE / wavelength[j]) ** 3
        c[j, 2] = log(wavelength[j] / REFERENCE)
        c[j, 3] = min(log(wavelength[j] / COOLING_BREAK), 0.0)
        c[j, 4] = exp(p[3] * c[j, 3]) if sed == _COOLING else 1.0
    return c


@_jit
def _blackbody(c, temperature, s):
    """Fill s with B_nu(lam) / B_nu(REFERENCE) and its logarithmic derivative by ln T; c: constants of the passband."""
    x, y = c[0] / temperature, HC_OVER_K / (REFERENCE * temperature)
    ex, ey = expm1(min(x, 600.0)), expm1(y)
    s[0] = c[1] * ey / ex
    s[1] = x * (1.0 + 1.0 / ex) - y * (1.0 + 1.0 / ey)


@_jit
def _sed(kind, d, c, p, e, s):
    """Fill s with S, d ln S/dd and d ln S/dp of SED `kind`; c: constants of the passband."""
    if kind == _BLACKBODY:
        _blackbody(c, e[0], s)
        s[2], s[1] = s[1], 0.0
    elif kind == _DRIFTING_BLACKBODY:
        held = min(max(d, -50.0), 200.0)
        ln_t = p[0] + p[1] * held / 100.0
        free = 1.0 if _LN_T_LOW < ln_t < _LN_T_HIGH else 0.0
        _blackbody(c, exp(min(max(ln_t, _LN_T_LOW), _LN_T_HIGH)), s)
        by_t = s[1] * free
        s[1] = by_t * p[1] / 100.0 if held == d else 0.0
        s[2], s[3] = by_t, by_t * held / 100.0
    elif kind == _COOLING:
        q = min(d / e[2], 300.0)
        hot = 1.0 / (1.0 + exp(q))
        warm = 1.0 + (e[1] - 1.0) * hot
        _blackbody(c, e[0] * warm, s)
        by_t = s[1]
        by_q = -by_t * (e[1] - 1.0) * hot * (1.0 - hot) / warm
        s[0] *= c[4]
        s[1], s[2], s[3], s[4], s[5] = by_q / e[2], by_t, by_t * e[1] * hot / warm, -by_q * q, c[3]
    elif kind == _PARABOLA:
        held = min(max(d, -30.0), 100.0)
        ln = c[2]
        s[0] = exp((p[0] + p[1] * held / 50.0) * ln - p[2] * ln * ln)
        s[1] = p[1] * ln / 50.0 if held == d else 0.0
        s[2], s[3], s[4] = ln, ln * held / 50.0, -ln * ln
    else:
        s[0], s[1] = 1.0, 0.0


@_jit
def _sizes(light_curve, sed):
    """Numbers of parameters of a light curve and of an SED."""
    if light_curve == _FLARE:
        a = 3
    elif light_curve == _EXPLOSION:
        a = 2
    else:
        a = 5
    if sed == _NONE:
        b = 0
    elif sed == _BLACKBODY:
        b = 1
    elif sed == _DRIFTING_BLACKBODY:
        b = 2
    elif sed == _COOLING:
        b = 4
    else:
        b = 3
    return a, b


@_jit
def _model(light_curve, sed, p, x, band, wavelength, w, derivatives, m, dm):
    """Fill m (n,) with w g S and, where asked, dm (P, n) with its derivatives by t0 and all parameters."""
    a, b = _sizes(light_curve, sed)
    pl, ps = p[1 : 1 + a], p[1 + a : 1 + a + b]
    el, es = np.exp(pl), np.exp(ps)
    g, h, s = np.zeros(8), np.zeros(8), np.zeros(6)
    fixed = sed in (_NONE, _BLACKBODY)
    constants = _constants(sed, wavelength, ps)
    table = np.zeros((6, 6))
    if fixed:
        for j in range(6):
            _sed(sed, 0.0, constants[j], ps, es, table[j])
    for i in range(x.size):
        d = x[i] - p[0]
        _light_curve(light_curve, d, pl, el, g, h)
        if fixed:
            s = table[band[i]]
        else:
            _sed(sed, d, constants[band[i]], ps, es, s)
        weighted = w[i] * s[0]
        value = g[0] * weighted
        m[i] = value
        if derivatives:
            dm[0, i] = -g[1] * weighted - value * s[1]
            for k in range(a):
                dm[1 + k, i] = g[2 + k] * weighted
            for k in range(b):
                dm[1 + a + k, i] = value * s[2 + k]


@_jit
def _amplitudes(m, f, group, amplitude, norm):
    """Fill the profiled amplitudes (groups,) and the norms <m, m>."""
    amplitude[:] = 0.0
    norm[:] = 0.0
    for i in range(m.size):
        amplitude[group[i]] += m[i] * f[i]
        norm[group[i]] += m[i] * m[i]
    for j in range(amplitude.size):
        amplitude[j] = max(amplitude[j] / norm[j], 0.0) if norm[j] > 1e-100 else 0.0


@_jit
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


@_jit
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


@_jit
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


@_jit
def _solve(matrix, vector, size):
    """Solve in place by Cholesky; return False if the matrix is not positive definite."""
    for j in range(size):
        for k in range(j):
            for i in range(j, size):
                matrix[i, j] -= matrix[i, k] * matrix[j, k]
        if not matrix[j, j] > 0.0:
            return False
        root = sqrt(matrix[j, j])
        for i in range(j, size):
            matrix[i, j] /= root
    for i in range(size):
        for k in range(i):
            vector[i] -= matrix[i, k] * vector[k]
        vector[i] /= matrix[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            vector[i] -= matrix[k, i] * vector[k]
        vector[i] /= matrix[i, i]
    return True


@_jit
def _descend(light_curve, sed, p, x, band, group, wavelength, f, w, prior, max_steps, tolerance, out):
    """Levenberg-Marquardt inside bounds from p, in place; return (chi2, objective, status, evaluations).

    Damping follows the ratio of actual to predicted gain (Nielsen 1999, IMM-REP-1999-05); parameters at a bound that
    the gradient pushes outwards stand still. prior (4, P): means, standard deviations, lower and upper bounds.
    out: room for the amplitudes and norms (groups,), half the gradient (P,) and half the Hessian (P, P).
    """
    mean, sd, low, high = prior[0], prior[1], prior[2], prior[3]
    amplitude, norm, gradient, hessian = out
    n, size, groups = x.size, p.size, amplitude.size
    m, trial_m, dm, trial_dm = np.empty(n), np.empty(n), np.empty((size, n)), np.empty((size, n))
    trial_norm, trial_amplitude = np.empty(groups), np.empty(groups)
    trial, step, damped = np.empty(size), np.empty(size), np.empty((size, size))
    _model(light_curve, sed, p, x, band, wavelength, w, True, m, dm)
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
        if _solve(damped, step, size):
            if abs(step[0]) > _MAX_T0_STEP:
                scale = _MAX_T0_STEP / abs(step[0])
                for k in range(size):
                    step[k] *= scale
            for k in range(size):
                trial[k] = min(max(p[k] + step[k], low[k]), high[k])
                step[k] = trial[k] - p[k]
            predicted = _predicted_gain(gradient, hessian, step)
            _model(light_curve, sed, trial, x, band, wavelength, w, True, trial_m, trial_dm)
            evaluations += 1
            _amplitudes(trial_m, f, group, trial_amplitude, trial_norm)
            trial_chi2, value = _objective(f, trial_m, group, trial_amplitude, trial, mean, sd)
            gain = best - value
        moved = gain >= 0
        if not moved:
            damping, growth = damping * growth, growth * 2.0
            continue
        p[:], amplitude[:], norm[:] = trial, trial_amplitude, trial_norm
        m, trial_m, dm, trial_dm = trial_m, m, trial_dm, dm
        chi2, best = trial_chi2, value
        damping, growth = max(damping * max(1 / 3, 1 - (2 * gain / predicted - 1) ** 3), 1e-9), 2.0
        if max(gain, predicted) < tolerance:
            status = CONVERGED
    return chi2, best, status, evaluations


@_jit
def _predicted_gain(gradient, hessian, step):
    """How much the quadratic model falls along a step (gradient and Hessian are halves); at least a tiny number."""
    total = 0.0
    for k in range(step.size):
        total -= 2.0 * gradient[k] * step[k]
        for q in range(step.size):
            total -= step[k] * hessian[k, q] * step[q]
    return max(total, 1e-300)


@_jit
def _close(light_curve, p, q):
    """Whether two starting points lead to the same place: epochs (of both flares) and decay times much the same."""
    same = abs(p[0] - q[0]) < 6.0 and abs(p[2] - q[2]) < 0.3
    return same and (light_curve != _DOUBLE or abs(p[5] - q[5]) < 25.0)


@_jit
def _screen(light_curve, sed, groups, epochs, grid, extra, prior, x, band, group, wavelength, f, w):
    """Return all starting points (C G + E, P) and their objectives; infinite where one is absent."""
    size = prior.shape[1]
    starts = np.empty((epochs.size * len(grid) + len(extra), size))
    k = 0
    for epoch in epochs:
        for row in grid:
            starts[k] = row
            starts[k, 0] += epoch
            k += 1
    starts[k:] = extra
    values = np.full(len(starts), np.inf)
    m, nothing = np.empty(x.size), np.empty((0, 0))
    amplitude, norm = np.empty(groups), np.empty(groups)
    for k in range(len(starts)):
        if np.isnan(starts[k, 0]):
            continue
        for q in range(size):
            starts[k, q] = min(max(starts[k, q], prior[2, q]), prior[3, q])
        _model(light_curve, sed, starts[k], x, band, wavelength, w, False, m, nothing)
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

    light_curve, sed: numbers of the forms. groups: 1 amplitude or 6. start (n + 1,): first point of each object.
    x (N,) rest-frame days, band (N,), flux (N,) and weight = 1/error (N,). wavelength (n, 6): rest frame, angstrom.
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
        xo, bo, wo, lam = x[a:b], band[a:b], weight[a:b], wavelength[o]
        fo = flux[a:b] * wo
        group = bo if groups == 6 else np.zeros(b - a, np.int8)
        bounds = prior.copy()
        bounds[2, 0] += xo[0]
        bounds[3, 0] += xo[-1]
        starts, values = _screen(
            light_curve, sed, groups, epochs[o], grid, extra[o], bounds, xo, bo, group, lam, fo, wo
        )
        count[o] = len(values)
        room = np.empty(groups), np.empty(groups), np.empty(size), np.empty((size, size))
        p, value = starts[0], np.inf
        for _ in range(descents):
            k = np.argmin(values)
            if not values[k] < np.inf:
                break
            candidate = starts[k].copy()
            for q in range(len(values)):
                if _close(light_curve, starts[q], candidate):
                    values[q] = np.inf
            values[k] = np.inf
            _, reached, _, evaluations = _descend(
                light_curve, sed, candidate, xo, bo, group, lam, fo, wo, bounds, trial_steps, tolerance, room
            )
            count[o] += evaluations
            if reached < value:
                p, value = candidate, reached
        chi2, value, status, evaluations = _descend(
            light_curve, sed, p, xo, bo, group, lam, fo, wo, bounds, max_steps, tolerance, room
        )
        count[o] += evaluations
        best_value[o], best_chi2[o], best_status[o] = value, chi2, status
        best_p[o], best_amplitude[o], best_norm[o], best_hessian[o] = p, room[0], room[1], room[3]
    return best_p, best_amplitude, best_norm, best_chi2, best_value, best_hessian, best_status, count


@njit((int64, int64, float64[::1], float64[::1], int8[::1], float64[::1]), cache=True, error_model="numpy")
def evaluate(light_curve, sed, p, x, band, wavelength):
    """Return the shape (n,) of a hypothesis with parameters p at times x and bands, and its derivatives (P, n)."""
    m, dm = np.empty(x.size), np.empty((p.size, x.size))
    _model(light_curve, sed, p, x, band, wavelength, np.ones(x.size), True, m, dm)
    return m, dm
