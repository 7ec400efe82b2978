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

__all__ = ["KERNELS", "innovations"]


def innovations(model, batch, theta):
    """Return Z = L^-1 [y, 1] (N, 2), zero in blanks, and the pivots d (N,), one in blanks; see `mallorn.gp.solver`.

    An object whose covariance is not positive definite to rounding gets NaN.
    """
    x = np.repeat(model.rate(theta), np.diff(batch.start)) * batch.time
    variance = np.exp(2.0 * theta[:, 0])
    if model is DRW:
        return _random_walks(batch.start, x, batch.y, batch.noise, variance)
    if model is MultibandMatern32:
        wavelength, band = batch.wavelength, batch.band
        correlation = np.stack([model.band_correlation(one, wavelength, wavelength) for one in theta])
    else:
        correlation, band = np.ones((len(theta), 1, 1)), np.zeros(len(x), dtype=np.int64)
    return _materns(batch.start, x, band, batch.y, batch.noise, variance, correlation)


@njit((int64[::1], float64[::1], float64[::1], float64[::1], float64[::1]), cache=True, error_model="numpy")
def _random_walks(start, x, y, noise, variance):
    Z, d = np.zeros((x.size, 2)), np.ones(x.size)
    for o in range(variance.size):
        S, f, g, v = 0.0, 0.0, 0.0, variance[o]
        for i in range(start[o], start[o + 1] - BLANKS):
            decay = exp(x[i - 1] - x[i]) if i > start[o] else 0.0
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


@njit(
    (int64[::1], float64[::1], int64[::1], float64[::1], float64[::1], float64[::1], float64[:, :, ::1]),
    cache=True, error_model="numpy",
)  # fmt: skip
def _materns(start, x, band, y, noise, variance, correlation):
    bands = correlation.shape[1]
    Z, d = np.zeros((x.size, 2)), np.ones(x.size)
    aa, ab, bb = np.empty((bands, bands)), np.empty((bands, bands)), np.empty((bands, bands))
    wa, wb, f, g = np.empty(bands), np.empty(bands), np.empty((2, bands)), np.empty((2, bands))
    for o in range(variance.size):
        v = variance[o]
        for sums in (aa, ab, bb):
            sums[:] = 0.0
        for sums in (f, g):
            sums[:] = 0.0
        for i in range(start[o], start[o + 1] - BLANKS):
            step = x[i] - x[i - 1] if i > start[o] else 0.0
            decay, own = exp(-step), band[i]
            square = decay * decay
            for p in range(bands):
                for q in range(bands):
                    bb[p, q] = square * (bb[p, q] + step * (ab[p, q] + ab[q, p]) + step * step * aa[p, q])
            for p in range(bands):
                for q in range(bands):
                    ab[p, q] = square * (ab[p, q] + step * aa[p, q])
                    aa[p, q] *= square
                for sums in (f, g):
                    sums[1, p] = decay * (sums[1, p] + step * sums[0, p])
                    sums[0, p] *= decay
                wa[p] = v * (aa[p, own] + ab[p, own])
            for p in range(bands):
                wb[p] = v * (ab[own, p] + bb[p, own])
            pivot = v + noise[i] - v * (wa[own] + wb[own])
            if not pivot > 0.0:
                Z[start[o] : start[o + 1]] = np.nan
                d[start[o] : start[o + 1]] = np.nan
                break
            Z[i, 0], Z[i, 1], d[i] = y[i] - v * (f[0, own] + f[1, own]), 1.0 - v * (g[0, own] + g[1, own]), pivot
            for p in range(bands):
                wa[p] = (correlation[o, own, p] - wa[p]) / pivot
                wb[p] = -wb[p] / pivot
                f[0, p] += wa[p] * Z[i, 0]
                f[1, p] += wb[p] * Z[i, 0]
                g[0, p] += wa[p] * Z[i, 1]
                g[1, p] += wb[p] * Z[i, 1]
            for p in range(bands):
                for q in range(bands):
                    aa[p, q] += pivot * wa[p] * wa[q]
                    ab[p, q] += pivot * wa[p] * wb[q]
                    bb[p, q] += pivot * wb[p] * wb[q]
    return Z, d


KERNELS = (_random_walks, _materns)
"""The functions that are compiled."""
