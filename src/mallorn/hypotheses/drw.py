"""The hypothesis of an active galactic nucleus: one damped random walk in all passbands, compiled.

flux_b(x) = (lam_b / 6155 A)^beta (u(x) + mu), where u is an Ornstein-Uhlenbeck process of variance sigma^2 and damping
time tau (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895, eqs. 1 and 6 to 12), mu ~ N(0, (2 s)^2), and s is the
scale of the object's fluxes. All bands share this process of rank one, each with its own weight. A Kalman filter with
the state (u, mu) gives the likelihood. Its sum over a grid of beta, sigma / s and tau is the evidence under a prior
that is uniform on the grid.
"""

from math import exp, log

import numpy as np
from numba import float64, int8, int64, njit

from mallorn.runtime.arithmetic import jit

__all__ = ["fit_random_walks"]


@jit
def _deviance(decay, variance, mean_variance, weight, band, flux, noise):
    """Return -2 ln L + sum ln(2 pi e^2). decay (N,): exp(-dt / tau) since the previous point; noise (N,): e^2."""
    u, mu = 0.0, 0.0
    uu, um, mm = variance, 0.0, mean_variance
    total, product = 0.0, 1.0
    for i in range(flux.size):
        a = decay[i]
        u *= a
        um *= a
        uu = a * a * uu + variance * (1.0 - a * a)
        h = weight[band[i]]
        cu, cm = h * (uu + um), h * (um + mm)
        s = h * (cu + cm) + noise[i]
        y = flux[i] - h * (u + mu)
        total += y * y / s
        product *= s / noise[i]
        if product > 1e200:
            total += log(product)
            product = 1.0
        u += cu / s * y
        mu += cm / s * y
        uu -= cu / s * cu
        um -= cu / s * cm
        mm -= cm / s * cm
    return total + log(product)


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
    n = start.size - 1
    out = np.full((n, tau.size, sigma.size, len(weight)), np.nan)
    for o in range(n):
        a, b = start[o], start[o + 1]
        if a == b:
            continue
        decay, noise = np.zeros(b - a), error[a:b] ** 2
        for j in range(tau.size):
            for i in range(1, b - a):
                decay[i] = exp((x[a + i - 1] - x[a + i]) / tau[j])
            for k in range(sigma.size):
                variance = (sigma[k] * scale[o]) ** 2
                for q in range(len(weight)):
                    out[o, j, k, q] = _deviance(
                        decay, variance, 4.0 * scale[o] ** 2, weight[q], band[a:b], flux[a:b], noise
                    )
    return out
