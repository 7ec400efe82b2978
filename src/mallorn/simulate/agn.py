"""Active galactic nuclei: damped random walks of the magnitude, seen as the difference from a reference image."""

import numpy as np

from mallorn.simulate.kinds import Event
from mallorn.simulate.physics import absolute_flux

__all__ = [
    "PARAMETERS",
    "REFERENCE_EPOCHS",
    "TYPES",
    "agn_flux",
    "damped_random_walk",
    "draw",
    "relative_flux",
    "sf_inf",
    "tau",
]

REFERENCE_EPOCHS = 100  # epochs before the light curve; their mean makes the reference image
_SPECTRAL_INDEX = -0.44  # f_nu ~ nu^index: Vanden Berk et al. (2001, AJ 122, 549)
_PIVOT = 2500.0  # angstrom

PARAMETERS = {"magnitude": "mag", "log_black_hole_mass": "log10 solar masses"}
"""{parameter of a nucleus: unit}."""


def draw(rng):
    """Return {parameter: value} of a new nucleus: `magnitude` M_i, K-corrected to z = 2, and `log_black_hole_mass`.

    M_i is normal about -21.7, like that of quasars and Seyfert galaxies that a survey of 20th magnitude finds variable.
    The mass (decimal logarithm, solar masses) is normal about 2.0 - 0.27 M_i with standard deviation 0.58 + 0.011 M_i:
    MacLeod et al. (2010, ApJ 721, 1014).
    """
    magnitude = float(np.clip(rng.normal(-21.7, 1.1), -27.0, -18.5))
    mass = rng.normal(2.0 - 0.27 * magnitude, 0.58 + 0.011 * magnitude)
    return {"magnitude": magnitude, "log_black_hole_mass": mass}


def tau(wavelength, magnitude, log_black_hole_mass):
    """Return the damping time, rest-frame days, at the rest `wavelength`, angstrom.

    log10 tau = 2.4 + 0.17 log10(lambda / 4000 A) + 0.03 (M_i + 23) + 0.21 (log10 M_BH - 9): MacLeod et al. (2010),
    eq. 7 and table 1.
    """
    return 10.0 ** _macleod(2.4, 0.17, 0.03, 0.21, wavelength, magnitude, log_black_hole_mass)


def sf_inf(wavelength, magnitude, log_black_hole_mass):
    """Return the structure function at long lags, magnitudes: sqrt(2) times the standard deviation of the walk.

    log10 SF_inf = -0.51 - 0.479 log10(lambda / 4000 A) + 0.131 (M_i + 23) + 0.18 (log10 M_BH - 9): MacLeod et al.
    (2010), eq. 7 and table 1.
    """
    return 10.0 ** _macleod(-0.51, -0.479, 0.131, 0.18, wavelength, magnitude, log_black_hole_mass)


def _macleod(a, b, c, d, wavelength, magnitude, log_black_hole_mass):
    return a + b * np.log10(np.asarray(wavelength) / 4000.0) + c * (magnitude + 23.0) + d * (log_black_hole_mass - 9.0)


def damped_random_walk(normal, step, tau):
    """Return stationary damped random walks of unit variance, shape (N, W), driven by the same `normal` (N,) draws.

    x_0 = e_0, x_k = a x_(k-1) + sqrt(1 - a^2) e_k with a = exp(-step / tau): the continuous autoregressive process of
    Kelly, Bechtold & Siemiginowska (2009, ApJ 698, 895). tau: (W,), in the unit of `step`. Walks share their draws:
    those with nearly the same tau are nearly the same.
    """
    a = np.exp(-step / np.asarray(tau, dtype=float))
    x = np.sqrt(1.0 - a * a) * normal[:, None]
    x[0] = normal[0]
    shift = 1
    while shift < len(x):  # the sum over all earlier draws; each step doubles the number of terms
        x[shift:] += a**shift * x[:-shift]
        shift *= 2
    return x


def agn_flux(p, rng, step, n_epochs, wavelength):
    """Return the difference flux at 10 pc, microjansky, shape (n_epochs, W): a nucleus minus its reference image.

    p: {parameter: value} as from `draw`. rng: the nucleus' own stream, fresh. step: rest-frame days between epochs.
    wavelength: (W,) rest, angstrom. The mean spectrum is f_nu ~ nu^-0.44 through M_i, K-corrected to z = 2: M_2500 =
    M_i + 2.5 log10 3 (Richards et al. 2006, AJ 131, 2766, eq. 4). The reference is the mean of the epochs before the
    first, as an earlier survey saw them, and difference fluxes scatter about zero. More lie above than below, since
    difference images find what has become brighter: a walk and its mirror image are equally likely, and the brightening
    one is taken.
    """
    flux, mean = relative_flux(p, rng, step, n_epochs, wavelength)
    return mean * (flux[REFERENCE_EPOCHS:] - flux[:REFERENCE_EPOCHS].mean(axis=0))


def relative_flux(p, rng, step, n_epochs, wavelength):
    """Return a nucleus' flux over its mean, (100 + n_epochs, W), and the mean at 10 pc, microjansky, (W,).

    The first `REFERENCE_EPOCHS` epochs are before the light curve. See `agn_flux` for the arguments.
    """
    normal = rng.standard_normal(REFERENCE_EPOCHS + n_epochs)
    normal = -_brightening(normal, step, p) * normal
    walk = damped_random_walk(normal, step, tau(wavelength, **p))
    flux = 10.0 ** (-0.4 * sf_inf(wavelength, **p) / np.sqrt(2.0) * walk)
    mean = absolute_flux(p["magnitude"] + 2.5 * np.log10(3.0)) * (wavelength / _PIVOT) ** -_SPECTRAL_INDEX
    return flux, mean


def _brightening(normal, step, p):
    """Return +1 or -1: the sign of the walk's change at 4000 A from before the first epoch to after it."""
    walk = damped_random_walk(normal, step, [tau(4000.0, **p)])[:, 0]
    return 1.0 if walk[REFERENCE_EPOCHS:].mean() > walk[:REFERENCE_EPOCHS].mean() else -1.0


def _on_epochs(p, rng, phase, wavelength):
    return agn_flux(p, rng, phase[1] - phase[0], len(phase), wavelength)


TYPES = {"AGN": Event(PARAMETERS, draw, _on_epochs, peaks=False, lasts=True)}
"""{type: `Event`}."""
