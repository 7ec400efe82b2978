r"""Predictions of a fitted Gaussian process at any time and wavelength.

Let K = L diag(d) L^T be the covariance of the points, and K* that of the points with the queries. One triangular solve,
Z* = L^-1 K*, gives everything (Rasmussen and Williams 2006, equations 2.25 and 2.26; 2.41 and 2.42 since the mean mu is
known only by generalised least squares; h = 1 - Z*^T D^-1 L^-1 1):

    mean = mu + K*^T K^-1 (y - mu),      covariance = K** - Z*^T D^-1 Z* + h h^T var(mu).

O(N M) for N points and M queries.
"""

import numpy as np

from mallorn.gp.batch import BLANKS, pack
from mallorn.gp.solver import factorise

__all__ = ["Grid", "Process"]


class Process:
    """A Gaussian process of one object, conditioned on its points; all in the units of its flux.

    model: one of `mallorn.gp.models`. theta: (k,) natural log parameters. mjd (N,) days, band (N,) positions in
    `wavelength`, flux and flux_err (N,): the points, in any order. wavelength: (B,) effective wavelengths of the
    passbands, angstrom. Queries may be at any wavelength, also at one that no passband has.
    Raises numpy.linalg.LinAlgError if the covariance is not positive definite to rounding.
    """

    def __init__(self, model, theta, mjd, band, flux, flux_err, wavelength):
        batch = pack(mjd, band, flux, flux_err, wavelength=wavelength)
        self._model, self._scale, self._middle = model, float(batch.scale[0]), float(batch.middle[0])
        self._theta = np.array(theta, dtype=float)
        self._theta[0] -= np.log(self._scale)
        self._variance = np.exp(2.0 * self._theta[0])
        self._wavelength = batch.wavelength
        self._time, self._band, self._noise = (rows[:-BLANKS] for rows in (batch.time, batch.band, batch.noise))
        self._factor = factorise(model, batch, self._theta[None])
        flux, ones = self._factor.solve(np.stack([batch.y, batch.live], axis=1)).T
        self._weighted_ones = ones / self._factor.d
        precision = self._weighted_ones @ ones
        self._constant, self._constant_variance = self._weighted_ones @ flux / precision, 1.0 / precision
        pull = (flux - self._constant * ones) / self._factor.d
        self._weights = self._variance * self._factor.solve_transposed(pull[:, None])[:-BLANKS, 0]

    @property
    def mjd(self):
        """Times of the points (N,), sorted; the order of `band` and `residuals` too."""
        return self._middle + self._time

    @property
    def band(self):
        """Passbands (N,) of the points."""
        return self._band

    @property
    def constant(self):
        """The constant mean mu, by generalised least squares."""
        return self._constant * self._scale

    @property
    def constant_variance(self):
        """Variance of `constant` at the given parameters."""
        return self._constant_variance * self._scale**2

    def residuals(self):
        """Return (flux - posterior mean) / flux_err (N,) of the points: the part that the process ascribes to noise."""
        return self._weights / self._variance * np.sqrt(self._noise)

    def mean(self, mjd, wavelength):
        """Return the posterior mean flux (M,) at times `mjd` (M,) and wavelengths (M,), angstrom."""
        return (self._constant + self._weights @ self._correlation(mjd, wavelength)) * self._scale

    def variance(self, mjd, wavelength):
        """Return the mean and the variance of the posterior flux, both (M,); see `mean`."""
        correlation = self._correlation(mjd, wavelength)
        Z, h = self._solve(correlation)
        variance = self._variance - np.einsum("nm,nm->m", Z, Z) + self._constant_variance * h**2
        return (self._constant + self._weights @ correlation) * self._scale, variance * self._scale**2

    def covariance(self, mjd, wavelength):
        """Return the mean (M,) and the covariance (M, M) of the posterior flux; see `mean`."""
        correlation = self._correlation(mjd, wavelength)
        Z, h = self._solve(correlation)
        times = np.asarray(mjd, dtype=float) - self._middle
        prior = self._variance * self._model.correlation(self._theta, times[:, None] - times)
        prior = prior * self._band_correlation(wavelength, wavelength)
        covariance = prior - Z.T @ Z + self._constant_variance * np.outer(h, h)
        return (self._constant + self._weights @ correlation) * self._scale, covariance * self._scale**2

    def sample(self, mjd, wavelength, size, generator):
        """Return `size` draws (size, M) of the noiseless flux, with a numpy `generator`; equal queries draw equal."""
        mean, covariance = self.covariance(mjd, wavelength)
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        return mean + generator.standard_normal((size, len(mean))) @ root.T

    def mean_at(self, mjd, wavelength):
        """Return the posterior mean flux (Q, T) at all of the wavelengths (Q,), angstrom, and times `mjd` (T,).

        This is the cheapest prediction.
        """
        by_wavelength = self._weights[:, None] * self._band_correlation(self._wavelength, wavelength)[self._band]
        return (self._constant + by_wavelength.T @ self._time_correlation(mjd)) * self._scale

    def grid(self, mjd, wavelength):
        """Return the `Grid` of predictions at all of the wavelengths (Q,), angstrom, and times `mjd` (T,)."""
        return Grid(self, np.asarray(mjd, dtype=float), np.asarray(wavelength, dtype=float))

    def _band_correlation(self, one, other):
        return self._model.band_correlation(self._theta, np.asarray(one, dtype=float), np.asarray(other, dtype=float))

    def _time_correlation(self, mjd):
        times = np.asarray(mjd, dtype=float) - self._middle
        return self._model.correlation(self._theta, self._time[:, None] - times)

    def _correlation(self, mjd, wavelength):
        if len(mjd) != len(wavelength):
            raise ValueError(f"{len(mjd)} times but {len(wavelength)} wavelengths: expected one for each time")
        return self._time_correlation(mjd) * self._band_correlation(self._wavelength, wavelength)[self._band]

    def _solve(self, correlation):
        """Return D^-1/2 Z* (N + blanks, M) and h (M,) of the correlation (N, M) of the points with the queries."""
        columns = np.zeros((len(correlation) + BLANKS, correlation.shape[1]))
        np.multiply(correlation, self._variance, out=columns[:-BLANKS])
        Z = self._factor.solve(columns)
        h = 1.0 - self._weighted_ones @ Z
        Z /= np.sqrt(self._factor.d)[:, None]
        return Z, h


class Grid:
    """Predictions of a `Process` at times (T,) and wavelengths (Q,): `mean` and `sd` of the flux, both (Q, T)."""

    def __init__(self, process, mjd, wavelength):
        p = self._process = process
        self._mjd, n = mjd, len(wavelength)
        self._prior = p._band_correlation(wavelength, wavelength)
        in_time = p._time_correlation(mjd)
        of_points = p._band_correlation(p._wavelength, wavelength)[p._band]
        correlation = in_time[:, :, None] * of_points[:, None, :]
        Z, h = p._solve(correlation.reshape(len(in_time), -1))
        self._Z, self._h = Z.reshape(len(Z), len(mjd), n), h.reshape(len(mjd), n)
        self.mean = p.mean_at(mjd, wavelength)
        variance = p._variance - np.einsum("nm,nm->m", Z, Z).reshape(-1, n) + p._constant_variance * self._h**2
        self.sd = np.sqrt(np.maximum(variance, 0.0)).T * p._scale

    def covariance_of_bands(self, t):
        """Return the covariance (Q, Q) of the fluxes at time number `t`."""
        p, Z, h = self._process, self._Z[:, t], self._h[t]
        return (p._variance * self._prior - Z.T @ Z + p._constant_variance * np.outer(h, h)) * p._scale**2

    def covariance_with(self, t):
        """Return (Q, T): for each wavelength q, the covariance of its fluxes at time number `t[q]` and at all times."""
        p, bands = self._process, np.arange(self._h.shape[1])
        prior = p._variance * p._model.correlation(p._theta, self._mjd[t][:, None] - self._mjd)
        reduction = np.einsum("nb,ntb->bt", self._Z[:, t, bands], self._Z)
        means = p._constant_variance * self._h[t, bands][:, None] * self._h.T
        return (prior - reduction + means) * p._scale**2
