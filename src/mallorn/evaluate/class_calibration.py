"""How well the probabilities of several classes are calibrated, before and after calibration inside folds."""

import numpy as np

from mallorn.decide.class_calibration import METHODS, cross_fitted
from mallorn.metrics import bootstrap, calibration_table, expected_calibration_error, interval
from mallorn.seeds import derived_seed

__all__ = ["CLASS_CALIBRATION_COLUMNS", "class_calibration"]

CLASS_CALIBRATION_COLUMNS = (
    *("method", "class", "objects", "log_loss", "log_loss_low", "log_loss_high", "brier", "brier_low", "brier_high"),
    *("expected_calibration_error", "width"),
)
"""Columns of the rows of `class_calibration`."""

_LEAST = 1e-6
"""Least probability that counts in the log loss."""


def class_calibration(objects, probability, fold, options, seed):
    """Return a row {column: value} of `CLASS_CALIBRATION_COLUMNS` for each method and leaf, and for "all".

    log_loss is that of a class against the rest; for "all" it is that of the true class. For "all", brier is the sum
    over classes and expected_calibration_error their mean. width: mean width of Venn-Abers intervals, 0 for other
    methods. Intervals are over events, with the maps held fixed. Objects whose label is no leaf are left out.

    objects: `mallorn.evaluate.nodes.Objects`. probability (n, N); fold (n,). options: block `evaluation`.
    """
    places = objects.place(objects.tree.leaves)
    counted = np.isin(objects.nodes, places)
    true = objects.member[places][:, counted]
    classes, p, fold = np.argmax(true, axis=0), probability[counted][:, places], fold[counted]
    edges = np.linspace(0.0, 1.0, options["bins"]["probability"] + 1)
    labels = objects.event[counted], objects.target[counted]
    rows = []
    for method in METHODS:
        found, low, high = cross_fitted(method, p, classes, fold)
        losses = _losses(found, true)

        def statistics(weight, losses=losses):
            return {name: weight @ values.T / weight.sum(axis=1, keepdims=True) for name, values in losses.items()}

        drawn = bootstrap(statistics, *labels, options["rounds"], derived_seed(seed, "scores"))
        errors = [
            expected_calibration_error(calibration_table(t, q, edges)) for t, q in zip(true, found.T, strict=True)
        ]
        width = (high - low).mean(axis=0)
        for k, name in enumerate((*objects.tree.leaves, "all")):
            whole = name == "all"
            row = {"method": method, "class": name, "objects": int(true.sum() if whole else true[k].sum())}
            for score, values in losses.items():
                ends = interval(drawn[score][:, k], options["level"])
                row |= {score: float(values[k].mean())}
                row |= {f"{score}_{end}": float(v) for end, v in zip(("low", "high"), ends, strict=True)}
            row["expected_calibration_error"] = float(np.mean(errors) if whole else errors[k])
            rows.append({**row, "width": float(width.mean() if whole else width[k])})
    return rows


def _losses(p, true):
    """Return {"log_loss", "brier"}: (C + 1, n) of each class against the rest, and of all together."""
    sure = np.clip(p.T, _LEAST, 1.0 - _LEAST)
    logs = -np.log(np.where(true, sure, 1.0 - sure))
    squares = (p.T - true) ** 2
    whole = -np.log(np.clip(p.T, _LEAST, 1.0)[np.argmax(true, axis=0), np.arange(len(p))])
    return {"log_loss": np.vstack([logs, whole]), "brier": np.vstack([squares, squares.sum(axis=0)])}
