"""Make batches for formats that describe one object at a time, mostly in a file of its own."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, row_table
from mallorn.sources.values import best_redshift, object_columns

__all__ = ["Event", "event_batches", "median_position", "mjd_rows", "no_rows", "position", "some"]

_MJD = (10_000.0, 200_000.0)
_FIELDS = ("ra", "dec", "redshift", "redshift_err", "redshift_kind", "ebv", "label")


@dataclass
class Event:
    """One object.

    rows: as `row_table` returns. known: {column of `Batch.objects`: number or text}; further columns are missing.
    """

    object_id: str
    rows: pa.Table
    known: dict = field(default_factory=dict)


def event_batches(events, about, settings):
    """Yield `Batch`es of whole objects from `Event`s, each with about settings["rows_in_memory"] rows.

    If an object has been read before, its rows are set aside: points from two files would count twice.
    """
    most = settings.get("rows_in_memory", MOST_ROWS)
    seen, held, n = set(), [], 0
    for event in events:
        repeated = event.object_id in seen
        seen.add(event.object_id)
        held.append((event, repeated))
        n += event.rows.num_rows
        if n >= most:
            yield _batch(held, about)
            held, n = [], 0
    if held:
        yield _batch(held, about)


def mjd_rows(object_id, mjd, passband, flux, flux_err, reasons, **more):
    """Return the `row_table` of one object's rows (id as text), or of many objects' (Arrow strings); MJD (n,) in days.

    Rows whose time cannot be a Modified Julian Date (a Julian Date, seconds) are set aside.
    """
    with np.errstate(invalid="ignore"):
        reasons.add(np.isfinite(mjd) & ~((mjd > _MJD[0]) & (mjd < _MJD[1])), "time is no Modified Julian Date")
    if isinstance(object_id, str):
        object_id = pa.array([object_id]).take(arrow_array(np.zeros(len(mjd), dtype=np.int32)))
    return row_table(object_id, mjd, passband, flux, flux_err, reasons, **more)


def no_rows(object_id):
    """Return the table of rows of an object without rows."""
    none, reasons = np.zeros(0), Reasons(0)
    return mjd_rows(object_id, none, pa.array([], pa.string()), none, none, reasons)


def position(ra, dec):
    """Return (ra, dec) in degrees from two texts, in degrees or sexagesimal; NaN for other texts."""
    return 15.0 * _angle(ra) if ":" in str(ra) else _angle(ra), _angle(dec)


def median_position(ra, dec):
    """Return the median (ra, dec) in degrees of an object's positions (n,), also across 0 h; NaN if there are none."""
    there = np.isfinite(ra) & np.isfinite(dec)
    if not there.any():
        return np.nan, np.nan
    ra, dec = ra[there], dec[there]
    return float((ra[0] + np.median((ra - ra[0] + 180.0) % 360.0 - 180.0)) % 360.0), float(np.median(dec))


def some(batches, path, what):
    """Yield `batches`; raise DataError, naming `path` and `what` is missing, if there are none."""
    none = True
    for batch in batches:
        none = False
        yield batch
    if none:
        raise DataError.at(path, expected=what, found="none", fix="give the path of files with light curves")


def _batch(held, about):
    tables = []
    for event, repeated in held:
        tables.append(_set_aside(event.rows, "the object is in an earlier file too") if repeated else event.rows)
    known = {event.object_id: event.known for event, repeated in held if not repeated}
    table = pa.concat_tables(tables)
    batch = batch_of(table, about, lambda names, codes, rows: {})
    batch.objects = {"object_id": np.array([*known, None], dtype=object)[:-1]} | _columns(list(known.values()))
    return batch


def _set_aside(rows, reason):
    reasons = Reasons(rows.num_rows)
    reasons.add(np.ones(rows.num_rows, dtype=bool), reason)
    return rows.set_column(rows.column_names.index("reason"), "reason", reasons.strings())


def _columns(known):
    """Return the columns of the objects, with missing values for objects without them."""
    n = len(known)

    def numbers(name):
        return np.array([one.get(name, np.nan) for one in known], dtype=float)

    kind = np.array([one.get("redshift_kind", "spectroscopic") for one in known] + [None], dtype=object)[:-1]
    columns = {name: numbers(name) for name in ("ra", "dec", "ebv")}
    columns |= best_redshift(n, (numbers("redshift"), numbers("redshift_err"), kind))
    columns["label"] = np.array([one.get("label") for one in known] + [None], dtype=object)[:-1]
    for name in dict.fromkeys(name for one in known for name in one if name not in _FIELDS):
        values = [one.get(name) for one in known]
        if any(isinstance(value, str) for value in values):
            columns[name] = np.array(values + [None], dtype=object)[:-1]
        else:
            columns[name] = numbers(name)
    return object_columns(n, **columns)


def _angle(text):
    parts = str(text).strip().split(":")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return np.nan
    if len(values) > 3 or any(not 0 <= value < 60 for value in values[1:]):
        return np.nan
    sign = -1.0 if parts[0].lstrip().startswith("-") else 1.0
    return sign * sum(abs(value) / 60.0**k for k, value in enumerate(values))
