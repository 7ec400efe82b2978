"""The decision that a submission is made with: a calibration and a threshold, from out-of-fold predictions."""

import numpy as np

from mallorn.decide.calibration import apply, cross_fitted, fit
from mallorn.decide.classes import rescaled

__all__ = ["decide", "decide_classes", "make_decision"]


def make_decision(settings, parts):
    """Return {"calibration": a map (see `mallorn.decide.calibration`), "threshold": of calibrated probabilities,
    "spread"}.

    The threshold is the mean of the cross-fitted ones of all folds and repeats: one alone rests on a few objects near
    it, the mean scatters less; `spread` is their standard deviation. The map is fitted to the predictions of all
    repeats.

    settings: {"threshold", "calibration"}, blocks of config.yaml.
    parts: list of (target, probability, fold[, age]), (n,) each: the out-of-fold predictions of one repeat; ages are
    days from the trigger, for a calibration by age.
    """
    method = settings["calibration"]["method"]
    thresholds = []
    for target, probability, fold, *age in parts:
        given = {"age": age[0]} if age else {}
        _, threshold = cross_fitted(method, settings["threshold"], target, probability, fold, **given)
        thresholds += [threshold[fold == k][0] for k in np.unique(fold)]
    target, probability, _, *age = map(np.concatenate, zip(*parts, strict=True))
    return {
        "calibration": fit(method, target, probability, *age),
        "threshold": float(np.mean(thresholds)),
        "spread": float(np.std(thresholds)),
    }


def decide(decision, probability, age=None):
    """Return (calibrated (n,), decision (n,) bool) of probabilities (n,), by what `make_decision` returned.

    age: (n,), days from the trigger, for a calibration by age alone.
    """
    calibrated = apply(decision["calibration"], probability, age)
    return calibrated, calibrated >= decision["threshold"]


def decide_classes(decision, probability, age=None):
    """Return (calibrated (n, C), decision (n,) bool) of probabilities (n, C), class 0 being the one sought.

    The calibration maps the class sought; the other classes keep their proportions. age: as in `decide`.
    """
    calibrated, chosen = decide(decision, probability[:, 0], age)
    return rescaled(probability, calibrated), chosen
