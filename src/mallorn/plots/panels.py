"""Small panels with common scales inside one axes. With axes of its own for each, most time goes into their ticks."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from mallorn.plots.style import new_figure

__all__ = ["Panels"]

_TICK_TEXT = {"fontsize": 9, "color": "#4b5563"}
_GAP = 0.06  # inches between an axis and its numbers, and below titles


class Panels:
    """A figure of `number` panels in rows, from left to right, in which x and y reach over the same `limits`.

    columns: panels in a full row. width, height: of the figure, inches; margins: as of `new_figure`, in inches.
    limits: ((low, high) of x, (low, high) of y). y_ticks: where lines go across.
    """

    def __init__(self, number, columns, width, height, limits, y_ticks, margins):
        left, right, below, above, *self._between = margins
        rows, inner = -(-number // columns), (width - left - right, height - below - above)
        self.figure, self._axes = new_figure(1, 1, width, height, margins=(left, right, below, above, 0.0, 0.0))
        self._axes.set_axis_off()
        self._axes.set(xlim=(0.0, inner[0]), ylim=(0.0, inner[1]))
        self._limits, self._columns, self._top = limits, columns, inner[1]
        counts = zip(inner, (columns, rows), self._between, strict=True)
        self._size = [(length - (count - 1) * between) / count for length, count, between in counts]
        x_ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(*limits[0])
        self._frames(number, x_ticks[(x_ticks >= limits[0][0]) & (x_ticks <= limits[0][1])], y_ticks)

    def plot(self, series, *arguments, **options):
        """Plot as `Axes.plot` does, as one line with gaps: a line takes a millisecond, whatever its points.

        series: {number of a panel: (x, y)}; what is outside the limits of a panel is left out.
        """
        (x_low, x_high), (y_low, y_high) = self._limits
        parts = []
        for panel, (x, y) in series.items():
            inside = (x >= x_low) & (x <= x_high) & (y >= y_low) & (y <= y_high)
            x, y = self._place(panel, x, np.where(inside, y, np.nan))
            parts.append([np.append(x, np.nan), np.append(y, np.nan)])
        if parts:
            self._axes.plot(*np.concatenate(parts, axis=1), *arguments, **options)

    def title(self, panel, left, right, color):
        """Write above a panel."""
        (x_low, x_high), (_, y_high) = self._limits
        for text, x, side, look in (
            (left, x_low, "left", {"color": color, "fontweight": "bold", "fontsize": 10.5}),
            (right, x_high, "right", {"fontsize": 9}),
        ):
            if text:
                x, y = self._place(panel, x, y_high)
                self._axes.text(x, y + _GAP, text, ha=side, va="baseline", **look)

    def _place(self, panel, x, y):
        """Return values of a panel in inches from the lower left corner of all panels."""
        (x_low, x_high), (y_low, y_high) = self._limits
        row, column = divmod(panel, self._columns)
        (width, height), (between_columns, between_rows) = self._size, self._between
        left, top = column * (width + between_columns), self._top - row * (height + between_rows)
        return left + width * (x - x_low) / (x_high - x_low), top - height * (y_high - y) / (y_high - y_low)

    def _frames(self, number, x_ticks, y_ticks):
        """Draw grids and axes of all panels, and numbers at the left and below."""
        (x_low, x_high), (y_low, y_high) = self._limits
        grid, axes = [], []
        for k in range(number):
            grid += [self._line(k, (x, x), (y_low, y_high)) for x in x_ticks]
            grid += [self._line(k, (x_low, x_high), (y, y)) for y in y_ticks]
            axes.append(self._line(k, (x_low, x_low, x_high), (y_high, y_low, y_low)))
            if k % self._columns == 0:
                for value in y_ticks:
                    x, y = self._place(k, x_low, value)
                    self._axes.text(x - _GAP, y, f"{value:g}", ha="right", va="center", **_TICK_TEXT)
            if k + self._columns >= number:
                for value in x_ticks:
                    x, y = self._place(k, value, y_low)
                    self._axes.text(
                        x, y - _GAP, f"{value:.0f}".replace("-", "\N{MINUS SIGN}"), ha="center", va="top", **_TICK_TEXT
                    )
        self._axes.add_collection(LineCollection(grid, colors="#e5e7eb", linewidths=0.7, zorder=0))
        self._axes.add_collection(LineCollection(axes, colors="#4b5563", linewidths=0.8, zorder=1))

    def _line(self, panel, x, y):
        return np.column_stack(self._place(panel, np.array(x, dtype=float), np.array(y, dtype=float)))
