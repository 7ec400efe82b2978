"""Microlensing: a single dark lens magnifies a star of the bulge as it passes."""

import numpy as np

from mallorn.simulate import milky_way
from mallorn.simulate.kinds import Star
from mallorn.simulate.physics import absolute_flux, blackbody_ratio

__all__ = ["TYPES", "draw", "lensed_flux", "magnification"]

_V = 5500.0


def draw(rng, span):
    """Return {parameter: value} of a new event.

    einstein_time: log-normal about 22 d, as found towards the bulge by Mroz et al. (2019, ApJS 244, 29). impact: the
    smallest distance, in Einstein radii. peak: its time, days since the survey began. share: the lensed star's part of
    the light; the rest is blended with it.
    """
    return {
        "magnitude": rng.uniform(1.5, 6.0),
        "temperature": rng.uniform(4500.0, 6500.0),
        "einstein_time": float(22.0 * np.exp(0.7 * rng.standard_normal())),
        "impact": rng.uniform(0.01, 1.0),
        "peak": span * rng.random(),
        "share": rng.uniform(0.2, 1.0),
    }


def magnification(distance):
    """Return (u^2 + 2) / (u sqrt(u^2 + 4)) at u = `distance`, Einstein radii: Paczynski (1986, ApJ 304, 1)."""
    square = distance**2
    return (square + 2.0) / (distance * np.sqrt(square + 4.0))


def lensed_flux(p, rng, time, wavelength):
    """Return the flux at 10 pc, microjansky, (T, W), the same in all colours. p: as from `draw`. time: (T,) days."""
    distance = np.hypot(p["impact"], (time - p["peak"]) / p["einstein_time"])
    return (1.0 + p["share"] * (magnification(distance) - 1.0))[:, None] * unlensed_flux(p, wavelength)


def unlensed_flux(p, wavelength):
    """Return the flux at 10 pc of the star without lens, microjansky, (W,)."""
    return absolute_flux(p["magnitude"]) * blackbody_ratio(wavelength, _V, p["temperature"])


_PARAMETERS = {"magnitude": "mag", "temperature": "K", "einstein_time": "d", "impact": "", "peak": "d", "share": ""}

TYPES = {"uLens": Star(_PARAMETERS, draw, lensed_flux, unlensed_flux, milky_way.bulge)}
"""{type: `Star`}."""
