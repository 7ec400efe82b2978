r"""Covariance models of a light curve, in the form that celerite2 solves in O(N).

Every model is a kernel over time, stationary and with one decay rate w, times a correlation of passbands:

    k(t, b; t', b') = sigma^2 * kappa(w |t - t'|) * R[b, b'].

It is exactly semiseparable: with x = w t, the part of the covariance below the diagonal is

    K[n, m] = sum_j U[n, j] V[m, j] exp(-(x[n] - x[m])),   n > m,

which celerite2 takes with any row-dependent U and V (Foreman-Mackey et al. 2017, AJ 154, 220; Foreman-Mackey 2018,
RNAAS 2, 31). No kernel is approximated; equal times are exact too. Parameters are natural logarithms, `theta`.
"""

import numpy as np

from mallorn.gp.batch import BLANKS

__all__ = ["DRW", "MODELS", "Kernel", "Matern32", "MultibandMatern32"]

_SQRT3 = np.sqrt(3.0)
_FORGOTTEN = 45.0


def _matern32(x):
    return (1.0 + x) * np.exp(-x)


class Kernel:
    """Base of all models: `name`, names of the `parameters` with sigma first, and the functions below.

    A kernel of one passband treats all points as being in the same one: its correlation of passbands is 1.
    """

    name: str
    parameters: tuple

    @staticmethod
    def rank(batch):
        """Return the number of columns of U and V for `batch`."""
        raise NotImplementedError

    @staticmethod
    def rate(theta):
        """Return the decay rates w (m,), 1/d, of `theta` (m, k)."""
        raise NotImplementedError

    @staticmethod
    def generators(batch, theta, x):
        """Return the diagonal a (N,), without noise, and U, V (N, rank) for the scaled times `x` (N,)."""
        raise NotImplementedError

    @staticmethod
    def correlation(theta, dt):
        """Return kappa(w |dt|) for one object's `theta` (k,), same shape as `dt`, days."""
        raise NotImplementedError

    @staticmethod
    def band_correlation(theta, wavelength, other):
        """Return R (..., B, C) for `theta` (k, ...) between wavelengths (B,) and `other` ones (C,), angstrom."""
        return np.ones((len(wavelength), len(other)))


class DRW(Kernel):
    r"""Damped random walk of one passband, rank 1: k = sigma^2 exp(-|dt| / tau).

    The Ornstein-Uhlenbeck process that Kelly, Bechtold and Siemiginowska (2009, ApJ 698, 895) and Kozlowski et al.
    (2010, ApJ 708, 927) fit to quasars. Its structure function levels off at SF_inf = sqrt(2) sigma. theta = (ln sigma
    [flux], ln tau [d]).
    """

    name = "drw"
    parameters = ("sigma", "tau")

    @staticmethod
    def rank(batch):
        return 1

    @staticmethod
    def rate(theta):
        return np.exp(-theta[:, 1])

    @staticmethod
    def generators(batch, theta, x):
        variance = np.exp(2.0 * theta[:, 0])[batch.owner] * batch.live
        return variance, variance[:, None], batch.live[:, None]

    @staticmethod
    def correlation(theta, dt):
        return np.exp(-np.exp(-theta[1]) * np.abs(dt))


class Matern32(Kernel):
    r"""Matern-3/2 process of one passband, rank 2: k = sigma^2 (1 + w|dt|) exp(-w|dt|), w = sqrt(3) / length.

    Rasmussen and Williams (2006), equation 4.17. The exact form, not celerite's approximation of it:
    (1 + x - x') exp(-(x - x')) has U = sigma^2 [1 + x, 1], V = [1, -x].
    theta = (ln sigma [flux], ln length [d]).
    """

    name = "matern"
    parameters = ("sigma", "length")

    @staticmethod
    def rank(batch):
        return 2

    @staticmethod
    def rate(theta):
        return _SQRT3 * np.exp(-theta[:, 1])

    @staticmethod
    def generators(batch, theta, x):
        variance = np.exp(2.0 * theta[:, 0])[batch.owner] * batch.live
        x = _recentred(x, batch)
        U = np.stack([variance * (1.0 + x), variance], axis=1)
        V = np.stack([batch.live, -x], axis=1)
        return variance, U, V

    @staticmethod
    def correlation(theta, dt):
        return _matern32(_SQRT3 * np.exp(-theta[1]) * np.abs(dt))


class MultibandMatern32(Matern32):
    r"""Matern-3/2 in time times Matern-3/2 in wavelength, all B passbands at once, rank 2 B.

    R[b, b'] is the Matern-3/2 correlation of the effective wavelengths, with length scale `wavelength`. U is that of
    `Matern32` in the columns of the point's own passband, V that of `Matern32` times R. This is the two-dimensional
    kernel of Boone (2019, AJ 158, 257). theta = (ln sigma [flux], ln length [d], ln wavelength [1000 angstrom]).
    """

    name = "multiband"
    parameters = ("sigma", "length", "wavelength")

    @staticmethod
    def rank(batch):
        return 2 * len(batch.wavelength)

    @staticmethod
    def generators(batch, theta, x):
        variance = np.exp(2.0 * theta[:, 0])[batch.owner] * batch.live
        own, x, bands = batch.own_band, _recentred(x, batch), len(batch.wavelength)
        R = _wavelength_correlation(theta[:, 2], batch.wavelength, batch.wavelength)
        R = R.reshape(-1, bands)[bands * batch.owner + batch.band]
        U, V = np.empty((2, len(x), 2 * bands))
        np.multiply(own, (variance * (1.0 + x))[:, None], out=U[:, :bands])
        np.multiply(own, variance[:, None], out=U[:, bands:])
        np.multiply(R, batch.live[:, None], out=V[:, :bands])
        np.multiply(R, -x[:, None], out=V[:, bands:])
        return variance, U, V

    @staticmethod
    def band_correlation(theta, wavelength, other):
        return _wavelength_correlation(theta[2], wavelength, other)


def _recentred(x, batch):
    """Return the scaled times `x` measured from the middle of each run of points without a gap above `_FORGOTTEN`.

    The covariance U V^T is a small difference of numbers of the size of x, and x must therefore stay small. Its origin
    is free wherever the process has forgotten its past to rounding.
    """
    begins = np.empty(len(x), dtype=bool)
    np.greater(x[1:] - x[:-1], _FORGOTTEN, out=begins[1:])
    begins[batch.start[:-1]] = True
    first = np.flatnonzero(begins)
    sizes = np.diff(first, append=len(x))
    last = first + sizes - 1
    last -= BLANKS * (batch.live[last] == 0.0)
    return (x - np.repeat(0.5 * (x[first] + x[last]), sizes)) * batch.live


def _wavelength_correlation(ln_length, wavelength, other):
    """Return R (..., B, C) for log length scales (...), 1000 angstrom, between wavelengths (B,) and (C,), angstrom."""
    distance = _SQRT3 * np.abs((wavelength / 1000.0)[:, None] - other / 1000.0)
    return _matern32(distance * np.exp(-np.asarray(ln_length))[..., None, None])


MODELS = {model.name: model for model in (DRW, Matern32, MultibandMatern32)}
"""The models by name, as in config.yaml `fits`."""
