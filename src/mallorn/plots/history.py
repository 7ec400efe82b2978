"""The figure of scores over runs."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from mallorn.plots.style import GREY, PROTOCOL_COLORS, PROTOCOL_LINES, new_figure

__all__ = ["plot_history"]

_TITLES = {"average_precision": "Average precision", "f1": "F1, cross-fitted threshold"}


def plot_history(runs, model):
    """Return the figure of the scores of `model` under both protocols, over `runs` (see `mallorn.runs.history`)."""
    figure, axes = new_figure(1, 2, width=9.2, height=3.2)
    for axis, (score, title) in zip(axes, _TITLES.items(), strict=True):
        for protocol, color in PROTOCOL_COLORS.items():
            found = [
                (run["run"], *run["scores"][protocol, model, score])
                for run in runs
                if (protocol, model, score) in run["scores"]
            ]
            if not found:
                continue
            number, mean, sd = np.array(found).T
            axis.errorbar(
                number, mean, sd, fmt="o", color=color, linestyle=PROTOCOL_LINES[protocol], label=protocol, elinewidth=1
            )
        axis.set_title(title)
        axis.set_xlabel("run")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.margins(x=0.08)
        axis.tick_params(color=GREY)
    axes[0].legend()
    return figure
