"""Changing-look active galactic nuclei: nuclei that become brighter and bluer within months, and stay so."""

import numpy as np

from mallorn.simulate import agn
from mallorn.simulate.kinds import Event

__all__ = ["TYPES", "brightening", "changing_flux", "draw"]


def draw(rng):
    """Return {parameter: value} of a nucleus that switches on and ends as bright as those of `agn.draw`.

    magnitude: before the change. change: brightening at 4000 A, 1 to 2.5 magnitudes; such nuclei were found by more
    than one magnitude in g (MacLeod et al. 2016, MNRAS 457, 389). turn: time that it takes, rest-frame days, some
    months as in Ross et al. (2018, MNRAS 480, 4468) and Frederick et al. (2019, ApJ 883, 31).
    """
    p, change, turn = agn.draw(rng), rng.uniform(1.0, 2.5), 60.0 * np.exp(0.5 * rng.standard_normal())
    return p | {"magnitude": p["magnitude"] + change, "change": change, "turn": float(turn)}


def brightening(phase, wavelength, change, turn):
    """Return the factor (P, W) by which a nucleus is brighter than before its change.

    10^(0.4 c / (1 + exp(-t / turn))), with c = `change` (lambda / 4000 A)^-0.2: larger in the blue, as the variability
    of quasars is (Vanden Berk et al. 2004, ApJ 601, 692).
    """
    part = 1.0 / (1.0 + np.exp(np.clip(-phase / turn, -600.0, 600.0)))
    return 10.0 ** (0.4 * part[:, None] * change * (wavelength / 4000.0) ** -0.2)


def changing_flux(p, rng, phase, wavelength):
    """Return the difference flux at 10 pc, microjansky, (P, W).

    It is a damped random walk as from `agn.agn_flux`, times `brightening`, less the reference image, which is the mean
    of the time before the first epoch. Nuclei that switch off are not made: their difference fluxes are negative, and a
    search for brightening objects does not find them. phase: (P,) rest-frame days since the middle of the change.
    """
    nucleus = {name: p[name] for name in agn.PARAMETERS}
    walk, mean = agn.relative_flux(nucleus, rng, phase[1] - phase[0], len(phase), wavelength)
    reference = walk[: agn.REFERENCE_EPOCHS].mean(axis=0)
    brighter = brightening(phase, wavelength, p["change"], p["turn"])
    return mean * (walk[agn.REFERENCE_EPOCHS :] * brighter - reference)


_PARAMETERS = {**agn.PARAMETERS, "change": "mag", "turn": "d"}

TYPES = {"CLAGN": Event(_PARAMETERS, draw, changing_flux, lasts=True, strict=True)}
"""{type: `Event`}."""
