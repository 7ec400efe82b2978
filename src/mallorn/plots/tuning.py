"""Figures of a tuning study: the growth of the score, and the parameters that it depends on."""

import numpy as np

from mallorn.plots.style import CYCLE, GREY, new_figure, save, style

__all__ = ["plot_history", "plot_importance"]


def plot_history(table, metric, path):
    """Draw the score of each trial and the best so far, and write `path`.png and .svg.

    table: as from `mallorn.learning.tuning.trial_table`; metric: its name.
    """
    complete = table["state"] == "complete"
    with style():
        figure, axes = new_figure(width=7.0, height=3.6)
        number, value = table["number"], table["value"]
        axes.plot(number[complete], value[complete], "o", color=CYCLE[0], label="finished")
        axes.plot(number[~complete], value[~complete], "x", color=GREY, label="pruned, score of the folds it saw")
        best = np.maximum.accumulate(value[complete]) if complete.any() else []
        axes.step(number[complete], best, where="post", color=CYCLE[1], label="best so far")
        axes.set(xlabel="trial", ylabel=metric.replace("_", " "))
        axes.legend()
        return save(figure, path)


def plot_importance(importance, path):
    """Draw the share of the score's variance of each parameter, {name: share}, and write `path`.png and .svg."""
    names = sorted(importance, key=importance.get)
    with style():
        figure, axes = new_figure(width=7.0, height=0.6 + 0.35 * len(names))
        axes.barh(names, [importance[name] for name in names], color=CYCLE[0])
        axes.set(xlabel="share of the score's variance", xlim=(0, 1))
        axes.grid(axis="y", visible=False)
        return save(figure, path)
