"""The scores of predictions and their intervals, and the decisions they rest on."""

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.metrics import (
    average_precision,
    bootstrap,
    brier,
    calibration_table,
    decision_scores,
    expected_calibration_error,
    interval,
    recall_at_precision,
    roc_auc,
    sums_at_targets,
)
from mallorn.seeds import derived_seed

__all__ = ["METRICS", "SCORE_COLUMNS", "cross_fitted_score", "score"]

METRICS = (
    *("average_precision", "roc_auc", "f1", "precision", "recall"),
    *("recall_at_precision", "brier", "expected_calibration_error"),
)
SCORE_COLUMNS = (
    *(*METRICS[:5], "threshold", *METRICS[5:]),
    *(f"{name}_{end}" for name in METRICS for end in ("low", "high")),
)
"""Names of scores, and of the ends of their intervals; see `score`."""


def score(target, probability, calibrated, threshold, event, options, seed, choice):
    """Return {column: value} for `SCORE_COLUMNS`.

    average_precision, roc_auc and recall_at_precision (the highest recall at a precision of at least
    options["precision"]) score the order of the probabilities. brier and expected_calibration_error score the
    calibrated probabilities. f1, precision and recall score the decisions `calibrated >= threshold`; the column
    `threshold` is its mean over objects. Intervals are those of `mallorn.metrics.interval` over events drawn anew;
    thresholds are chosen anew in each draw, and the probabilities are held fixed.

    target (n,) 0 or 1; event (n,) str; probability, calibrated, threshold (n,): for an honest score, none of them saw
    the object's label. options: block `evaluation` of config.yaml. Draws depend on `seed` and the objects alone: the
    intervals of different models rest on the same events. choice: function of weights (b, n) of the objects that
    returns the thresholds (b, n) that would be chosen with them.
    """
    edges = np.linspace(0.0, 1.0, options["bins"]["probability"] + 1)

    def statistics(weight, threshold):
        sums = sums_at_targets(target, probability, weight)
        return {
            "average_precision": average_precision(target, probability, weight, sums),
            "roc_auc": roc_auc(target, probability, weight, sums),
            **decision_scores(target, calibrated >= threshold, weight),
            "recall_at_precision": recall_at_precision(target, probability, options["precision"], weight, sums),
            "brier": brier(target, calibrated, weight),
            "expected_calibration_error": expected_calibration_error(
                calibration_table(target, calibrated, edges, weight)
            ),
        }

    def redrawn(weight):
        return statistics(weight, choice(weight))

    scores = {**statistics(None, threshold), "threshold": float(np.mean(threshold))}
    drawn = bootstrap(redrawn, event, target, options["rounds"], derived_seed(seed, "scores"))
    for name in METRICS:
        scores[f"{name}_low"], scores[f"{name}_high"] = map(float, interval(drawn[name], options["level"]))
    return {name: scores[name] for name in SCORE_COLUMNS}


def cross_fitted_score(labels, probability, fold, settings, served=None):
    """Return `score` of out-of-fold predictions, with calibration and decisions learned from the other folds.

    labels: {"target", "event"} (n,) each; probability, fold (n,).
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of config.yaml}.
    served: (n,) other probabilities of the same objects to score, with maps and thresholds from `probability`.
    """
    target, served = labels["target"], probability if served is None else served
    arguments = (settings["calibration"]["method"], settings["threshold"], target, probability, fold, served)

    def choice(weight):
        return cross_fitted(*arguments, weight)[1]

    decided = cross_fitted(*arguments)
    return score(target, served, *decided, labels["event"], settings["evaluation"], settings["seed"], choice)
