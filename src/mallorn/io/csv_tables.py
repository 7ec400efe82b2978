"""CSV tables for people and for Kaggle: written to a temporary name and renamed when whole."""

import csv

import numpy as np

from mallorn.io.files import atomic_write

__all__ = ["write_csv"]


def write_csv(path, columns, digits=6, exact=()):
    """Write `columns`, a mapping of name to a sequence of values; floats have `digits` significant digits.

    NaN is written as an empty cell. exact: names of columns whose floats are written with 15 digits.
    """
    with atomic_write(path) as beside, open(beside, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        cells = (_cells(values, 15 if name in exact else digits) for name, values in columns.items())
        writer.writerows(zip(*cells, strict=True))


def _cells(values, digits):
    return [_cell(value, digits) for value in (values.tolist() if isinstance(values, np.ndarray) else values)]


def _cell(value, digits):
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.{digits}g}"
    return value
