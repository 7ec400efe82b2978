"""Figures of one object: its light curve, its spectral energy distributions, and similar objects."""

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mallorn.plots.panels import Panels
from mallorn.plots.style import (
    BAND_COLORS,
    BAND_LINES,
    BAND_MARKERS,
    GREY,
    class_color,
    looks_of,
    new_figure,
    plain_text,
    redshift_text,
)
from mallorn.survey.blackbody import planck
from mallorn.survey.passbands import NO_SLOT, SLOTS

__all__ = ["plot_light_curve", "plot_neighbours", "plot_seds"]

_INK = "#1f2937"
_FAINT_SNR = 3.0
_MARGIN = 25.0
_LEGEND_COLUMNS = 8
_MANY = 150
"""Passbands with more points than this are drawn as an image inside the SVG, which else becomes slow and large."""


def plot_light_curve(o):
    """Return the figure of an `ObjectView`: points and posterior about the event above, all points below.

    The posterior is drawn as its mean and its 68% band (mean +- standard deviation). Points below three sigma are open.
    All that belongs to a passband is in SVG groups whose ids begin with "band-KEY-" (see `plots.style.Look`), which a
    page can show and hide; the posterior of a slot belongs to its first passband.
    """
    with_event = o.peak_mjd is not None
    heights = [3.4, 1.0] if with_event else [1.0]
    figure, axes = new_figure(
        len(heights),
        1,
        width=9.2,
        height=5.6 if with_event else 3.4,
        margins=(0.72, 0.12, 0.48, 0.55 if with_event else 0.15, 0.0, 0.62),
        squeeze=False,
        height_ratios=heights,
    )
    if with_event:
        _draw_event(axes[0, 0], o)
    _draw_survey(axes[-1, 0], o)
    _label(figure, "flux without Galactic dust (µJy)")
    return figure


def _label(figure, y, x=None):
    """Label all axes of `figure` at once."""
    width, height = figure.get_size_inches()
    figure.text(0.13 / width, 0.5, y, rotation=90, ha="center", va="center", fontsize=10, color=_INK)
    if x:
        figure.text(0.5, 0.1 / height, x, ha="center", va="bottom", fontsize=10, color=_INK)


def _draw_event(axes, o):
    stretch = o.stretch
    first, last = o.phase[0] - _MARGIN, o.phase[-1] + _MARGIN
    phase = (o.mjd - o.peak_mjd) / stretch
    inside = (phase >= first) & (phase <= last)
    handles = []
    for b, (look, slot) in enumerate(zip(looks_of(o.passbands), o.passbands.slot.tolist(), strict=True)):
        mine, line_style = inside & (o.band == b), "none"
        if slot != NO_SLOT and slot not in o.passbands.slot[:b]:
            mean, sd, line_style = o.mean[slot], o.sd[slot], BAND_LINES[SLOTS[slot]]
            shade = axes.fill_between(o.phase, mean - sd, mean + sd, color=look.color, alpha=0.11, linewidth=0)
            (line,) = axes.plot(o.phase, mean, color=look.color, linestyle=line_style, linewidth=1.3)
            shade.set_gid(f"band-{look.key}-shade")
            line.set_gid(f"band-{look.key}-mean")
        _points(axes, phase[mine], o.flux[mine], o.flux_err[mine], look, size=5.5)
        label = plain_text(look.name)
        handles.append(axes.errorbar([], [], [], fmt=look.marker, color=look.color, linestyle=line_style, label=label))
    axes.axvline(0.0, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.axhline(0.0, color=GREY, linewidth=0.6, zorder=1)
    axes.set_xlim(first, last)
    axes.set_ylim(*_limits(o, inside))
    axes.set_xlabel("rest-frame days from peak")
    above = axes.secondary_xaxis(
        "top", functions=(lambda p: p * stretch + o.peak_mjd, lambda t: (t - o.peak_mjd) / stretch)
    )
    above.set_xlabel("MJD (d)")
    above.xaxis.set_major_locator(MaxNLocator(7))
    above.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.legend(
        handles=handles,
        ncols=min(len(handles), _LEGEND_COLUMNS),
        loc="upper right",
        handlelength=2.4,
        columnspacing=1.2,
    )


def _limits(o, inside):
    """Return limits of the flux axis that hold the posterior and nearly all points, but not the noisiest of them."""
    flux, error = o.flux[inside], o.flux_err[inside]
    mean, sd = o.mean[o.passbands.has_slot], o.sd[o.passbands.has_slot]
    high = [np.nanmax(mean + sd, initial=0.0)]
    low = [min(0.0, np.nanmin(mean - sd, initial=0.0))]
    if len(flux):
        sharp = error <= 2.0 * np.median(error)
        high.append(np.max((flux + error)[sharp]))
        low.append(np.min((flux - error)[sharp]))
    low, high = min(low), max(high)
    room = 0.06 * (high - low)
    return low - room, high + 2.0 * room


def _draw_survey(axes, o):
    for b, look in enumerate(looks_of(o.passbands)):
        mine = o.band == b
        _points(axes, o.mjd[mine], o.flux[mine], o.flux_err[mine], look, size=2.6)
    if o.peak_mjd is not None:
        stretch = o.stretch
        window = o.peak_mjd + stretch * (o.phase[0] - _MARGIN), o.peak_mjd + stretch * (o.phase[-1] + _MARGIN)
        axes.axvspan(*window, color="#fef3c7", zorder=0)
    axes.axhline(0.0, color=GREY, linewidth=0.6, zorder=1)
    axes.set_xlabel("MJD (d): the whole survey" + (", the span above shaded" if o.peak_mjd is not None else ""))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.margins(x=0.02)


def _points(axes, x, flux, error, look, size):
    bright = flux > _FAINT_SNR * error
    color, many = look.color, len(x) > _MANY
    for name, which, face in (("bright", bright, color), ("faint", ~bright, "white")):
        if not which.any():
            continue
        at, low, high = x[which], (flux - error)[which], (flux + error)[which]
        gap = np.full(len(at), np.nan)
        alpha = 1.0 if name == "bright" else 0.55
        (bars,) = axes.plot(  # one path; errorbar() would make one for each point
            np.stack([at, at, gap], 1).ravel(),
            np.stack([low, high, gap], 1).ravel(),
            color=color,
            linewidth=0.8,
            alpha=alpha,
            rasterized=many,
        )
        (marks,) = axes.plot(
            at,
            flux[which],
            look.marker,
            color=color,
            markerfacecolor=face,
            markersize=size,
            markeredgewidth=0.8,
            alpha=alpha,
            rasterized=many,
        )
        bars.set_gid(f"band-{look.key}-{name}-{size:g}-errors")
        marks.set_gid(f"band-{look.key}-{name}-{size:g}")


_DRAWN = np.log([1e3, 1e6])  # ln K; beyond, a blackbody's shape in the optical stays, and its numbers overflow


def plot_seds(o):
    """Return the figure of the SEDs of an `ObjectView` at its phases, each with the blackbody fitted to it.

    Each panel spans its own fluxes. The passbands of the fit are those of the posterior. The spread of the curve is the
    68% range of temperature, each with its best scale.
    """
    n = len(o.sed)
    columns = min(3, n)
    rows = -(-n // columns)
    margins = (0.72, 0.12, 0.55, 0.28, 0.5, 0.32)
    figure, axes = new_figure(rows, columns, 9.2, 2.2 * rows + 0.6, margins=margins, squeeze=False, sharex=True)
    for axis in axes.ravel()[n:]:
        axis.set_visible(False)
    for axis, sed in zip(axes.ravel(), o.sed, strict=False):
        _draw_sed(axis, sed)
    _label(figure, "flux without Galactic dust (µJy)", "rest-frame wavelength (Å)")
    return figure


def _draw_sed(axes, sed):
    if sed.temperature is not None:
        grid = np.linspace(0.92 * sed.wavelength[0], 1.06 * sed.wavelength[-1], 80)
        curves = []
        log_temperature = np.log(sed.temperature) + np.array([-1.0, 0.0, 1.0]) * sed.temperature_err
        for temperature in np.exp(np.clip(log_temperature, *_DRAWN)):
            model = planck(sed.wavelength, temperature)
            weight = 1.0 / sed.error**2
            scale = max(0.0, (weight * sed.flux * model).sum() / (weight * model**2).sum())
            curves.append(scale * planck(grid, temperature))
        axes.fill_between(grid, np.minimum(curves[0], curves[2]), np.maximum(curves[0], curves[2]), color="#d1d5db")
        axes.plot(grid, curves[1], color=_INK, linewidth=1.2)
    colors = [BAND_COLORS[slot] for slot in sed.slots]
    axes.errorbar(sed.wavelength, sed.flux, sed.error, fmt="none", ecolor=colors)
    for b, slot in enumerate(sed.slots):
        axes.plot(sed.wavelength[b], sed.flux[b], BAND_MARKERS[slot], color=colors[b], markersize=6)
    axes.axhline(0.0, color=GREY, linewidth=0.6, zorder=1)
    axes.set_title(f"{sed.phase:+g} d" if sed.phase else "peak", loc="left")
    text = "no blackbody seen" if sed.temperature is None else f"T = {sed.temperature / 1000:.1f} kK"
    axes.set_title(text, loc="right", fontweight="normal", fontsize=9, color=_INK if sed.temperature else GREY)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(4))


def plot_neighbours(neighbours):
    """Return the figure of light curves of `ObjectView` objects around their events, each over its highest mean."""
    lines, points = zip(*(_around_peak(o) for o in neighbours), strict=True)
    reach = np.concatenate([*(o.phase for o in neighbours), *(x for found in points for x, _ in found.values())])
    edge = 0.05 * np.ptp(reach)
    limits = (reach.min() - edge, reach.max() + edge), (-0.35, 1.35)
    height, margins = 1.6 * -(-len(neighbours) // 3) + 0.7, (0.72, 0.12, 0.55, 0.28, 0.15, 0.32)
    panels = Panels(len(neighbours), 3, 9.2, height, limits, (0.0, 0.5, 1.0), margins)
    for slot in SLOTS:
        shown, seen = ({k: one[slot] for k, one in enumerate(found) if slot in one} for found in (lines, points))
        color = BAND_COLORS[slot]
        panels.plot(shown, color=color, linewidth=0.9)
        panels.plot(seen, BAND_MARKERS[slot], color=color, markersize=2.6, linestyle="none")
    for k, o in enumerate(neighbours):
        panels.title(k, plain_text(o.spec_type or ""), redshift_text(o.redshift), class_color(o.spec_type))
    _label(panels.figure, f"{''.join(lines[0])} flux / peak".lstrip(), "rest-frame days from peak")
    return panels.figure


def _around_peak(o):
    """Return ({slot: (phase, mean)}, {slot: (phase, flux)}) of the process and the points, over the highest mean."""
    slots = _drawn_slots(o.passbands)
    scale = np.nanmax(o.mean[slots]) if slots else np.nanmax(o.flux)
    phase = (o.mjd - o.peak_mjd) / o.stretch
    told = (phase >= o.phase[0]) & (phase <= o.phase[-1]) & (o.flux_err < 0.5 * scale)
    slot_of, lines, points = o.passbands.slot[o.band], {}, {}
    for b in slots:
        lines[SLOTS[b]] = o.phase, o.mean[b] / scale
        points[SLOTS[b]] = phase[told & (slot_of == b)], o.flux[told & (slot_of == b)] / scale
    return lines, points


def _drawn_slots(passbands):
    """Return the positions of the slots in small figures: those of the survey, without u and y if it has others.

    u and y are the noisiest.
    """
    there = np.flatnonzero(passbands.has_slot).tolist()
    return [k for k in there if 0 < k < len(SLOTS) - 1] or there
