"""Read files that may come from others, such as a model's: within limits of size, and without running any code."""

import gzip
import json
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mallorn.errors import DataError

__all__ = ["MOST_ARRAYS", "MOST_JSON", "read_arrays", "read_gzip", "read_json"]

MOST_JSON = 200_000_000
"""Bytes of the largest JSON file that is read; it takes about ten times its size in memory."""

MOST_ARRAYS = 1_000_000_000
"""Most bytes that the arrays of a file may have once they are unpacked."""

_FIX = "get the file again, or make it anew"


def read_json(path, most=MOST_JSON):
    """Return the value in a JSON file. Raises DataError if it is too large, nested too deeply, or no JSON."""
    path = Path(path)
    size = path.stat().st_size
    if size > most:
        raise DataError.at(path, expected=f"at most {most / 1e6:g} MB", found=f"{size / 1e6:g} MB", fix=_FIX)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        found = "lists in lists without end"
    except ValueError as error:
        found = str(error)[:100]
    raise DataError.at(path, expected="JSON", found=found, fix=_FIX)


def read_gzip(path, most=MOST_ARRAYS):
    """Return the bytes in a gzip file. Raises DataError if it is no gzip file, is cut off, or holds too much."""
    path = Path(path)
    try:
        with gzip.open(path) as packed:
            found = packed.read(most + 1)
        fault = None if len(found) <= most else "more"
    except (OSError, EOFError, zlib.error) as error:
        fault = str(error)[:100]
    if fault:
        raise DataError.at(path, expected=f"a gzip file, at most {most / 1e6:g} MB unpacked", found=fault, fix=_FIX)
    return found


def read_arrays(path, most=MOST_ARRAYS):
    """Return {name: array} of numpy's npz file `path`, without pickles.

    Raises DataError for a file that is no such file, that holds objects, or that claims more than `most` bytes unpacked
    or arrays larger than its content.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as packed:
            fault = _fault(packed, most)
        if fault is None:
            with np.load(path, allow_pickle=False) as numbers:
                return {name: numbers[name] for name in numbers.files}
    except (OSError, EOFError, ValueError, KeyError, SyntaxError, MemoryError, zlib.error, zipfile.BadZipFile) as error:
        fault = str(error)[:100] or type(error).__name__
    raise DataError.at(path, expected=f"arrays of numbers, at most {most / 1e6:g} MB", found=fault, fix=_FIX)


def _fault(packed, most):
    """Return what is wrong with the arrays in an open zip archive, from their headers alone; None if nothing is."""
    size = sum(entry.file_size for entry in packed.infolist())
    if size > most:
        return f"{size / 1e6:g} MB"
    for entry in packed.infolist():
        with packed.open(entry) as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
        if dtype.hasobject:
            return f"objects in {entry.filename!r}"
        if math.prod(shape) * dtype.itemsize > entry.file_size:
            return f"a claim of {math.prod(shape)} values in {entry.file_size} bytes of {entry.filename!r}"
    return None
