"""Nested scores: each outer fold is predicted and decided by a training set that never saw it."""

import numpy as np

from mallorn.decision import decide, make_decision
from mallorn.scores import score

__all__ = ["nested_score"]


def nested_score(outer, settings):
    """Return {column: value} as from `mallorn.scores.score`, of the objects of all outer folds together.

    Calibration and threshold of an outer fold are those that `mallorn.decision` makes of the out-of-fold predictions
    inside its training set, as it does for the submission.

    outer: for each outer fold {"inside": (target, probability, fold), out-of-fold predictions of its training set;
    "target", "source", "probability": (m,) of the objects of the outer fold}.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of config.yaml}.
    """
    calibrated, threshold = [], []
    for part in outer:
        decision = make_decision(settings, [part["inside"]])
        calibrated.append(decide(decision, part["probability"])[0])
        threshold.append(np.full(len(part["target"]), decision["threshold"]))
    target, source, probability = (
        np.concatenate([part[name] for part in outer]) for name in ("target", "source", "probability")
    )
    decided = np.concatenate(calibrated), np.concatenate(threshold)
    return score(target, probability, *decided, source, settings["evaluation"], settings["seed"])
