"""Figures of the cost of the workflow's stages, and of how it grows with the number of objects."""

import numpy as np

from mallorn.benchmarks.stages import ALL, FEATURES, of_features, own_cpu
from mallorn.plots.style import CYCLE, GREY, new_figure, plain_text, save, style

__all__ = ["plot_cost", "plot_growth"]

_MARKERS = "oD^svP"
_STAGES = 24
_GROWING = 6


def plot_cost(rows, path):
    """Draw the CPU per object of the costliest stages of each survey, and write `path`.png and .svg.

    rows: those of `mallorn.benchmarks.stages.summary`, as dicts.
    """
    cost = {}
    for row in rows:
        if row["stage"] not in (ALL, FEATURES):
            cost.setdefault(row["stage"], {})[row["survey"]] = row["cpu_ms_per_object"]
    stages = sorted(cost, key=lambda stage: max(cost[stage].values()))[-_STAGES:]
    with style():
        figure, axes = new_figure(width=8.2, height=1.0 + 0.24 * len(stages))
        for k, survey in enumerate(dict.fromkeys(row["survey"] for row in rows)):
            there = [(cost[stage][survey], y) for y, stage in enumerate(stages) if cost[stage].get(survey, 0) > 0]
            if there:
                how = {
                    "color": CYCLE[k % len(CYCLE)],
                    "marker": _MARKERS[k % len(_MARKERS)],
                    "label": plain_text(survey),
                }
                axes.plot(*np.transpose(there), linestyle="none", **how)
        axes.set_yticks(range(len(stages)), [plain_text(stage) for stage in stages])
        axes.set_ylim(-0.7, len(stages) - 0.3)
        axes.set(xscale="log", xlabel="CPU milliseconds per object, job starts included")
        axes.legend(loc="lower right")
        return save(figure, path)


def plot_growth(rows, path):
    """Draw the CPU of all features, and of their costliest stages, against objects, and write `path`.png and .svg.

    rows: as for `plot_cost`. A line of slope 1 is in the background. Returns None, and draws nothing, for fewer than
    two simulated surveys.
    """
    points, exponent = {}, {}
    for row in rows:
        if row["simulated"] and (row["stage"] == FEATURES or of_features(row["stage"])) and own_cpu(row) > 0:
            points.setdefault(row["stage"], []).append((row["objects"], own_cpu(row)))
            exponent[row["stage"]] = row["cpu_exponent"]
    several = {stage: sorted(of) for stage, of in points.items() if np.isfinite(exponent[stage])}
    if not several:
        return None
    shown = sorted(several, key=lambda stage: -several[stage][-1][1])[:_GROWING]
    with style():
        figure, axes = new_figure(width=9.2, height=4.2)
        for k, stage in enumerate(shown):
            how = {"color": CYCLE[k], "marker": _MARKERS[k], "linewidth": 2.2 if stage == FEATURES else 1.4}
            axes.plot(*np.transpose(several[stage]), label=f"{plain_text(stage)}: {exponent[stage]:.2f}", **how)
        objects, cpu = np.transpose(several[shown[0]])
        axes.plot(objects, cpu[0] * objects / objects[0], ":", color=GREY, zorder=0, label="in proportion: 1.00")
        axes.set(xscale="log", yscale="log", xlabel="objects", ylabel="CPU seconds of the jobs' own work")
        axes.legend(title="stage: exponent", loc="center left", bbox_to_anchor=(1.01, 0.5))
        return save(figure, path)
