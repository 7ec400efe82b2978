"""What ROCKET is worth: scores of its models with what they cost, and whether they add to others, paired by event.

Models are compared on the same folds, with the same events drawn in each bootstrap. Whether one adds to another is told
on folds drawn anew, which nothing was chosen on.
"""

from typing import NamedTuple

import numpy as np

from mallorn.decide.thresholds import cross_fitted_thresholds
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled
from mallorn.learning.pipeline import with_selection
from mallorn.metrics import average_precision, bootstrap, decision_scores, interval
from mallorn.runtime.progress import progress
from mallorn.runtime.usage import now
from mallorn.seeds import derived_seed

__all__ = ["Trained", "gains", "scores", "train", "with_mean"]

_SCORES = ("average_precision", "f1")


class Trained(NamedTuple):
    """Out-of-fold `probability` (R, n) of the class sought in R repeats, and the CPU seconds of one, on average."""

    probability: np.ndarray
    cpu_s: float


def train(dataset, specs, repeats, settings, seed, threads):
    """Return {name: `Trained`} of models that are trained on the folds of each repeat.

    dataset: of n objects. specs: {name: block of `models`}. repeats: R times the labels and folds of `fold_of`.
    settings: {"target", and the blocks "training" and "selection"} of the configuration. CPU seconds are those of the
    whole process: of all transforms, fits and predictions of what is held out.
    """
    trained = {}
    for name, spec in progress(specs.items(), len(specs), "models"):
        probability, used = np.empty((len(repeats), len(dataset))), now()
        for k, labels in enumerate(repeats):
            classes, names, kinds = encode_classes(labels, spec["classes"], settings["training"], settings["target"])
            objects = Labelled.of(dataset, classes, len(names), labels["event"], kinds)
            given = with_selection(spec, settings["selection"])
            found = cross_validate(objects, labels["fold"], given, derived_seed(seed, "rocket", k), threads)
            probability[k] = found.inside[:, 0]
        trained[name] = Trained(probability, (now() - used) / len(repeats))
    return trained


def with_mean(trained, name, members):
    """Return `trained` and, called `name`, the plain mean of its `members`."""
    mean = np.mean([trained[member].probability for member in members], axis=0)
    return {**trained, name: Trained(mean, sum(trained[member].cpu_s for member in members))}


def scores(protocol, trained, repeats, threshold, options, seed):
    """Return one row {column: value} for each model, the mean over repeats.

    Columns: protocol, model, average_precision and f1 (cross-fitted), each with the ends of its interval, cpu_s.
    trained: as from `train`. threshold, options: blocks "threshold" and "evaluation" of the configuration.
    """
    rows = []
    for name, one in trained.items():
        value, drawn = _scored(one.probability, repeats, threshold, options["rounds"], seed)
        row = {"protocol": protocol, "model": name}
        for k, column in enumerate(_SCORES):
            low, high = interval(drawn[:, k], options["level"])
            row |= {column: value[k], f"{column}_low": float(low), f"{column}_high": float(high)}
        rows.append({**row, "cpu_s": one.cpu_s})
    return rows


def gains(trained, pairs, repeats, threshold, options, seed):
    """Return one row {column: value} for each of `pairs` (with, without), names of two models.

    Columns: model, without, draws (of folds), and of average_precision and f1 the mean of both models and the gain of
    the first over the second, with its interval over the same events drawn for both. The other arguments are those of
    `scores`.
    """
    found = {
        name: _scored(trained[name].probability, repeats, threshold, options["rounds"], seed)
        for name in dict.fromkeys(name for pair in pairs for name in pair)
    }
    rows = []
    for first, second in pairs:
        (value, drawn), (other, redrawn) = found[first], found[second]
        row = {"model": first, "without": second, "draws": len(repeats)}
        for k, column in enumerate(_SCORES):
            low, high = interval(drawn[:, k] - redrawn[:, k], options["level"])
            row |= {column: value[k], f"{column}_without": other[k], f"{column}_gain": value[k] - other[k]}
            row |= {f"{column}_gain_low": float(low), f"{column}_gain_high": float(high)}
        rows.append(row)
    return rows


def _scored(probability, repeats, threshold, rounds, seed):
    """Return `_SCORES` (2,), means over repeats, and those of bootstraps (rounds, 2) of the events."""
    event, target = repeats[0]["event"], repeats[0]["target"]
    decided = [
        p >= cross_fitted_thresholds(threshold, labels["target"], p, labels["fold"])
        for p, labels in zip(probability, repeats, strict=True)
    ]

    def statistics(weight):
        each = [
            (average_precision(target, p, weight), decision_scores(target, decision, weight)["f1"])
            for p, decision in zip(probability, decided, strict=True)
        ]
        return {"scores": np.mean(each, axis=0).T}

    drawn = bootstrap(statistics, event, target, rounds, derived_seed(seed, "rocket"))["scores"]
    return statistics(None)["scores"], drawn
