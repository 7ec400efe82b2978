"""The hypothesis of an active galactic nucleus: one damped random walk in all passbands, compiled.

flux_b(x) = (lam_b / 6155 A)^beta (u(x) + mu), where u is an Ornstein-Uhlenbeck process of variance sigma^2 and damping
time tau (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895, eqs. 1 and 6 to 12), mu ~ N(0, (2 s)^2), and s is the
scale of the object's fluxes. All bands share this process of rank one, each with its own weight. A Kalman filter with
the state (u, mu) gives the likelihood. Its sum over a grid of beta, sigma / s and tau is the evidence under a prior
that is uniform on the grid.
"""

from math import exp, log

import numpy as np
from numba import float64, int8, int64, njit, uint64

from mallorn.runtime.arithmetic import bare
from mallorn.runtime.lanes import any_above, load_sixteen, sixteen, store

__all__ = ["fit_random_walks"]


# size: compiled functions take arrays, one argument each
@bare
def _deviances(decay, variance, mean_variance, weight, first, band, flux, noise, room):
    """Fill room[0] with -2 ln L + sum ln(2 pi e^2) of sixteen grid points side by side.

    decay (N,): exp(-dt / tau) since the previous point. variance (L,) and weight (B, L) of all grid points, of which
    the sixteen from `first` on are taken. noise (N,): e^2. room: (2, 16).
    """
    variances = load_sixteen(variance, first)
    u, mu = sixteen(0.0), sixteen(0.0)
    uu, um, mm = variances, sixteen(0.0), sixteen(mean_variance)
    total, product = sixteen(0.0), sixteen(1.0)
    for i in range(uint64(flux.size)):
        a = decay[i]
        u = u * a
        um = um * a
        uu = uu * (a * a) + variances * (1.0 - a * a)
        h = load_sixteen(weight[band[i]], first)
        cu, cm = h * (uu + um), h * (um + mm)
        s = h * (cu + cm) + noise[i]
        y = flux[i] - h * (u + mu)
        total = total + y * y / s
        product = product * (s / noise[i])
        if any_above(product, 1e200):
            store(total, room[0], 0)
            store(product, room[1], 0)
            for j in range(16):
                if room[1, j] > 1e200:
                    room[0, j] += log(room[1, j])
                    room[1, j] = 1.0
            total, product = load_sixteen(room[0], 0), load_sixteen(room[1], 0)
        ku, km = cu / s, cm / s
        u = u + ku * y
        mu = mu + km * y
        uu = uu - ku * cu
        um = um - ku * cm
        mm = mm - km * cm
    store(total, room[0], 0)
    store(product, room[1], 0)
    for j in range(16):
        room[0, j] += log(room[1, j])


# size: compiled functions take arrays, one argument each
@njit(
    (int64[::1], float64[::1], int8[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[:, ::1],
     float64[::1]),
    cache=True, error_model="numpy",
)  # fmt: skip
def fit_random_walks(start, x, band, flux, error, tau, sigma, weight, scale):
    """Return -2 ln L relative to the noise, shape (n, taus, sigmas, betas), NaN for objects without points.

    start (n + 1,), x (N,) rest-frame days, band (N,), flux and error (N,). tau (days) and sigma (in units of the
    object's `scale` (n,)) are the grid; weight (betas, B): the band weights of each beta.
    """
    n, betas, points = start.size - 1, len(weight), sigma.size * len(weight)
    padded = (points + 15) // 16 * 16
    out = np.full((n, tau.size, sigma.size, betas), np.nan)
    variance, weights, room = np.zeros(padded), np.zeros((weight.shape[1], padded)), np.empty((2, 16))
    for j in range(points):
        for k in range(len(weights)):
            weights[k, j] = weight[j % betas, k]
    for o in range(n):
        a, b = start[o], start[o + 1]
        if a == b:
            continue
        decay, noise = np.zeros(b - a), error[a:b] ** 2
        for j in range(points):
            variance[j] = (sigma[j // betas] * scale[o]) ** 2
        for j in range(tau.size):
            for i in range(1, b - a):
                decay[i] = exp((x[a + i - 1] - x[a + i]) / tau[j])
            of_tau = out[o, j].reshape(points)
            for first in range(0, padded, 16):
                _deviances(decay, variance, 4.0 * scale[o] ** 2, weights, first, band[a:b], flux[a:b], noise, room)
                for k in range(first, min(first + 16, points)):
                    of_tau[k] = room[0, k - first]
    return out
