"""Make batches of whole objects from rows in any order, with an account of every row.

A reader turns each part of its file into a table of rows (`row_table`): a row is a point, or it has a reason to be set
aside. `whole_objects` collects the rows of each object from all over the file: in memory while they are few, else in
buckets of objects on disk. Memory does not grow with the file.
"""

import tempfile
import zlib
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array, numpy_codes
from mallorn.sources.canonical import Batch

__all__ = [
    "COLUMNS",
    "MOST_OF_OBJECT",
    "MOST_ROWS",
    "Reasons",
    "batch_of",
    "differing",
    "first_values",
    "numbered",
    "row_table",
    "whole_objects",
]

COLUMNS = ("object_id", "mjd", "passband", "flux", "flux_err", "detected", "limit", "reason")
"""Columns of a table of rows; a reader may carry further ones."""

MOST_ROWS = 1_000_000
"""Rough number of rows in memory, and in a batch."""

MOST_OF_OBJECT = 2_000_000
"""Most rows of one object, which is held as a whole; a packed file of a megabyte may have far more."""

_BUCKETS = 64
_MANY = 10_000  # rows of an object in a part: objects with fewer are not counted
_PART = 250_000  # number of rows that are sorted into buckets at a time


class Reasons:
    """Reasons for which rows are set aside; the first reason for a row counts.

    n: number of rows.
    """

    def __init__(self, n):
        self._codes = np.zeros(n, dtype=np.int16)
        self._names = [None]

    def add(self, rows, reason):
        """Set aside `rows` (n,) bool for `reason`; return nothing."""
        rows = rows & (self._codes == 0)
        if rows.any():
            if reason not in self._names:
                self._names.append(reason)
            self._codes[rows] = self._names.index(reason)

    @property
    def good(self):
        """Whether each row is kept, (n,) bool."""
        return self._codes == 0

    def strings(self):
        """Return the reasons as Arrow strings (n,), null for points."""
        return numbered(self._codes, self._names)


def numbered(codes, names):
    """Return the Arrow strings (n,) `names[code]` for `codes` (n,) integers; null for None and code -1."""
    codes = np.asarray(codes, dtype=np.int32)
    codes = arrow_array(np.where(codes < 0, len(names), codes).astype(np.int32))
    return arrow_array(np.array([*names, None], dtype=object)).cast(pa.string()).take(codes)


def row_table(object_id, mjd, passband, flux, flux_err, reasons, detected=None, limit=None, **further):
    """Return a table of rows for `whole_objects`; rows without id, time, passband, flux or error are set aside.

    object_id, passband: Arrow strings (n,), which may have nulls. mjd, flux, flux_err: (n,) float, days and
    microjansky. reasons: the `Reasons` so far; more are added. detected: (n,) -1, 0 or 1, by default -1. limit: (n,)
    bool, by default False. further: (n,) arrays of numbers or Arrow arrays that the reader needs once an object is
    whole.
    """
    n = len(mjd)
    reasons.add(_empty(object_id), "no object id")
    reasons.add(~np.isfinite(mjd), "no time")
    reasons.add(_empty(passband), "no passband")
    reasons.add(~np.isfinite(flux), "no flux")
    reasons.add(~np.isfinite(flux_err), "no flux error")
    reasons.add(~(flux_err > 0), "flux error not above 0")
    detected = np.full(n, -1, dtype=np.int8) if detected is None else np.asarray(detected, dtype=np.int8)
    limit = np.zeros(n, dtype=bool) if limit is None else np.asarray(limit, dtype=bool)
    values = [_filled(object_id), mjd, _filled(passband), flux, flux_err, detected, limit, reasons.strings()]
    columns = dict(zip(COLUMNS, values, strict=True)) | further
    return pa.table({name: arrow_array(value) for name, value in columns.items()})


def whole_objects(tables, most_rows=MOST_ROWS, scratch=None):
    """Yield tables, each of whole objects, from tables of rows in any order; the rows of an object keep their order.

    tables: an iterable of `row_table`s with the same columns. most_rows: number of rows in memory. scratch: the folder
    for further rows; by default that of the system. Raises DataError for an object of more than `MOST_OF_OBJECT` rows.
    """
    held, n = [], 0
    with ExitStack() as stack:
        buckets = None
        for table in tables:
            held.append(table)
            n += table.num_rows
            if n > (most_rows if buckets is None else min(_PART, most_rows)):
                buckets = buckets or stack.enter_context(_Buckets(scratch))
                buckets.add(pa.concat_tables(held))
                held, n = [], 0
        if buckets is None:
            if held:
                yield pa.concat_tables(held)
            return
        if held:
            buckets.add(pa.concat_tables(held))
        held = []
        yield from buckets.tables()


def batch_of(table, about, describe, ignore=("",)):
    """Return the `Batch` of a table of whole objects.

    table: as from `row_table`. about: of the batch. describe: function(names, codes, table) -> {column: (n,) array},
    which returns what is known about the n objects `names`; codes (N,) are the indices of the rows' objects. ignore:
    ids that are no object; their rows are set aside.
    """
    codes, names = numpy_codes(table.column("object_id").dictionary_encode())
    codes = np.asarray(codes, dtype=np.int64)
    reason_codes, reasons = numpy_codes(table.column("reason").dictionary_encode())
    keep = reason_codes < 0
    texts = np.array([*names, None], dtype=object)[:-1]
    aside = {}
    if not keep.all():
        pairs, counts = np.unique(codes[~keep] * len(reasons) + reason_codes[~keep], return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            aside[(reasons[pair % len(reasons)], names[pair // len(reasons)])] = count
    every = bool(keep.all())
    points = {"object_id": texts[codes if every else codes[keep]]}
    for name in COLUMNS[1:-1]:
        column = table.column(name)
        if name == "passband":
            band_codes, bands = numpy_codes(column.dictionary_encode())
            values = np.array([*bands, None], dtype=object)[:-1][band_codes]
        else:
            values = numpy_array(column)
        points[name] = np.array(values) if every else values[keep]
    objects = {"object_id": texts} | describe(names, codes, table)
    known = ~np.isin(texts.astype(str), ignore)
    if not known.all():
        objects = {name: values[known] for name, values in objects.items()}
    return Batch(points, objects, aside, dict(about))


def first_values(values, codes, n):
    """Return, for each of n objects, the first of its `values` (N,) that is not NaN or None, shape (n,).

    codes: (N,) index of each value's object.
    """
    values = np.asarray(values)
    there = ~np.isnan(values) if values.dtype.kind == "f" else np.array([v is not None for v in values], dtype=bool)
    first = np.full(n, np.nan) if values.dtype.kind == "f" else np.full(n, None, dtype=object)
    at = np.flatnonzero(there)[::-1]
    first[codes[at]] = values[at]
    return first


def differing(values, codes, n):
    """Return which of n objects have two of `values` (N,) that differ by more than 1e-4, (n,) bool.

    codes: (N,) index of each value's object. NaN does not count.
    """
    values, codes = np.asarray(values, dtype=float), np.asarray(codes)
    there = np.isfinite(values)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, codes[there], values[there])
    np.maximum.at(high, codes[there], values[there])
    return high - low > 1e-4


class _Buckets:
    """Rows on disk; all rows of an object are in one bucket."""

    def __init__(self, scratch):
        self._scratch = scratch
        self._writers, self._rows = {}, Counter()

    def __enter__(self):
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="mallorn-rows-", dir=self._scratch)
        except OSError as error:
            raise DataError.at(
                self._scratch,
                expected="a folder to write in",
                found=error.strerror,
                fix="set scratch to a folder with room for the rows of the file, or to null",
            ) from None
        return self

    def __exit__(self, *_):
        self._close()
        self._folder.cleanup()

    def add(self, table):
        codes, names = numpy_codes(table.column("object_id").dictionary_encode())
        self._count(codes, names)
        bucket = np.array([zlib.crc32(name.encode()) % _BUCKETS for name in names], dtype=np.uint8)[codes]
        order = np.argsort(bucket, kind="stable")  # linear for numbers this small
        table = table.take(arrow_array(order))
        edges = np.concatenate([[0], np.cumsum(np.bincount(bucket, minlength=_BUCKETS))])
        for k in np.flatnonzero(np.diff(edges)).tolist():
            if k not in self._writers:
                path = Path(self._folder.name) / f"{k}.arrows"
                self._writers[k] = pa.ipc.new_stream(str(path), table.schema)
            self._writers[k].write_table(table.slice(int(edges[k]), int(edges[k + 1] - edges[k])))

    def _count(self, codes, names):
        rows = np.bincount(codes, minlength=len(names))
        for k in np.flatnonzero(rows > _MANY).tolist():
            self._rows[names[k]] += int(rows[k])
            if self._rows[names[k]] > MOST_OF_OBJECT:
                raise DataError(
                    f"object {names[k]!r}: expected at most {MOST_OF_OBJECT} rows of one object, found more. "
                    "Next step: check the column of ids, or bin the light curve."
                )

    def tables(self):
        self._close()
        for path in sorted(Path(self._folder.name).iterdir(), key=lambda path: int(path.stem)):
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
                yield stream.read_all()
            path.unlink()

    def _close(self):
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


def _empty(strings):
    empty = numpy_array(pc.equal(strings, arrow_array(np.array([""])).cast(strings.type)[0]).fill_null(True))
    return np.asarray(empty, dtype=bool)


def _filled(strings):
    return strings.fill_null(arrow_array(np.array([""]))[0].cast(strings.type)) if strings.null_count else strings
