"""Read text tables with values separated by blanks, as services of forced photometry write them."""

import numpy as np

from mallorn.errors import DataError
from mallorn.sources.json_files import number
from mallorn.sources.values import no_sentinels

__all__ = ["columns_of", "object_name", "text_lines"]


def text_lines(path, data):
    """Return the lines of a file's bytes; raise DataError if they are no text."""
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DataError.at(
            path, expected="a file of text", found="bytes that are none", fix="unpack it, or fetch it anew"
        ) from None


def columns_of(rows, names, numbers, texts, sentinels=()):
    """Return ({name: (n,) array}, whole) of rows, lists of text; names: of the columns, in order.

    numbers, texts: wanted columns. Numbers are float64, NaN if missing, no number or one of `sentinels`; texts are
    objects, None if missing. All values of an absent column are missing. whole: (n,) bool, rows with as many values as
    there are names.
    """
    whole = np.array([len(row) == len(names) for row in rows], dtype=bool)
    columns = {}
    for name in (*numbers, *texts):
        k = names.index(name) if name in names else len(names)
        cells = [row[k] if k < len(row) and len(row) == len(names) else None for row in rows]
        if name in texts:
            columns[name] = np.array([*cells, None], dtype=object)[:-1]
        else:
            columns[name] = no_sentinels(_floats(cells), sentinels)
    return columns, whole


def object_name(path, settings):
    """Return the id of a file's object: by the setting ids, {file name: id}, or the name without its ending."""
    name = path.name.removesuffix(".gz")
    return str((settings.get("ids") or {}).get(path.name) or name.rsplit(".", 1)[0] or name)


def _floats(cells):
    try:
        return np.array(cells, dtype=float)  # None becomes NaN
    except (TypeError, ValueError):
        return np.array([np.nan if cell is None else number(cell) for cell in cells], dtype=float)
