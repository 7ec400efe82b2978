"""The figure of an object's scores over time."""

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.plots.style import CYCLE, GREY, class_color, new_figure, plain_text

__all__ = ["plot_over_time"]


def plot_over_time(said, target):
    """Return the figure of the probabilities of all classes of an object over time, with the band of the target class.

    said: {column: (m,)} from `mallorn.interface.over_time.score_over_time` for one object, with at least two times.
    target: the target class. Time is days since the trigger, on a scale that is logarithmic from ten days on.
    """
    margins = (0.72, 1.7, 0.5, 0.15, 0.0, 0.0)
    figure, axes = new_figure(width=9.2, height=2.7, margins=margins)
    names = [name.removeprefix(CLASS_PREFIX) for name in said if name.startswith(CLASS_PREFIX)]
    for k, name in enumerate(names):
        sought = name == target
        color = class_color(name)
        color = CYCLE[k % len(CYCLE)] if color == GREY else color
        line = {"linewidth": 2.0, "marker": "o", "markersize": 4} if sought else {"linewidth": 1.0, "linestyle": "--"}
        axes.plot(said["age"], said[f"{CLASS_PREFIX}{name}"], color=color, label=plain_text(name), **line)
        if sought:
            low, high = said["probability_low"], said["probability_high"]
            axes.fill_between(said["age"], low, high, color=color, alpha=0.15, linewidth=0)
    axes.plot(said["age"], said["threshold"], color=GREY, linewidth=0.9, linestyle=":", label="threshold")
    axes.set_xscale("symlog", linthresh=10.0)
    axes.set_xlim(left=0.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_xlabel("days since the trigger")
    axes.set_ylabel("probability")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return figure
