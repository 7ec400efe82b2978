"""Shared parts of the compiled fits `kernels` and `semi_kernels`: SEDs and small linear algebra.

numba compiles no function here by itself: two processes can compile the two fits at the same time.
"""

# size: compiled functions take arrays, one argument each

from math import exp, log, sqrt

import numpy as np
from numba import uint64

from mallorn.hypotheses.models import COOLING_BREAK, HC_OVER_K, REFERENCE
from mallorn.runtime.arithmetic import bare, exp_of, jit

__all__ = [
    "CONVERGED",
    "EXHAUSTED",
    "STUCK",
    "copy_into",
    "point_constants",
    "predicted_gain",
    "sed_derivatives",
    "sed_of_points",
    "sed_table",
    "solve_positive",
]

CONVERGED, EXHAUSTED, STUCK = 0, 1, 2

_NONE, _BLACKBODY, _DRIFTING_BLACKBODY, _COOLING, _PARABOLA = 0, 1, 2, 3, 4
_LN_T_LOW, _LN_T_HIGH = log(3000.0), log(1e5)


@jit
def sed_table(wavelength):
    """What SEDs need of each passband, (10, B), at least three.

    The rows 2 to 5 are h c / k lam, (REFERENCE / lam)^3, ln(lam / REFERENCE), and ln(lam / COOLING_BREAK) below the
    break of the cooling photosphere; row 9 is lam. The others are room for what SEDs keep between their values and
    derivatives.
    """
    table = np.zeros((10, max(wavelength.size, 3)))
    for j in range(table.shape[1]):
        lam = wavelength[min(j, wavelength.size - 1)]
        table[2, j] = HC_OVER_K / lam
        table[3, j] = (REFERENCE / lam) ** 3
        table[4, j] = log(lam / REFERENCE)
        table[5, j] = min(log(lam / COOLING_BREAK), 0.0)
        table[9, j] = lam
    return table


@jit
def point_constants(band, table):
    """The rows 2 to 5 of `sed_table` for each point, (4, n)."""
    c = np.empty((4, band.size))
    for k in range(4):
        for i in range(uint64(band.size)):
            c[k, i] = table[2 + k, band[i]]
    return c


@bare
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


@bare
def _by_log_temperature(inverse, begin, c, a, out):
    """Fill out with d ln S / d ln T of the values that `_blackbody` left."""
    for i in range(uint64(begin), uint64(inverse.size)):
        x, y = c[0, i] * inverse[i], HC_OVER_K / REFERENCE * inverse[i]
        out[i] = x * (1.0 + 1.0 / a[0, i]) - y * (1.0 + 1.0 / a[1, i])


@bare
def _drifting_blackbody(x, begin, t0, p, c, s, work):
    """A blackbody of drifting temperature; see `sed_of_points`."""
    inverse, held = work[0], work[1]
    for i in range(uint64(begin), uint64(x.size)):
        held[i] = min(max(x[i] - t0, -50.0), 200.0)
        ln_t = min(max(p[0] + p[1] * held[i] / 100.0, _LN_T_LOW), _LN_T_HIGH)
        inverse[i] = exp_of(-ln_t)
    _blackbody(inverse, begin, c, s, work[3:5])


@bare
def _drifting_blackbody_derivatives(x, begin, t0, p, c, slope, ds, work):
    inverse, held, by_t = work[0], work[1], work[2]
    _by_log_temperature(inverse, begin, c, work[3:5], by_t)
    for i in range(uint64(begin), uint64(x.size)):
        ln_t = p[0] + p[1] * held[i] / 100.0
        free = by_t[i] if ln_t > _LN_T_LOW and ln_t < _LN_T_HIGH else 0.0
        slope[i] = free * p[1] / 100.0 if held[i] == x[i] - t0 else 0.0
        ds[0, i] = free
        ds[1, i] = free * held[i] / 100.0


@bare
def _cooling_photosphere(x, begin, t0, p, band, c, s, table, work):
    """A photosphere that cools, with blanketing in the ultraviolet; see `sed_of_points`."""
    blanketing, e = table[0], table[1]
    for k in range(3):
        e[k] = exp(p[k])
    for j in range(blanketing.size):
        blanketing[j] = exp(p[3] * table[5, j])
    inverse, hot = work[0], work[1]
    for i in range(uint64(begin), uint64(x.size)):
        hot[i] = 1.0 / (1.0 + exp_of(min((x[i] - t0) / e[2], 300.0)))
        inverse[i] = 1.0 / (e[0] * (1.0 + (e[1] - 1.0) * hot[i]))
    _blackbody(inverse, begin, c, s, work[3:5])
    for i in range(uint64(begin), uint64(x.size)):
        s[i] *= blanketing[band[i]]


@bare
def _cooling_photosphere_derivatives(x, begin, t0, c, slope, ds, table, work):
    e, inverse, hot, by_t = table[1], work[0], work[1], work[2]
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


@bare
def _drifting_parabola(x, begin, t0, p, c, s):
    """A log-parabola whose slope drifts; see `sed_of_points`."""
    for i in range(uint64(begin), uint64(x.size)):
        held = min(max(x[i] - t0, -30.0), 100.0)
        ln = c[2, i]
        s[i] = exp_of((p[0] + p[1] * held / 50.0) * ln - p[2] * ln * ln)


@bare
def _drifting_parabola_derivatives(x, begin, t0, p, c, slope, ds):
    for i in range(uint64(begin), uint64(x.size)):
        held = min(max(x[i] - t0, -30.0), 100.0)
        ln = c[2, i]
        slope[i] = p[1] * ln / 50.0 if held == x[i] - t0 else 0.0
        ds[0, i] = ln
        ds[1, i] = ln * held / 50.0
        ds[2, i] = -ln * ln


@bare
def _constant_sed(kind, begin, p, band, s, table):
    """An SED that does not change, or none; see `sed_of_points`."""
    bands, inverse = table.shape[1], exp(-p[0]) if kind == _BLACKBODY else 0.0
    for j in range(bands):
        if kind == _BLACKBODY:
            table[6, j] = inverse
        else:
            table[0, j] = 1.0
    if kind == _BLACKBODY:
        _blackbody(table[6], 0, table[2:6], table[0], table[7:9])
        _by_log_temperature(table[6], 0, table[2:6], table[7:9], table[1])
    for i in range(uint64(begin), uint64(band.size)):
        s[i] = table[0, band[i]]


@bare
def _constant_sed_derivatives(kind, begin, band, slope, ds, table):
    for i in range(uint64(begin), uint64(band.size)):
        slope[i] = 0.0
    if kind == _BLACKBODY:
        for i in range(uint64(begin), uint64(band.size)):
            ds[0, i] = table[1, band[i]]


@bare
def sed_of_points(kind, points, begin, t0, p, s, work):
    """Fill s (n,) with S of SED `kind`, for the points from begin on.

    points: x (n,), band (n,), `point_constants` and `sed_table`. work (5, n): room.
    """
    x, band, c, table = points
    if kind == _DRIFTING_BLACKBODY:
        _drifting_blackbody(x, begin, t0, p, c, s, work)
    elif kind == _COOLING:
        _cooling_photosphere(x, begin, t0, p, band, c, s, table, work)
    elif kind == _PARABOLA:
        _drifting_parabola(x, begin, t0, p, c, s)
    else:
        _constant_sed(kind, begin, p, band, s, table)


@bare
def sed_derivatives(kind, points, begin, t0, p, slope, ds, work):
    """Fill slope (n,) with d ln S/dd and ds with d ln S/dp, from what `sed_of_points` has left in points and work."""
    x, band, c, table = points
    if kind == _DRIFTING_BLACKBODY:
        _drifting_blackbody_derivatives(x, begin, t0, p, c, slope, ds, work)
    elif kind == _COOLING:
        _cooling_photosphere_derivatives(x, begin, t0, c, slope, ds, table, work)
    elif kind == _PARABOLA:
        _drifting_parabola_derivatives(x, begin, t0, p, c, slope, ds)
    else:
        _constant_sed_derivatives(kind, begin, band, slope, ds, table)


@bare
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


@bare
def predicted_gain(gradient, hessian, step):
    """Decrease of the quadratic model along a step (gradient and Hessian are halves), at least a tiny number."""
    total = 0.0
    for k in range(step.size):
        total -= 2.0 * gradient[k] * step[k]
        for q in range(step.size):
            total -= step[k] * hessian[k, q] * step[q]
    return max(total, 1e-300)


@bare
def copy_into(values, into):
    """Copy an array (n,). numba would compile `into[:] = values` for seconds, because of the words of an error."""
    for i in range(values.size):
        into[i] = values[i]
