r"""The innovations of `mallorn.gp.solver`, from recursions compiled for our three models.

Let c_m be the weights that point m leaves behind, and x the scaled times. The kernels need the sums

    a_n = sum_m exp(-(x_n - x_m)) c_m,    b_n = sum_m (x_n - x_m) exp(-(x_n - x_m)) c_m,    m < n,

one of each for every passband (for the random walk a alone). From one point to the next, s later, a becomes exp(-s) a
and b becomes exp(-s) (b + s a): the recursions of Foreman-Mackey et al. (2017, AJ 154, 220, section 5), with the
present point as the origin of time. Nothing cancels, and times need no recentring. A point reads only the sums of its
own passband, where celerite2 treats the rank as dense.
"""

from math import exp

import numpy as np
from numba import float64, int64, njit

from mallorn.gp.batch import BLANKS
from mallorn.gp.models import DRW, MultibandMatern32
from mallorn.runtime.arithmetic import bare
from mallorn.runtime.lanes import load_eight, store

__all__ = ["KERNELS", "innovations"]

_FORGOTTEN = 300.0
"""Scaled time after which nothing of the past is left: exp(-300). Processors are slow at products of such numbers."""


def innovations(model, batch, theta):
    """Return Z = L^-1 [y, 1] (N, 2), zero in blanks, and the pivots d (N,), one in blanks; see `mallorn.gp.solver`.

    An object whose covariance is not positive definite to rounding gets NaN.
    """
    x = np.repeat(model.rate(theta), np.diff(batch.start)) * batch.time
    variance = np.exp(2.0 * theta[:, 0])
    if model is DRW:
        return _random_walks(batch.start, x, batch.y, batch.noise, variance)
    if model is MultibandMatern32:
        correlation = model.band_correlation(theta.T, batch.wavelength, batch.wavelength)
        return _multiband(batch.start, x, batch.band, batch.y, batch.noise, variance, correlation)
    return _materns(batch.start, x, batch.y, batch.noise, variance)


@njit((int64[::1], float64[::1], float64[::1], float64[::1], float64[::1]), cache=True, error_model="numpy")
def _random_walks(start, x, y, noise, variance):
    Z, d = np.zeros((x.size, 2)), np.ones(x.size)
    for o in range(variance.size):
        S, f, g, v = 0.0, 0.0, 0.0, variance[o]
        for i in range(start[o], start[o + 1] - BLANKS):
            step = x[i] - x[i - 1] if i > start[o] else _FORGOTTEN
            decay = exp(-step) if step < _FORGOTTEN else 0.0
            S *= decay * decay
            f *= decay
            g *= decay
            pivot = v + noise[i] - v * v * S
            if not pivot > 0.0:
                Z[start[o] : start[o + 1]] = np.nan
                d[start[o] : start[o + 1]] = np.nan
                break
            w = (1.0 - v * S) / pivot
            Z[i, 0], Z[i, 1], d[i] = y[i] - v * f, 1.0 - v * g, pivot
            S += pivot * w * w
            f += w * Z[i, 0]
            g += w * Z[i, 1]
    return Z, d


@njit((int64[::1], float64[::1], float64[::1], float64[::1], float64[::1]), cache=True, error_model="numpy")
def _materns(start, x, y, noise, variance):
    Z, d = np.zeros((x.size, 2)), np.ones(x.size)
    for o in range(variance.size):
        v = variance[o]
        aa, ab, bb, fa, fb, ga, gb = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(start[o], start[o + 1] - BLANKS):
            step = x[i] - x[i - 1] if i > start[o] else 0.0
            decay = exp(-step) if step < _FORGOTTEN else 0.0
            square = decay * decay
            bb = square * (bb + 2.0 * step * ab + step * step * aa)
            ab = square * (ab + step * aa)
            aa *= square
            fb, fa = decay * (fb + step * fa), decay * fa
            gb, ga = decay * (gb + step * ga), decay * ga
            wa, wb = v * (aa + ab), v * (ab + bb)
            pivot = v + noise[i] - v * (wa + wb)
            if not pivot > 0.0:
                Z[start[o] : start[o + 1]] = np.nan
                d[start[o] : start[o + 1]] = np.nan
                break
            Z[i, 0], Z[i, 1], d[i] = y[i] - v * (fa + fb), 1.0 - v * (ga + gb), pivot
            inverse = 1.0 / pivot
            wa, wb = (1.0 - wa) * inverse, -wb * inverse
            fa += wa * Z[i, 0]
            fb += wb * Z[i, 0]
            ga += wa * Z[i, 1]
            gb += wb * Z[i, 1]
            aa += pivot * wa * wa
            ab += pivot * wa * wb
            bb += pivot * wb * wb
    return Z, d


@bare
def _shift(sums, step, decay):
    """Move the origin of the sums aa, ab, ba, bb (4, n) by a step; see the module's docstring."""
    square = decay * decay
    for k in range(0, sums.shape[1], 8):
        aa, ab, ba, bb = load_eight(sums[0], k), load_eight(sums[1], k), load_eight(sums[2], k), load_eight(sums[3], k)
        store((bb + (ab + ba) * step + aa * (step * step)) * square, sums[3], k)
        store((ab + aa * step) * square, sums[1], k)
        store((ba + aa * step) * square, sums[2], k)
        store(aa * square, sums[0], k)


@bare
def _add(sums, correlation, w, flux, one, pivot, fg):
    """Turn w (2, width) into the weights of a point, and add what it leaves behind to all sums."""
    width, inverse = w.shape[1], 1.0 / pivot
    bands = sums.shape[1] // width
    for p in range(0, width, 8):
        a, b = (load_eight(correlation, p) - load_eight(w[0], p)) * inverse, load_eight(w[1], p) * -inverse
        store(a, w[0], p)
        store(b, w[1], p)
        store(load_eight(fg[0], p) + a * flux, fg[0], p)
        store(load_eight(fg[1], p) + b * flux, fg[1], p)
        store(load_eight(fg[2], p) + a * one, fg[2], p)
        store(load_eight(fg[3], p) + b * one, fg[3], p)
    for q in range(0, width, 8):
        a, b = load_eight(w[0], q), load_eight(w[1], q)
        for p in range(bands):
            left, right, k = pivot * w[0, p], pivot * w[1, p], p * width + q
            store(load_eight(sums[0], k) + a * left, sums[0], k)
            store(load_eight(sums[1], k) + b * left, sums[1], k)
            store(load_eight(sums[2], k) + a * right, sums[2], k)
            store(load_eight(sums[3], k) + b * right, sums[3], k)


@njit(
    (int64[::1], float64[::1], int64[::1], float64[::1], float64[::1], float64[::1], float64[:, :, ::1]),
    cache=True, error_model="numpy",
)  # fmt: skip
def _multiband(start, x, band, y, noise, variance, correlation):
    bands = correlation.shape[1]
    width = (bands + 7) // 8 * 8
    Z, d = np.zeros((x.size, 2)), np.ones(x.size)
    sums, w, fg, R = np.zeros((4, bands * width)), np.zeros((2, width)), np.zeros((4, width)), np.zeros((bands, width))
    for o in range(variance.size):
        v = variance[o]
        for row in sums:
            for k in range(row.size):
                row[k] = 0.0
        for row in fg:
            for k in range(width):
                row[k] = 0.0
        for p in range(bands):
            for q in range(bands):
                R[p, q] = correlation[o, p, q]
        for i in range(start[o], start[o + 1] - BLANKS):
            step = x[i] - x[i - 1] if i > start[o] else 0.0
            if step > 0.0:  # many points have the time of the one before
                decay = exp(-step) if step < _FORGOTTEN else 0.0
                _shift(sums, step, decay)
                for p in range(0, width, 8):
                    for k in (0, 2):
                        one, two = load_eight(fg[k], p), load_eight(fg[k + 1], p)
                        store((two + one * step) * decay, fg[k + 1], p)
                        store(one * decay, fg[k], p)
            own = band[i]
            begin = own * width
            for p in range(0, width, 8):
                k = begin + p
                store((load_eight(sums[0], k) + load_eight(sums[2], k)) * v, w[0], p)
                store((load_eight(sums[1], k) + load_eight(sums[3], k)) * v, w[1], p)
            pivot = v + noise[i] - v * (w[0, own] + w[1, own])
            if not pivot > 0.0:
                Z[start[o] : start[o + 1]] = np.nan
                d[start[o] : start[o + 1]] = np.nan
                break
            flux = y[i] - v * (fg[0, own] + fg[1, own])
            one = 1.0 - v * (fg[2, own] + fg[3, own])
            Z[i, 0], Z[i, 1], d[i] = flux, one, pivot
            _add(sums, R[own], w, flux, one, pivot, fg)
    return Z, d


KERNELS = (_random_walks, _materns, _multiband)
"""The functions that are compiled."""
