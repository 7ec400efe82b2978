"""Files with answers of the ALeRCE client, as parts: a table, and the kind of its rows.

CSV, Parquet and JSON; a JSON file is one answer (a list of rows), or a light curve ({"detections": [...],
"non_detections": [...], "forced_photometry": [...]}), or a list of light curves.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_codes
from mallorn.sources.csv_stream import CsvPart, csv_header, csv_stream
from mallorn.sources.json_files import files_of, read_json
from mallorn.sources.parquet_parts import parquet_file, parquet_parts
from mallorn.sources.passband_names import filled_texts
from mallorn.sources.values import id_strings, listed, no_sentinels, number_array, text_array

__all__ = ["DETECTIONS", "FORCED", "IDS", "LIMITS", "OBJECTS", "SENTINELS", "SNANA", "TIMES", "Part", "parts"]

DETECTIONS, FORCED, LIMITS, SNANA, OBJECTS = "detections", "forced photometry", "non-detections", "SNANA", "objects"

IDS = ("oid", "objectId", "object_id", "diaObjectId", "SNID", "aid", "__index_level_0__")
"""Columns with the object's id; the first that exists counts. The last is a Parquet file's unnamed index."""

SENTINELS = (100.0, -99.0, -999.0, -9999.0, -99999.0)
"""Numbers that stand for a missing one."""

TIMES = ("mjd", "MJD", "midpointMjdTai")
_KEYS = {
    "detections": DETECTIONS,
    "non_detections": LIMITS,
    "non-detections": LIMITS,
    "forced_photometry": FORCED,
    "forced-photometry": FORCED,
}
_OF_OBJECTS = {
    *("meanra", "meandec", "ndet", "firstmjd", "lastmjd", "class", "class_name", "classALeRCE", "label", "redshift"),
    *("ra", "dec", "RA", "DEC"),
}
_SUFFIXES = (".csv", ".parquet", ".json")
_KIND_IN_NAME = re.compile(
    r"[-_. ]*(non[-_ ]?detections?|detections?|forced([-_ ]?photometry)?|light[-_ ]?curves?|lc)$", re.I
)


@dataclass
class Part:
    """Some rows of one kind from a file.

    table: Arrow table. name: the id of all rows if no column has ids. csv: the part of a CSV file, if it is one.
    """

    path: Path
    kind: str
    table: pa.Table
    name: str
    csv: CsvPart | None = None

    def __len__(self):
        return self.table.num_rows

    def first(self, *names):
        """Return the first of `names` that is a column, else None."""
        return next((name for name in names if name in self.table.column_names), None)

    def numbers(self, *names):
        """Return the first column of `names` as float64 (n,), NaN where missing or a sentinel."""
        return no_sentinels(self.raw_numbers(*names), SENTINELS)

    def raw_numbers(self, *names):
        """Return the first column of `names` as float64 (n,) with its sentinels; NaN if there is no such column."""
        name = self.first(*names)
        if name is None:
            return np.full(len(self), np.nan)
        return self.csv.numbers(name) if self.csv else number_array(self.table.column(name), self.path, name)

    def texts(self, *names):
        """Return the first column of `names` as Arrow strings (n,), null where missing."""
        name = self.first(*names)
        if name is None:
            return pa.nulls(len(self), pa.string())
        return filled_texts(text_array(self.table.column(name), self.path, name))

    def looked_up(self, name, meaning, missing):
        """Return `meaning`, a function, of the texts in the column `name`, (n,); `missing` where there is no text."""
        texts = self.texts(name)
        texts = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts])
        codes, unique = numpy_codes(texts.dictionary_encode())
        return np.array([*(meaning(text) for text in unique), missing])[codes]

    def true(self, name):
        """Return (n,) bool, true where the column `name` says true; all false if there is no such column."""
        return self.looked_up(name, lambda text: text.lower() in ("true", "t", "1", "1.0"), False)

    def ids(self, column):
        """Return the ids as Arrow strings (n,); column: the name in the settings, or None."""
        name = self.first(*([column] if column else IDS))
        if name is not None:
            ids = self.table.column(name)
            if pa.types.is_floating(ids.type):
                ids = pc.if_else(pc.is_nan(ids), pa.scalar(None, ids.type), ids)
            return id_strings(ids, self.path, name)
        return pa.array([self.name]).take(arrow_array(np.zeros(len(self), dtype=np.int32)))


def parts(path, wanted, settings, most):
    """Yield the `Part`s of a file, or of the *.csv, *.parquet and *.json (each but Parquet also gzipped) of a folder.

    wanted: names of columns to read. most: about how many rows a part has. Raises DataError if the columns are neither
    those of a light curve nor of a table of objects.
    """
    for file in files_of(path, _SUFFIXES):
        name = file.name.lower().removesuffix(".gz")
        wanted_here = {*wanted, settings["object_id"]} if settings.get("object_id") else set(wanted)
        read = _parquet if name.endswith(".parquet") else _json if name.endswith(".json") else _csv
        yield from read(file, wanted_here, settings, most)


def _csv(path, wanted, settings, most):
    names = csv_header(path)
    kind, name = _kind(path, names), _name_of(path)
    columns = [column for column in names if column in wanted]
    for part in csv_stream(path, columns):
        yield Part(path, kind, pa.table({column: part.column(column) for column in columns}), name, part)


def _parquet(path, wanted, settings, most):
    with parquet_file(path) as file:
        kind, name = _kind(path, file.schema_arrow.names), _name_of(path)
        for batch in parquet_parts(file, path, lambda leaf: leaf[0] in wanted, (), min(most, 1 << 18)):
            yield Part(path, kind, pa.Table.from_batches([batch]), name)


def _json(path, wanted, settings, most):
    content = read_json(path, settings)
    if isinstance(content, dict) and isinstance(content.get("items"), list):
        content = content["items"]
    curves = content if isinstance(content, list) else [content]
    if not all(isinstance(curve, dict) for curve in curves):
        found = "a list of other things" if isinstance(content, list) else type(content).__name__
        fix = "keep the answer of the client as it is"
        raise DataError.at(path, expected="a list of rows, or light curves", found=found, fix=fix)
    if not curves:
        return
    if not any(key in curve for curve in curves for key in _KEYS):
        yield _rows(path, None, curves, wanted, _name_of(path))
        return
    for curve in curves:
        name = next((str(curve[key]) for key in IDS if isinstance(curve.get(key), str | int)), None)
        for key, kind in _KEYS.items():
            rows = curve.get(key) or []
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                fix = "keep the answer of the client as it is"
                raise DataError.at(path, column=key, expected="a list of rows {...}", found="other things", fix=fix)
            if rows:
                yield _rows(path, kind, rows, wanted, name or _name_of(path))


def _rows(path, kind, rows, wanted, name):
    """Return the `Part` of rows {column: value}; those of API v2 have further columns in "extra_fields"."""
    extra = [row.get("extra_fields") if isinstance(row.get("extra_fields"), dict) else {} for row in rows]
    rows = [more | row for row, more in zip(rows, extra, strict=True)]
    names = list(dict.fromkeys(key for row in rows for key in row))
    kind = kind or _kind(path, names)
    columns = {column: _column([row.get(column) for row in rows]) for column in names if column in wanted}
    if not columns:
        fix = "keep the answer of the client as it is"
        raise DataError.at(path, expected="rows of a light curve", found=listed(names), fix=fix)
    return Part(path, kind, pa.table(columns), name)


def _column(values):
    """Return JSON values as an Arrow array; mixed values, and whole numbers beyond 64 bits, become text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or len(kinds) == 1 and kinds <= {str, bool}:
        try:
            return pa.array(values, from_pandas=float in kinds)
        except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
            pass
    text = [None if value is None else str(value).encode("utf-8", "replace").decode() for value in values]
    return pa.array(text, pa.string())


def _kind(path, names):
    names = set(names)
    if not names & set(TIMES):
        if names & set(IDS) and names & _OF_OBJECTS:
            return OBJECTS
    elif "FLUXCAL" in names:
        return SNANA
    elif names & {"psfFlux", "mag", "magpsf", "scienceFlux"}:
        forced = re.search(r"forced", path.name, re.I) or names & {"procstatus", "diaForcedSourceId"}
        return FORCED if forced else DETECTIONS
    elif "diffmaglim" in names:
        return LIMITS
    raise DataError.at(
        path,
        expected=f"a column of times ({', '.join(TIMES)}) with magpsf, mag, psfFlux, FLUXCAL or diffmaglim, or objects",
        found=listed(sorted(names)),
        fix="keep the columns of the client's answer",
    )


def _name_of(path):
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return _KIND_IN_NAME.sub("", stem) or stem
