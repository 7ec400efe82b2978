"""Compare models: train them on the same folds, score them with their cost, and find their gains, paired by event.

Each bootstrap draws the same events for all models. New draws of folds, on which nothing was chosen, tell whether one
model adds to another.
"""

from typing import NamedTuple

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled
from mallorn.learning.pipeline import with_selection
from mallorn.metrics import average_precision, bootstrap, decision_scores, interval
from mallorn.runtime.progress import progress
from mallorn.runtime.usage import now
from mallorn.seeds import derived_seed

__all__ = ["SCORES", "Trained", "gains", "scored", "scores", "train", "with_mean"]

SCORES = ("average_precision", "f1")
"""What models are compared by."""

_LABEL = "rocket"
"""Part of the seeds. The module once served the study of ROCKET alone, and a new name would change its numbers."""


class Trained(NamedTuple):
    """Out-of-fold `probability` (R, n) of the class sought in R repeats, and the CPU seconds of one, on average."""

    probability: np.ndarray
    cpu_s: float


def train(dataset, specs, repeats, settings, seed, threads):
    """Train models on the folds of each repeat; return {name: `Trained`}.

    dataset: of n objects. specs: {name: block of `models`}. repeats: R items, the labels and folds of `fold_of`.
    settings: {"target", and the blocks "training" and "selection"} of the configuration. CPU seconds are those of the
    whole process: all transforms, fits and predictions of held-out objects.
    """
    trained = {}
    for name, spec in progress(specs.items(), len(specs), "models"):
        probability, used = np.empty((len(repeats), len(dataset))), now()
        for k, labels in enumerate(repeats):
            classes, names, kinds = encode_classes(labels, spec["classes"], settings["training"], settings["target"])
            objects = Labelled.of(dataset, classes, len(names), labels["event"], kinds)
            given = with_selection(spec, settings["selection"])
            found = cross_validate(objects, labels["fold"], given, derived_seed(seed, _LABEL, k), threads)
            probability[k] = found.inside[:, 0]
        trained[name] = Trained(probability, (now() - used) / len(repeats))
    return trained


def with_mean(trained, name, members):
    """Return `trained` with one more entry, `name`: the plain mean of `members`."""
    mean = np.mean([trained[member].probability for member in members], axis=0)
    return {**trained, name: Trained(mean, sum(trained[member].cpu_s for member in members))}


def scores(protocol, trained, repeats, threshold, options, seed):
    """Return one row {column: value} for each model: the mean over repeats.

    Columns: protocol, model, average_precision and f1 (cross-fitted), each with the ends of its interval, cpu_s.
    trained: as from `train`. threshold, options: blocks "threshold" and "evaluation" of the configuration.
    """
    rows = []
    for name, one in trained.items():
        each, drawn = scored(one.probability, repeats, threshold, options["rounds"], seed)
        value = np.mean(each, axis=0)
        row = {"protocol": protocol, "model": name}
        for k, column in enumerate(SCORES):
            low, high = interval(drawn[:, k], options["level"])
            row |= {column: value[k], f"{column}_low": float(low), f"{column}_high": float(high)}
        rows.append({**row, "cpu_s": one.cpu_s})
    return rows


def gains(trained, pairs, repeats, threshold, options, seed):
    """Return one row {column: value} for each of `pairs` (with, without) of model names.

    Columns: model, without, draws (of folds), and for average_precision and f1 the mean of both models and the gain of
    the first over the second, with an interval over the same events drawn for both. The other arguments are those of
    `scores`.
    """
    found = {
        name: scored(trained[name].probability, repeats, threshold, options["rounds"], seed)
        for name in dict.fromkeys(name for pair in pairs for name in pair)
    }
    rows = []
    for first, second in pairs:
        (each, drawn), (others, redrawn) = found[first], found[second]
        value, other = np.mean(each, axis=0), np.mean(others, axis=0)
        row = {"model": first, "without": second, "draws": len(repeats)}
        for k, column in enumerate(SCORES):
            low, high = interval(drawn[:, k] - redrawn[:, k], options["level"])
            row |= {column: value[k], f"{column}_without": other[k], f"{column}_gain": value[k] - other[k]}
            row |= {f"{column}_gain_low": float(low), f"{column}_gain_high": float(high)}
        rows.append(row)
    return rows


def scored(probability, repeats, threshold, rounds, seed, calibration="none"):
    """Return `SCORES` of each repeat (R, 2), and their means over repeats for each bootstrap of the events (rounds, 2).

    Average precision takes the probabilities as they are. F1 takes calibration and thresholds from the other folds.
    probability (R, n); calibration: one of the methods of `mallorn.decide.calibration`.
    """
    event, target = repeats[0]["event"], repeats[0]["target"]
    decided = []
    for p, labels in zip(probability, repeats, strict=True):
        calibrated, at = cross_fitted(calibration, threshold, labels["target"], p, labels["fold"])
        decided.append(calibrated >= at)

    def each(weight):
        return [
            (average_precision(target, p, weight), decision_scores(target, decision, weight)["f1"])
            for p, decision in zip(probability, decided, strict=True)
        ]

    def statistics(weight):
        return {"scores": np.mean(each(weight), axis=0).T}

    drawn = bootstrap(statistics, event, target, rounds, derived_seed(seed, _LABEL))["scores"]
    return np.array(each(None)), drawn
