"""Figures of features: importances, what families bring, distributions by class."""

from textwrap import wrap

import numpy as np

from mallorn.plots.style import CYCLE, GREY, class_color, new_figure, plain_text

__all__ = ["plot_ablation", "plot_distributions", "plot_family_importance", "plot_importance", "plot_shapes"]

_WIDEST = 40
"""Most letters in a line above a panel."""


def plot_importance(names, mean, spread):
    """Return the figure of the importances of features (k,), the mean and the range (2, k) over repeats."""
    figure, axes = new_figure(width=7.6, height=0.7 + 0.23 * len(names))
    axes.barh(
        names,
        mean,
        color=CYCLE[0],
        height=0.7,
        xerr=np.abs(spread - mean),
        error_kw={"elinewidth": 0.9, "ecolor": GREY},
    )
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("share of the importance (range over repeats)")
    return figure


def plot_family_importance(names, share, number):
    """Return the figure of the importance (k,) of feature families, of `number` (k,) features each."""
    figure, axes = new_figure(width=7.6, height=0.7 + 0.27 * len(names))
    bars = axes.barh(
        [f"{name} ({n})" for name, n in zip(names, number, strict=True)], share, color=CYCLE[2], height=0.7
    )
    axes.bar_label(bars, [f"{value:.1%}" for value in share], padding=3, fontsize=8.5)
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.01)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share of the importance (number of features in brackets)")
    return figure


def plot_distributions(features, classes, target):
    """Return the figure of features by class.

    features: {name: (n,) values, NaN where unknown}; classes (n,) names; target: the target class.

    Each panel spans the central 98% of the values; densities are of the known values of a class.
    """
    columns = 3
    rows = -(-len(features) // columns)
    figure, axes = new_figure(rows, columns, width=9.2, height=2.1 * rows + 0.4, squeeze=False)
    for axis in axes.ravel()[len(features) :]:
        axis.set_visible(False)
    order = sorted(set(classes), key=lambda name: (name != target, name))
    for axis, (name, values) in zip(axes.ravel(), features.items(), strict=False):
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        low, high = np.percentile(known, [1.0, 99.0])
        edges = np.linspace(low, high if high > low else low + 1.0, 25)
        for kind in order:
            mine = values[(classes == kind) & np.isfinite(values)]
            mine = mine[(mine >= edges[0]) & (mine <= edges[-1])]
            if len(mine) > 1:
                fill = {"histtype": "stepfilled", "alpha": 0.35} if kind == target else {"histtype": "step"}
                axis.hist(
                    mine, edges, density=True, color=class_color(kind), label=plain_text(kind), linewidth=1.3, **fill
                )
        axis.set_title(name.replace("__", " · "), fontsize=8.5)
        axis.set_yticks([])
        axis.tick_params(labelsize=8)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(6, max(1, len(labels))))
    return figure


def plot_shapes(shapes, target):
    """Return the figure of what features add to the log probability of each class, relative to the mean of the classes.

    shapes: {feature: {class: (value, added, low, high)}}, (k,) each, by rising value. NaN, if any, comes last and is
    drawn as a point on the left. target: the target class, drawn thicker.
    """
    columns = 3
    rows = -(-len(shapes) // columns)
    figure, axes = new_figure(rows, columns, width=9.2, height=2.1 * rows + 0.4, squeeze=False)
    for axis in axes.ravel()[len(shapes) :]:
        axis.set_visible(False)
    for axis, (name, classes) in zip(axes.ravel(), shapes.items(), strict=False):
        for kind in sorted(classes, key=lambda one: (one == target, one)):
            value, added, low, high = classes[kind]
            known = np.isfinite(value)
            color, width = class_color(kind), 2.2 if kind == target else 1.2
            axis.fill_between(value[known], low[known], high[known], color=color, alpha=0.15, linewidth=0, step="mid")
            axis.step(value[known], added[known], where="mid", color=color, linewidth=width, label=plain_text(kind))
            if known.any() and not known.all():
                left = value[known][0] - 0.07 * max(np.ptp(value[known]), 1e-9)
                axis.plot(left, added[~known][0], "o", color=color, markersize=3.5)
        axis.axhline(0.0, color=GREY, linewidth=0.7)
        axis.set_title(_broken(name.replace("__", " · ")), fontsize=8)
        axis.tick_params(labelsize=8)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(6, max(1, len(labels))))
    return figure


def _broken(name):
    """Return a name in lines of at most `_WIDEST` letters, broken after underscores."""
    return "\n".join(line.replace("_ ", "_") for line in wrap(name.replace("_", "_ "), _WIDEST))


def plot_ablation(rows):
    """Return the figure of the change when each family is left out. rows: [(family, protocol, change, sd)]."""
    families = list(dict.fromkeys(row[0] for row in rows))
    figure, axes = new_figure(width=7.6, height=0.9 + 0.33 * len(families))
    protocols = list(dict.fromkeys(row[1] for row in rows))
    for k, protocol in enumerate(protocols):
        mine = [row for row in rows if row[1] == protocol]
        y = [families.index(row[0]) + 0.22 * (k - 0.5 * (len(protocols) - 1)) for row in mine]
        axes.errorbar(
            [r[2] for r in mine], y, xerr=[r[3] for r in mine], fmt="o^"[k % 2], color=CYCLE[k], label=protocol
        )
    axes.axvline(0.0, color=GREY, linewidth=0.9)
    axes.set_yticks(range(len(families)), families)
    axes.invert_yaxis()
    axes.set_xlabel("average precision without the family less that with all")
    axes.legend()
    return figure
