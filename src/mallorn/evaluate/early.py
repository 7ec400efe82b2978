"""Scores by age: how well classes are told while an event unfolds, and what a model gains at each age.

Each score is the mean over the repeats of the folds. All repeats see the same bootstraps, so that an interval holds how
few events there are, and less of how they were shared out.
"""

import numpy as np

from mallorn.decide.calibration import apply, fit
from mallorn.decide.classes import rescaled
from mallorn.decide.thresholds import choose
from mallorn.metrics import (
    average_precision,
    bootstrap_weights,
    calibration_errors_by_chance,
    calibration_table,
    expected_calibration_error,
    interval,
    recall_at_precision,
)
from mallorn.seeds import derived_seed

__all__ = [
    "PRECISIONS",
    "chosen_by_fold",
    "found_about_peak",
    "gains_by_age",
    "known_by",
    "mapped_by_fold",
    "mean_gain",
    "of_own_fold",
    "passed_at",
    "scores_by_age",
    "shared",
]

PRECISIONS = (0.5, 0.8, 0.9)
"""Precisions at which recall is reported."""

_ABOUT_PEAK = (-50.0, -20.0, 0.0, 20.0, 50.0)
"""Days from the peak that part the rows of `found_about_peak`."""

_EDGES = np.linspace(0.0, 1.0, 11)
_CHANCES = 200
"""Most draws of labels for the calibration error by chance."""

_ERRORS = ("expected_calibration_error", "calibration_error_by_chance", "calibration_error_by_chance_high")


def known_by(names, cuts, ages):
    """Return (rows, age), (m,) each: for each of `ages`, the copy that shows each object as it is known then.

    An object without a new point keeps the copy of a younger age; an object without any copy yet is left out. names,
    cuts (n,) str: the object and the age of each copy. ages: in order.
    """
    objects, place = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    latest, rows, known = np.full(len(objects), -1), [], []
    for age in ages:
        here = np.flatnonzero(cuts == age)
        latest[place[here]] = here
        there = latest[latest >= 0]
        rows.append(there)
        known.append(np.full(len(there), age, dtype=object))
    return np.concatenate(rows), np.concatenate(known)


def mapped_by_fold(method, target, probability, fold, age, learned=None):
    """Return {fold: probabilities (n, C)} of all copies, the first class calibrated by a map from all other folds.

    method: see `mallorn.decide.calibration.fit`. target, fold, age (n,); probability (n, C). learned: (n,) bool, the
    copies that maps are fitted to, all by default.
    """
    learned, found = np.ones(len(fold), dtype=bool) if learned is None else learned, {}
    for k in np.unique(fold):
        others = (fold != k) & learned
        parameters = fit(method, target[others], probability[others, 0], age[others])
        found[k] = rescaled(probability, apply(parameters, probability[:, 0], age))
    return found


def of_own_fold(by_fold, fold):
    """Return values (n, ...) of copies, each from the entry of its own `fold` (n,) in a table {fold: (n, ...)}."""
    found = np.array(next(iter(by_fold.values())))
    for k, values in by_fold.items():
        found[fold == k] = values[fold == k]
    return found


def chosen_by_fold(options, target, by_fold, fold, rows):
    """Return whether (n,) bool copies at the indices `rows` are chosen, by thresholds that know nothing of their fold.

    Both the thresholds and the maps of the probabilities that these are chosen on come from the other folds. options:
    block `threshold`. target, fold (n,); by_fold: {fold: (n,)}, as from `mapped_by_fold`, of the class sought.
    """
    chosen = np.zeros(len(fold), dtype=bool)
    for k, probability in by_fold.items():
        inside, others = rows[fold[rows] == k], rows[fold[rows] != k]
        if len(inside) and len(others):
            chosen[inside] = probability[inside] >= choose(options, target[others], probability[others])
    return chosen


def shared(early, whole, share):
    """Return the probabilities (n, C) that scoring gives: the mean of both models, `share` (n,) weighing the second."""
    return (1.0 - share)[:, None] * early + share[:, None] * whole


def scores_by_age(labels, ages, probability, names, options, seed):
    """Return one row {column: value} for each age and class.

    Columns: age, class, objects, targets, target_events, average_precision with its interval over events,
    recall_at_50, recall_at_80, recall_at_90, expected_calibration_error; calibration_error_by_chance and
    calibration_error_by_chance_high, the mean and the upper end of what probabilities that hold would show.

    labels: {"target" (n,), "class" (n,) str, "event" (n,)}. ages (n,) str, as copies are called. probability (R, n, C)
    in each repeat, of the classes `names`, the first of which is the one sought. options: block `evaluation`.
    """
    rows = []
    for age in dict.fromkeys(ages):
        here = ages == age
        for k, name in enumerate(names):
            of_class = (labels["class"][here] == name).astype(int)
            p, event = probability[:, here, k], labels["event"][here]
            row = {"age": age, "class": name, "objects": int(here.sum()), "targets": int(of_class.sum())}
            row["target_events"] = len(set(event[of_class == 1]))
            rows.append(row | _scores(of_class, p, event, options, derived_seed(seed, "early", age, name)))
    return rows


def gains_by_age(labels, ages, probability, others, options, seed):
    """Return one row for each age: the gain in average precision over another model, paired by event.

    probability, others (R, n): of the class sought, by both, in each repeat. Columns: age, average_precision,
    other_average_precision, gain, gain_low, gain_high, better, the share of the bootstraps in which the first is.
    """
    rows = []
    for age in dict.fromkeys(ages):
        here = ages == age
        target, event = labels["target"][here], labels["event"][here]
        if not 0 < target.sum() < len(target):
            continue
        both = [(target, probability[:, here]), (target, others[:, here])]
        weights = bootstrap_weights(event, target, options["rounds"], derived_seed(seed, "early gains", age))
        gains = np.array([_mean_precision(*both[0], w) - _mean_precision(*both[1], w) for w in weights])
        first, second = (_mean_precision(*one) for one in both)
        low, high = interval(gains, options["level"])
        row = {"age": age, "average_precision": first, "other_average_precision": second, "gain": first - second}
        rows.append(row | {"gain_low": low, "gain_high": high, "better": float(np.mean(gains > 0))})
    return rows


def mean_gain(labels, ages, probability, others, options, seed):
    """Return the row of `gains_by_age` for the mean over all `ages`, called "mean"; [] if an age has no score.

    Each bootstrap draws the same events at all ages.
    """
    target, event, names = labels["target"], labels["event"], list(dict.fromkeys(ages))
    parts = [np.flatnonzero(ages == age) for age in names]
    if not all(0 < target[here].sum() < len(here) for here in parts):
        return []

    def mean(p, weight=None):
        given = (None if weight is None else weight[here] for here in parts)
        return np.mean([_mean_precision(target[k], p[:, k], w) for k, w in zip(parts, given, strict=True)])

    weights = bootstrap_weights(event, target, options["rounds"], derived_seed(seed, "early gains", "mean"))
    gains = np.array([mean(probability, w) - mean(others, w) for w in weights])
    low, high = interval(gains, options["level"])
    first, second = mean(probability), mean(others)
    row = {"age": "mean", "average_precision": first, "other_average_precision": second, "gain": first - second}
    return [row | {"gain_low": low, "gain_high": high, "better": float(np.mean(gains > 0))}]


def passed_at(names, days, chosen):
    """Return (objects (m,), day (m,)): the first age at which each object is chosen, NaN for never.

    names (n,): the object of each copy; days (n,): its age, inf for whole light curves; chosen (n,) bool.
    """
    objects, place = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    first = np.full(len(objects), np.inf)
    seen = np.zeros(len(objects), dtype=bool)
    seen[place[chosen]] = True
    np.minimum.at(first, place[chosen], np.asarray(days, dtype=float)[chosen])
    return objects, np.where(seen, first, np.nan)


def found_about_peak(rows):
    """Return how many objects are first chosen how long before and after their peak, a row for each span of days.

    rows: of one protocol, with "peak_after_trigger" and "chosen_after_trigger", days; the second is inf where an object
    is chosen once its whole light curve is known, NaN where never; the first NaN where no peak is known.

    Columns: found, objects, share of all, share_so_far, that with those found before.
    """
    chosen = np.array([row["chosen_after_trigger"] for row in rows], dtype=float)
    since = chosen - np.array([row["peak_after_trigger"] for row in rows], dtype=float)
    spans = zip((-np.inf, *_ABOUT_PEAK), (*_ABOUT_PEAK, np.inf), strict=True)
    counts = {_span(*ends): np.sum((since >= ends[0]) & (since < ends[1])) for ends in spans}
    unknown = np.isfinite(chosen) & np.isnan(since)
    counts |= {"at an age, no peak known": unknown.sum(), "whole light curve": np.isposinf(chosen).sum()}
    counts["never"] = np.isnan(chosen).sum()
    so_far, total = np.cumsum(list(counts.values())), max(len(rows), 1)
    return [
        {
            "found": name,
            "objects": int(n),
            "share": n / total,
            "share_so_far": upto / total if name != "never" else np.nan,
        }
        for (name, n), upto in zip(counts.items(), so_far, strict=True)
    ]


def _span(low, high):
    """Return what a span of days from the peak is called."""
    side, near, far = ("after", low, high) if low >= 0 else ("before", abs(high), abs(low))
    return f"{near:g} d and more {side} peak" if np.isinf(far) else f"{near:g} to {far:g} d {side} peak"


def _scores(target, probability, event, options, seed):
    names = ["average_precision", "average_precision_low", "average_precision_high"]
    recalls = [f"recall_at_{round(100 * precision)}" for precision in PRECISIONS]
    if not 0 < target.sum() < len(target):
        return dict.fromkeys([*names, *recalls, *_ERRORS], np.nan)
    weights = bootstrap_weights(event, target, options["rounds"], seed)
    drawn = np.array([_mean_precision(target, probability, w) for w in weights])
    found = dict(zip(names, (_mean_precision(target, probability), *interval(drawn, options["level"])), strict=True))
    for name, precision in zip(recalls, PRECISIONS, strict=True):
        found[name] = np.mean([recall_at_precision(target, p, precision) for p in probability])
    errors = [expected_calibration_error(calibration_table(target, p, _EDGES)) for p in probability]
    chance = calibration_errors_by_chance(probability[0], event, _EDGES, min(options["rounds"], _CHANCES), seed)
    return found | dict(
        zip(_ERRORS, (np.mean(errors), chance.mean(), np.quantile(chance, options["level"])), strict=True)
    )


def _mean_precision(target, probability, weight=None):
    """Return the average precision of probabilities (R, n), the mean over the R repeats."""
    return np.mean([average_precision(target, p, weight) for p in probability])
