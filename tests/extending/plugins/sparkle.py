"""How much the light curve sparkles."""

import numpy as np

from mallorn.families.family import Feature

KIND = "features"
NEEDS = ("lightcurves",)
SETTINGS = {"bright": 3.0}


def features(config):
    """Return the features of this family."""
    meaning = f"share of points above {config['bright']:g} times their error"
    return [
        Feature("brightest", "uJy", "highest flux above the dust", "this work"),
        Feature("bright", "", meaning, "this work"),
    ]


def extract(inputs, config):
    """Return {column: (n,) float64} for the n objects of one split; NaN where there are no points."""
    brightest, bright = [], []
    for curve in inputs.lightcurves.dereddened():
        seen = len(curve.flux) > 0
        brightest.append(curve.flux.max() if seen else np.nan)
        bright.append(np.mean(curve.flux > config["bright"] * curve.flux_err) if seen else np.nan)
    return {"sparkle__brightest": np.array(brightest, dtype=float), "sparkle__bright": np.array(bright, dtype=float)}
