"""One style for all figures: colours of passbands, classes and protocols, sizes, and how figures are written.

Figures are made without pyplot. Nothing global changes, and any process can draw figures:

    with style():
        figure, axes = new_figure(1, 2, width=9.0, height=3.5)
        axes[0].plot(...)
        save(figure, "results/evaluation/figures/roc")  # roc.png and roc.svg
"""

import io
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from mallorn.io.files import atomic_write
from mallorn.plots.compact import compact_png, compact_svg
from mallorn.survey.passbands import NO_SLOT, SLOTS

__all__ = [
    "BAND_COLORS",
    "BAND_LINES",
    "BAND_MARKERS",
    "CLASS_COLORS",
    "CYCLE",
    "GREY",
    "Look",
    "PROTOCOL_COLORS",
    "PROTOCOL_LINES",
    "class_color",
    "lines_of",
    "looks_of",
    "new_figure",
    "plain_text",
    "redshift_text",
    "save",
    "style",
]

BAND_COLORS = dict(zip(SLOTS, ("#0c71ff", "#49be61", "#c61c00", "#ffc200", "#f341a2", "#5d0000"), strict=True))
"""The colours that Rubin Observatory gives its passbands on white ground (RTN-045), by slot."""

BAND_MARKERS = dict(zip(SLOTS, "o^vs*p", strict=True))
"""The symbols of the same guide: no passband differs by colour alone."""

BAND_LINES = dict(zip(SLOTS, ("--", ":", "-", "-.", (0, (3, 5, 1, 5, 1, 5)), (0, (3, 1, 1, 1))), strict=True))
"""The line styles of the same guide."""

_NO_SLOT_COLOR = "#7c3aed"
_FURTHER_MARKERS = "DXPh<>dH8"

CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a8a8a")
"""The colours of Okabe & Ito (2008), which all kinds of colour vision can tell apart, for models and the like."""

CLASS_COLORS = {
    "TDE": "#d55e00",
    "AGN": "#0072b2",
    "SN Ia": "#009e73",
    "SN II": "#e69f00",
    "SN IIn": "#cc79a7",
    "SLSN-I": "#56b4e9",
    "SLSN and SN IIn": "#cc79a7",
    "other SN": "#e69f00",
    "other": "#8a8a8a",
}
"""The colours of types and classes of objects; see `class_color` for others."""

PROTOCOL_COLORS = {"stratified": "#0072b2", "grouped": "#d55e00"}
PROTOCOL_LINES = {"stratified": "-", "grouped": "--"}

GREY = "#6b7280"
"""Colour of the background: references, notes, other objects."""

_RC = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#4b5563",
    "axes.grid": True,
    "axes.labelcolor": "#1f2937",
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": mpl.cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # no axis has ticks above: to look for them takes a fifth of the time of a figure
    "errorbar.capsize": 0,
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.7,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "savefig.dpi": 130,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "mallorn",
    "text.color": "#1f2937",
    "xtick.color": "#4b5563",
    "xtick.labelsize": 9,
    "ytick.color": "#4b5563",
    "ytick.labelsize": 9,
}


@contextmanager
def style():
    """Use the style of this module inside the block, and leave matplotlib's settings as they were."""
    with mpl.rc_context(_RC):
        yield


def new_figure(rows=1, columns=1, width=7.0, height=4.0, margins=None, **options):
    """Return (figure, axes) with `rows` x `columns` axes; a single axes is returned as it is, several as an array.

    width, height: inches. options: those of `Figure.subplots`, such as `sharex`.
    margins: inches left, right, below and above the axes, and between columns and rows. By default labels and legends
        find room by themselves (constrained layout), which takes most of a figure's time.
    """
    figure = Figure(figsize=(width, height), layout=None if margins else "constrained")
    if margins:
        left, right, bottom, top, between_columns, between_rows = margins
        inner_width = (width - left - right - (columns - 1) * between_columns) / columns
        inner_height = (height - bottom - top - (rows - 1) * between_rows) / rows
        figure.subplots_adjust(
            left=left / width,
            right=1.0 - right / width,
            bottom=bottom / height,
            top=1.0 - top / height,
            wspace=between_columns / inner_width,
            hspace=between_rows / inner_height,
        )
    return figure, figure.subplots(rows, columns, **options)


def save(figure, path, formats=("png", "svg"), end=b""):
    """Write `figure` to `path` with each ending in `formats`, whole or not at all, with the same bytes every time.

    path: without ending. end: bytes that follow in each file. Returns the paths written.
    """
    written = []
    with style():
        for ending in formats:
            target = Path(f"{path}.{ending}")
            with atomic_write(target) as beside:
                beside.write_bytes(_drawn(figure, ending) + end)
            figure.set_layout_engine(None)  # labels have found their room: the next format takes it over
            written.append(target)
    return written


def _drawn(figure, ending):
    if ending == "svg":
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
        return compact_svg(out.getvalue().decode()).encode()
    figure.set_dpi(mpl.rcParams["savefig.dpi"])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return compact_png(Image.fromarray(np.asarray(canvas.buffer_rgba())))


class Look(NamedTuple):
    """The look of a passband's points, and its `key` in names of parts of figures: letters and digits only."""

    name: str
    key: str
    color: str
    marker: str


def looks_of(passbands):
    """Return the `Look` of each of `Passbands`, in their order.

    A passband has the colour of its slot. The first passband of a slot has the slot's symbol, others have further ones:
    no two passbands of a survey look alike. Passbands without a slot share a colour of their own.
    """
    looks, further, used = [], cycle(_FURTHER_MARKERS), set()
    for k, (name, slot) in enumerate(zip(passbands.names, passbands.slot.tolist(), strict=True)):
        own = SLOTS[slot] if slot != NO_SLOT else None
        first = own is not None and own not in used
        used.add(own)
        marker = BAND_MARKERS[own] if first else next(further)
        key = name if name.isalnum() and name.isascii() else f"passband{k}"
        looks.append(Look(name, key, BAND_COLORS.get(own, _NO_SLOT_COLOR), marker))
    return looks


def plain_text(text):
    """Return a foreign text as a label: its dollar signs begin no formula."""
    return str(text).replace("$", r"\$")


def redshift_text(redshift):
    """Return the words for a redshift in a small title; NaN is unknown."""
    return "no redshift" if np.isnan(redshift) else f"z = {redshift:.2f}"


def class_color(name):
    """Return the colour of a type or class of objects: its own, that of the wider type, or grey.

    "SN Ia-91bg-like" is drawn as "SN Ia".
    """
    kinds = [kind for kind in CLASS_COLORS if name == kind or str(name).startswith(f"{kind}-")]
    return CLASS_COLORS[max(kinds, key=len)] if kinds else GREY


def lines_of(names):
    """Return {name: {"color", "linestyle"}}, no two alike.

    Names, such as those of models, get the colours of `CYCLE` in their order, then the same dashed, and so on.
    """
    looks = ({"color": color, "linestyle": line} for line in ("-", "--", "-.", ":") for color in CYCLE)
    return dict(zip(names, cycle(looks), strict=False))
