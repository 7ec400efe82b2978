"""The figure of scores by age: how well the target class is told while events unfold."""

import numpy as np

from mallorn.plots.style import CYCLE, GREY, PROTOCOL_LINES, new_figure, save, style

__all__ = ["plot_early"]

_PANELS = {
    "average_precision": "average precision",
    "recall_at_80": "recall at 80% precision",
    "expected_calibration_error": "calibration error",
}
_WORDS = {"served": "as scored", "early": "young objects", "whole": "whole curves"}
_ALLOWED = 0.02
"""Calibration error up to which probabilities can be trusted."""


def plot_early(rows, target, path):
    """Draw the scores of the target class against age, for each model and protocol, and write `path`.png and .svg.

    rows: of early.csv, numbers as floats, NaN where empty. target: the target class. The interval over events is for
    the models as they are used.
    """
    mine = [row for row in rows if row["class"] == target]
    ages = list(dict.fromkeys(row["age"] for row in mine))
    at = np.arange(len(ages))
    with style():
        figure, axes = new_figure(1, len(_PANELS), width=11.0, height=3.6)
        for axis, (score, title) in zip(axes, _PANELS.items(), strict=True):
            for protocol in dict.fromkeys(row["protocol"] for row in mine):
                for k, (model, words) in enumerate(_WORDS.items()):
                    of = {r["age"]: r for r in mine if (r["protocol"], r["model"]) == (protocol, model)}
                    there = [of.get(age, {}) for age in ages]
                    values = _numbers(there, score)
                    line = {"color": CYCLE[k], "linestyle": PROTOCOL_LINES[protocol]}
                    axis.plot(at, values, marker="o", markersize=3, label=f"{words}, {protocol}", **line)
                    if model == "served" and score == "average_precision":
                        low, high = (_numbers(there, f"{score}_{end}") for end in ("low", "high"))
                        axis.fill_between(at, low, high, color=CYCLE[k], alpha=0.1, linewidth=0)
            axis.set_xticks(at, ages, rotation=45)
            axis.set_title(title)
            axis.set_ylim(bottom=0.0)
        axes[1].set_xlabel("known since the trigger")
        axes[2].axhline(_ALLOWED, color=GREY, linestyle=":")
        axes[0].legend(fontsize=7)
        return save(figure, path)


def _numbers(rows, name):
    return np.array([row.get(name, np.nan) for row in rows], dtype=float)
