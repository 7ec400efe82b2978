"""Read binary tables of FITS files, plain or gzip, some rows at a time, as Arrow columns.

astropy unpacks a whole gzip file in memory and believes the sizes in the header. This reader holds only the rows asked
for and notices missing ones. astropy parses the headers. FITS standard 4.0, section 7.3; columns of numbers (B, I, J,
K, E, D, with TSCAL, TZERO and TNULL), logicals (L) and text (A).
"""

import gzip
import re
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array

__all__ = ["FitsTable", "fits_tables"]

_BLOCK = 2880
_MOST_HEADER = 2000  # most blocks of a header
_MOST_ROW = 10_000_000  # bytes
_PART = 1 << 24
_FORM = re.compile(r"^\s*(\d*)\s*([LXBIJKAEDCMPQ])")
_WIDTH = {"L": 1, "X": 0, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_TYPE = {"L": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}


@dataclass
class _Column:
    name: str
    code: str
    repeat: int
    offset: int
    unit: str
    scale: float
    zero: float
    null: int | None

    @property
    def usable(self):
        return self.code == "A" or (self.code in _TYPE and self.repeat == 1)


class FitsTable:
    """A binary table: `header`, `primary` (the header of the file), `names` of its columns, `units`, `n_rows`."""

    def __init__(self, stream, header, primary, path):
        self._stream, self._path = stream, path
        self.header, self.primary = header, primary
        self._width, self.n_rows = _whole(header, "NAXIS1", path), _whole(header, "NAXIS2", path)
        self._columns = {column.name: column for column in _columns(header, path)}
        self.names = [name for name, column in self._columns.items() if column.usable]
        self.units = {name: column.unit for name, column in self._columns.items() if column.unit}
        self.rows_read = 0
        size = sum(_size(header, k, path) for k in range(1, _whole(header, "TFIELDS", path) + 1))
        if size != self._width or self._width > _MOST_ROW:
            expected = f"rows of {size} bytes, at most {_MOST_ROW}"
            raise _error(path, expected, f"NAXIS1 = {self._width}")

    def parts(self, names, most):
        """Yield {name: Arrow array (n,)} of up to `most` rows, in order, for the columns `names`.

        Text has no trailing blanks; numbers with a missing value come as floats with NaN.
        """
        for name in names:
            if name not in self.names:
                found = ", ".join(self.names[:40]) or "none"
                raise _error(self._path, f"a column {name!r} with one value a row", found)
        most = max(1, min(most, _PART * 4 // max(self._width, 1)))
        while self.rows_read < self.n_rows:
            n = min(most, self.n_rows - self.rows_read)
            data = _exactly(self._stream, n * self._width, self._path, self.rows_read // max(self._width, 1))
            rows = np.frombuffer(data, dtype=np.uint8).reshape(n, self._width)
            self.rows_read += n
            yield {name: self._values(rows, self._columns[name]) for name in names}

    def _values(self, rows, column):
        n = len(rows)
        width = column.repeat * _WIDTH[column.code]
        data = np.ascontiguousarray(rows[:, column.offset : column.offset + width])
        if column.code == "A":
            return _text(data, n, column.repeat)
        values = data.view(_TYPE[column.code]).reshape(n)
        if column.code == "L":
            return arrow_array(values == ord("T"))
        missing = None if column.null is None or column.code in "ED" else values == column.null
        whole = column.code not in "ED" and column.zero % 1 == 0 and abs(column.zero) <= 2.0**63
        if column.scale != 1.0 or (column.zero != 0.0 and not whole):
            values = values.astype(float) * column.scale + column.zero
        elif abs(column.zero) == 2.0**63:
            values = values.astype("i8").view("u8") ^ np.uint64(1 << 63)  # unsigned, 64 bits
        elif column.zero:
            values = values.astype("i8") + int(column.zero)
        values = values.astype(values.dtype.newbyteorder("="))
        if missing is not None and missing.any():
            values = np.where(missing, np.nan, values.astype(float))
        return arrow_array(values)


@contextmanager
def fits_tables(path):
    """Give the block an iterator over the `FitsTable`s of the file; read each before asking for the next.

    Raises DataError for a file that is no FITS file or is cut off, and for impossible headers.
    """
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if packed else raw
            yield _tables(stream, path)
    except (OSError, EOFError, zlib.error) as error:
        found = getattr(error, "strerror", None) or str(error)[:150] or type(error).__name__
        raise _error(path, "a whole FITS file", found) from None


def _tables(stream, path):
    primary = _header(stream, path)
    if primary is None or "SIMPLE" not in primary:
        raise _error(path, "a FITS file, which begins with SIMPLE", "another beginning")
    _skip(stream, _padded(_data_size(primary, path)), path)
    while (header := _header(stream, path)) is not None:
        size = _data_size(header, path)
        if str(header.get("XTENSION", "")).strip() != "BINTABLE":
            _skip(stream, _padded(size), path)
            continue
        table = FitsTable(stream, header, primary, path)
        yield table
        read = table.rows_read * _whole(header, "NAXIS1", path)
        _skip(stream, size - read, path)
        _skip(stream, _padded(size) - size, path, padding=True)


def _header(stream, path):
    """Return the next header, or None at the end of the file."""
    text = b""
    while True:
        block = stream.read(_BLOCK)
        if not block or (text == b"" and not block.strip(b"\0 ")):
            if text:
                raise _error(path, "a whole header", "the end of the file")
            return None
        if len(block) < _BLOCK or len(text) > _MOST_HEADER * _BLOCK:
            raise _error(path, "headers in blocks of 2880 bytes", "a broken one")
        text += block
        if any(block[k : k + 8] == b"END     " for k in range(0, _BLOCK, 80)):
            break
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from astropy.io import fits  # imported only here: it takes half a second, and most tables do not need it

            header = fits.Header.fromstring(text.decode("latin-1"))
            dict(header.items())  # values are parsed here
            return header
    except Exception as error:  # astropy raises errors of many kinds for cards that it cannot parse
        raise _error(path, "a FITS header", str(error)[:150]) from None


def _columns(header, path):
    offset, names = 0, set()
    for k in range(1, _whole(header, "TFIELDS", path) + 1):
        repeat, code = _form(header, k, path)
        name = str(header.get(f"TTYPE{k}", f"col{k}")).strip()
        if name in names:
            raise _error(path, "each column once", f"{name!r} twice")
        names.add(name)
        try:
            scale, zero = float(header.get(f"TSCAL{k}", 1.0)), float(header.get(f"TZERO{k}", 0.0))
            null = header.get(f"TNULL{k}")
            null = None if null is None else int(null)
        except (TypeError, ValueError):
            raise _error(path, f"numbers in TSCAL{k}, TZERO{k} and TNULL{k}", "other values") from None
        if not np.isfinite(scale) or not np.isfinite(zero):
            raise _error(path, f"finite TSCAL{k} and TZERO{k}", "others")
        yield _Column(name, code, repeat, offset, str(header.get(f"TUNIT{k}", "")).strip(), scale, zero, null)
        offset += _size(header, k, path)


def _form(header, k, path):
    form = str(header.get(f"TFORM{k}", ""))
    match = _FORM.match(form)
    if match is None or len(match[1]) > 9:
        raise _error(path, f"TFORM{k} of a binary table", repr(form))
    return int(match[1] or 1), match[2]


def _size(header, k, path):
    repeat, code = _form(header, k, path)
    return (repeat + 7) // 8 if code == "X" else repeat * _WIDTH[code]


def _whole(header, key, path):
    value = header.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise _error(path, f"a whole number {key}", repr(value))
    return value


def _data_size(header, path):
    axes = _whole(header, "NAXIS", path)
    if axes == 0:
        return 0
    if axes > 99:
        raise _error(path, "at most 99 axes", str(axes))
    size = abs(int(header.get("BITPIX", 8) or 8)) // 8
    for k in range(1, axes + 1):
        size *= _whole(header, f"NAXIS{k}", path)
    if "XTENSION" in header:
        size += _whole(header, "PCOUNT", path) * abs(int(header.get("BITPIX", 8) or 8)) // 8
    return size


def _padded(size):
    return -(-size // _BLOCK) * _BLOCK


def _skip(stream, size, path, padding=False):
    while size > 0:
        part = stream.read(min(size, _PART))
        if not part:
            if padding:
                return
            raise _error(path, f"{size} more bytes of data", "the end of the file: it is cut off")
        size -= len(part)


def _exactly(stream, size, path, row):
    data = stream.read(size)
    if len(data) < size:
        raise _error(path, f"{size} bytes of rows from row {row + 1} on", f"{len(data)}: the file is cut off")
    return data


def _text(data, n, width):
    if width == 0:
        return arrow_array(np.full(n, "", dtype=object))
    fixed = pa.Array.from_buffers(pa.binary(width), n, [None, pa.py_buffer(data)]).dictionary_encode()
    names = [name.split(b"\0")[0].decode("utf-8", "replace").strip() for name in fixed.dictionary.to_pylist()]
    names = arrow_array(np.array([*names, None], dtype=object)).cast(pa.string())
    return names.take(arrow_array(numpy_array(fixed.indices)))


def _error(path, expected, found):
    fix = "get the file again; if it is no FITS table, choose the reader of its format"
    return DataError.at(path, expected=expected, found=found, fix=fix)
