"""Compiled fits of the hypotheses of `mallorn.hypotheses.models`: Levenberg-Marquardt with exact derivatives.

One compiled function, `fit_objects`, serves every hypothesis. Numbers tell it which light curve and SED to multiply
(positions in `LIGHT_CURVES` and `SEDS`). All that it calls is in this file, because numba's cache looks only at the
file of the function. numba keeps the machine code in the folder that the environment variable NUMBA_CACHE_DIR names.

The amplitudes are linear and profiled out: for weighted data f and model m, A = max(<m, f> / <m, m>, 0). The residual r
= f - A m then has dr/dp = -(A dm/dp + m dA/dp), dA/dp = (<dm/dp, f> - 2 A <m, dm/dp>) / <m, m>. This is the full
derivative of Golub & Pereyra (1973, SIAM J. Numer. Anal. 10, 413), which is short for one amplitude per band.
"""

# size: numba's cache looks at one file only, and compiled functions take arrays, one argument each

from math import exp, log, sqrt

import numpy as np
from numba import float64, int8, int64, njit
from numba.extending import intrinsic

from mallorn.hypotheses.models import COOLING_BREAK, HC_OVER_K, REFERENCE

__all__ = ["CONVERGED", "EXHAUSTED", "STUCK", "evaluate", "fit_objects"]

CONVERGED, EXHAUSTED, STUCK = 0, 1, 2

_FLARE, _EXPLOSION, _DOUBLE = 0, 1, 2
_NONE, _BLACKBODY, _DRIFTING_BLACKBODY, _COOLING, _PARABOLA = 0, 1, 2, 3, 4
_LN_T_LOW, _LN_T_HIGH = log(3000.0), log(1e5)
_MAX_T0_STEP = 15.0
_ROOM = 18

_jit = njit(error_model="numpy")


@intrinsic
def _bits_of(context, x):
    """The bits of a float64 as an int64."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(int64))

    return int64(float64), generate


@intrinsic
def _float_of(context, bits):
    """The float64 of the bits in an int64."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(float64))

    return float64(int64), generate


@_jit
def _exp(x):
    """exp(x) to 2e-16, x held between -708 and 709: 2^k exp(r) with |r| <= ln(2)/2, exp(r) by its series.

    The processor can run loops over it on several points at once, unlike loops over math.exp.
    """
    x = min(max(x, -708.0), 709.0)
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = x - k * 6.93147180369123816490e-01 - k * 1.90821492927058770002e-10
    series = 1.6059043836821613e-10
    series = series * r + 2.08767569878681e-09
    series = series * r + 2.505210838544172e-08
    series = series * r + 2.755731922398589e-07
    series = series * r + 2.7557319223985893e-06
    series = series * r + 2.48015873015873e-05
    series = series * r + 0.0001984126984126984
    series = series * r + 0.001388888888888889
    series = series * r + 0.008333333333333333
    series = series * r + 0.041666666666666664
    series = series * r + 0.16666666666666666
    series = series * r + 0.5
    series = series * r + 1.0
    series = series * r + 1.0
    return series * _float_of((_bits_of(shifted) + 1023) << 52)


@_jit
def _log(x):
    """ln x to 2e-16 for 1 <= x < infinity: e ln 2 + 2 artanh((f - 1)/(f + 1)) with x = 2^e f; see `_exp`."""
    bits = _bits_of(x)
    e = _float_of((bits >> 52) | 0x4330000000000000) - 4503599627370496.0 - 1023.0
    f = _float_of((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000)
    high = f > 1.4142135623730951
    f = 0.5 * f if high else f
    e = e + 1.0 if high else e
    s = (f - 1.0) / (f + 1.0)
    z = s * s
    series = 1.0 / 21.0
    series = series * z + 1.0 / 19.0
    series = series * z + 1.0 / 17.0
    series = series * z + 1.0 / 15.0
    series = series * z + 1.0 / 13.0
    series = series * z + 1.0 / 11.0
    series = series * z + 1.0 / 9.0
    series = series * z + 1.0 / 7.0
    series = series * z + 1.0 / 5.0
    series = series * z + 1.0 / 3.0
    return e * 0.6931471805599453 + 2.0 * (s + s * z * series)


@_jit
def _flare(x, t0, e, g):
    """Fill g: the value of a flare at phases x - t0, the phase before it in units of the rise, and the log of its fall;
    e holds exp(p)."""
    for i in range(x.size):
        d = x[i] - t0
        u = min(d, 0.0) / e[0]
        ln = _log(1.0 + max(d, 0.0) / e[1])
        g[0, i] = _exp(-0.5 * u * u - e[2] * ln)
        g[1, i] = u
        g[2, i] = ln


@_jit
def _flare_derivatives(x, t0, e, g, slope, dg):
    """Fill slope with d/dd of the g that `_flare` left, and dg with its derivatives by ln_rise, ln_tau, ln_p."""
    for i in range(x.size):
        d = x[i] - t0
        value, u = g[0, i], g[1, i]
        fall = value * e[2] / (e[1] + d) if d >= 0.0 else 0.0
        slope[i] = -value * u / e[0] - fall
        dg[0, i] = value * u * u
        dg[1, i] = fall * d
        dg[2, i] = -value * e[2] * g[2, i]


@_jit
def _explosion(x, t0, e, g):
    """Fill g: the value of an explosion at phases x - t0, and the exponentials of its rise and its fall."""
    for i in range(x.size):
        d = x[i] - t0
        rising, falling = -d / e[0], d / e[1]
        a, b = _exp(rising), _exp(falling)
        g[0, i] = 1.0 / (a + b) if max(rising, falling) <= 300.0 else 0.0
        g[1, i] = a
        g[2, i] = b


@_jit
def _explosion_derivatives(x, t0, e, g, slope, dg):
    """Fill slope with d/dd of the g that `_explosion` left, and dg with its derivatives by ln_rise, ln_fall."""
    for i in range(x.size):
        d = x[i] - t0
        square = g[0, i] * g[0, i]
        a, b = square * g[1, i], square * g[2, i]
        slope[i] = a / e[0] - b / e[1]
        dg[0, i] = -a * d / e[0]
        dg[1, i] = b * d / e[1]


@_jit
def _light_curve(kind, x, p, derivatives, work, slope, dg):
    """Fill the first row of work with light curve `kind` of parameters p (t0 first) and, if asked, slope and dg."""
    t0, e = p[0], np.exp(p[1:])
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


@_jit
def point_constants(band, wavelength):
    """What the SEDs need of each point, (4, n): h c / k lam, (REFERENCE / lam)^3, ln(lam / REFERENCE), and
    ln(lam / COOLING_BREAK) below the break of the cooling photosphere."""
    c = np.empty((4, band.size))
    for i in range(band.size):
        lam = wavelength[band[i]]
        c[0, i] = HC_OVER_K / lam
        c[1, i] = (REFERENCE / lam) ** 3
        c[2, i] = log(lam / REFERENCE)
        c[3, i] = min(log(lam / COOLING_BREAK), 0.0)
    return c


@_jit
def _blackbody(inverse, c, s, a):
    """Fill s with B_nu(lam) / B_nu(REFERENCE) at temperatures 1 / inverse (n,) and a with expm1 of both exponents.

    exp(x) - 1 is accurate enough: x is above 0.1 at all allowed wavelengths and temperatures.
    """
    for i in range(inverse.size):
        ex = _exp(min(c[0, i] * inverse[i], 600.0)) - 1.0
        ey = _exp(HC_OVER_K / REFERENCE * inverse[i]) - 1.0
        s[i] = c[1, i] * ey / ex
        a[0, i] = ex
        a[1, i] = ey


@_jit
def _by_log_temperature(inverse, c, a, out):
    """Fill out with d ln S / d ln T of the values that `_blackbody` left."""
    for i in range(inverse.size):
        x, y = c[0, i] * inverse[i], HC_OVER_K / REFERENCE * inverse[i]
        out[i] = x * (1.0 + 1.0 / a[0, i]) - y * (1.0 + 1.0 / a[1, i])


@_jit
def _drifting_blackbody(x, t0, p, c, derivatives, s, slope, ds, work):
    """A blackbody of drifting temperature; see `sed_of_points`."""
    inverse, held, by_t = work[0], work[1], work[2]
    for i in range(x.size):
        held[i] = min(max(x[i] - t0, -50.0), 200.0)
        ln_t = min(max(p[0] + p[1] * held[i] / 100.0, _LN_T_LOW), _LN_T_HIGH)
        inverse[i] = _exp(-ln_t)
    _blackbody(inverse, c, s, work[3:5])
    if derivatives:
        _by_log_temperature(inverse, c, work[3:5], by_t)
        for i in range(x.size):
            ln_t = p[0] + p[1] * held[i] / 100.0
            free = by_t[i] if ln_t > _LN_T_LOW and ln_t < _LN_T_HIGH else 0.0
            slope[i] = free * p[1] / 100.0 if held[i] == x[i] - t0 else 0.0
            ds[0, i] = free
            ds[1, i] = free * held[i] / 100.0


@_jit
def _cooling_photosphere(x, t0, p, band, wavelength, c, derivatives, s, slope, ds, work):
    """A photosphere that cools, with blanketing in the ultraviolet; see `sed_of_points`."""
    e = np.exp(p[:3])
    blanketing = np.array([exp(p[3] * min(log(lam / COOLING_BREAK), 0.0)) for lam in wavelength])
    inverse, hot, by_t = work[0], work[1], work[2]
    for i in range(x.size):
        hot[i] = 1.0 / (1.0 + _exp(min((x[i] - t0) / e[2], 300.0)))
        inverse[i] = 1.0 / (e[0] * (1.0 + (e[1] - 1.0) * hot[i]))
    _blackbody(inverse, c, s, work[3:5])
    for i in range(x.size):
        s[i] *= blanketing[band[i]]
    if derivatives:
        _by_log_temperature(inverse, c, work[3:5], by_t)
        for i in range(x.size):
            q = min((x[i] - t0) / e[2], 300.0)
            share = by_t[i] * hot[i] / (1.0 + (e[1] - 1.0) * hot[i])
            by_q = -share * (e[1] - 1.0) * (1.0 - hot[i])
            slope[i] = by_q / e[2]
            ds[0, i] = by_t[i]
            ds[1, i] = share * e[1]
            ds[2, i] = -by_q * q
            ds[3, i] = c[3, i]


@_jit
def _drifting_parabola(x, t0, p, c, derivatives, s, slope, ds):
    """A log-parabola whose slope drifts; see `sed_of_points`."""
    for i in range(x.size):
        held = min(max(x[i] - t0, -30.0), 100.0)
        ln = c[2, i]
        s[i] = _exp((p[0] + p[1] * held / 50.0) * ln - p[2] * ln * ln)
        if derivatives:
            slope[i] = p[1] * ln / 50.0 if held == x[i] - t0 else 0.0
            ds[0, i] = ln
            ds[1, i] = ln * held / 50.0
            ds[2, i] = -ln * ln


@_jit
def _constant_sed(kind, p, band, wavelength, derivatives, s, slope, ds):
    """An SED that does not change, or none; see `sed_of_points`."""
    bands = wavelength.size
    table = np.ones((2, bands))
    if kind == _BLACKBODY:
        inverse, c = np.full(bands, exp(-p[0])), point_constants(np.arange(bands), wavelength)
        a = np.empty((2, bands))
        _blackbody(inverse, c, table[0], a)
        _by_log_temperature(inverse, c, a, table[1])
    for i in range(band.size):
        s[i] = table[0, band[i]]
    if derivatives:
        slope[:] = 0.0
        if kind == _BLACKBODY:
            for i in range(band.size):
                ds[0, i] = table[1, band[i]]


@_jit
def sed_of_points(kind, x, t0, p, band, wavelength, c, derivatives, s, slope, ds, work):
    """Fill s (n,) with S of SED `kind` and, if asked, slope with d ln S/dd and ds with d ln S/dp."""
    if kind == _DRIFTING_BLACKBODY:
        _drifting_blackbody(x, t0, p, c, derivatives, s, slope, ds, work)
    elif kind == _COOLING:
        _cooling_photosphere(x, t0, p, band, wavelength, c, derivatives, s, slope, ds, work)
    elif kind == _PARABOLA:
        _drifting_parabola(x, t0, p, c, derivatives, s, slope, ds)
    else:
        _constant_sed(kind, p, band, wavelength, derivatives, s, slope, ds)


@_jit
def _size(light_curve):
    """Number of parameters of a light curve."""
    if light_curve == _FLARE:
        return 3
    return 2 if light_curve == _EXPLOSION else 5


@_jit
def _model(light_curve, sed, p, points, w, m, dm, work):
    """Fill m (n,) with w g S, and dm (P, n), unless it is (P, 0), with its derivatives by t0 and all parameters.

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
    """Inner product in four interleaved sums, which the processor can run side by side."""
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
def solve_positive(matrix, vector, size):
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
def _descend(light_curve, sed, p, points, group, f, w, prior, max_steps, tolerance, out, work):
    """Levenberg-Marquardt inside bounds from p, in place; return (chi2, objective, status, evaluations).

    Damping follows the ratio of actual to predicted gain (Nielsen 1999, IMM-REP-1999-05). A parameter at a bound stands
    still if the gradient pushes it outwards. prior (4, P): means, standard deviations, lower and upper bounds.
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
        p[:], amplitude[:], norm[:] = trial, trial_amplitude, trial_norm
        m, trial_m, dm, trial_dm = trial_m, m, trial_dm, dm
        chi2, best = trial_chi2, value
        damping, growth = max(damping * max(1 / 3, 1 - (2 * gain / predicted - 1) ** 3), 1e-9), 2.0
        if max(gain, predicted) < tolerance:
            status = CONVERGED
    return chi2, best, status, evaluations


@_jit
def predicted_gain(gradient, hessian, step):
    """Decrease of the quadratic model along a step (gradient and Hessian are halves), at least a tiny number."""
    total = 0.0
    for k in range(step.size):
        total -= 2.0 * gradient[k] * step[k]
        for q in range(step.size):
            total -= step[k] * hessian[k, q] * step[q]
    return max(total, 1e-300)


@_jit
def _close(light_curve, p, q):
    """Whether two starting points lead to the same place: their epochs (of both flares) and decay times are close."""
    same = abs(p[0] - q[0]) < 6.0 and abs(p[2] - q[2]) < 0.3
    return same and (light_curve != _DOUBLE or abs(p[5] - q[5]) < 25.0)


@_jit
def _screen(light_curve, sed, groups, epochs, grid, extra, prior, points, group, f, w, work):
    """Return all starting points (C G + E, P) and their objectives, infinite for absent points."""
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
                light_curve, sed, candidate, points, group, fo, wo, bounds, trial_steps, tolerance, room, work
            )
            count[o] += evaluations
            if reached < value:
                p, value = candidate, reached
        chi2, value, status, evaluations = _descend(
            light_curve, sed, p, points, group, fo, wo, bounds, max_steps, tolerance, room, work
        )
        count[o] += evaluations
        best_value[o], best_chi2[o], best_status[o] = value, chi2, status
        best_p[o], best_amplitude[o], best_norm[o], best_hessian[o] = p, room[0], room[1], room[3]
    return best_p, best_amplitude, best_norm, best_chi2, best_value, best_hessian, best_status, count


@njit(cache=True, error_model="numpy")
def evaluate(light_curve, sed, p, x, band, wavelength):
    """Return the shape (n,) of a hypothesis with parameters p at times x and bands, and its derivatives (P, n).

    This is for checks. It is compiled at its first call.
    """
    m, dm = np.empty(x.size), np.empty((p.size, x.size))
    points = x, band, wavelength, point_constants(band, wavelength)
    _model(light_curve, sed, p, points, np.ones(x.size), m, dm, np.empty((_ROOM, x.size)))
    return m, dm
