"""Read CSV files strictly: the structure must be whole. Values come as text, with the line of each row."""

import codecs
import csv
import io
from contextlib import contextmanager, suppress
from copy import copy
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array, numpy_codes

__all__ = ["MISSING", "NOT_A_NUMBER", "NUMBER", "PART", "CsvFile", "csv_parts"]

NUMBER, MISSING, NOT_A_NUMBER = 0, 1, 2

_BLANKS = ("", "NA", "N/A", "<NA>", "null", "NULL", "None")
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?(?i:inf|infinity|nan(\(.*\))?)$"
_FOREIGN = {
    b"\x1f\x8b": ("a gzip archive", "unpack it with gunzip"),
    b"PK\x03\x04": ("a zip archive", "unpack it with unzip"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8"),
}
_BLOCK = 1 << 26
_LONGEST_HEADER = 1 << 16

PART = 1 << 22
"""Bytes of a file that are read at a time if it is read in parts; they take about six times as much memory."""


class CsvFile:
    """The wanted columns of one CSV file with a header, in memory.

    The file is UTF-8 (a byte order mark is allowed), separated by commas, with any kind of line breaks and quotes as
    in RFC 4180; lines without any character are skipped; columns may come in any order, and others are ignored.

    path: the file. columns: names of the columns that it must have. optional: a function of the header's names that
    returns the names of further columns to read; the attribute `optional` holds its result.

    Raises DataError, with the line, for any fault: no file, another format or encoding, no header, a missing or
    repeated column, a row with too many or too few values.
    """

    def __init__(self, path, columns, optional=None, part=None):
        self.path = Path(path)
        self._data, self._lines_before = (self._read(), 0) if part is None else part
        self._check()
        header = self._header(columns)
        self.optional = [] if optional is None else optional(header)
        self.columns = [*columns, *self.optional]
        self._table = self._parse(header)
        self._records = None  # indices of the file's records that are rows here; None for all
        self._n_records = len(self)

    def __len__(self):
        return self._table.num_rows

    def error(self, record, column=None, **parts):
        """Return the DataError for row number `record` (from 0), see `DataError.at`."""
        return DataError.at(self.path, line=self.line(record), column=column, **parts)

    def line(self, record):
        """Return the line on which row number `record` (from 0) begins, counted from 1."""
        record = record if self._records is None else self._records[record]
        return self._lines_before + (int(self._lines[record]) if self._lines is not None else int(record) + 2)

    def lines(self, records):
        """Return the lines (m,) int of the rows at the indices `records` (m,)."""
        if self._lines is None and self._records is None:
            return self._lines_before + np.asarray(records, dtype=np.int64) + 2
        return np.array([self.line(record) for record in records], dtype=np.int64)

    def only(self, column, text):
        """Return the same file with only the rows that have `text` in `column`; they keep their lines."""
        chosen = copy(self)
        is_text = pc.is_in(self._table.column(column), value_set=arrow_array(np.array([text])))
        chosen._records = np.flatnonzero(numpy_array(is_text))
        chosen._table = self._table.take(arrow_array(chosen._records))
        return chosen

    def codes(self, column):
        """Return the texts of `column` as codes (N,) and the list of the distinct texts."""
        return numpy_codes(self._table.column(column).dictionary_encode())

    def text(self, column):
        """Return the texts of `column`, shape (N,)."""
        return numpy_array(self._table.column(column))

    def value(self, column, record):
        """Return the text of `column` in row number `record` for messages: in quotes, and cut if long."""
        text = self._table.column(column)[int(record)].as_py()
        return repr(text if len(text) <= 60 else f"{text[:60]}...")

    def numbers(self, column):
        """Return `column` as float64 (N,), NaN where there is no number, and its state (N,) int8.

        The state is `NUMBER` (also for infinities), `MISSING` (empty, NaN or the like) or `NOT_A_NUMBER`.
        """
        text = pc.utf8_trim_whitespace(self._table.column(column))
        state = np.full(len(text), NUMBER, dtype=np.int8)
        state[numpy_array(pc.is_in(text, value_set=arrow_array(np.array(_BLANKS))))] = MISSING
        try:
            values = _cast(text, state == NUMBER)
        except pa.ArrowInvalid:
            decimal = numpy_array(pc.match_substring_regex(text, _DECIMAL))
            state[(state == NUMBER) & ~decimal] = NOT_A_NUMBER
            values = _cast(text, state == NUMBER)
        state[(state == NUMBER) & np.isnan(values)] = MISSING
        return values, state

    def _read(self):
        with _opened(self.path) as stream:
            return stream.read()

    def _check(self):
        """Raise DataError unless the bytes are text; remove a byte order mark and end the last line."""
        data = self._data
        for magic, (found, fix) in _FOREIGN.items():
            if data.startswith(magic):
                raise DataError.at(self.path, expected="a CSV file in UTF-8", found=found, fix=fix)
        data = data.removeprefix(codecs.BOM_UTF8)
        if not data.strip():
            raise DataError.at(self.path, expected="a header and rows", found="an empty file", fix="get the file again")
        if b"\0" in data:
            raise self._broken(data, data.find(b"\0"), "a NUL byte", "the file is damaged: get it again")
        try:
            data.decode()
        except UnicodeDecodeError as error:
            found = f"the byte 0x{data[error.start]:02x}"
            raise self._broken(data, error.start, found, "save the file as UTF-8") from None
        self._data = data if data.endswith((b"\n", b"\r")) else data + b"\n"

    def _broken(self, data, where, found, fix):
        line = self._lines_before + len((data[:where] + b".").splitlines())
        return DataError.at(self.path, line=line, expected="UTF-8 text", found=found, fix=fix)

    def _header(self, columns):
        beginning = self._data[:_LONGEST_HEADER].decode(errors="ignore")
        header = next(row for row in csv.reader(io.StringIO(beginning, newline="")) if row)
        for name in columns:
            if name not in header:
                found = ", ".join(map(repr, header))
                found = found if len(found) <= 300 else f"{found[:300]}..."
                separator = next((s for s in ";\t|" if len(header) == 1 and s in header[0]), None)
                fix = (
                    f"separate values by ',' instead of {separator!r}"
                    if separator
                    else "name the columns in the first line"
                )
                raise DataError.at(self.path, line=1, expected=f"a column {name!r}", found=found, fix=fix)
        for name in header:
            if header.count(name) > 1:
                fix = "keep one of them"
                raise DataError.at(self.path, line=1, expected="each column once", found=f"{name!r} twice", fix=fix)
        return header

    def _parse(self, header):
        faulty = []

        def refuse(row):
            faulty.append(row)
            return "error"

        try:
            return pyarrow.csv.read_csv(
                pa.BufferReader(self._data),
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=self.columns,
                    column_types=dict.fromkeys(self.columns, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if not faulty:
                fix = "look for a quote that is not closed"
                raise DataError.at(self.path, expected="a CSV file", found=str(error), fix=fix) from None
        row, starts = faulty[0], self._starts()
        raise DataError.at(
            self.path,
            line=self._lines_before + starts[row.number - 1] if row.number <= len(starts) else None,
            expected=f"{row.expected_columns} values separated by commas",
            found=f"{row.actual_columns} in {row.text[:80]!r}",
            fix="mend this line; if the file ends here, it is cut off: get it again",
        )

    @cached_property
    def _lines(self):
        """Return the line (N,) of each row, or None if rows are on consecutive lines after the first."""
        counts = tuple(self._data.count(line_break) for line_break in (b"\n", b"\r", b"\r\n"))
        n = self._n_records + 1
        if counts in ((n, 0, 0), (n, n, n), (0, n, 0)):
            return None
        starts = self._starts()[1:]
        return starts + [starts[-1] if starts else 1] * (self._n_records - len(starts))

    def _starts(self):
        """Return the line of each record, the header first; blank lines and quoted line breaks count too."""
        reader, starts, before = csv.reader(io.StringIO(self._data.decode(), newline="")), [], 0
        with suppress(csv.Error):
            for row in reader:
                if row:
                    starts.append(before + 1)
                before = reader.line_num
        return starts


def csv_parts(path, columns):
    """Yield a CSV file as `CsvFile`s of about `PART` bytes each, with rows in order and with their lines.

    A part ends with a line. After a quote a line break may belong to a value; from the first quote on, the rest of the
    file is therefore one part. Raises DataError as `CsvFile` does, when it reaches the fault.
    """
    header, lines, data = b"", 0, b""
    with _opened(path) as stream:
        while block := stream.read(PART):
            data += block
            if b'"' in data:
                break
            # a carriage return at the very end may be the first half of a line break
            end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            if not data[:end].removeprefix(codecs.BOM_UTF8).strip():
                continue
            part, data = data[:end], data[end:]
            yield CsvFile(path, columns, part=(header + part, lines))
            if not header:
                header = _first_line(part)
                lines = -1
            lines += _line_breaks(part)
        data += stream.read()
    if data or not header:
        yield CsvFile(path, columns, part=(header + data, lines))


@contextmanager
def _opened(path):
    """Give the block the file, open for reading bytes; raise DataError if it cannot be opened or read."""
    try:
        with open(path, "rb") as stream:
            yield stream
    except OSError as error:
        fix = "put the file there, readable for you"
        raise DataError.at(path, expected="a CSV file", found=error.strerror, fix=fix) from None


def _first_line(data):
    """Return the first line of `data` that is not empty, with its line break."""
    return next(line for line in data.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True) if line.strip(b"\r\n"))


def _line_breaks(data):
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _cast(text, keep):
    """Return `text` as float64 (N,), NaN where not `keep`."""
    if not keep.all():
        text = pc.if_else(arrow_array(keep), text, pa.nulls(len(text), pa.string()))
    return numpy_array(pc.cast(text, pa.float64()))
