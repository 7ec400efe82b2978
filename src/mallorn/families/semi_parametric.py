"""Features from fits of semi-parametric hypotheses: colours, their change, and time scales, for any shape of the curve.

A hypothesis is one of `mallorn.hypotheses.semi_models`: a physical SED times a Gaussian process in time. Fits come from
`mallorn.hypotheses.semi`. Log evidences compare pairs of hypotheses. Their difference grows with the number of points;
one feature compresses it, another divides it by the square root of that number.
"""

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.hypotheses.models import REFERENCE
from mallorn.hypotheses.semi import chosen_semi_parametric
from mallorn.survey.blackbody import MPC

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves", "fits/semi_parametric")

_LIGHT = 2.99792458e18  # angstrom / s
_SOURCE = "mallorn.hypotheses.semi_models"


def features(config):
    """Return the features of the hypotheses that config names, in order."""
    listed = []
    for h in chosen_semi_parametric(config["models"]):
        listed += [Feature(f"{h.name}_{p.name}", p.unit, p.meaning, h.source) for p in h.parameters]
        listed += [
            Feature(f"{h.name}_{p.name}_err", p.unit, f"standard error of {h.name}_{p.name}", h.source)
            for p in h.parameters
        ]
        if h.name == "blackbody":
            text = "log10 nu L_nu at 4500 A of the amplitude of the process"
            listed.append(Feature(f"{h.name}_log10_nu_luminosity", "dex(erg/s)", text, _SOURCE))
    for a, b in config["comparisons"]:
        text = f"log evidence of {a} less that of {b}"
        listed += [
            Feature(f"signed_ln_evidence_{a}_{b}", "", f"signed ln(1 + |d|) of the {text}", _SOURCE),
            Feature(f"evidence_{a}_{b}", "", f"{text}, over the root of the number of points", _SOURCE),
        ]
    return listed


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    lc, fits = inputs.lightcurves, inputs.tables["fits/semi_parametric"]
    values, evidence = [], {}
    for h in chosen_semi_parametric(config["models"]):
        values += [fits[f"{h.name}_{name}"] for name in h.parameter_names]
        values += [fits[f"{h.name}_{name}_err"] for name in h.parameter_names]
        evidence[h.name] = fits[f"{h.name}_ln_evidence"]
        if h.name == "blackbody":
            values.append(_log10_nu_luminosity(lc, fits["scale"] * np.exp(fits["blackbody_ln_sigma"])))
    root = np.sqrt(np.where(fits["n_points"] > 0, fits["n_points"], np.nan))
    for a, b in config["comparisons"]:
        d = evidence[a] - evidence[b]
        values += [np.sign(d) * np.log1p(np.abs(d)), d / root]
    return dict(zip(columns("semi_parametric", features(config)), values, strict=True))


def _log10_nu_luminosity(lc, flux):
    """Return log10 of nu L_nu (n,), erg / s, of flux densities at 4500 A, rest frame, in microjansky."""
    area = 4.0 * np.pi * (lc.luminosity_distance * MPC) ** 2 / (1.0 + lc.rest_redshift)
    power = _LIGHT / REFERENCE * 1e-29 * flux * area
    return np.log10(power, out=np.full(len(lc), np.nan), where=power > 0)
