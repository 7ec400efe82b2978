"""The decision that makes a submission: a calibration and a threshold, learned from out-of-fold predictions."""

import numpy as np

from mallorn.decide.calibration import apply, cross_fitted, fit
from mallorn.decide.classes import rescaled

__all__ = ["decide", "decide_classes", "decide_scores", "make_decision", "thresholds"]


def make_decision(settings, parts):
    """Return {"calibration": a map (see `mallorn.decide.calibration`), "threshold": of calibrated probabilities,
    "spread"}.

    The threshold is the mean of the cross-fitted thresholds of all folds and repeats. A single one rests on the few
    objects near it; the mean scatters less. `spread` is the standard deviation of the thresholds. The map is fitted to
    the predictions of all repeats.

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
    """Return (calibrated (n,), decision (n,) bool) of probabilities (n,), by a decision from `make_decision`.

    age: (n,), days from the trigger, for a calibration by age alone.
    """
    calibrated = apply(decision["calibration"], probability, age)
    return calibrated, calibrated >= decision["threshold"]


def decide_classes(decision, probability, age=None):
    """Return (calibrated (n, C), decision (n,) bool) of probabilities (n, C); class 0 is the one sought.

    The calibration maps the class sought; the other classes keep their proportions. age: as in `decide`.
    """
    calibrated, chosen = decide(decision, probability[:, 0], age)
    return rescaled(probability, calibrated), chosen


def decide_scores(n_classes, judgement, found):
    """Return (calibrated probability (n, C), decision (n,) bool); objects without a score are NaN and not chosen.

    judgement: the `mallorn.decide.judgement.Judgement` of the objects. found: {training set: (its
    `mallorn.decide.bundle.Scorer`, `ensemble_scores` of the objects to whose score it contributes)}. The decision is
    that of the object's cut, if the scorer has one for it. If two training sets contribute to a score, each is
    calibrated by itself; probability and threshold are the weighted means of both.
    """
    n = len(judgement.cut)
    probability, scored = np.zeros((n, n_classes)), np.zeros(n, dtype=bool)
    for training, (scorer, scores) in found.items():
        weight = judgement.weight(training)
        rows = np.flatnonzero(weight)
        scored[rows] = True
        cuts = judgement.cut[rows]
        for cut in dict.fromkeys(cuts):
            mine = rows[cuts == cut]
            calibrated, _ = decide_classes(scorer.decision_of(cut), scores[cuts == cut], judgement.age[mine])
            probability[mine] += weight[mine, None] * calibrated
    probability[~scored] = np.nan
    threshold = thresholds(judgement, {training: scorer for training, (scorer, _) in found.items()})
    return probability, scored & (probability[:, 0] >= threshold)


def thresholds(judgement, scorers):
    """Return the calibrated probability (n,) from which each object is chosen, NaN where there is no score.

    judgement: as in `decide_scores`. scorers: {training set: `Scorer`}.
    """
    total = np.where(np.isin(judgement.leading.astype(str), list(scorers)), 0.0, np.nan)
    for training, weight in ((name, judgement.weight(name)) for name in scorers):
        for k in np.flatnonzero(weight):
            total[k] += weight[k] * scorers[training].decision_of(judgement.cut[k])["threshold"]
    return total
