"""Supernovae and tidal disruption events: drawing them, and their light at any rest-frame phase and wavelength.

All are one bright blackbody:

    f_nu(t, lambda) = F s(t) B_nu(lambda, T(t)) / B_nu(4400 A, T(t)) u(lambda)

where F is the flux of the absolute AB magnitude at the peak at 4400 A (the B band), s is the light curve at 4400 A, 1
at its peak at phase t = 0, T is the temperature, and u is the blanketing of the ultraviolet by metal lines, (lambda /
4000 A)^a below 4000 A (a = 0 for disruptions).
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from mallorn.simulate.kinds import Event
from mallorn.simulate.physics import absolute_flux, blackbody_ratio

__all__ = [
    "REFERENCE_WAVELENGTH",
    "SUPERNOVAE",
    "TYPES",
    "cooling",
    "disruption",
    "draw",
    "supernova",
    "transient_flux",
]

REFERENCE_WAVELENGTH = 4400.0
_BLANKETED_BELOW = 4000.0
_FINE_PHASE = np.arange(-100.0, 400.0, 0.25)
_DISRUPTION_TEMPERATURES = (15_000.0, 40_000.0)


class _Supernova(NamedTuple):
    """Absolute magnitude, times in rest-frame days, `decline` per day, temperatures in kelvin, exponent `blanketing`.

    As a spread, magnitude and decline are standard deviations; all others are those of the natural logarithm.
    """

    magnitude: float
    rise: float
    plateau: float
    decline: float
    fall: float
    hot: float
    floor: float
    cooled: float
    cooling: float
    blanketing: float


# Peak magnitudes are B-band means of Richardson et al. (2014, AJ 147, 118), for superluminous ones after De Cia et al.
# (2018, ApJ 860, 100), up to a few tenths brighter: source events were found in flux-limited surveys. Times are round
# numbers within the ranges of Villar et al. (2019, ApJ 884, 83), temperatures within those of Nicholl, Guillochon &
# Berger (2017, ApJ 850, 55) for superluminous and Pierel et al. (2018, PASP 130, 114504) for other supernovae.
_THERMONUCLEAR = _Supernova(0.35, 0.15, 0.20, 0.005, 0.15, 0.10, 0.08, 0.3, 0.2, 0.3)
_STRIPPED = _Supernova(0.60, 0.25, 0.30, 0.006, 0.25, 0.15, 0.10, 0.3, 0.2, 0.3)
_HYDROGEN = _Supernova(0.70, 0.35, 0.30, 0.003, 0.40, 0.20, 0.08, 0.4, 0.3, 0.4)
_INTERACTING = _Supernova(0.80, 0.45, 0.50, 0.003, 0.50, 0.20, 0.15, 0.5, 0.4, 0.5)
_SUPERLUMINOUS = _Supernova(0.50, 0.30, 0.40, 0.004, 0.35, 0.18, 0.12, 0.4, 0.3, 0.4)

SUPERNOVAE = {
    "SN Ia": (_Supernova(-19.3, 3.5, 9, 0.020, 22, 12_500, 5200, 8, 7, 2.5), _THERMONUCLEAR),
    "SN Ia-91T-like": (_Supernova(-19.7, 4, 11, 0.015, 25, 14_000, 5200, 9, 7, 2.0), _THERMONUCLEAR),
    "SN Ia-91bg-like": (_Supernova(-17.8, 3, 6, 0.030, 16, 8500, 4600, 5, 6, 3.0), _THERMONUCLEAR),
    "SN Ib": (_Supernova(-17.7, 4, 8, 0.020, 24, 9500, 4900, 6, 7, 2.5), _STRIPPED),
    "SN Ic": (_Supernova(-17.8, 4, 8, 0.020, 23, 9000, 4900, 6, 7, 3.0), _STRIPPED),
    "SN Ic-BL": (_Supernova(-18.6, 4, 8, 0.020, 21, 9500, 5000, 6, 7, 3.0), _STRIPPED),
    "SN IIb": (_Supernova(-17.4, 4, 8, 0.020, 25, 10_000, 5000, 6, 8, 2.0), _STRIPPED),
    "SN II": (_Supernova(-17.5, 3, 70, 0.008, 18, 15_000, 5400, 15, 9, 1.5), _HYDROGEN),
    "SN IIP": (_Supernova(-17.2, 2.5, 90, 0.003, 14, 15_000, 5400, 16, 9, 1.5), _HYDROGEN),
    "SN IIn": (_Supernova(-18.9, 8, 40, 0.006, 55, 17_000, 8000, 55, 22, 0.4), _INTERACTING),
    "SLSN-I": (_Supernova(-21.4, 9, 20, 0.010, 38, 18_000, 7500, 32, 15, 0.8), _SUPERLUMINOUS),
    "SLSN-II": (_Supernova(-20.9, 10, 30, 0.008, 50, 18_000, 7500, 40, 18, 0.6), _SUPERLUMINOUS),
}
"""SpecType of each supernova: its median parameters and their spread."""

# Magnitudes in the gap between novae and supernovae, months on a plateau, and a photosphere that cools from F to K or M
# stars' temperatures: Kasliwal (2012, PASA 29, 482); Pastorello & Fraser (2019, Nature Astronomy 3, 676).
IMPOSTORS = {"ILOT": (_Supernova(-13.0, 4, 60, 0.008, 25, 7500, 3800, 40, 15, 2.0), _INTERACTING)}
"""SpecType of transients that are fainter than supernovae and cool like them: as `SUPERNOVAE`."""

# Peaks from M = -14 to -19, rises of 9 to 19 days, faster and cooler than normal type Ia supernovae, and blue early on:
# Foley et al. (2013, ApJ 767, 57); Jha (2017, Handbook of Supernovae, 375).
_FAILED = _Supernova(0.90, 0.25, 0.30, 0.006, 0.25, 0.12, 0.08, 0.3, 0.2, 0.3)
FAILED = {"SN Iax[02cx-like]": (_Supernova(-17.2, 3, 6, 0.025, 20, 11_500, 4800, 5, 6, 2.2), _FAILED)}
"""SpecType of thermonuclear supernovae that leave a star behind: as `SUPERNOVAE`."""


def draw(spec_type, rng):
    """Return {parameter: value} of a new event of `spec_type`, "TDE" or one of `SUPERNOVAE`, `IMPOSTORS` and `FAILED`.

    Disruptions: magnitudes, rise and decay times as in the sample of van Velzen et al. (2021, ApJ 908, 4);
    temperatures log-normal within 15,000 to 40,000 K; `heating` is d ln T / dt per 100 days.
    """
    if spec_type == "TDE":
        hot = 22_000.0 * np.exp(0.3 * rng.standard_normal())
        return {
            "magnitude": rng.normal(-18.9, 0.8),
            "rise": 12.0 * np.exp(0.55 * rng.standard_normal()),
            "decay": 45.0 * np.exp(0.65 * rng.standard_normal()),
            "temperature": float(np.clip(hot, *_DISRUPTION_TEMPERATURES)),
            "heating": rng.normal(0.0, 0.2),
        }
    median, spread = (np.array(p, dtype=float) for p in (SUPERNOVAE | IMPOSTORS | FAILED)[spec_type])
    normal = rng.standard_normal(median.size)
    values = _Supernova(*(median * np.exp(spread * normal)))
    added = _Supernova(*(median + spread * normal))
    decline = max(added.decline, 0.0)
    return {**values._asdict(), "magnitude": added.magnitude, "decline": min(decline, 0.9 / values.plateau)}


def transient_flux(spec_type, p, phase, wavelength):
    """Return the flux at 10 pc, microjansky, shape (P, W).

    p: {parameter: value} as from `draw`. phase: (P,) rest-frame days since the peak. wavelength: (W,) rest, angstrom.
    """
    if spec_type == "TDE":
        shape, kelvin = disruption(phase, p["rise"], p["decay"]), _warming(phase, p)
        blanketing = 0.0
    else:
        shape = _peaked(phase, p)
        kelvin, blanketing = cooling(phase, p["hot"], p["floor"], p["cooled"], p["cooling"]), p["blanketing"]
    spectrum = blackbody_ratio(wavelength, REFERENCE_WAVELENGTH, kelvin[:, None])
    blanket = np.minimum(wavelength / _BLANKETED_BELOW, 1.0) ** blanketing
    return absolute_flux(p["magnitude"]) * shape[:, None] * spectrum * blanket


def disruption(phase, rise, decay):
    """Return the light curve of a tidal disruption: a Gaussian rise, then the fallback of the debris.

    exp(-t^2 / (2 rise^2)) before the peak, (1 + t / decay)^(-5/3) after it: van Velzen et al. (2021, ApJ 908, 4);
    the exponent is that of Rees (1988, Nature 333, 523) and Phinney (1989, IAU Symp. 136, 543).
    """
    before, after = np.minimum(phase, 0.0), np.maximum(phase, 0.0)
    return np.exp(-0.5 * (before / rise) ** 2) * (1.0 + after / decay) ** (-5.0 / 3.0)


def supernova(time, rise, plateau, decline, fall):
    """Return the light curve of a supernova, not normalised: Villar et al. (2019, ApJ 884, 83), eq. 1.

    time: days since half of the first rise. The curve has a sigmoid rise of scale `rise`, a linear decline by `decline`
    per day for the length of the `plateau`, then an exponential fall of scale `fall`.
    """
    straight = 1.0 - decline * np.minimum(time, plateau)
    exponential = np.exp(-np.maximum(time - plateau, 0.0) / fall)
    return straight * exponential / (1.0 + np.exp(np.minimum(-time / rise, 600.0)))


def cooling(phase, hot, floor, cooled, width):
    """Return the temperature of a photosphere that cools from `hot` to `floor`, half of the way at phase `cooled`.

    floor + (hot - floor) / (1 + exp((t - cooled) / width)): Russeil et al. (2024, A&A 683, A251).
    """
    return floor + (hot - floor) / (1.0 + np.exp(np.clip((phase - cooled) / width, -600.0, 600.0)))


def _warming(phase, p):
    """Return the nearly constant temperature of a disruption, which drifts until at most 300 days after the peak."""
    drift = np.exp(p["heating"] * np.clip(phase, -100.0, 300.0) / 100.0)
    return np.clip(p["temperature"] * drift, *_DISRUPTION_TEMPERATURES)


def _peaked(phase, p):
    """Return the supernova's light curve shifted to have its peak at phase 0, and scaled to be 1 there."""
    law = (p["rise"], p["plateau"], p["decline"], p["fall"])
    fine = supernova(_FINE_PHASE, *law)
    peak = np.argmax(fine)
    return supernova(phase + _FINE_PHASE[peak], *law) / fine[peak]


def _light(spec_type, p, rng, phase, wavelength):
    return transient_flux(spec_type, p, phase, wavelength)


_UNITS = {
    "magnitude": "mag",
    "rise": "d",
    "plateau": "d",
    "decline": "1 / d",
    "fall": "d",
    "hot": "K",
    "floor": "K",
    "cooled": "d",
    "cooling": "d",
    "blanketing": "",
}
_DISRUPTION_UNITS = {"magnitude": "mag", "rise": "d", "decay": "d", "temperature": "K", "heating": "1 / (100 d)"}

TYPES = {"TDE": Event(_DISRUPTION_UNITS, partial(draw, "TDE"), partial(_light, "TDE"))}
"""{type: `Event`}."""
TYPES |= {name: Event(_UNITS, partial(draw, name), partial(_light, name)) for name in SUPERNOVAE}
TYPES |= {
    name: Event(_UNITS, partial(draw, name), partial(_light, name), nearest=0.006, strict=True) for name in IMPOSTORS
}
TYPES |= {name: Event(_UNITS, partial(draw, name), partial(_light, name), nearest=0.01, strict=True) for name in FAILED}
