"""What fits of semi-parametric hypotheses say: colours, their change and time scales, whatever the light curve's shape.

A hypothesis is one of `mallorn.hypotheses.semi_models`: an SED that physics gives, times a Gaussian process in time;
fits come from `mallorn.hypotheses.semi`. Pairs of hypotheses are compared by their posteriors at the best fit and by
their evidences. What such a difference is worth grows with the number of points, so it is given compressed and, as it is,
over the square root of their number.
"""

import numpy as np

from mallorn.curves.segments import divide
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
        text = "squared distance of the parameters from their priors, sigma^2"
        listed += [
            Feature(f"{h.name}_deviance", "", f"-2 ln L per point: {h.meaning}", _SOURCE),
            Feature(f"{h.name}_penalty", "", text, _SOURCE),
            Feature(f"{h.name}_ln_amplitude", "ln uJy", "amplitude of the process at 4500 A", _SOURCE),
        ]
    name = "log10_nu_luminosity"
    listed.append(Feature(name, "dex(erg/s)", "log10 nu L_nu at 4500 A of the amplitude of blackbody", _SOURCE))
    for a, b in config["comparisons"]:
        for kind, words in (("posterior", "-2 ln posterior"), ("evidence", "-2 ln evidence")):
            text = f"{words} of {a} less that of {b}"
            listed += [
                Feature(f"signed_ln_{kind}_{a}_{b}", "", f"signed ln(1 + |d|) of d = {text}", _SOURCE),
                Feature(f"{kind}_per_root_{a}_{b}", "", f"{text}, over the root of the number of points", _SOURCE),
            ]
    return listed


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    lc, fits = inputs.lightcurves, inputs.tables["fits/semi_parametric"]
    points = np.where(fits["n_points"] > 0, fits["n_points"], np.nan)
    ln_scale = np.log(fits["scale"])
    values, ends = [], {}
    for h in chosen_semi_parametric(config["models"]):
        values += [fits[f"{h.name}_{name}"] for name in h.parameter_names]
        values += [fits[f"{h.name}_{name}_err"] for name in h.parameter_names]
        deviance, penalty = fits[f"{h.name}_deviance"], fits[f"{h.name}_penalty"]
        values += [deviance / points, penalty, ln_scale + fits[f"{h.name}_ln_sigma"]]
        ends[h.name] = {"posterior": deviance + penalty, "evidence": -2.0 * fits[f"{h.name}_ln_evidence"]}
    area = 4 * np.pi * (lc.luminosity_distance * MPC) ** 2 / (1.0 + lc.rest_redshift)
    flux = 1e-29 * fits["scale"] * np.exp(fits["blackbody_ln_sigma"])
    values.append(np.log10(_LIGHT / REFERENCE * flux * area))
    for a, b in config["comparisons"]:
        for kind in ("posterior", "evidence"):
            d = ends[a][kind] - ends[b][kind]
            values += [np.sign(d) * np.log1p(np.abs(d)), divide(d, np.sqrt(points))]
    return dict(zip(columns("semi_parametric", features(config)), values, strict=True))
