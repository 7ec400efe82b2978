"""CSV files in parts: every column as text, so that ids keep their digits, and errors that name line and column."""

import csv
import gzip
import io
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.csv

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array
from mallorn.sources.values import number_array

__all__ = ["csv_header", "csv_numbers", "csv_parts"]

_BLOCK = 1 << 23  # bytes that are parsed at a time
_HEADER = 1 << 20  # bytes that a header may have
_BLANK = 100  # empty lines that may stand before it
_MISSING = ("", "nan", "null", "none", "na", "n/a", "-", "--")


def csv_header(path):
    """Return (names, line): the columns of a CSV file, gzipped or not, and the line that names them.

    Empty lines before the header are passed over. Raises DataError for an empty file, or a name that comes twice.
    """
    with _opened(path) as file:
        text, line = b"", 0
        while not text.strip() and line < _BLANK and (text := file.readline(_HEADER)):
            line += 1
    try:
        names = next(csv.reader([text.decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, f"{type(error).__name__} in line {line}") from None
    names = [name.strip() for name in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if not any(names) or twice:
        found = f"{twice[0]!r} twice" if twice else "an empty file"
        fix = "leave one of the columns" if twice else "fetch the file anew"
        raise DataError.at(path, line=line or None, expected="a header with different names", found=found, fix=fix)
    return names, line


def csv_parts(path, header, wanted):
    """Yield (line, table) of a CSV file: the line of the first row, and the columns of `wanted` that it has, as text.

    header: as `csv_header` returns. A missing value is the empty text. Raises DataError for a row with too few or many
    values, and for what is no text.
    """
    names, line = header
    columns = [name if name in wanted else f"_{k}" for k, name in enumerate(names)]
    chosen = [name for name in columns if name in wanted]
    read = pa.csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=columns, skip_rows=line)
    convert = pa.csv.ConvertOptions(
        include_columns=chosen, column_types={name: pa.string() for name in chosen}, strings_can_be_null=False
    )
    line += 1
    with _opened(path) as file:
        try:
            with pa.csv.open_csv(file, read, convert_options=convert) as reader:
                for batch in reader:
                    yield line, pa.Table.from_batches([batch])
                    line += batch.num_rows
        except pa.ArrowException as error:
            if "Empty CSV file" in str(error):
                return
            raise _unreadable(path, str(error).splitlines()[0][:200]) from None


def csv_numbers(table, path, name, line):
    """Return the column `name` of a part as float64 (n,), NaN where nothing or "-" stands; DataError names the line."""
    text = pa.compute.utf8_trim_whitespace(table.column(name))
    missing = pa.compute.is_in(pa.compute.utf8_lower(text), value_set=arrow_array(np.array(_MISSING)))
    text = pa.compute.if_else(missing, pa.scalar(None, pa.string()), text)
    try:
        return np.asarray(numpy_array(text.cast(pa.float64())), dtype=float)
    except pa.ArrowInvalid:
        for k, value in enumerate(text.to_pylist()):
            try:
                number_array(pa.array([value], pa.string()), path, name)
            except DataError:
                raise DataError.at(
                    path,
                    line=line + k,
                    column=name,
                    expected="a number",
                    found=repr(value)[:60],
                    fix="write a number, or leave the field empty where there is none",
                ) from None
        raise


@contextmanager
def _opened(path):
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise _unreadable(path, str(error)[:200]) from None


def _unreadable(path, found):
    return DataError.at(
        path, expected="a CSV file", found=found, fix="check that the file is whole and that its separator is the comma"
    )
