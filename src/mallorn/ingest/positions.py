"""Positions and hosts of objects: columns that the logs may have; the table of objects then has them too.

ra, dec: degrees (ICRS), float64, NaN if unknown. host_...: anything known about the host, a number (float64, NaN if
unknown) or a text (str, None if unknown).
"""

import re

import numpy as np

from mallorn.errors import DataError
from mallorn.ingest.csv_file import MISSING, NUMBER
from mallorn.survey.lightcurves import redshift_kind as kind_of

__all__ = [
    "HOST",
    "POSITION",
    "columns_of_header",
    "is_further",
    "known_of",
    "positions_and_hosts",
    "redshift_kind",
]

POSITION = ("ra", "dec")
"""Columns of positions."""

HOST = re.compile(r"host_[A-Za-z0-9_]+")
"""Prefix of columns about the host."""

_BELIEVED = {"ra": "0 to below 360", "dec": "-90 to 90"}
_EXACT = 2.0**53


def columns_of_header(header):
    """Return the names in a log's `header` of positions and host columns; ra and dec may be in capitals."""
    return [name for name in header if name.lower() in POSITION or HOST.fullmatch(name)]


def is_further(name):
    """Return whether a column of the table of objects is a position, a new object's label, or about the host."""
    return name in (*POSITION, "label") or HOST.fullmatch(name) is not None


def positions_and_hosts(logs):
    """Return {column: array (n,)} for the objects of several `CsvFile`s in a row; columns that none has are left out.

    A host column holds numbers if all its values are numbers, and no whole number has too many digits for one. Raises
    DataError, with file and line, for an angle that is no number or out of range, for half a position, and for text
    that cannot be printed.
    """
    named = [{name.lower() if name.lower() in POSITION else name: name for name in log.optional} for log in logs]
    for log, names in zip(logs, named, strict=True):
        _check_header(log, names)
    found = {}
    if any("ra" in names for names in named):
        halves = [_position(log, names) for log, names in zip(logs, named, strict=True)]
        found |= {name: np.concatenate([half[k] for half in halves]) for k, name in enumerate(POSITION)}
    hosts = dict.fromkeys(name for names in named for name in names if name not in POSITION)
    return found | {name: _host(logs, name) for name in hosts}


def redshift_kind(table):
    """Return "spectroscopic", "photometric" or "none" for each object (n,) of a table of objects.

    The table's column redshift_kind decides. Without it, a redshift with an error is photometric.
    """
    if "redshift_kind" in table:
        return np.asarray(table["redshift_kind"], dtype=object)
    return kind_of(table["Z"], table["Z_err"])


def known_of(table, object_id):
    """Return {column: array (m,)} for some objects of a table: redshift, redshift_err, redshift_kind, and, if it has
    them, ra, dec and host_....

    table: columns of results/metadata.parquet. object_id: m of its objects.
    """
    place = {name: k for k, name in enumerate(table["object_id"].astype(str))}
    rows = np.array([place[name] for name in np.asarray(object_id, dtype=str)], dtype=int)
    redshift = {"redshift": table["Z"], "redshift_err": table["Z_err"], "redshift_kind": redshift_kind(table)}
    further = {name: values for name, values in table.items() if is_further(name)}
    return {name: values[rows] for name, values in {**redshift, **further}.items()}


def _check_header(log, names):
    if len(names) < len(log.optional):
        twice = next(name for name in log.optional if name not in names.values())
        fix = "keep one of them"
        raise DataError.at(log.path, line=1, column=twice, expected="each column once", found="it again", fix=fix)
    given = [name for name in POSITION if name in names]
    if len(given) == 1:
        other = POSITION[1 - POSITION.index(given[0])]
        fix = f"give {other} too, in degrees, or remove the column"
        raise DataError.at(
            log.path, line=1, column=names[given[0]], expected=f"a column {other} beside it", found="none", fix=fix
        )


def _position(log, names):
    """Return ra and dec (n,) of a log; NaN if it has none."""
    if "ra" not in names:
        return np.full((2, len(log)), np.nan)
    angles, states = zip(*(log.numbers(names[name]) for name in POSITION), strict=True)
    (ra, dec), fix = angles, "give degrees (ICRS), or leave both angles empty"
    with np.errstate(invalid="ignore"):
        inside = {"ra": (ra >= 0.0) & (ra < 360.0), "dec": (dec >= -90.0) & (dec <= 90.0)}
    for name, state in zip(POSITION, states, strict=True):
        for k in np.flatnonzero((state != MISSING) & ((state != NUMBER) | ~inside[name]))[:1]:
            expected = f"{_BELIEVED[name]} degrees, or nothing"
            raise log.error(k, names[name], expected=expected, found=log.value(names[name], k), fix=fix)
    for k in np.flatnonzero((states[0] == MISSING) != (states[1] == MISSING))[:1]:
        empty = names[POSITION[0] if states[0][k] == MISSING else POSITION[1]]
        raise log.error(k, empty, expected="both ra and dec, or neither", found=log.value(empty, k), fix=fix)
    return np.stack(angles)


def _host(logs, name):
    """Return a host column (n,) over all `logs`."""
    numbers = [log.numbers(name) if name in log.optional else (np.full(len(log), np.nan),) * 2 for log in logs]
    values = np.concatenate([value for value, _ in numbers])
    states = np.concatenate([np.where(np.isnan(state), MISSING, state) for _, state in numbers])
    if np.isin(states, (NUMBER, MISSING)).all() and not (np.abs(values) >= _EXACT).any():
        return values
    return np.concatenate([_texts(log, name) for log in logs])


def _texts(log, name):
    if name not in log.optional:
        return np.full(len(log), None)
    missing = log.numbers(name)[1] == MISSING
    texts = np.where(missing, None, [text.strip() for text in log.text(name)]).astype(object)
    for k, text in enumerate(texts):
        if text is not None and not text.isprintable():
            fix = "remove line breaks and control characters"
            raise log.error(k, name, expected="text that can be printed", found=log.value(name, k), fix=fix)
    return texts
