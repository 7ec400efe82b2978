"""Blackbody spectra, and their fit to many spectral energy distributions at once."""

from typing import NamedTuple

import numpy as np

__all__ = ["MPC", "SIGMA_SB", "BlackbodyFit", "fit_blackbody", "planck", "to_radius"]

PLANCK = 6.62607015e-27
"""Planck's constant, erg s."""
LIGHT = 2.99792458e10
"""Speed of light, cm / s."""
BOLTZMANN = 1.380649e-16
"""Boltzmann's constant, erg / K."""
SIGMA_SB = 5.670374419e-5
"""Stefan-Boltzmann constant, erg / (s cm2 K4)."""
MPC = 3.0856775814913673e24
"""Megaparsec, cm."""
MICROJANSKY = 1e-29
"""Microjansky, erg / (s cm2 Hz)."""


def planck(wavelength, temperature):
    """Return Planck's B_nu in erg / (s cm2 Hz sr) at `wavelength` in angstrom, `temperature` in K; shapes broadcast.

    B_nu = 2 h nu^3 / c^2 / (exp(h nu / kT) - 1) (Rybicki & Lightman 1979, eq. 1.51).
    """
    frequency = LIGHT / (np.asarray(wavelength, dtype=float) * 1e-8)
    with np.errstate(over="ignore"):
        return 2.0 * PLANCK / LIGHT**2 * frequency**3 / np.expm1(PLANCK * frequency / (BOLTZMANN * temperature))


def to_radius(scale, redshift, luminosity_distance):
    """Return the radius in cm of a sphere seen as `scale` (microjansky per unit of `planck`) times B_nu.

    f_nu = (1 + z) pi B_nu R^2 / D_L^2, with B_nu at the emitted frequency and D_L `luminosity_distance` in Mpc.
    """
    return luminosity_distance * MPC * np.sqrt(scale * MICROJANSKY / (np.pi * (1.0 + redshift)))


class BlackbodyFit(NamedTuple):
    """The best blackbodies of m spectral energy distributions; all arrays but `model` have shape (m,).

    log_temperature: ln(T / K). log_temperature_err: its standard deviation.
    scale: factor on B_nu, microjansky per erg / (s cm2 Hz sr); not above 0 if no blackbody is seen.
    log_luminosity_err: standard deviation of ln(scale T^4), in which errors of `scale` and T partly cancel.
    chi2: misfit of the fluxes. chi2_zero: the same with no blackbody at all.
    model: fluxes of the fit, microjansky, shape (m, B).
    """

    log_temperature: np.ndarray
    log_temperature_err: np.ndarray
    scale: np.ndarray
    log_luminosity_err: np.ndarray
    chi2: np.ndarray
    chi2_zero: np.ndarray
    model: np.ndarray


def fit_blackbody(wavelength, flux, covariance, temperatures, prior_mean, prior_sd):
    """Fit a blackbody to each of m spectral energy distributions by generalised least squares.

    wavelength: (m, B) emitted wavelengths, angstrom. flux: (m, B), microjansky. covariance: (m, B, B).
    temperatures: (G,) K, G >= 3, equally spaced in ln T. prior_mean (K) and prior_sd: normal prior of ln T, which
    decides if the fluxes do not.

    Let P = C^-1, and b(T) the model. The best scale s = b'Pf / b'Pb is profiled out (kept >= 0), and chi2(T) = f'Pf -
    s^2 b'Pb + ((ln T - mean) / sd)^2 is scanned over `temperatures`. Parabolas through the lowest point and its
    neighbours, then through ever closer ones, give ln T and, by their curvature, its error. Rows that are not finite,
    or whose covariance is not positive on the diagonal, become NaN.
    """
    wavelength, flux = np.asarray(wavelength, dtype=float), np.asarray(flux, dtype=float)
    fine = np.isfinite(flux).all(1) & np.isfinite(covariance).all((1, 2)) & np.isfinite(wavelength).all(1)
    fine &= (np.diagonal(covariance, axis1=1, axis2=2) > 0).all(1)
    rows = np.flatnonzero(fine)
    fits = _fit(wavelength[rows], flux[rows], covariance[rows], np.log(temperatures), np.log(prior_mean), prior_sd)
    whole = []
    for values in fits:
        column = np.full((len(flux), *values.shape[1:]), np.nan)
        column[rows] = values
        whole.append(column)
    return BlackbodyFit(*whole)


def _fit(wavelength, flux, covariance, grid, prior_mean, prior_sd):
    unit = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))  # work in units of each flux's error
    precision = np.linalg.inv(covariance / (unit[:, :, None] * unit[:, None, :]))
    y = flux / unit
    py = (precision @ y[:, :, None])[:, :, 0]
    zero = np.einsum("mb,mb->m", y, py)

    def project(log_temperature):
        """Return b'Pf and b'Pb, both (m, G), for ln T (m, G) or (1, G)."""
        if len(log_temperature) == 1:  # once for rows in a row with the same wavelengths
            new = np.append(True, (wavelength[1:] != wavelength[:-1]).any(axis=1))[: len(wavelength)]
            b = planck(wavelength[new][:, :, None], np.exp(log_temperature)[:, None, :])[np.cumsum(new) - 1]
            b /= unit[:, :, None]
        else:
            b = planck(wavelength[:, :, None], np.exp(log_temperature)[:, None, :]) / unit[:, :, None]
        return np.einsum("mbg,mb->mg", b, py), np.einsum("mbg,mbg->mg", b, precision @ b)

    def cost(log_temperature):
        by, bb = project(log_temperature)
        return ((log_temperature - prior_mean) / prior_sd) ** 2 - np.maximum(by, 0.0) ** 2 / bb

    step = grid[1] - grid[0]
    scanned = cost(grid[None])
    best = np.clip(scanned.argmin(1), 1, len(grid) - 2)
    neighbours = np.take_along_axis(scanned, best[:, None] + np.arange(-1, 2), 1)
    log_temperature = grid[best] + step * _vertex(neighbours)[0]
    sides = np.array([-1.0, 0.0, 1.0])
    for finer in (0.2, 0.05):
        shift, curvature = _vertex(cost(log_temperature[:, None] + finer * step * sides))
        log_temperature = log_temperature + finer * step * shift
        error = finer * step * np.sqrt(2.0 / curvature)

    by, bb = project(log_temperature[:, None] + 0.05 * step * sides)
    scales = by / bb
    scale = np.maximum(scales[:, 1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = 4.0 + np.diff(np.log(scales[:, ::2]), axis=1)[:, 0] / (0.1 * step)
        luminosity_err = np.hypot(slope * error, 1.0 / (np.sqrt(bb[:, 1]) * scale))
    chi2 = zero - scale**2 * bb[:, 1]
    model = scale[:, None] * planck(wavelength, np.exp(log_temperature)[:, None])
    return log_temperature, error, scale, luminosity_err, chi2, zero, model


def _vertex(y):
    """Return where the parabola through (-1, y0), (0, y1), (1, y2) is lowest, within two steps, and its curvature."""
    curvature = np.maximum(y[:, 0] - 2.0 * y[:, 1] + y[:, 2], 1e-12)
    return np.clip(0.5 * (y[:, 0] - y[:, 2]) / curvature, -2.0, 2.0), curvature
