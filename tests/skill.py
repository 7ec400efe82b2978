"""How well a finished run on the simulated survey does on its test objects, whose truth is known, and the floors.

PYTHONPATH=src:tests python tests/skill.py results     after `make run`; ends with 1 below a floor
"""

import csv
import sys
from pathlib import Path

import numpy as np

from mallorn.io.tables import read_columns
from mallorn.metrics import average_precision, decision_scores

__all__ = ["SHIPPED", "TINY", "below", "skill"]

SHIPPED = {"average_precision": 0.97, "f1": 0.93, "grouped": 0.92}
"""Floors with the shipped configuration, whose run has 0.995, 0.970 and 0.952 (883 test objects, 186 of them TDEs)."""

TINY = {"average_precision": 0.95, "f1": 0.85, "grouped": 0.90}
"""Floors with `tests/workflow/tiny.yaml`, whose run has 1 everywhere (52 test objects, 15 of them TDEs)."""


def skill(results):
    """Return {measure: value} of a run: average precision and F1 of what it submits, by the truth about the test
    objects; "grouped", the mean over repeats of the average precision of new events, out of fold, of the model "mean".
    """
    truth = read_columns(Path(results, "survey", "truth.parquet"), ["object_id", "target"])
    target = dict(zip(truth["object_id"], truth["target"], strict=True))
    rows = _rows(Path(results, "probabilities.csv"))
    of = np.array([target[row["object_id"]] for row in rows])
    chosen = {row["object_id"]: int(row["prediction"]) for row in _rows(Path(results, "submission.csv"))}
    decision = np.array([chosen[row["object_id"]] for row in rows])
    grouped = [
        float(row["average_precision"])
        for row in _rows(Path(results, "evaluation", "scores.csv"))
        if (row["protocol"], row["model"], row["redshift"]) == ("grouped", "mean", "spectroscopic")
    ]
    return {
        "average_precision": float(average_precision(of, np.array([float(row["probability"]) for row in rows]))),
        "f1": float(decision_scores(of, decision)["f1"]),
        "grouped": float(np.mean(grouped)),
    }


def below(found, floors):
    """Return the measures of `skill` that are below their floor, in words."""
    return [
        f"{name} {found[name]:.3f}, at least {floor:g}" for name, floor in floors.items() if not found[name] >= floor
    ]


def _rows(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    found = skill(sys.argv[1])
    print(", ".join(f"{name} {value:.3f}" for name, value in found.items()))
    sys.exit("; ".join(below(found, SHIPPED)) or 0)
