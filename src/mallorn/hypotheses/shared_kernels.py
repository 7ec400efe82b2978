"""Shared parts of the compiled fits `kernels` and `semi_kernels`: SEDs and small linear algebra.

numba compiles no function here by itself: two processes can compile the two fits at the same time.
"""

# size: compiled functions take arrays, one argument each

from math import exp, log, sqrt

import numpy as np
from numba import uint64

from mallorn.hypotheses.models import COOLING_BREAK, HC_OVER_K, REFERENCE
from mallorn.runtime.arithmetic import exp_of, jit

__all__ = [
    "CONVERGED",
    "EXHAUSTED",
    "STUCK",
    "copy_into",
    "point_constants",
    "predicted_gain",
    "sed_of_points",
    "solve_positive",
]

CONVERGED, EXHAUSTED, STUCK = 0, 1, 2

_NONE, _BLACKBODY, _DRIFTING_BLACKBODY, _COOLING, _PARABOLA = 0, 1, 2, 3, 4
_LN_T_LOW, _LN_T_HIGH = log(3000.0), log(1e5)


@jit
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


@jit
def _blackbody(inverse, begin, c, s, a):
    """Fill s with B_nu(lam) / B_nu(REFERENCE) at temperatures 1 / inverse (n,) and a with expm1 of both exponents.

    exp(x) - 1 is accurate enough: x is above 0.1 at all allowed wavelengths and temperatures.
    """
    for i in range(uint64(begin), uint64(inverse.size)):
        ex = exp_of(min(c[0, i] * inverse[i], 600.0)) - 1.0
        ey = exp_of(HC_OVER_K / REFERENCE * inverse[i]) - 1.0
        s[i] = c[1, i] * ey / ex
        a[0, i] = ex
        a[1, i] = ey


@jit
def _by_log_temperature(inverse, begin, c, a, out):
    """Fill out with d ln S / d ln T of the values that `_blackbody` left."""
    for i in range(uint64(begin), uint64(inverse.size)):
        x, y = c[0, i] * inverse[i], HC_OVER_K / REFERENCE * inverse[i]
        out[i] = x * (1.0 + 1.0 / a[0, i]) - y * (1.0 + 1.0 / a[1, i])


@jit
def _drifting_blackbody(x, begin, t0, p, c, derivatives, s, slope, ds, work):
    """A blackbody of drifting temperature; see `sed_of_points`."""
    inverse, held, by_t = work[0], work[1], work[2]
    for i in range(uint64(begin), uint64(x.size)):
        held[i] = min(max(x[i] - t0, -50.0), 200.0)
        ln_t = min(max(p[0] + p[1] * held[i] / 100.0, _LN_T_LOW), _LN_T_HIGH)
        inverse[i] = exp_of(-ln_t)
    _blackbody(inverse, begin, c, s, work[3:5])
    if derivatives:
        _by_log_temperature(inverse, begin, c, work[3:5], by_t)
        for i in range(uint64(begin), uint64(x.size)):
            ln_t = p[0] + p[1] * held[i] / 100.0
            free = by_t[i] if ln_t > _LN_T_LOW and ln_t < _LN_T_HIGH else 0.0
            slope[i] = free * p[1] / 100.0 if held[i] == x[i] - t0 else 0.0
            ds[0, i] = free
            ds[1, i] = free * held[i] / 100.0


@jit
def _cooling_photosphere(x, begin, t0, p, band, wavelength, c, derivatives, s, slope, ds, work):
    """A photosphere that cools, with blanketing in the ultraviolet; see `sed_of_points`."""
    e, blanketing = np.empty(3), np.empty(wavelength.size)
    for k in range(3):
        e[k] = exp(p[k])
    for j in range(wavelength.size):
        blanketing[j] = exp(p[3] * min(log(wavelength[j] / COOLING_BREAK), 0.0))
    inverse, hot, by_t = work[0], work[1], work[2]
    for i in range(uint64(begin), uint64(x.size)):
        hot[i] = 1.0 / (1.0 + exp_of(min((x[i] - t0) / e[2], 300.0)))
        inverse[i] = 1.0 / (e[0] * (1.0 + (e[1] - 1.0) * hot[i]))
    _blackbody(inverse, begin, c, s, work[3:5])
    for i in range(uint64(begin), uint64(x.size)):
        s[i] *= blanketing[band[i]]
    if derivatives:
        _by_log_temperature(inverse, begin, c, work[3:5], by_t)
        for i in range(uint64(begin), uint64(x.size)):
            q = min((x[i] - t0) / e[2], 300.0)
            share = by_t[i] * hot[i] / (1.0 + (e[1] - 1.0) * hot[i])
            by_q = -share * (e[1] - 1.0) * (1.0 - hot[i])
            slope[i] = by_q / e[2]
            ds[0, i] = by_t[i]
            ds[1, i] = share * e[1]
            ds[2, i] = -by_q * q
            ds[3, i] = c[3, i]


@jit
def _drifting_parabola(x, begin, t0, p, c, derivatives, s, slope, ds):
    """A log-parabola whose slope drifts; see `sed_of_points`."""
    for i in range(uint64(begin), uint64(x.size)):
        held = min(max(x[i] - t0, -30.0), 100.0)
        ln = c[2, i]
        s[i] = exp_of((p[0] + p[1] * held / 50.0) * ln - p[2] * ln * ln)
        if derivatives:
            slope[i] = p[1] * ln / 50.0 if held == x[i] - t0 else 0.0
            ds[0, i] = ln
            ds[1, i] = ln * held / 50.0
            ds[2, i] = -ln * ln


@jit
def _constant_sed(kind, begin, p, band, wavelength, derivatives, s, slope, ds):
    """An SED that does not change, or none; see `sed_of_points`."""
    bands = wavelength.size
    table = np.empty((2, bands))
    table[:] = 1.0
    if kind == _BLACKBODY:
        inverse, number, a = np.empty(bands), np.empty(bands, np.int8), np.empty((2, bands))
        for j in range(bands):
            inverse[j], number[j] = exp(-p[0]), j
        c = point_constants(number, wavelength)
        _blackbody(inverse, 0, c, table[0], a)
        _by_log_temperature(inverse, 0, c, a, table[1])
    for i in range(uint64(begin), uint64(band.size)):
        s[i] = table[0, band[i]]
    if derivatives:
        for i in range(uint64(begin), uint64(band.size)):
            slope[i] = 0.0
        if kind == _BLACKBODY:
            for i in range(uint64(begin), uint64(band.size)):
                ds[0, i] = table[1, band[i]]


@jit
def sed_of_points(kind, x, begin, t0, p, band, wavelength, c, derivatives, s, slope, ds, work):
    """Fill s (n,) with S of SED `kind` and, if asked, slope with d ln S/dd and ds with d ln S/dp, for the points from
    begin on."""
    if kind == _DRIFTING_BLACKBODY:
        _drifting_blackbody(x, begin, t0, p, c, derivatives, s, slope, ds, work)
    elif kind == _COOLING:
        _cooling_photosphere(x, begin, t0, p, band, wavelength, c, derivatives, s, slope, ds, work)
    elif kind == _PARABOLA:
        _drifting_parabola(x, begin, t0, p, c, derivatives, s, slope, ds)
    else:
        _constant_sed(kind, begin, p, band, wavelength, derivatives, s, slope, ds)


@jit
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


@jit
def predicted_gain(gradient, hessian, step):
    """Decrease of the quadratic model along a step (gradient and Hessian are halves), at least a tiny number."""
    total = 0.0
    for k in range(step.size):
        total -= 2.0 * gradient[k] * step[k]
        for q in range(step.size):
            total -= step[k] * hessian[k, q] * step[q]
    return max(total, 1e-300)


@jit
def copy_into(values, into):
    """Copy an array (n,). numba would compile `into[:] = values` for seconds, because of the words of an error."""
    for i in range(values.size):
        into[i] = values[i]
