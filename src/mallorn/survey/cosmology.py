"""Distances in the cosmology of Planck 2018, as `astropy.cosmology.Planck18` gives them.

astropy is not used, since its import takes a second in every job that reads a split.
"""

import numpy as np

__all__ = ["MIN_REDSHIFT", "clip_redshift", "luminosity_distance"]

MIN_REDSHIFT = 0.005
"""Least redshift in distances and time dilation, since photometric redshifts scatter below zero."""

# Planck Collaboration 2020, A&A 641, A6, table 2 (TT, TE, EE + lowE + lensing + BAO)
_HUBBLE_DISTANCE = 299792.458 / 67.66  # Mpc: c / H0
_MATTER = 0.30966
_PHOTONS = 5.402015137139353e-05  # at 2.7255 K, over the critical density
_NEUTRINO_SPECIES = 3.046 / 3.0  # effective number of each of three species: two massless, one of 0.06 eV
_NEUTRINO_MASS = 357.9121209673803  # 0.06 eV over the neutrinos' temperature today, 1.9454 K


def clip_redshift(redshift):
    """Return `redshift` with everything below `MIN_REDSHIFT` raised to it; NaN stays NaN."""
    return np.maximum(redshift, MIN_REDSHIFT)


def luminosity_distance(redshift):
    """Return luminosity distances in Mpc (Planck 2018, flat LCDM), same shape as `redshift`, which is clipped first.

    NaN, an unknown redshift, gives NaN.
    D_L = (1 + z) c / H0 times the integral of dz / E(z), by 40 nodes of Gauss and Legendre in ln(1 + z).
    """
    x, weight = np.polynomial.legendre.leggauss(40)
    log_stretch = np.log1p(clip_redshift(np.asarray(redshift, dtype=float)))[..., None]
    stretch = np.exp(0.5 * log_stretch * (x + 1.0))
    integral = 0.5 * log_stretch[..., 0] * (weight * stretch / _expansion(stretch)).sum(axis=-1)
    return np.exp(log_stretch[..., 0]) * _HUBBLE_DISTANCE * integral


def _expansion(stretch):
    """Return E = H / H0 at stretch = 1 + z."""
    return np.sqrt(_MATTER * stretch**3 + _relativistic(stretch) * stretch**4 + 1.0 - _MATTER - _relativistic(1.0))


def _relativistic(stretch):
    """Return the density of photons and neutrinos over (1 + z)^4 (Komatsu et al. 2011, ApJS 192, 18, equation 26)."""
    heavy = (1.0 + (0.3173 * _NEUTRINO_MASS / stretch) ** 1.83) ** (1.0 / 1.83)
    return _PHOTONS * (1.0 + 0.22710731766 * _NEUTRINO_SPECIES * (2.0 + heavy))
