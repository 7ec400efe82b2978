"""RR Lyrae stars, Cepheids and delta Scuti stars: photospheres that heat and cool with one period.

    f_nu(t, lambda) = F B_nu(lambda, T(t)) / B_nu(5500 A, T_0) u(lambda),   T = T_0 exp(a s(t / period))

where F is the flux of the absolute AB magnitude at 5500 A (the V band, in which AB and Vega magnitudes agree to a few
hundredths), s runs from -1/2 to 1/2, and a is such that V changes by the amplitude. Planck's law gives the amplitudes
in other passbands; u is the Balmer jump, which dims stars of types A and F below 3800 A by 0.55 mag. Radii are
constant; there is one period, and no Blazhko effect.
"""

from functools import partial

import numpy as np

from mallorn.simulate import milky_way
from mallorn.simulate.kinds import Star
from mallorn.simulate.physics import absolute_flux, blackbody_ratio

__all__ = ["TYPES", "draw", "pulse", "pulsator_flux"]

_V = 5500.0
_BALMER = 10.0 ** (-0.4 * 0.55)
_HC_OVER_K = 1.438776877e8  # angstrom kelvin
_PHASES = np.arange(256) / 256.0


def draw(spec_type, rng, span):
    """Return {parameter: value} of a new star of `spec_type`, "RRL", "Cepheid" or "d-Sct".

    RR Lyrae: M_V = 0.23 [Fe/H] + 0.93 (Cacciari & Clementini 2003, Lecture Notes in Physics 635, 105) with [Fe/H] about
    -1.5. Three in four are of type ab, with periods about 0.57 d and amplitudes that fall with the period; the others
    are of type c, about 0.32 d and nearly sinusoidal (Sesar et al. 2010, ApJ 708, 717). Cepheids: M_V = -2.43 (log10 P
    - 1)
    - 4.05 (Benedict et al. 2007, AJ 133, 1810). Delta Scuti: M_V = -2.94 log10 P - 1.34 (Ziaali et al. 2019, MNRAS 486,
    4348), with the large amplitudes that a wide survey can find. `rising` is the part of the period in which a star
    becomes brighter, `epoch` the time of a maximum.
    """
    scatter = rng.standard_normal(3)
    if spec_type == "RRL" and rng.random() < 0.75:
        period = float(np.clip(0.57 + 0.06 * scatter[0], 0.42, 0.85))
        amplitude, rise = 0.95 - 4.0 * (period - 0.57) + 0.12 * scatter[1], rng.uniform(0.12, 0.20)
    elif spec_type == "RRL":
        period = float(np.clip(0.32 + 0.035 * scatter[0], 0.22, 0.42))
        amplitude, rise = 0.48 + 0.06 * scatter[1], rng.uniform(0.35, 0.48)
    elif spec_type == "Cepheid":
        period = float(np.clip(6.0 * np.exp(0.7 * scatter[0]), 1.5, 80.0))
        amplitude, rise = 0.8 + 0.2 * scatter[1], rng.uniform(0.22, 0.40)
    else:
        period = float(np.clip(0.09 * np.exp(0.4 * scatter[0]), 0.03, 0.25))
        amplitude, rise = 0.3 + 0.15 * scatter[1], rng.uniform(0.30, 0.48)
    log_period = np.log10(period)
    magnitude, kelvin = {
        "RRL": (0.93 + 0.23 * (-1.5 + 0.35 * scatter[2]), 6900.0),
        "Cepheid": (-2.43 * (log_period - 1.0) - 4.05 + 0.2 * scatter[2], 5750.0 - 600.0 * (log_period - 1.0)),
        "d-Sct": (-2.94 * log_period - 1.34 + 0.2 * scatter[2], 7600.0),
    }[spec_type]
    return {
        "magnitude": float(magnitude),
        "period": period,
        "amplitude": float(np.clip(amplitude, 0.1, 1.4)),
        "rising": rise,
        "temperature": float(kelvin),
        "epoch": period * rng.random(),
    }


def pulse(phase, rise):
    """Return s at `phase`, in periods since a maximum: half a cosine down from 1/2, then up in the part `rise`."""
    phase = phase % 1.0
    falling = phase < 1.0 - rise
    part = np.where(falling, phase / (1.0 - rise), (1.0 - phase) / rise)
    return 0.5 * np.cos(np.pi * part)


def pulsator_flux(p, rng, time, wavelength):
    """Return the flux at 10 pc, microjansky, (T, W). p: as from `draw`. time: (T,) days."""
    return _flux(p, (time - p["epoch"]) / p["period"], wavelength)


def mean_flux(p, wavelength):
    """Return the mean over a period, (W,)."""
    return _flux(p, _PHASES, wavelength).mean(axis=0)


def _flux(p, phase, wavelength):
    x = _HC_OVER_K / (_V * p["temperature"])
    slope = p["amplitude"] * np.log(10.0) / 2.5 * -np.expm1(-x) / x  # d ln B / d ln T = x / (1 - e^-x)
    kelvin = p["temperature"] * np.exp(slope * pulse(phase, p["rising"]))
    colour = blackbody_ratio(wavelength, _V, kelvin[:, None])
    brightness = np.expm1(x) / np.expm1(_HC_OVER_K / (_V * kelvin))
    jump = np.where(np.asarray(wavelength) < 3800.0, _BALMER, 1.0)
    return absolute_flux(p["magnitude"]) * brightness[:, None] * colour * jump


_PARAMETERS = {"magnitude": "mag", "period": "d", "amplitude": "mag", "rising": "", "temperature": "K", "epoch": "d"}
_SPACE = {"RRL": milky_way.halo, "Cepheid": milky_way.near_galaxies, "d-Sct": milky_way.disc}

TYPES = {
    name: Star(_PARAMETERS, partial(draw, name), pulsator_flux, mean_flux, space) for name, space in _SPACE.items()
}
"""{type: `Star`}."""
