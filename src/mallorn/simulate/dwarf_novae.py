"""Dwarf novae: discs around white dwarfs that flare up for some days every few weeks or months."""

import numpy as np

from mallorn.simulate import milky_way
from mallorn.simulate.kinds import Star
from mallorn.simulate.physics import absolute_flux, blackbody_ratio

__all__ = ["TYPES", "draw", "erupting_flux", "outburst", "outburst_times"]

_V = 5500.0
_DROP = 10.0  # magnitudes below its maximum at which an outburst is cut off


def draw(rng, span):
    """Return {parameter: value} of a new star.

    The period P of its orbit, hours, sets the magnitude at maximum, M_V = 5.64 - 0.259 P (Warner 1987, MNRAS 227, 23),
    and `fading`, the decline, 0.53 P^0.84 d / mag (Warner 1995, Cataclysmic Variable Stars, Cambridge University Press,
    ch. 3). recurrence: mean time T between outbursts, days; their size grows with it, 0.7 + 1.9 log10 T mag, as
    Kukarkin and Parenago found first (Warner 1995, ch. 3). plateau: days near the maximum.
    """
    orbit = float(np.where(rng.random() < 0.6, rng.uniform(1.35, 2.1), rng.uniform(3.0, 8.0)))
    recurrence = float(np.clip(60.0 * np.exp(0.8 * rng.standard_normal()), 12.0, 600.0))
    return {
        "magnitude": 5.64 - 0.259 * orbit + 0.4 * rng.standard_normal(),
        "outburst": 0.7 + 1.9 * np.log10(recurrence) + 0.3 * rng.standard_normal(),
        "recurrence": recurrence,
        "plateau": float(5.0 * np.exp(0.4 * rng.standard_normal())),
        "fading": 0.53 * orbit**0.84,
    }


def outburst(time, plateau, decay):
    """Return the light curve of an outburst over its maximum; time: (T,) days since the maximum.

    In magnitudes it rises by one in 0.3 d, falls by 0.1 a day on the plateau, and then by one in `decay` days.
    """
    fainter = np.where(time < 0.0, -time / 0.3, 0.1 * np.clip(time, 0.0, plateau))
    fainter = fainter + np.maximum(time - plateau, 0.0) / decay
    return np.where(fainter < _DROP, 10.0 ** (-0.4 * np.minimum(fainter, _DROP)), 0.0)


def outburst_times(recurrence, rng, end):
    """Return the times of the maxima, days, ascending: gamma-distributed gaps with a scatter of 30%, until `end`.

    The draws do not depend on `end`.
    """
    times = [np.array([-recurrence * rng.random()])]
    while times[-1][-1] < end:
        times.append(times[-1][-1] + np.cumsum(rng.gamma(11.0, recurrence / 11.0, 64)))
    return np.concatenate(times)


def erupting_flux(p, rng, time, wavelength):
    """Return the flux at 10 pc, microjansky, (T, W). p: as from `draw`. time: (T,) days since the survey began.

    The disc is a blackbody of 12,000 K in outburst and of 7,000 K in quiescence.
    """
    maxima = outburst_times(p["recurrence"], rng, time.max(initial=0.0) + 20.0)
    before = np.clip(np.searchsorted(maxima, time) - 1, 0, len(maxima) - 2)
    shape = sum(outburst(time - maxima[before + k], p["plateau"], p["fading"]) for k in (0, 1))
    bright = absolute_flux(p["magnitude"]) * blackbody_ratio(wavelength, _V, 12_000.0)
    return quiet_flux(p, wavelength) + shape[:, None] * bright


def quiet_flux(p, wavelength):
    """Return the flux at 10 pc in quiescence, microjansky, (W,)."""
    return absolute_flux(p["magnitude"] + p["outburst"]) * blackbody_ratio(wavelength, _V, 7000.0)


_PARAMETERS = {"magnitude": "mag", "outburst": "mag", "recurrence": "d", "plateau": "d", "fading": "d / mag"}

TYPES = {"dwarf-nova": Star(_PARAMETERS, draw, erupting_flux, quiet_flux, milky_way.disc)}
"""{type: `Star`}."""
