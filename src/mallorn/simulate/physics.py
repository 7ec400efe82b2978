"""Light from far away: blackbodies, and fluxes from absolute magnitudes."""

import numpy as np

__all__ = ["absolute_flux", "blackbody_ratio", "dimming", "luminous_flux", "photosphere_flux"]

_HC_OVER_K = 1.438776877e8  # h c / k_B, angstrom kelvin
_AB_ZERO = 23.9  # AB magnitude of one microjansky
_TEN_PARSEC = 1e-5  # Mpc
_TEN_PARSEC_CM = 3.0856775814913673e19
_SOLAR_RADIUS_CM = 6.957e10
_TWO_HC = 3.972891714e-16  # 2 h c, erg cm
_STEFAN_BOLTZMANN = 5.670374419e-5  # erg / (s cm^2 K^4)
_MICROJANSKY = 1e-29  # erg / (s cm^2 Hz)


def absolute_flux(magnitude):
    """Return the flux density, microjansky, that an object of absolute AB `magnitude` has at 10 pc."""
    return 10.0 ** (0.4 * (_AB_ZERO - np.asarray(magnitude, dtype=float)))


def dimming(redshift, distance):
    """Return the factor from f_nu(10 pc) at lambda / (1 + z) to f_nu(observed) at lambda.

    (1 + z) (10 pc / d_L)^2, with `distance` d_L in Mpc: the K-correction's bandwidth term times the inverse square
    (Hogg et al. 2002, astro-ph/0210394). The rest of the K-correction lies in reading the spectrum at the
    rest wavelength.
    """
    return (1.0 + redshift) * (_TEN_PARSEC / np.asarray(distance)) ** 2


def blackbody_ratio(wavelength, reference, temperature):
    """Return B_nu(`wavelength`, T) / B_nu(`reference`, T), Planck's law; wavelengths in angstrom, T in kelvin."""
    x, x0 = (_HC_OVER_K / (w * temperature) for w in (np.asarray(wavelength), reference))
    return (reference / wavelength) ** 3 * np.expm1(x0) / np.expm1(np.minimum(x, 600.0))


def photosphere_flux(wavelength, temperature, radius):
    """Return the flux at 10 pc, microjansky, of a spherical blackbody: pi B_nu (R / 10 pc)^2.

    wavelength: angstrom; temperature: kelvin; radius: solar radii; broadcast against each other.
    """
    return _planck(wavelength, temperature) * (np.asarray(radius) * _SOLAR_RADIUS_CM / _TEN_PARSEC_CM) ** 2


def luminous_flux(wavelength, temperature, luminosity):
    """Return the flux at 10 pc, microjansky, of a blackbody of a luminosity: L pi B_nu / (4 pi d^2 sigma T^4).

    wavelength: angstrom; temperature: kelvin; luminosity: erg / s; broadcast against each other.
    """
    area = 4.0 * np.pi * _TEN_PARSEC_CM**2
    return np.asarray(luminosity) / area * _planck(wavelength, temperature) / (_STEFAN_BOLTZMANN * temperature**4)


def _planck(wavelength, temperature):
    """Return pi B_nu, Planck's law, microjansky."""
    x = np.minimum(_HC_OVER_K / (wavelength * temperature), 600.0)
    return np.pi * _TWO_HC / (wavelength * 1e-8) ** 3 / np.expm1(x) / _MICROJANSKY
