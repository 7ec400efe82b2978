"""Read CSV files of any size, plain or gzip, in parts of bounded memory. Values come as text; errors name the line.

Quoted values may hold line breaks, as in RFC 4180; empty lines are skipped. (`mallorn.ingest.csv_file` reads a file as
a whole from its first quote on.)
"""

import codecs
import csv
import gzip
import io
import itertools
import re
import zlib
from contextlib import contextmanager
from threading import Event, Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array
from mallorn.sources.values import listed

__all__ = ["CsvPart", "csv_header", "csv_stream"]

_BLOCK = 1 << 23
_MOST_HEADER = 1 << 20
_MISSING = ("", "na", "n/a", "<na>", "nan", "null", "none", "-")
_FOREIGN = {
    b"PK\x03\x04": ("a zip archive", "unpack it with unzip"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8"),
}

_PATIENCE = 0.2
"""Seconds to wait for Arrow's next read of a file that is given up: long after it would have begun."""


class CsvPart:
    """Some rows of a CSV file. n: their number."""

    def __init__(self, batch, path, first):
        self._batch, self._path, self._first = batch, path, first
        self.n = batch.num_rows

    def column(self, name):
        """Return a column as Arrow strings (n,), as in the file."""
        return self._batch.column(self._batch.schema.get_field_index(name))

    def texts(self, name):
        """Return a column as Arrow strings (n,) without blanks around them."""
        return pc.utf8_trim_whitespace(self.column(name))

    def numbers(self, name):
        """Return a column as float64 (n,), NaN where missing; raise DataError, with the line, for another text."""
        text = self.texts(name)
        missing = pc.is_in(pc.utf8_lower(text), value_set=arrow_array(np.array(_MISSING)))
        text = pc.if_else(missing, pa.nulls(len(text), pa.string()), text)
        try:
            return numpy_array(pc.cast(text, pa.float64()))
        except pa.ArrowInvalid:
            return self._one_by_one(name, text.to_pylist())

    def _one_by_one(self, name, texts):
        values = np.full(self.n, np.nan)
        for k, text in enumerate(texts):
            try:
                values[k] = np.nan if text is None else float("x" if "_" in text else text)
            except ValueError:
                line = _line(self._path, self._first + k)
                found, fix = repr(text[:60]), "mend this line"
                if re.match(r"\d{4}-\d\d-\d\d", text):
                    fix = "write times as MJD or JD, such as astropy.time.Time(text).mjd"
                raise DataError.at(
                    self._path, line=line, column=name, expected="a number", found=found, fix=fix
                ) from None
        return values


def csv_header(path):
    """Return the names of the columns of a CSV file; raise DataError if it has none, or one twice."""
    with _opened(path) as stream:
        start = stream.read(_MOST_HEADER)
    for magic, (found, fix) in _FOREIGN.items():
        if start.startswith(magic):
            raise DataError.at(path, expected="a CSV file in UTF-8", found=found, fix=fix)
    if len(start) == _MOST_HEADER and not re.search(rb"[\r\n]", start):
        found = "a longer line"
        expected, fix = f"names of columns in at most {_MOST_HEADER} bytes", "get the file again"
        raise DataError.at(path, line=1, expected=expected, found=found, fix=fix)
    text = start.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    try:
        names = next((row for row in csv.reader(io.StringIO(text, newline="")) if row), [])
    except csv.Error:
        names = []
    if not names or "\0" in text:
        found = "a NUL byte" if "\0" in text else "none"
        raise DataError.at(path, expected="a CSV file with a header", found=found, fix="get the file again")
    for name in names:
        if names.count(name) > 1:
            raise DataError.at(path, line=1, expected="each column once", found=f"{name!r} twice", fix="keep one")
    separator = next((mark for mark in ";\t|" if len(names) == 1 and mark in names[0]), None)
    if separator:
        fix = f"separate values by ',' instead of {separator!r}"
        raise DataError.at(path, line=1, expected="columns separated by commas", found=listed(names), fix=fix)
    return names


def csv_stream(path, columns):
    """Yield the rows of a CSV file as `CsvPart`s with `columns`, in order.

    Raises DataError for a row with too many or too few values, for bytes that are no UTF-8, and for files that cannot
    be read.
    """
    faulty, n = [], 0

    def refuse(row):
        faulty.append(row)
        return "error"

    try:
        with _opened(path) as stream, _text(stream, path) as text, pyarrow.csv.open_csv(
            pa.PythonFile(text, mode="r"),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        ) as reader:  # fmt: skip
            for batch in reader:
                if batch.num_rows:
                    yield CsvPart(batch, path, n)
                n += batch.num_rows
    except pa.ArrowException as error:
        if faulty:
            row = faulty[0]
            found = f"{row.actual_columns} in {row.text[:80]!r}"
            expected = f"{row.expected_columns} values separated by commas"
            fix = "mend this line; if the file ends here, it is cut off: get it again"
            line = _line(path, row.number - 2) if row.number else None
            raise DataError.at(path, line=line, expected=expected, found=found, fix=fix) from None
        found = str(error).strip()[:200] or type(error).__name__
        fix = "look for a quote that is not closed, and for bytes that are no UTF-8"
        raise DataError.at(path, expected="a CSV file", found=found, fix=fix) from None


@contextmanager
def _text(stream, path):
    """Give the block the `_Text`, and wait at its end for the thread in which Arrow reads ahead.

    A thread that still reads when Python ends aborts the process.
    """
    text = _Text(stream, path)
    try:
        yield text
    finally:
        text.stop()


class _Text:
    """A stream of UTF-8 bytes; any other byte raises DataError."""

    def __init__(self, stream, path):
        self._stream, self._path, self._reading = stream, path, Lock()
        self._ended = Event()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._lines = 0
        self.closed = False

    def stop(self):
        """Wait for the read that is under way, and for the next one, which finds the end; there may be no next one."""
        with self._reading:
            self._stream = io.BytesIO()
        self._ended.wait(_PATIENCE)

    def read(self, size=-1):
        with self._reading:
            return self._read(size)

    def _read(self, size):
        data = self._stream.read(size)
        try:
            self._decoder.decode(data, final=size != 0 and not data)
        except UnicodeDecodeError as error:
            line = self._lines + 1 + error.object[: error.start].count(b"\n")
            found, fix = f"the byte 0x{error.object[error.start]:02x}", "save the file as UTF-8"
            found = found if error.start < len(error.object) else "an unfinished character"
            raise DataError.at(self._path, line=line, expected="UTF-8 text", found=found, fix=fix) from None
        self._lines += data.count(b"\n")
        if size and not data:
            self._ended.set()
        return data

    def close(self):
        self.closed = True


def _line(path, record):
    """Return the line, counted from 1, on which row `record` (from 0, after the header) begins."""
    with _opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        reader, before, row = csv.reader(text), 0, -2
        try:
            for values in itertools.islice(reader, 1 << 40):
                if values:
                    row += 1
                    if row == record:
                        return before + 1
                before = reader.line_num
        except csv.Error:
            pass
    return None


@contextmanager
def _opened(path):
    """Give the block the file, unpacked if it is gzip, open for reading bytes."""
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield gzip.GzipFile(fileobj=raw) if packed else raw
    except (OSError, EOFError, zlib.error) as error:
        found = getattr(error, "strerror", None) or str(error)[:150] or type(error).__name__
        raise DataError.at(path, expected="a CSV file", found=found, fix="get the file again") from None
