"""Diverse active galactic nuclei: damped random walks of scattered strength, many with a flare."""

import numpy as np

from mallorn.simulate import agn
from mallorn.simulate.diverse.shapes import KNOWN, earlier_survey, host_dust, log_normal, ripples
from mallorn.simulate.kinds import Event
from mallorn.simulate.physics import absolute_flux, blackbody_ratio

__all__ = ["TYPES", "draw", "flare", "flux"]

_PIVOT = 4000.0  # angstrom
_LENGTHS = (60.0, 120.0, 250.0)  # days, of the process that stands for what it saw
_LIMIT = 20.3  # faintest magnitude of the largest difference at which an earlier survey finds them
_REFERENCE_EPOCHS = 200  # epochs before the first, of which the reference image may have some


def draw(rng):
    """Return {parameter: value} of a new nucleus.

    - magnitude, log_black_hole_mass: as from `mallorn.simulate.agn.draw`, brighter and wider: they are as far away as
      the nuclei of the MALLORN data.
    - strength, pace: factors on the structure function and the damping time of MacLeod et al. (2010, ApJ 721, 1014),
      whose fits scatter by about 0.15 and 0.3 dex. Walks are slower than theirs, as those of
      the MALLORN data are.
    - colour: exponent of frequency in the spectrum of the variable part, about 0 as in difference spectra of quasars
      (Wilhite et al. 2005, ApJ 633, 638).
    - flare: height of a flare in units of the mean flux, in four of ten nuclei: rises of a month to a year and slower
      falls, as in Graham et al. (2017, MNRAS 470, 4112) and Trakhtenbrot et al. (2019, Nature Astronomy 3, 242).
      flare_place: its time, as a part of all epochs. flare_rise, flare_fall: days.
    - kelvin: in most nuclei the variable part shines as a blackbody, as nuclear flares mostly do, hot in three of ten;
      0 in the others.
    - mirrored: 0 takes the walk as it is, 1 so that it becomes brighter, which a search prefers.
    - host_ebv: exponential. lines: mag.
    """
    p = agn.draw(rng)
    flares, rise = rng.random() < 0.4, log_normal(rng, 115.0, 0.45, 15.0, 400.0)
    return {
        "magnitude": p["magnitude"] - 1.2 + 0.8 * rng.standard_normal(),
        "log_black_hole_mass": p["log_black_hole_mass"],
        "strength": log_normal(rng, 0.55, 0.5),
        "pace": log_normal(rng, 3.3, 0.45),
        "colour": float(np.clip(rng.normal(0.0, 0.8), -2.0, 2.0)),
        "flare": log_normal(rng, 0.6, 0.7) if flares else 0.0,
        "flare_place": rng.uniform(0.12, 0.95),
        "flare_rise": rise,
        "flare_fall": rise * log_normal(rng, 1.8, 0.5, 0.7, 10.0),
        "kelvin": _kelvin(rng),
        "mirrored": float(rng.random() < 0.55),
        "host_ebv": rng.exponential(0.03),
        "lines": log_normal(rng, 0.03, 0.4),
    }


def _kelvin(rng):
    """Return the temperature of the variable part, or 0 for one in twelve."""
    median, scatter = (30_000.0, 0.6) if rng.random() < 0.3 else (11_500.0, 0.35)
    return log_normal(rng, median, scatter, 4500.0, 100_000.0) * float(rng.random() < 0.92)


def flare(phase, rise, fall):
    """Return the light curve of a flare, 1 at its peak at 0: a Gaussian rise, an exponential fall; days."""
    before, after = np.minimum(phase, 0.0), np.maximum(phase, 0.0)
    return np.exp(-0.5 * (before / rise) ** 2) * np.exp(-after / fall)


def flux(p, rng, phase, wavelength):
    """Return the difference flux at 10 pc, microjansky, (P, W): a nucleus less its reference image.

    The reference image is the mean of months to two years about the first epoch. A nucleus that fades far more than it
    ever brightens is mirrored, since no search would find it. The variable part has one spectrum. p: as from `draw`.
    phase: (P,) days.
    """
    step, n = phase[1] - phase[0], len(phase)
    lines = ripples(rng, np.zeros(1), wavelength, p["lines"])
    normal = rng.standard_normal(_REFERENCE_EPOCHS + n)
    first = rng.integers(_REFERENCE_EPOCHS // 2, _REFERENCE_EPOCHS)
    part = slice(first, first + int(rng.integers(50, 2 * _REFERENCE_EPOCHS)))
    tau = agn.tau(_PIVOT, p["magnitude"], p["log_black_hole_mass"]) * p["pace"]
    sf = agn.sf_inf(_PIVOT, p["magnitude"], p["log_black_hole_mass"]) * p["strength"]
    walk = agn.damped_random_walk(normal, step, [tau])[:, 0]
    if p["mirrored"] and walk[part].mean() > walk[_REFERENCE_EPOCHS:].mean():
        walk = -walk
    change = walk[_REFERENCE_EPOCHS:] - walk[part].mean()
    if -change.min() > 4.0 * change.max():
        walk = -walk
    relative = 10.0 ** (0.4 * np.clip(sf / np.sqrt(2.0) * walk, -5.0, 5.0))
    difference = relative[_REFERENCE_EPOCHS:] - relative[part].mean()
    burst = p["flare"] * flare(phase - phase[0] - p["flare_place"] * step * n, p["flare_rise"], p["flare_fall"])
    height = max(np.max(difference + burst), 1e-3)
    total = height * earlier_survey(rng, phase, (difference + burst) / height, _LIMIT, _LENGTHS)
    spectrum = (_PIVOT / wavelength) ** p["colour"]
    if p["kelvin"]:
        spectrum = blackbody_ratio(wavelength, _PIVOT, p["kelvin"])
    mean = absolute_flux(p["magnitude"] + 2.5 * np.log10(3.0))
    return mean * total[:, None] * (spectrum * lines) * host_dust(wavelength, p["host_ebv"])


_UNITS = {
    "magnitude": "mag",
    "log_black_hole_mass": "log10 solar masses",
    "strength": "",
    "pace": "",
    "colour": "",
    "flare": "",
    "flare_place": "",
    "flare_rise": "d",
    "flare_fall": "d",
    "kelvin": "K",
    "mirrored": "",
    "host_ebv": "mag",
    "lines": "mag",
}

TYPES = {"AGN": Event(_UNITS, draw, flux, peaks=False, lasts=True, strict=True, known=KNOWN)}
"""{type: `Event`}."""
