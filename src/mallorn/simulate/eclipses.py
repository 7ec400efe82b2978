"""Eclipsing binaries: two round stars of the main sequence that pass in front of each other.

Both are discs of even brightness, blackbodies, on a circular orbit; each is stretched by the tides of the other. Radii
and temperatures are those of the main sequence, R = M^0.8 and T = 5772 K M^0.55 in solar units, which gives L ~ M^3.8.
"""

import numpy as np

from mallorn.simulate import milky_way
from mallorn.simulate.kinds import Star
from mallorn.simulate.physics import photosphere_flux

__all__ = ["TYPES", "binary_flux", "draw", "overlap"]

_PHASES = np.arange(512) / 512.0


def draw(rng, span):
    """Return {parameter: value} of a new pair: masses in solar units, inclination in degrees, time of an eclipse.

    Periods are log-normal about 0.9 d, and longer where the stars would fill more than 0.9 of their Roche lobes, by the
    formula of Eggleton (1983, ApJ 268, 368). Inclinations are those of pairs that eclipse: cos i is even up to 0.9 of
    the sum of the radii over the distance.
    """
    mass = float(np.exp(rng.uniform(np.log(0.6), np.log(2.5))))
    ratio = rng.uniform(0.3, 1.0)
    period = max(0.9 * np.exp(0.8 * rng.standard_normal()), 0.25)
    radii = _relative_radii(mass, ratio, period)
    period *= max(1.0, *(r / (0.9 * _roche(q)) for r, q in zip(radii, (1.0 / ratio, ratio), strict=True))) ** 1.5
    cosine = rng.uniform(0.0, 0.9 * sum(_relative_radii(mass, ratio, period)))
    return {
        "mass": mass,
        "mass_ratio": ratio,
        "period": float(period),
        "inclination": float(np.degrees(np.arccos(cosine))),
        "epoch": float(period * rng.random()),
    }


def overlap(distance, first, second):
    """Return the area in which two discs of radii `first` and `second` overlap. distance: (T,), of their centres."""
    d = np.clip(distance, abs(first - second) + 1e-12, first + second)
    a = np.arccos(np.clip((d**2 + first**2 - second**2) / (2.0 * d * first), -1.0, 1.0))
    b = np.arccos(np.clip((d**2 + second**2 - first**2) / (2.0 * d * second), -1.0, 1.0))
    return first**2 * (a - 0.5 * np.sin(2.0 * a)) + second**2 * (b - 0.5 * np.sin(2.0 * b))


def binary_flux(p, rng, time, wavelength):
    """Return the flux at 10 pc, microjansky, (T, W). p: from `draw`. time: (T,) days; star 1 is behind at `epoch`."""
    return _flux(p, (time - p["epoch"]) / p["period"], wavelength)


def mean_flux(p, wavelength):
    """Return the mean over a period, (W,)."""
    return _flux(p, _PHASES, wavelength).mean(axis=0)


def _flux(p, phase, wavelength):
    """Return the flux (P, W) of both stars less the hidden part.

    A star that is stretched by a companion q times as heavy shows 1 - 1.3 q r^3 sin^2 i cos 2 theta of its light
    (Morris & Naftilan 1993, ApJ 419, 344, for convective stars).
    """
    mass, q = p["mass"], p["mass_ratio"]
    radii = _relative_radii(mass, q, p["period"])
    theta, tilt = 2.0 * np.pi * phase, np.radians(p["inclination"])
    distance = np.sqrt(np.sin(theta) ** 2 + (np.cos(theta) * np.cos(tilt)) ** 2)
    hidden = overlap(distance, *radii)
    total = 0.0
    for m, r, other, behind in ((mass, radii[0], q, np.cos(theta) > 0), (mass * q, radii[1], 1 / q, np.cos(theta) < 0)):
        light = photosphere_flux(wavelength, 5772.0 * m**0.55, m**0.8)
        seen = 1.0 - 1.3 * other * r**3 * np.sin(tilt) ** 2 * np.cos(2.0 * theta)
        seen = seen * (1.0 - np.where(behind, hidden, 0.0) / (np.pi * r**2))
        total = total + seen[:, None] * light
    return total


def _relative_radii(mass, ratio, period):
    """Return both radii over the distance of the stars: 4.208 (M P^2)^(1/3) solar radii by Kepler's third law."""
    distance = 4.208 * (mass * (1.0 + ratio) * period**2) ** (1.0 / 3.0)
    return mass**0.8 / distance, (mass * ratio) ** 0.8 / distance


def _roche(ratio):
    """Return the radius of the Roche lobe, over the distance, of a star `ratio` times as heavy as the other."""
    cube = ratio ** (1.0 / 3.0)
    return 0.49 * cube**2 / (0.6 * cube**2 + np.log1p(cube))


_PARAMETERS = {"mass": "solar masses", "mass_ratio": "", "period": "d", "inclination": "deg", "epoch": "d"}

TYPES = {"EB": Star(_PARAMETERS, draw, binary_flux, mean_flux, milky_way.disc)}
"""{type: `Star`}."""
