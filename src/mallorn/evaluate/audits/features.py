"""Audit single features: constant, missing by class or by set, or so good alone that they may hold the label."""

import numpy as np

from mallorn.evaluate.audits.verdict import verdict
from mallorn.metrics import roc_auc

__all__ = ["FEWEST_EVENTS", "audit_features", "describe_features"]

FEWEST_EVENTS = 10
"""With fewer events of targets than this, a feature that seems too good is no proof of a leak."""


def describe_features(columns, train, test, target):
    """Return a row {column: value} for each feature.

    missing_targets, missing_others, missing_test: shares of missing values in the targets and the others of the
    training set, and in the test set. constant: 1 if all values present are the same, or there are none.
    separation: how well the feature alone tells targets, max(AUC, 1 - AUC); missing values count as the lowest.

    columns (p,) names; train (n, p), test (m, p), NaN where missing; target (n,) 0 or 1.
    """
    positive, rows = np.asarray(target) == 1, []
    for k, name in enumerate(columns):
        x, other = train[:, k].astype(float), test[:, k]
        missing, known = np.isnan(x), x[~np.isnan(x)]
        auc = roc_auc(positive, np.where(missing, -np.finfo(float).max, x))
        rows.append(
            {
                "feature": name,
                "missing_targets": float(missing[positive].mean()),
                "missing_others": float(missing[~positive].mean()),
                "missing_test": float(np.isnan(other).mean()) if len(other) else np.nan,
                "constant": int(len(known) == 0 or np.ptp(known) == 0),
                "separation": max(auc, 1.0 - auc),
            }
        )
    return rows


def audit_features(rows, events, separation, missing):
    """Return the verdict on the rows of `describe_features`.

    fail: a feature alone tells targets better than `separation` (ROC AUC), or its share of missing values in the two
    classes differs by more than `missing`. A label in the data would cause either. If the targets come from fewer than
    `FEWEST_EVENTS` `events`, chance can cause it too, and the verdict is warn. warn: a feature is constant, or its
    share of missing values in the test set exceeds that in training by more than `missing`.
    """

    def named(condition):
        return [row["feature"] for row in rows if condition(row)]

    found = {
        "too good alone": named(lambda row: row["separation"] > separation),
        "missing by class": named(lambda row: abs(row["missing_targets"] - row["missing_others"]) > missing),
        "constant": named(lambda row: row["constant"]),
        "missing in the test set": named(
            lambda row: row["missing_test"] - max(row["missing_targets"], row["missing_others"]) > missing
        ),
    }
    leaks = bool(found["too good alone"] or found["missing by class"])
    worst = "fail" if leaks and events >= FEWEST_EVENTS else "warn" if any(found.values()) else "pass"
    said = [f"{what}: {len(names)} ({', '.join(names[:3])})" for what, names in found.items() if names]
    best = max(rows, key=lambda row: row["separation"])
    finding = "; ".join(said) or f"none of {len(rows)} features is constant, missing by class, or too good alone"
    finding += f"; the best alone is {best['feature']} with ROC AUC {best['separation']:.3f}"
    if leaks and events < FEWEST_EVENTS:
        finding += f"; {events} events of the class sought are too few to tell a leak from chance"
    limits = {"separation": separation, "missing": missing}
    return verdict("features", worst, finding, features=len(rows), target_events=events, limits=limits, **found)
