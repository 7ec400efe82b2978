"""Figures of classes: how many objects they have, and how their light curves and colours evolve."""

from mallorn.plots.style import CYCLE, GREY, class_color, looks_of, new_figure, plain_text

__all__ = ["plot_balance", "plot_class_curves", "plot_colors"]

_FLUX_RANGE = (-0.35, 1.35)


def plot_balance(counts, target):
    """Return the figure of the balance of classes in the training set: all classes, and the target class or not.

    counts: {class: objects}. target: the target class.
    """
    whole = sum(counts.values())
    sought = {target: counts.get(target, 0), "all others": whole - counts.get(target, 0)}
    colors = _colors(counts)
    figure, panels = new_figure(1, 2, width=9.2, height=0.9 + 0.28 * max(len(counts), 3))
    for axes, numbers, title in (
        (panels[0], counts, "Classes of the training set"),
        (panels[1], sought, "Sought or not"),
    ):
        names = [plain_text(name) for name in numbers]
        bars = axes.barh(names, list(numbers.values()), color=[colors.get(n, GREY) for n in numbers], height=0.7)
        shares = [f"{n:,} ({n / whole:.1%})" for n in numbers.values()]
        axes.bar_label(bars, shares, padding=3, fontsize=8.5)
        axes.set_xlim(0.0, 1.35 * max(numbers.values()))
        axes.set_ylim(max(len(counts), 2) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("objects")
        axes.set_title(title)
    return figure


def plot_class_curves(evolution, names):
    """Return the figure of the light curves of the classes `names`, from an `Evolution`: a panel each."""
    columns = min(3, len(names))
    rows, looks = -(-len(names) // columns), looks_of(evolution.passbands)
    figure, axes = new_figure(
        rows, columns, width=9.2, height=2.5 * rows + 0.4, squeeze=False, sharex=True, sharey=True
    )
    for axis in axes.ravel()[len(names) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.ravel(), names, strict=False):
        low, middle, high = evolution.flux[name]
        for b, look in enumerate(looks):
            axis.fill_between(evolution.phase, low[b], high[b], color=look.color, alpha=0.13, linewidth=0)
            axis.plot(
                evolution.phase,
                middle[b],
                color=look.color,
                marker=look.marker,
                markersize=2.6,
                linewidth=1.1,
                label=plain_text(look.name),
            )
        axis.axvline(0.0, color=GREY, linewidth=0.8, linestyle="--")
        axis.set_title(plain_text(name), color=class_color(name))
        axis.set_title(_objects(evolution.n[name]), loc="right", fontweight="normal", fontsize=9)
    axes[0, 0].set_ylim(*_FLUX_RANGE)
    axes[0, 0].legend(ncols=2, fontsize=7.5, handlelength=1.2, columnspacing=0.8)
    figure.supxlabel("rest-frame days from peak", fontsize=10)
    figure.supylabel("flux over the highest at peak", fontsize=10)
    return figure


def plot_colors(evolution, names):
    """Return the figure of the colour of the classes `names` against phase, from an `Evolution`."""
    figure, axes = new_figure(width=9.2, height=3.8)
    colors = _colors(names)
    for name in names:
        low, middle, high = evolution.color[name]
        axes.fill_between(evolution.color_phase, low, high, color=colors[name], alpha=0.12, linewidth=0)
        label = f"{plain_text(name)} ({evolution.n[name]:,})"
        axes.plot(evolution.color_phase, middle, color=colors[name], label=label)
    axes.axvline(0.0, color=GREY, linewidth=0.8, linestyle="--")
    blue, red = evolution.pair
    axes.set_xlabel("rest-frame days from peak")
    axes.set_ylabel(f"{blue} − {red} (mag), redder upwards")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _objects(n):
    return f"{n:,} object" + ("s" if n != 1 else "")


def _colors(names):
    """Return {class: colour}: its own, or one of the cycle that no other class has."""
    own = {name: class_color(name) for name in names}
    free = [color for color in CYCLE if color not in own.values()]
    for k, name in enumerate(name for name, color in own.items() if color == GREY):
        own[name] = free[k % len(free)] if free else GREY
    return own
