"""Compiled likelihood of two components, for `mallorn.hypotheses.semi_kernels`: a flare and a second light.

    flux = sigma (S(lam) g(x) + S2(lam) w(x)),

g the Matern-3/2 process of `semi_models`, w a second process with an SED of its own. Either w is a random walk without
a tie to g (an active nucleus below a flare), or it is the echo of g by dust: light that comes back later, spread by an
exponential of mean `delay`, w' = (g - w) / delay. Both make, with g and its derivative, a state of three that a linear
differential equation drives, so that the likelihood follows from a Kalman filter in O(N) (Hartikainen & Sarkka 2010,
IEEE MLSP, 379). With the time in units of length / sqrt(3), and k = length / (sqrt(3) delay), the state obeys

    d(g, h, w) = F (g, h, w) dt + noise on h,   F = [[0, 1, 0], [-1, -2, 0], [k, 0, -k]],

and the covariance of the state that has been left alone is 1 for g and h, 1 - 1/(1+k)^2 for w, which with g it shares,
and -k/(1+k)^2 of h and w. A step takes the state's covariance P to A (P - P0) A^T + P0, with A = exp(F t).
"""

# size: compiled functions take arrays, one argument each

from math import exp, log, sqrt

import numpy as np

from mallorn.hypotheses.models import HC_OVER_K
from mallorn.hypotheses.shared_kernels import copy_into
from mallorn.runtime.arithmetic import bare, jit

__all__ = ["ECHO", "PAIR", "pair_likelihood", "pair_second"]

PAIR, ECHO = 2, 3
"""Numbers of the processes, as in `semi_models.PROCESSES`."""

_ROOT3 = sqrt(3.0)
_DUST, _INFRARED = 1500.0, 10000.0  # temperature of the dust, K; rest-frame wavelength at which its SED is 1, angstrom
_NEAR = 1.0  # of (1 - k) t, below which integrals come from their series


@bare
def pair_second(process, slope, points, s2):
    """Fill s2 (n,) with the SED of the second light: a power law, or that of dust.

    points: see `semi_kernels.fit_semi_parametric`.
    """
    _, band, _, table = points
    s2_of_band = table[0]
    for j in range(s2_of_band.size):
        if process == ECHO:
            x, x0 = HC_OVER_K / (table[9, j] * _DUST), HC_OVER_K / (_INFRARED * _DUST)
            s2_of_band[j] = (_INFRARED / table[9, j]) ** 3 * exp(x0 - x) * (1.0 - exp(-x0)) / (1.0 - exp(-x))
        else:
            s2_of_band[j] = exp(slope * table[4, j])
    for i in range(band.size):
        s2[i] = s2_of_band[band[i]]


@bare
def _integrals(t, k, fast, slow):
    """Return int_0^t exp(-k (t - u)) exp(-u) u^n du for n = 0, 1, 2. fast, slow: exp(-t) and exp(-k t)."""
    x = (1.0 - k) * t
    if abs(x) < _NEAR:  # t^(n+1) exp(-t) sum_j x^j n! / (n + j + 1)!
        term, j0, j1, j2 = 1.0, 0.0, 0.0, 0.0
        for j in range(20):
            j0 += term / (j + 1)
            j1 += term / ((j + 1) * (j + 2))
            j2 += 2.0 * term / ((j + 1) * (j + 2) * (j + 3))
            term *= x / (j + 1)
        return fast * t * j0, fast * t * t * j1, fast * t * t * t * j2
    d = 1.0 - k
    j0 = (slow - fast) / d
    j1 = (j0 - t * fast) / d
    return j0, j1, (2.0 * j1 - t * t * fast) / d


@bare
def _step(process, x, length, second, a, da):
    """Fill a (7,) with A of a step of x days, and da (2, 7) with its derivatives by the logarithms of the length and of
    the second's time, both given. Entries are 00, 01, 10, 11, 20, 21, 22."""
    t = _ROOT3 * x / length
    fast = exp(-t)
    a[0], a[1], a[2], a[3] = fast * (1.0 + t), fast * t, -fast * t, fast * (1.0 - t)
    da[0, 0], da[0, 1] = fast * t * t, -fast * t * (1.0 - t)
    da[0, 2], da[0, 3] = fast * t * (1.0 - t), fast * t * (2.0 - t)
    da[1, 0] = da[1, 1] = da[1, 2] = da[1, 3] = 0.0
    slow = exp(-x / second)
    a[6] = slow
    if process == PAIR:
        a[4] = a[5] = da[0, 4] = da[0, 5] = da[0, 6] = da[1, 4] = da[1, 5] = 0.0
        da[1, 6] = x / second * slow
        return
    k = length / (_ROOT3 * second)
    j0, j1, j2 = _integrals(t, k, fast, slow)
    a[4], a[5] = k * (j0 + j1), k * j1
    # dA/dt = F A, and d/dk of the integrals is -(t J_n - J_n+1)
    by_k4 = j0 + j1 - k * (t * j0 - j1 + t * j1 - j2)
    by_k5 = j1 - k * (t * j1 - j2)
    by_k6 = -t * slow
    da[0, 4] = -t * (k * a[0] - k * a[4]) + k * by_k4
    da[0, 5] = -t * (k * a[1] - k * a[5]) + k * by_k5
    da[0, 6] = 0.0
    da[1, 4], da[1, 5], da[1, 6] = -k * by_k4, -k * by_k5, -k * by_k6


@bare
def _through(a, p, r):
    """Fill r (6,) with A p A^T; p and r hold the entries 00, 01, 11, 02, 12, 22 of symmetric matrices."""
    t00, t01, t02 = a[0] * p[0] + a[1] * p[1], a[0] * p[1] + a[1] * p[2], a[0] * p[3] + a[1] * p[4]
    t10, t11, t12 = a[2] * p[0] + a[3] * p[1], a[2] * p[1] + a[3] * p[2], a[2] * p[3] + a[3] * p[4]
    t20 = a[4] * p[0] + a[5] * p[1] + a[6] * p[3]
    t21 = a[4] * p[1] + a[5] * p[2] + a[6] * p[4]
    t22 = a[4] * p[3] + a[5] * p[4] + a[6] * p[5]
    r[0], r[1], r[2] = t00 * a[0] + t01 * a[1], t00 * a[2] + t01 * a[3], t10 * a[2] + t11 * a[3]
    r[3], r[4] = t00 * a[4] + t01 * a[5] + t02 * a[6], t10 * a[4] + t11 * a[5] + t12 * a[6]
    r[5] = t20 * a[4] + t21 * a[5] + t22 * a[6]


@bare
def _both_ways(a, b, p, r):
    """Add b p A^T + A p b^T to r; see `_through`."""
    t00, t01, t02 = b[0] * p[0] + b[1] * p[1], b[0] * p[1] + b[1] * p[2], b[0] * p[3] + b[1] * p[4]
    t10, t11, t12 = b[2] * p[0] + b[3] * p[1], b[2] * p[1] + b[3] * p[2], b[2] * p[3] + b[3] * p[4]
    t20 = b[4] * p[0] + b[5] * p[1] + b[6] * p[3]
    t21 = b[4] * p[1] + b[5] * p[2] + b[6] * p[4]
    t22 = b[4] * p[3] + b[5] * p[4] + b[6] * p[5]
    r[0] += 2.0 * (t00 * a[0] + t01 * a[1])
    r[1] += t00 * a[2] + t01 * a[3] + t10 * a[0] + t11 * a[1]
    r[2] += 2.0 * (t10 * a[2] + t11 * a[3])
    r[3] += t00 * a[4] + t01 * a[5] + t02 * a[6] + t20 * a[0] + t21 * a[1]
    r[4] += t10 * a[4] + t11 * a[5] + t12 * a[6] + t20 * a[2] + t21 * a[3]
    r[5] += 2.0 * (t20 * a[4] + t21 * a[5] + t22 * a[6])


@bare
def _moved(a, m):
    """Return A m of a state."""
    return a[0] * m[0] + a[1] * m[1], a[2] * m[0] + a[3] * m[1], a[4] * m[0] + a[5] * m[1] + a[6] * m[2]


@bare
def _alone(process, k, rest, by_k):
    """Fill rest (6,) with the covariance of a state that was left alone, and by_k (6,) with its derivative by ln k."""
    rest[:], by_k[:] = 0.0, 0.0
    rest[0] = rest[2] = rest[5] = 1.0
    if process == ECHO:
        q = 1.0 + k
        rest[3] = rest[5] = 1.0 - 1.0 / (q * q)
        rest[4] = -k / (q * q)
        by_k[3] = by_k[5] = 2.0 * k / (q * q * q)
        by_k[4] = -k * (1.0 - k) / (q * q * q)


@jit
def pair_likelihood(process, p, s, ds, s2, logs, y, noise, x, gradient, fisher):
    """Return -2 ln L + sum ln(2 pi e^2) of parameters p; fill half its gradient (P,) and the Fisher information (P, P).

    p: those of the SED of g, ln sigma, ln length; then ln ratio and ln delay of an echo, or slope, ln ratio and ln
    length of a random walk: the second light's amplitude is ratio sigma. s, s2 (n,): the two SEDs; ds (.., n):
    derivatives of ln s; logs (n,): ln of the wavelength over 4500 A. y, noise, x (n,): fluxes, squares of their errors,
    and days. gradient (0,): no derivatives are made.
    """
    size, k, count = p.size, p.size - (4 if process == ECHO else 5), gradient.size
    ell, last = k + 1, size - 1
    sigma, second = exp(p[k]), exp(p[k] + p[last - 1])
    length, time = exp(p[ell]), exp(p[last])
    ratio = length / (_ROOT3 * time)
    state, cov, left, by_k = np.zeros(3), np.empty(6), np.empty(6), np.empty(6)
    a, da, spread, moved = np.empty(7), np.zeros((2, 7)), np.empty(6), np.empty(6)
    d_state, d_cov = np.zeros((count, 3)), np.zeros((count, 6))
    dv, dw, e0, e2 = np.empty(count), np.empty(count), np.zeros(count), np.zeros(count)
    _alone(process, ratio, left, by_k)
    copy_into(left, cov)
    if count:
        gradient[:], fisher[:] = 0.0, 0.0
        e0[k] = e2[k] = e2[last - 1] = 1.0
        if process == ECHO:
            for j in range(6):
                d_cov[ell, j], d_cov[last, j] = by_k[j], -by_k[j]
    total, product = 0.0, 1.0
    for i in range(y.size):
        if i and x[i] > x[i - 1]:
            _step(process, x[i] - x[i - 1], length, time, a, da)
            for j in range(6):
                spread[j] = cov[j] - left[j]
            for j in range(count):
                d_state[j, 0], d_state[j, 1], d_state[j, 2] = _moved(a, d_state[j])
                sign = 0.0
                if process == ECHO:
                    sign = 1.0 if j == ell else (-1.0 if j == last else 0.0)
                if sign != 0.0:
                    for q in range(6):
                        d_cov[j, q] -= sign * by_k[q]
                _through(a, d_cov[j], moved)
                copy_into(moved, d_cov[j])
                if sign != 0.0:
                    for q in range(6):
                        d_cov[j, q] += sign * by_k[q]
                if j in (ell, last):
                    b = da[0] if j == ell else da[1]
                    m0, m1, m2 = _moved(b, state)
                    d_state[j, 0] += m0
                    d_state[j, 1] += m1
                    d_state[j, 2] += m2
                    _both_ways(a, b, spread, d_cov[j])
            state[0], state[1], state[2] = _moved(a, state)
            _through(a, spread, cov)
            for j in range(6):
                cov[j] += left[j]
        h0, h2 = sigma * s[i], second * s2[i]
        v = y[i] - h0 * state[0] - h2 * state[2]
        b0, b1, b2 = cov[0] * h0 + cov[3] * h2, cov[1] * h0 + cov[4] * h2, cov[3] * h0 + cov[5] * h2
        inverse = 1.0 / (h0 * b0 + h2 * b2 + noise[i])
        k0, k1, k2 = b0 * inverse, b1 * inverse, b2 * inverse
        total += v * v * inverse
        product *= noise[i] * inverse
        if product < 1e-200:
            total -= log(product)
            product = 1.0
        if count:
            for j in range(k):
                e0[j] = ds[j, i]
            if process == PAIR:
                e2[k + 2] = logs[i]
        for j in range(count):
            f0, f2, m, c = e0[j] * h0, e2[j] * h2, d_state[j], d_cov[j]
            r = -f0 * state[0] - f2 * state[2] - h0 * m[0] - h2 * m[2]
            g0 = c[0] * h0 + c[3] * h2 + cov[0] * f0 + cov[3] * f2
            g1 = c[1] * h0 + c[4] * h2 + cov[1] * f0 + cov[4] * f2
            g2 = c[3] * h0 + c[5] * h2 + cov[3] * f0 + cov[5] * f2
            share = (f0 * b0 + h0 * g0 + f2 * b2 + h2 * g2) * inverse
            d0, d1, d2 = g0 * inverse - k0 * share, g1 * inverse - k1 * share, g2 * inverse - k2 * share
            m[0] += d0 * v + k0 * r
            m[1] += d1 * v + k1 * r
            m[2] += d2 * v + k2 * r
            c[0] -= d0 * b0 + k0 * g0
            c[1] -= d0 * b1 + k0 * g1
            c[2] -= d1 * b1 + k1 * g1
            c[3] -= d0 * b2 + k0 * g2
            c[4] -= d1 * b2 + k1 * g2
            c[5] -= d2 * b2 + k2 * g2
            gradient[j] += v * r * inverse + 0.5 * share * (1.0 - v * v * inverse)
            dv[j], dw[j] = r, share
        for j in range(count):
            left_part, right = dv[j] * inverse, 0.5 * dw[j]
            for q in range(j + 1):
                fisher[j, q] += left_part * dv[q] + right * dw[q]
        state[0] += k0 * v
        state[1] += k1 * v
        state[2] += k2 * v
        cov[0] -= k0 * b0
        cov[1] -= k0 * b1
        cov[2] -= k1 * b1
        cov[3] -= k0 * b2
        cov[4] -= k1 * b2
        cov[5] -= k2 * b2
    for j in range(count):
        for q in range(j):
            fisher[q, j] = fisher[j, q]
    return total - log(product)
