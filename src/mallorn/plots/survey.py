"""Figures of the input: types, redshifts, points, cadence, examples."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from mallorn.plots.style import GREY, class_color, looks_of, new_figure, plain_text, redshift_text

__all__ = ["plot_cadence", "plot_examples", "plot_points", "plot_redshifts", "plot_types"]


def plot_types(counts):
    """Return the figure of how many training objects there are of each type; counts: see `counts_by_type`."""
    names, numbers = [row[0] for row in counts], [row[1] for row in counts]
    figure, axes = new_figure(width=7.0, height=0.6 + 0.3 * len(names))
    axes.barh([plain_text(name) for name in names], numbers, color=[class_color(name) for name in names], height=0.7)
    axes.bar_label(axes.containers[0], padding=3, fontsize=8.5)
    axes.set_xscale("log")
    axes.set_xlim(0.7, 2.0 * max(numbers))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("training objects")
    return figure


def plot_redshifts(survey, types):
    """Return the figure of redshifts: training objects by type on the left, training against test on the right."""
    figure, (left, right) = new_figure(1, 2, width=9.2, height=3.4)
    known = np.isfinite(survey.redshift)
    edges = np.linspace(0.0, max(0.1, np.percentile(survey.redshift[known], 99.5)) if known.any() else 1.0, 31)
    for name in types:
        values = survey.redshift[survey.is_train & known & (survey.spec_type == name)]
        if not len(values):
            continue
        left.hist(
            values, edges, histtype="step", density=True, color=class_color(name), label=plain_text(name), linewidth=1.5
        )
    left.set_xlabel("redshift")
    left.set_ylabel("density")
    left.set_title("Training objects by type")
    left.legend()
    for which, label, color in ((survey.is_train, "training", "#0072b2"), (~survey.is_train, "test", "#d55e00")):
        values = survey.redshift[which & known]
        if len(values):
            right.hist(values, edges, histtype="step", density=True, color=color, label=label, linewidth=1.5)
    right.set_xlabel("redshift")
    right.set_title("Training and test")
    right.legend()
    return figure


def plot_points(survey):
    """Return the figure of the points of each object by passband, training and test."""
    figure, axes = new_figure(width=9.2, height=3.2)
    looks = looks_of(survey.passbands)
    for b, look in enumerate(looks):
        for shift, which, alpha in ((-0.19, survey.is_train, 0.9), (0.19, ~survey.is_train, 0.4)):
            values = survey.points[which, b]
            box = axes.boxplot(
                values[values > 0] if (values > 0).any() else [np.nan],
                positions=[b + shift],
                widths=0.32,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                medianprops={"color": "black", "linewidth": 1.2},
            )
            box["boxes"][0].set(facecolor=look.color, alpha=alpha, linewidth=0.8)
    axes.set_xticks(range(len(looks)), [plain_text(look.name) for look in looks])
    axes.set_yscale("log")
    axes.set_ylabel("points of an object")
    axes.set_xlabel("passband (left training, right and paler test; box 25-75%, whiskers 5-95%)")
    return figure


def plot_cadence(survey):
    """Return the figure of the median days between visits by passband, and of the number of nights with points."""
    figure, (left, right) = new_figure(1, 2, width=9.2, height=3.2)
    edges = np.geomspace(0.5, 300.0, 40)
    for b, look in enumerate(looks_of(survey.passbands)):
        values, label = survey.gap[:, b], plain_text(look.name)
        left.hist(values[np.isfinite(values)], edges, histtype="step", color=look.color, label=label, linewidth=1.5)
    left.set_xscale("log")
    left.set_xlabel("median days between visits")
    left.set_ylabel("objects")
    left.legend(ncols=2)
    nights = survey.nights[survey.nights > 0]
    right.hist(nights, np.geomspace(max(1, nights.min()), nights.max() + 1, 40), color=GREY)
    right.set_xscale("log")
    right.set_xlabel("nights with a point")
    return figure


def plot_examples(views):
    """Return the figure of the light curves of {type: `ObjectView`}, around the event if there is a posterior."""
    columns = 3
    rows = -(-len(views) // columns)
    figure, axes = new_figure(rows, columns, width=9.2, height=2.3 * rows + 0.3, squeeze=False)
    for axis in axes.ravel()[len(views) :]:
        axis.set_visible(False)
    for axis, (name, o) in zip(axes.ravel(), views.items(), strict=False):
        for b, look in enumerate(looks_of(o.passbands)):
            mine = o.band == b
            axis.errorbar(
                o.mjd[mine],
                o.flux[mine],
                o.flux_err[mine],
                fmt=look.marker,
                color=look.color,
                markersize=2.8,
                elinewidth=0.6,
                label=plain_text(look.name),
            )
        good = o.flux_err <= 3.0 * np.median(o.flux_err) if len(o.flux_err) else np.zeros(0, dtype=bool)
        if good.any():
            low, high = np.min(o.flux[good]), np.max(o.flux[good])
            axis.set_ylim(low - 0.15 * (high - low), high + 0.15 * (high - low))
        axis.set_title(plain_text(name), color=class_color(name))
        axis.set_title(redshift_text(o.redshift), loc="right", fontweight="normal", fontsize=9)
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axis.ticklabel_format(axis="x", useOffset=False, style="plain")
    axes[0, 0].legend(ncols=3, fontsize=7.5, handletextpad=0.1, columnspacing=0.6)
    figure.supxlabel("MJD (d)", fontsize=10)
    figure.supylabel("flux without Galactic dust (µJy)", fontsize=10)
    return figure
