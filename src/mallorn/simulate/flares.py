"""Flares of M dwarfs: spots of 10,000 K on a red star, which cool within minutes to hours."""

import numpy as np

from mallorn.simulate import milky_way
from mallorn.simulate.kinds import Star
from mallorn.simulate.physics import photosphere_flux

__all__ = ["TYPES", "draw", "flare", "flare_list", "flaring_flux"]

_HOT = 9500.0  # kelvin: Kowalski et al. (2013, ApJS 207, 15)
_SMALLEST, _LARGEST = 2e-4, 0.05  # smallest and largest part of the star's disc that a flare covers at its peak
_BLOCK = 1000.0  # days whose flares are drawn together
_EARLIER = 20  # number of earlier flares that may still be seen
_END = 40.0  # half-widths after which a flare is over


def draw(rng, span):
    """Return {parameter: value} of a new star of type M3 to M6: temperature, kelvin; radius, solar; flares a day.

    rate: of flares that cover more than 2e-4 of the disc. The stars are very active, since others are not found.
    """
    kelvin = rng.uniform(2900.0, 3400.0)
    return {
        "temperature": kelvin,
        "radius": 0.18 + 0.25 * (kelvin - 2900.0) / 500.0,
        "rate": float(3.0 * np.exp(0.5 * rng.standard_normal())),
    }


def flare(time):
    """Return the light curve of a flare, 1 at its peak; time: (T,) since the peak, in units of its half-width.

    The template of Davenport et al. (2014, ApJ 797, 122), which begins at -1.
    """
    t = np.clip(time, -1.0, 0.0)
    rise = 1.0 + 1.941 * t - 0.175 * t**2 - 2.246 * t**3 - 1.125 * t**4
    after = np.maximum(time, 0.0)
    decay = 0.6890 * np.exp(-1.600 * after) + 0.3030 * np.exp(-0.2783 * after)
    return np.where(time < -1.0, 0.0, np.where(time < 0.0, np.maximum(rise, 0.0), decay))


def flare_list(rate, rng, end):
    """Return peak times, days, ascending, covered parts and half-widths, days, (F,) each, of the flares until `end`.

    Parts follow a power law, N(> x) ~ 1 / x, as the energies of flares do (Hawley et al. 2014, ApJ 797, 121). The
    duration grows as the part to the power 0.4, from 2 minutes for the smallest (Maehara et al. 2015, Earth, Planets
    and Space 67, 59, who find 0.39 for energies). The draws do not depend on `end`.
    """
    peak, part = [], []
    for k, block in enumerate(rng.spawn(int(end // _BLOCK) + 1)):
        n = block.poisson(rate * _BLOCK)
        peak.append(_BLOCK * (k + np.sort(block.random(n))))
        part.append(np.minimum(_SMALLEST / (1.0 - block.random(n)), _LARGEST))
    peak, part = np.concatenate(peak), np.concatenate(part)
    return peak, part, 2.0 / 1440.0 * (part / _SMALLEST) ** 0.4


def flaring_flux(p, rng, time, wavelength):
    """Return the flux at 10 pc, microjansky, (T, W). p: as from `draw`. time: (T,) days since the survey began."""
    peak, part, width = flare_list(p["rate"], rng, time.max(initial=0.0) + 1.0)
    covered = np.zeros(len(time))
    last = np.searchsorted(peak, time)
    for k in range(-1, _EARLIER):  # the next flare, which may be rising, and those before
        at = last - 1 - k
        there = (at >= 0) & (at < len(peak))
        at = np.where(there, at, 0)
        since = (time - peak[at]) / width[at] if len(peak) else np.full(len(time), np.inf)
        there &= since < _END
        covered += np.where(there, part[at] * flare(since), 0.0) if len(peak) else 0.0
    hot = photosphere_flux(wavelength, _HOT, p["radius"])
    return quiet_flux(p, wavelength) + covered[:, None] * hot


def quiet_flux(p, wavelength):
    """Return the flux at 10 pc of the star without flares, microjansky, (W,)."""
    return photosphere_flux(wavelength, p["temperature"], p["radius"])


TYPES = {
    "Mdwarf-flare": Star(
        {"temperature": "K", "radius": "solar radii", "rate": "1 / d"}, draw, flaring_flux, quiet_flux, milky_way.disc
    )
}
"""{type: `Star`}."""
