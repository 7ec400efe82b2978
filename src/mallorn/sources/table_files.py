"""Read one table from a file of any usual format, in parts: CSV, Parquet, FITS, ECSV, VOTable.

CSV, Parquet and FITS are read in parts. astropy reads ECSV and VOTable as a whole, up to `MOST_WHOLE` bytes.
"""

import codecs
import itertools
import math
import re
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array
from mallorn.sources.csv_stream import csv_header, csv_stream
from mallorn.sources.fits_rows import fits_tables
from mallorn.sources.parquet_parts import parquet_batches, parquet_file
from mallorn.sources.values import number_array, text_array

__all__ = ["MOST_WHOLE", "SUFFIXES", "Part", "TableFile", "table_file"]

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".fits", ".fit", ".fits.gz", ".ecsv", ".vot", ".votable", ".xml")
"""Endings of the files that are read in a folder."""

MOST_WHOLE = 500_000_000
"""Most bytes of an ECSV file or VOTable."""

_ROWS = 200_000
_AGAIN = "get the file again"


class Part:
    """Some rows of a table. n: their number."""

    def __init__(self, columns, n, path):
        self._columns, self.n, self._path = columns, n, path

    def column(self, name):
        """Return a column as an Arrow array (n,)."""
        return self._columns[name]

    def numbers(self, name):
        """Return a column as float64 (n,), NaN where missing; raise DataError for any other text."""
        return number_array(self._columns[name], self._path, name)

    def texts(self, name):
        """Return a column as Arrow strings (n,) without blanks around them."""
        return text_array(self._columns[name], self._path, name)


class TableFile:
    """A table. names: its columns. units: {column: unit} from the file. meta: {key: value} of its header."""

    def __init__(self, names, parts, units=None, meta=None):
        self.names, self._parts = list(names), parts
        self.units, self.meta = dict(units or {}), dict(meta or {})

    def parts(self, columns):
        """Yield the rows as `Part`s with `columns`."""
        return self._parts(columns)


@contextmanager
def table_file(path, extension=None):
    """Give the block the `TableFile` at `path`; its first bytes tell its format, else its name.

    extension: name or number of the table in a FITS file or VOTable; by default the first. Raises DataError if it
    cannot be read.
    """
    path = Path(path)
    try:
        with open(path, "rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        fix = "put the file there, readable for you"
        raise DataError.at(path, expected="a table", found=error.strerror, fix=fix) from None
    if start.startswith(b"PAR1"):
        with parquet_file(path) as file:
            yield _parquet(file, path)
    elif start.startswith(b"SIMPLE") or (start.startswith(b"\x1f\x8b") and ".fit" in path.name.lower()):
        with fits_tables(path) as tables:
            yield _fits(tables, path, extension)
    elif start.startswith((b"# %ECSV", b"\xef\xbb\xbf# %ECSV")):
        _check_ecsv(path)
        yield _whole(path, "ascii.ecsv")
    elif start.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"<?xml", b"<VOTABLE")):
        _check_votable(path, start)
        yield _whole(path, "votable", extension)
    elif path.name.lower().endswith((".parquet", ".fits", ".fit", ".ecsv", ".vot", ".votable", ".xml")):
        fix = "get the file again, or rename it if it is CSV"
        found = f"a file that begins with {start[:10]!r}"
        raise DataError.at(path, expected=f"a {path.suffix[1:]} file", found=found, fix=fix)
    else:
        yield TableFile(csv_header(path), lambda columns: csv_stream(path, columns))


def _parquet(file, path):
    schema = file.schema_arrow
    units = {f.name: f.metadata[b"unit"].decode() for f in schema if f.metadata and b"unit" in f.metadata}
    flat = [f.name for f in schema if not pa.types.is_nested(f.type)]

    def parts(columns):
        for batch in parquet_batches(file, path, columns, _ROWS):
            found = {name: batch.column(batch.schema.get_field_index(name)) for name in columns}
            yield Part(found, batch.num_rows, path)

    return TableFile(flat, parts, units)


def _fits(tables, path, extension):
    seen = []
    for k, table in enumerate(tables, 1):
        seen.append(str(table.header.get("EXTNAME", k)).strip() or str(k))
        if extension is None or str(extension) in (str(k), seen[-1]):

            def parts(columns, table=table):
                for part in table.parts(columns, _ROWS):
                    yield Part(part, len(next(iter(part.values()))), path)

            return TableFile(table.names, parts, table.units)
    found = f"the tables {', '.join(seen)}" if seen else "no binary table"
    expected = "a binary table" if extension is None else f"a binary table {extension!r}"
    raise DataError.at(path, expected=expected, found=found, fix="set extension to one that the file has")


def _check_votable(path, start):
    """Raise DataError for a VOTable that is too large, links to other files, or claims more rows than it has bytes."""
    if re.search(rb"<!(DOCTYPE|ENTITY)", path.read_bytes() if path.stat().st_size <= MOST_WHOLE else start):
        raise DataError.at(path, expected="a VOTable", found="a document with entities", fix="save it without DOCTYPE")
    if path.stat().st_size > MOST_WHOLE:
        return  # `_whole` says so
    data = path.read_bytes()
    coding = re.search(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)""", data[:200].removeprefix(codecs.BOM_UTF8))
    if coding and coding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin-1"):
        raise DataError.at(path, expected="a VOTable in UTF-8", found=repr(coding[1].decode()), fix="save it as UTF-8")
    if re.search(rb"<(\w+:)?STREAM[^>]*\shref\s*=", data):
        fix = "save it with the data inside"
        raise DataError.at(path, expected="a VOTable with its data", found="a link to other data", fix=fix)
    rows = max([data.count(b"<TR"), *(int(n[-18:]) for n in re.findall(rb"""nrows\s*=\s*["']\s*(\d+)""", data))])
    values = 0
    for shape in re.findall(rb"""arraysize\s*=\s*["']([0-9x]+)""", data):
        values += math.prod(int(size[-18:]) for size in shape.split(b"x") if size)
    if rows > len(data) or rows * values > 100 * len(data) + 10_000_000:
        found = f"{rows} rows of {values} values in {len(data)} bytes"
        raise DataError.at(path, expected="a table as large as the file", found=found, fix="get the file again")


def _check_ecsv(path):
    """Raise DataError for an ECSV file whose header would grow: merged maps, or columns of more values than bytes."""
    header, size = [], path.stat().st_size
    with open(path, "rb") as stream:
        for line in itertools.takewhile(
            lambda line: not line.strip() or line.lstrip(b"\xef\xbb\xbf \t").startswith(b"#"), stream
        ):
            header.append(re.sub(rb"^\s*# ?", b"", line))
    try:
        nodes, seen = [yaml.compose(b"".join(header[1:]).decode("utf-8", "replace"), Loader=yaml.SafeLoader)], set()
    except (yaml.YAMLError, RecursionError):
        return  # `_whole` says so
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.ScalarNode):
            shape = re.fullmatch(r"\s*\w+\[([0-9,\s]+)\]\s*", node.value)
            values = math.prod(int(n[-18:]) for n in shape[1].replace(",", " ").split()) if shape else 0
            if node.value == "<<" or values > 100 * size:
                found = "maps that are merged" if node.value == "<<" else f"{values} values in a row of {size} bytes"
                raise DataError.at(path, expected="an ECSV table as large as the file", found=found, fix=_AGAIN)
        elif node is not None and id(node) not in seen:
            seen.add(id(node))
            nodes += [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]


def _whole(path, form, extension=None):
    if path.stat().st_size > MOST_WHOLE:
        found = f"{path.stat().st_size} bytes"
        fix = "save it as Parquet, which is read in parts"
        raise DataError.at(path, expected=f"at most {MOST_WHOLE} bytes of {form}", found=found, fix=fix)
    from astropy.table import Table  # imported only here: it takes most of a second

    further = {"table_id": extension} if extension is not None else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = Table.read(str(path), format=form, **further)
            columns = {name: _column(table[name]) for name in table.colnames}
            units = {name: str(table[name].unit) for name in table.colnames if table[name].unit is not None}
            meta = {str(key): value for key, value in table.meta.items() if isinstance(value, str | int | float)}
    except Exception as error:  # astropy raises errors of nearly any kind for a file that it cannot parse
        found = f"{type(error).__name__}: {str(error).strip()[:200]}"
        what = "ECSV file" if form == "ascii.ecsv" else "VOTable"
        raise DataError.at(path, expected=f"a sound {what}", found=found, fix="get the file again") from None
    columns = {name: values for name, values in columns.items() if values is not None}

    def parts(names):
        yield Part({name: columns[name] for name in names}, len(table), path)

    return TableFile(columns, parts, units, meta)


def _column(values):
    """Return an astropy column as an Arrow array; None if it has more than one value per row."""
    if getattr(values, "ndim", 1) != 1 or not hasattr(values, "dtype"):
        return None
    mask = np.ma.getmaskarray(values)
    data = np.asarray(values)
    if data.dtype.kind in "fiub" and not mask.any():
        return arrow_array(data)
    if data.dtype.kind == "f":
        return arrow_array(np.where(mask, np.nan, data))
    if data.dtype.kind not in "fiubUSO":
        return None
    plain = [None if hidden else value for hidden, value in zip(mask.tolist(), data.tolist(), strict=True)]
    plain = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in plain]
    if data.dtype.kind == "O":
        plain = [None if value is None else str(value) for value in plain]
    return pa.array(plain)
