"""Nested scores: a training set that never saw an outer fold predicts and decides it."""

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.decide.decision import decide, make_decision
from mallorn.evaluate.scores import score

__all__ = ["nested_score"]


def nested_score(outer, settings):
    """Return {column: value} as from `mallorn.evaluate.scores.score`, for the objects of all outer folds together.

    `mallorn.decide.decision` makes calibration and threshold of an outer fold from the out-of-fold predictions inside
    its training set, as it does for the submission.

    outer: for each outer fold {"inside": (target, probability, fold), the out-of-fold predictions of its training set;
    "inside_event" of these objects; "target", "event", "probability": (m,) of the objects of the outer fold}. Every
    object is in one outer fold.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of config.yaml}.
    """
    target, event, probability = (
        np.concatenate([part[name] for part in outer]) for name in ("target", "event", "probability")
    )
    sizes = [len(part["target"]) for part in outer]
    decisions = [make_decision(settings, [part["inside"]]) for part in outer]
    calibrated = [decide(d, part["probability"])[0] for d, part in zip(decisions, outer, strict=True)]
    threshold = np.repeat([d["threshold"] for d in decisions], sizes)
    events, first = np.unique(event.astype(str), return_index=True)
    rows = [first[np.searchsorted(events, part["inside_event"].astype(str))] for part in outer]

    def choice(weight):
        chosen = [_rechosen(settings, part["inside"], weight[:, r]) for part, r in zip(outer, rows, strict=True)]
        return np.repeat(np.stack(chosen, axis=1), sizes, axis=1)

    decided = np.concatenate(calibrated), threshold
    return score(target, probability, *decided, event, settings["evaluation"], settings["seed"], choice)


def _rechosen(settings, inside, weight):
    """Return the thresholds (b,) that `make_decision` would choose with weights (b, n) of the objects inside."""
    target, probability, fold = inside
    arguments = (settings["calibration"]["method"], settings["threshold"], target, probability, fold)
    threshold = cross_fitted(*arguments, weight=weight)[1]
    return np.mean([threshold[:, np.flatnonzero(fold == k)[0]] for k in np.unique(fold)], axis=0)
