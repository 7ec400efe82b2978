"""Light from far away: blackbodies, and fluxes from absolute magnitudes."""

import numpy as np

__all__ = ["absolute_flux", "blackbody_ratio", "dimming"]

_HC_OVER_K = 1.438776877e8  # h c / k_B, angstrom kelvin
_AB_ZERO = 23.9  # AB magnitude of one microjansky
_TEN_PARSEC = 1e-5  # Mpc


def absolute_flux(magnitude):
    """Return the flux density, microjansky, that an object of absolute AB `magnitude` has at 10 pc."""
    return 10.0 ** (0.4 * (_AB_ZERO - np.asarray(magnitude, dtype=float)))


def dimming(redshift, distance):
    """Return by how much f_nu(observed) at lambda is less than f_nu(10 pc) at lambda / (1 + z).

    (1 + z) (10 pc / d_L)^2, with `distance` d_L in Mpc: the K-correction's bandwidth term times the inverse square
    (Hogg et al. 2002, astro-ph/0210394). The rest of the K-correction lies in reading the spectrum at the
    rest wavelength.
    """
    return (1.0 + redshift) * (_TEN_PARSEC / np.asarray(distance)) ** 2


def blackbody_ratio(wavelength, reference, temperature):
    """Return B_nu(`wavelength`, T) / B_nu(`reference`, T), Planck's law; wavelengths in angstrom, T in kelvin."""
    x, x0 = (_HC_OVER_K / (w * temperature) for w in (np.asarray(wavelength), reference))
    return (reference / wavelength) ** 3 * np.expm1(x0) / np.expm1(np.minimum(x, 600.0))
