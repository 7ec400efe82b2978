"""Figures of the evaluation: curves, reliability, learning curve, scores by properties of objects, confusion."""

import numpy as np

from mallorn.metrics import average_precision, precision_recall, roc_auc
from mallorn.plots.style import CYCLE, GREY, PROTOCOL_COLORS, class_color, lines_of, new_figure, save, style

__all__ = [
    "plot_calibration",
    "plot_confusion",
    "plot_groups",
    "plot_learning_curve",
    "plot_precision_recall",
    "plot_roc",
    "plot_types",
]

_WORDS = {
    "redshift": "redshift",
    "points": "points of the light curve",
    "snr": "highest signal to noise of a point",
    "magnitude": "AB magnitude of the brightest point",
    "average_precision": "average precision",
    "f1": "F1",
    "recall": "recall",
}


def plot_precision_recall(curves, path):
    """Draw precision against recall of each model, repeats pooled, and write `path`.png and .svg.

    curves: {protocol: {model: (target (n,), probability (n,))}}.
    """
    with style():
        figure, axes = _by_protocol(curves, "recall", "precision")
        for ax, models in zip(axes, curves.values(), strict=True):
            for model, line in lines_of(models).items():
                _, precision, recall = precision_recall(*models[model])
                area = average_precision(*models[model])
                ax.step(recall, precision, where="post", label=f"{model}: {area:.3f}", **line)
            share = np.mean(next(iter(models.values()))[0])
            ax.axhline(share, color=GREY, linestyle=":", label=f"chance: {share:.3f}")
            ax.legend(title="average precision", loc="lower left")
        return save(figure, path)


def plot_roc(curves, path):
    """Draw the true against the false positive rate of each model, repeats pooled, and write `path`.png and .svg.

    curves: as for `plot_precision_recall`. The false positive rate is logarithmic, since targets are rare.
    """
    with style():
        figure, axes = _by_protocol(curves, "false positive rate", "true positive rate")
        for ax, models in zip(axes, curves.values(), strict=True):
            for model, line in lines_of(models).items():
                target, probability = models[model]
                order = np.argsort(-probability, kind="stable")
                last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
                hits, others = (np.cumsum(mask[order])[last] for mask in (target == 1, target != 1))
                area = roc_auc(target, probability)
                ax.step(others / others[-1], hits / hits[-1], where="post", label=f"{model}: {area:.3f}", **line)
            ax.set(xscale="log", xlim=(0.5 / others[-1], 1))
            ax.legend(title="ROC AUC", loc="lower right")
        return save(figure, path)


def plot_calibration(rows, path):
    """Draw how often objects of each probability are targets, and write `path`.png and .svg.

    rows: of calibration.csv, of one model; numbers as floats, NaN where empty.
    """
    protocols = list(dict.fromkeys(row["protocol"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    with style():
        figure, axes = _by_protocol(protocols, "mean probability", "fraction of targets")
        for ax, protocol in zip(axes, protocols, strict=True):
            ax.plot([0, 1], [0, 1], color=GREY, linestyle=":")
            for k, method in enumerate(methods):
                mine = [r for r in rows if (r["protocol"], r["method"]) == (protocol, method) and r["objects"] > 0]
                error = mine[0]["expected_calibration_error"]
                _with_bars(ax, mine, "probability", "frequency", CYCLE[k], f"{method}: {error:.3f}", 0.006 * (k - 1))
            ax.legend(title="calibration: expected error", loc="upper left")
        return save(figure, path)


def plot_learning_curve(rows, path):
    """Draw average precision and F1 against the number of targets' events, and write `path`.png and .svg.

    rows: of learning_curve.csv, numbers as floats.
    """
    with style():
        figure, axes = new_figure(1, 2, width=9.0, height=3.6, sharex=True)
        for ax, score in zip(axes, ("average_precision", "f1"), strict=True):
            for k, (protocol, color) in enumerate(PROTOCOL_COLORS.items()):
                mine = [row for row in rows if row["protocol"] == protocol]
                _with_bars(ax, mine, "target_events", score, color, protocol, 0.3 * k, line="")
                events = sorted({row["target_events"] for row in mine})
                means = [np.mean([row[score] for row in mine if row["target_events"] == n]) for n in events]
                ax.plot(events, means, color=color)
            ax.set(xlabel="events of targets trained on", ylabel=_WORDS[score], ylim=(0, 1))
        axes[0].legend(loc="lower right")
        return save(figure, path)


def plot_groups(rows, kind, path):
    """Draw average precision, F1 and recall against redshift, points or snr, and write `path`.png and .svg.

    rows: of by_type.csv, of one model; kind: the property; numbers as floats.
    """
    names = list(dict.fromkeys(row["group"] for row in rows if row["property"] == kind))
    events = {row["group"]: int(row["targets"]) for row in rows if row["property"] == kind}
    with style():
        figure, axes = new_figure(1, 3, width=11.0, height=3.6, sharey=True)
        for ax, score in zip(axes, ("average_precision", "f1", "recall"), strict=True):
            for k, (protocol, color) in enumerate(PROTOCOL_COLORS.items()):
                mine = [row for row in rows if (row["property"], row["protocol"]) == (kind, protocol)]
                placed = [{**row, "place": float(names.index(row["group"]))} for row in mine]
                _with_bars(ax, placed, "place", score, color, protocol, 0.12 * (k - 0.5))
            ax.set_xticks(range(len(names)), [f"{name}\n{events[name]} targets" for name in names], fontsize=7.5)
            ax.set(xlabel=_WORDS[kind], title=_WORDS[score], ylim=(0, 1))
        axes[0].legend(loc="lower left")
        return save(figure, path)


def plot_types(rows, path):
    """Draw the share of the objects of each type that are taken for targets, and write `path`.png and .svg.

    rows: of by_type.csv, of one model; numbers as floats.
    """
    rows = [row for row in rows if row["property"] == "spec_type"]
    names = list(dict.fromkeys(row["group"] for row in rows))[::-1]
    counts = {row["group"]: (int(row["objects"]), int(row["events"])) for row in rows}
    with style():
        figure, axes = new_figure(width=7.5, height=0.8 + 0.32 * len(names))
        for k, (protocol, color) in enumerate(PROTOCOL_COLORS.items()):
            mine = [row for row in rows if row["protocol"] == protocol]
            place = [names.index(row["group"]) + 0.16 * (0.5 - k) * 2 for row in mine]
            share, low, high = (
                np.array([row[f"chosen_fraction{end}"] for row in mine]) for end in ("", "_low", "_high")
            )
            bars = np.maximum([share - low, high - share], 0.0)
            axes.errorbar(share, place, xerr=bars, fmt="o", color=color, label=protocol)
        labels = [f"{name} ({counts[name][0]} objects, {counts[name][1]} events)" for name in names]
        axes.set_yticks(range(len(names)), labels)
        axes.set(xlabel="share taken for targets", xlim=(-0.02, 1.02))
        axes.legend(loc="lower right")
        return save(figure, path)


def plot_confusion(rows, path):
    """Draw the classes that the objects of each type are taken for, and write `path`.png and .svg.

    rows: of confusion.csv, of one model and protocol; numbers as floats.
    """
    types = list(dict.fromkeys(row["spec_type"] for row in rows))
    classes = list(dict.fromkeys(row["predicted"] for row in rows))
    shares = np.zeros((len(types), len(classes)))
    with style():
        figure, axes = new_figure(width=2.5 + 1.1 * len(classes), height=1.2 + 0.34 * len(types))
        for row in rows:
            place = types.index(row["spec_type"]), classes.index(row["predicted"])
            shares[place] = row["fraction"]
            if row["objects"] > 0:
                color = "white" if row["fraction"] > 0.6 else "black"
                axes.text(place[1], place[0], f"{row['objects']:.4g}", ha="center", va="center", color=color, size=8.5)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(classes)), classes, rotation=20, ha="right")
        axes.set_yticks(range(len(types)), types)
        for label, name in zip(axes.get_yticklabels(), types, strict=True):
            label.set_color(class_color(name))
        axes.grid(visible=False)
        axes.set(xlabel="taken for", ylabel="type")
        return save(figure, path)


def _by_protocol(protocols, x, y):
    figure, axes = new_figure(1, len(protocols), width=4.8 * len(protocols), height=4.2, squeeze=False)
    for ax, protocol in zip(axes[0], protocols, strict=True):
        ax.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1.02), title=protocol)
    return figure, axes[0]


def _with_bars(ax, rows, x, y, color, label, shift=0.0, line="-"):
    """Draw y against x with the interval of y; bars are moved sideways by `shift`."""
    place = np.array([row[x] for row in rows]) + shift
    value, low, high = (np.array([row[f"{y}{end}"] for row in rows]) for end in ("", "_low", "_high"))
    bars = np.maximum([value - low, high - value], 0.0)
    ax.errorbar(place, value, yerr=bars, fmt=f"o{line}", color=color, label=label, elinewidth=1.0)
