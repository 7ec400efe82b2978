"""Supernovae with the scatter of real ones: plateaus and tails, second maxima, bumps, interaction over years."""

from functools import partial

import numpy as np

from mallorn.simulate.diverse.shapes import KNOWN, centred, earlier_survey, host_dust, log_normal, ripples
from mallorn.simulate.kinds import Event
from mallorn.simulate.physics import absolute_flux, blackbody_ratio
from mallorn.simulate.transients import SUPERNOVAE, cooling, supernova

__all__ = ["TYPES", "draw", "flux", "law"]

_BLANKETED_BELOW = 4000.0  # angstrom
_LIMIT = 18.7  # faintest peak magnitude at which an earlier survey finds and classifies them
_PIVOT = {"SN II": 5500.0, "SN IIP": 5500.0}
_SECOND_MAXIMUM, _ITS_WIDTH = 8600.0, 1700.0  # angstrom
_H_ALPHA, _BAND = 6563.0, 450.0  # angstrom; a passband smooths the line
_RED_FROM = 5500.0  # angstrom
_FEATURES = {"Ia": 0.09, "Ib": 0.06, "Ic": 0.06, "II": 0.10, "SL": 0.05}


def draw(spec_type, rng):
    """Return {parameter: value} of a new event of `spec_type`.

    `_normal`, `_hydrogen`, `_interacting` and `_superluminous` draw the parameters of the types. All have:

    - magnitude: at `pivot`.
    - rise, plateau, fading, fall: of the law of the type; fading in mag per 100 days.
    - tail: flux of a radioactive tail over that of the peak.
    - hot, floor, cooled, cooling: temperatures, kelvin, and times of the cooling.
    - blanketing: exponent of the wavelength below 4000 A.
    - maximum: strength of a second maximum about 8600 A.
    - bump: height of a later peak, or of an earlier one if `bump_phase` is negative.
    - red: exponent of the wavelength by which light above 5500 A is fainter than the blackbody's, until two months
      after the peak.
    - line: strength of H alpha; lines: scatter of others, mag.
    - host_ebv: exponential, as for SNe Ia in Jha, Riess & Kirshner (2007, ApJ 659, 122), without the faintest; less for
      SNe Ia.
    """
    family = {"SN II": _hydrogen, "SN IIP": _hydrogen, "SN IIn": _interacting}.get(spec_type)
    if family is None:
        family = _superluminous if spec_type.startswith("SLSN") else _normal
    scatter = next(scatter for name, scatter in _FEATURES.items() if spec_type.removeprefix("SN ").startswith(name))
    ebv = 0.03 if spec_type.startswith(("SLSN", "SN Ia")) else 0.06
    p = dict.fromkeys(_UNITS, 0.0) | family(spec_type, rng)
    red = rng.normal(1.5, 0.4) if spec_type.startswith("SN Ia") else rng.normal(0.1, 0.4)
    return p | {"red": red, "lines": log_normal(rng, scatter, 0.3), "host_ebv": rng.exponential(ebv)}


def _photosphere(rng, hot, floor, cooled, width, blanketing, scatter):
    """Return the parameters of a cooling photosphere about medians."""
    return {
        "hot": log_normal(rng, hot, 1.3 * scatter, 7000.0, 35_000.0),
        "floor": log_normal(rng, floor, 0.6 * scatter, 3800.0, 12_000.0),
        "cooled": log_normal(rng, cooled, 2.5 * scatter),
        "cooling": log_normal(rng, width, 2.0 * scatter),
        "blanketing": log_normal(rng, blanketing, 0.4),
    }


def _normal(spec_type, rng):
    """Return the parameters of a thermonuclear or stripped supernova.

    Medians are those of `mallorn.simulate.transients.SUPERNOVAE`, shortened, and brighter, since a survey limited by
    flux finds the bright ones: by 1.4 times the variance of magnitudes (Malmquist 1922), and SNe Ia by another 0.25.
    They are hotter at the peak and fainter in the UV. SNe Ia have a shoulder 25 days after the peak. Brighter SNe Ia
    are slower (Phillips 1993, ApJ 413, L105) and have a second maximum in i to y about 25 days after the first (Kasen
    2006, ApJ 649, 939). Late light falls with the cobalt. One in three SNe IIb has a first peak while its envelope
    cools, like SN 1993J.
    """
    median, spread = SUPERNOVAE[spec_type]
    slow = rng.standard_normal()
    ia = spec_type.startswith("SN Ia")
    stretch = np.exp((0.12 if ia else 0.25) * slow)
    first = spec_type == "SN IIb" and rng.random() < 1.0 / 3.0
    magnitude = median.magnitude - 1.4 * spread.magnitude**2 - 0.25 * ia
    blanketing = (1.55 if ia else 1.2) * median.blanketing
    return {
        "magnitude": magnitude - 0.2 * slow + 0.8 * spread.magnitude * rng.standard_normal(),
        "rise": 0.95 * median.rise * stretch * log_normal(rng, 1.0, 0.1),
        "plateau": (0.95 if ia else 0.8) * median.plateau * stretch,
        "fading": 100.0 * median.decline * log_normal(rng, 1.0, 0.3, 0.3, 2.5),
        "fall": 0.5 * median.fall * stretch * log_normal(rng, 1.0, 0.12),
        "tail": log_normal(rng, 0.05, 0.4, 0.01, 0.3),
        **_photosphere(rng, 1.2 * median.hot, 1.08 * median.floor, median.cooled, median.cooling, blanketing, 0.12),
        "maximum": log_normal(rng, 0.2 if "91bg" in spec_type else 0.4, 0.5) if ia else 0.0,
        "bump": rng.uniform(0.3, 0.9) if first else rng.uniform(0.0, 0.6) if ia else 0.0,
        "bump_phase": 25.0 * stretch if ia else -rng.uniform(12.0, 20.0),
        "bump_width": rng.uniform(5.0, 9.0) if ia else rng.uniform(2.0, 4.0),
    }


def _hydrogen(spec_type, rng):
    """Return the parameters of a supernova with a plateau or a straight decline.

    In V, from Anderson et al. (2014, ApJ 786, 67): the length of the optically thick phase, 84 +- 17 days, made longer;
    its decline, 1.3 +- 0.9 mag in 100 days, steeper for brighter events; the first decline; and magnitudes, -16.7 +-
    1.0, made brighter since the sample is limited by flux. Rises take a week: Gonzalez-Gaitan et al. (2015, MNRAS 451,
    2212).
    """
    steep = rng.standard_normal() - (0.8 if spec_type == "SN IIP" else 0.0)
    return {
        "magnitude": -17.9 - 0.4 * steep + 0.8 * rng.standard_normal(),
        "rise": log_normal(rng, 2.6, 0.45, 0.8, 12.0),
        "plateau": float(np.clip(rng.normal(100.0, 20.0), 35.0, 150.0)),
        "fading": max(1.3 + 0.9 * steep, -0.2),
        "fall": log_normal(rng, 8.0, 0.4),
        "tail": log_normal(rng, 0.10, 0.5, 0.01, 0.4),
        **_photosphere(rng, 14_000.0, 4500.0, 9.5, 9.0, 2.5, 0.17),
        "bump": log_normal(rng, 0.35, 0.7, 0.0, 1.5),
        "bump_phase": 0.0,
        "bump_width": log_normal(rng, 15.0, 0.4),
        "line": log_normal(rng, 0.10, 0.5),
    }


def _interacting(spec_type, rng):
    """Return the parameters of a supernova that runs into gas that its star had shed.

    From Nyholm et al. (2020, A&A 637, A73): magnitudes, -19.2 +- 1.3; rises of 20 +- 6 days or, for one in three, 50 +-
    11; declines of 1.3 to 4 mag in 100 days. One in three first stays bright for up to 400 days, like SN 2010jl
    (Fransson et al. 2014, ApJ 797, 118). Bumps are like those of iPTF13z (Nyholm et al. 2017, A&A 605, A6). One in ten
    has an earlier peak, an outburst (Ofek et al. 2014, ApJ 789, 104).
    """
    chance = rng.random(3)
    rise = rng.normal(20.0, 6.0) if chance[0] < 0.67 else rng.normal(50.0, 11.0)
    before = chance[2] > 0.9
    return {
        "magnitude": rng.normal(-19.1, 1.2),
        "rise": max(rise, 6.0) / 2.5,
        "plateau": rng.uniform(60.0, 400.0) if chance[1] < 0.33 else rng.uniform(5.0, 60.0),
        "fading": log_normal(rng, 0.7, 0.6, 0.05, 2.5),
        "fall": log_normal(rng, 55.0, 0.5, 15.0, 250.0),
        "tail": log_normal(rng, 0.05, 0.8, 0.0, 0.3),
        **_photosphere(rng, 15_000.0, 7500.0, 45.0, 22.0, 0.5, 0.2),
        "bump": rng.uniform(0.05, 0.7) if before or chance[2] < 0.35 else 0.0,
        "bump_phase": -rng.uniform(25.0, 150.0) if before else rng.uniform(20.0, 250.0),
        "bump_width": rng.uniform(6.0, 30.0),
        "line": log_normal(rng, 0.20, 0.6, 0.0, 1.0),
    }


def _superluminous(spec_type, rng):
    """Return the parameters of a superluminous supernova.

    Magnitudes, rises and declines are as in Nicholl et al. (2015, MNRAS 452, 3869) and De Cia et al. (2018, ApJ 860,
    100): slow events rise and decline slowly. Half of them have bumps, as in Hosseinzadeh et al. (2022, ApJ 933, 14),
    and one in five has a peak before the main one, as in Nicholl & Smartt (2016, MNRAS 457, L79).
    """
    slow, chance = np.exp(0.4 * rng.standard_normal()), rng.random()
    before = chance > 0.8
    return {
        "magnitude": rng.normal(-21.1 if spec_type == "SLSN-I" else -20.6, 0.7),
        "rise": 10.0 * slow * log_normal(rng, 1.0, 0.2),
        "plateau": 15.0 * slow,
        "fading": rng.uniform(0.3, 1.5),
        "fall": 38.0 * slow * log_normal(rng, 1.0, 0.25),
        "tail": log_normal(rng, 0.03, 0.7, 0.0, 0.2),
        **_photosphere(rng, 16_000.0, 6800.0, 35.0, 16.0, 0.9, 0.17),
        "bump": rng.uniform(0.05, 0.5) if before or chance < 0.5 else 0.0,
        "bump_phase": -rng.uniform(20.0, 60.0) if before else rng.uniform(20.0, 150.0),
        "bump_width": rng.uniform(4.0, 20.0),
        "line": log_normal(rng, 0.1, 0.6) if spec_type == "SLSN-II" else 0.0,
    }


def law(time, spec_type, p):
    """Return the light curve at the pivot, not normalised, (P,); time: (P,) days since half of the rise."""
    after = np.maximum(time, 0.0)
    if spec_type in _PIVOT:
        dimmer = 10.0 ** (-0.004 * p["fading"] * after)
        drop = 1.0 / (1.0 + np.exp(np.clip((time - p["plateau"]) / p["fall"], -50.0, 50.0)))
        shape = dimmer * drop / (1.0 + np.exp(np.clip(-time / p["rise"], -50.0, 50.0)))
    else:
        shape = supernova(np.minimum(time, p["plateau"]), p["rise"], np.inf, 0.0, 1.0)
        shape = shape * 10.0 ** (-0.004 * p["fading"] * np.minimum(after, p["plateau"]))
        shape = shape * np.exp(-np.maximum(time - p["plateau"], 0.0) / p["fall"])
    shape = shape + p["tail"] * -np.expm1(-((after / 25.0) ** 2)) * np.exp(-after / 111.3)
    width = max(p["bump_width"], 1.0)
    later = shape if p["bump_phase"] > 0.0 else 1.0  # a bump in a decline is relative to it
    early = 1.0 / (1.0 + np.exp(np.clip(-time / max(p["rise"], 0.5), -50.0, 50.0))) if p["bump_phase"] == 0.0 else 1.0
    return shape + p["bump"] * later * early * np.exp(-0.5 * ((time - p["bump_phase"]) / width) ** 2)


def flux(spec_type, p, rng, phase, wavelength):
    """Return the flux at 10 pc, microjansky, (P, W). p: as from `draw`. phase: (P,) rest-frame days since the peak."""
    pivot = _PIVOT.get(spec_type, 4400.0)
    spectrum = ripples(rng, phase, wavelength, p["lines"])
    shape = earlier_survey(rng, phase, centred(lambda time: law(time, spec_type, p), phase), _LIMIT)
    kelvin = cooling(phase, p["hot"], p["floor"], p["cooled"], p["cooling"])
    spectrum *= blackbody_ratio(wavelength, pivot, kelvin[:, None])
    spectrum *= np.minimum(wavelength / _BLANKETED_BELOW, 1.0) ** p["blanketing"]
    early = 1.0 / (1.0 + np.exp(np.clip((phase - 55.0) / 10.0, -50.0, 50.0)))
    spectrum *= np.exp(-p["red"] * np.multiply.outer(early, np.log(np.maximum(wavelength / _RED_FROM, 1.0))))
    if p["maximum"]:
        red = np.exp(-0.5 * ((wavelength - _SECOND_MAXIMUM) / _ITS_WIDTH) ** 2)
        spectrum *= 1.0 + p["maximum"] * np.exp(-0.5 * ((phase - 25.0) / 9.0) ** 2)[:, None] * red
    if p["line"]:
        spectrum *= 1.0 + p["line"] * np.exp(-0.5 * ((wavelength - _H_ALPHA) / _BAND) ** 2)
    return absolute_flux(p["magnitude"]) * shape[:, None] * spectrum * host_dust(wavelength, p["host_ebv"])


_UNITS = {
    "magnitude": "mag",
    "rise": "d",
    "plateau": "d",
    "fading": "mag / (100 d)",
    "fall": "d",
    "tail": "",
    "hot": "K",
    "floor": "K",
    "cooled": "d",
    "cooling": "d",
    "blanketing": "",
    "maximum": "",
    "bump": "",
    "bump_phase": "d",
    "bump_width": "d",
    "red": "",
    "line": "",
    "lines": "mag",
    "host_ebv": "mag",
}
_LONG = ("SN IIn", "SLSN-I", "SLSN-II")

TYPES = {
    name: Event(
        _UNITS,
        partial(draw, name),
        partial(flux, name),
        strict=True,
        known=KNOWN,
        late=0.02 if name in _LONG else 0.01,
    )
    for name in SUPERNOVAE
}
"""{type: `Event`}."""
