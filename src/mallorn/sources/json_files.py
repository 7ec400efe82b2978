"""Read JSON files from strangers, within a limit of size, with errors that say what is wrong."""

import gzip
import json
import math
from pathlib import Path

from mallorn.errors import DataError

__all__ = ["MAX_MEGABYTES", "files_of", "json_lines", "number", "read_bytes", "read_json"]

MAX_MEGABYTES = 200
"""Largest size of an unpacked JSON file; JSON takes about ten times its size in memory."""

_FEW = 2_000_000
_BYTES_OF_EACH = 12  # beyond `_FEW` lists and objects, a file has this many bytes for each


def files_of(path, suffixes):
    """Return the files to read: `path` itself, or the files of the folder `path` with one of `suffixes`, sorted.

    Each suffix may be followed by .gz. Raises DataError if there is no file.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    allowed = tuple(suffixes) + tuple(suffix + ".gz" for suffix in suffixes)
    found = "nothing"
    if path.is_dir():
        entries = sorted(path.iterdir())
        files = [entry for entry in entries if entry.is_file() and entry.name.lower().endswith(allowed)]
        if files:
            return files
        found = f"{len(entries)} other files" if entries else "an empty folder"
    raise DataError.at(
        path,
        expected=f"a file, or a folder with files {' '.join('*' + suffix for suffix in suffixes)}",
        found=found,
        fix="give the path of the light curves",
    )


def read_bytes(path, settings):
    """Return the content of a file, unpacked if gzipped; raise DataError beyond the setting "max_megabytes"."""
    limit = int((settings.get("max_megabytes") or MAX_MEGABYTES) * 1e6)
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            data = (gzip.GzipFile(fileobj=raw) if packed else raw).read(limit + 1)
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise DataError.at(path, expected="a readable file", found=error, fix="fetch or unpack it anew") from None
    if len(data) > limit:
        raise DataError.at(
            path,
            expected=f"at most {limit / 1e6:g} MB",
            found="more",
            fix="split the file, or raise the setting max_megabytes if the memory allows ten times that",
        )
    if not data.strip():
        raise DataError.at(path, expected="light curves", found="an empty file", fix="fetch it anew")
    return data


def read_json(path, settings, kind=None):
    """Return the value in a JSON file; raise DataError if it is no JSON, too large or deep, or not of type `kind`."""
    return _checked(path, _parsed(path, read_bytes(path, settings)), kind)


def json_lines(path, settings, kind=dict):
    """Yield the values of a file with one JSON value on each line; "max_megabytes" limits each line by itself."""
    limit = int((settings.get("max_megabytes") or MAX_MEGABYTES) * 1e6)
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if packed else raw
            line = 0
            while data := file.readline(limit + 1):
                line += 1
                if len(data) > limit:
                    raise DataError.at(path, line=line, expected="a shorter line", found="more", fix="split the file")
                if data.strip():
                    yield _checked(path, _parsed(path, data, line), kind)
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise DataError.at(path, expected="a readable file", found=error, fix="fetch or unpack it anew") from None


def number(value):
    """Return a JSON value, a number or a number as text, as a float; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _parsed(path, data, line=None):
    if data.count(b"{") + data.count(b"[") > max(_FEW, len(data) // _BYTES_OF_EACH):
        found = "little but brackets"  # each takes 24 times its size
        raise DataError.at(path, line=line, expected="JSON with values", found=found, fix="get the file again")
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        found, line = error.msg, error.lineno + (line or 1) - 1
    except RecursionError:
        found = "lists in lists without end"
    except (UnicodeDecodeError, ValueError) as error:
        found = str(error)[:100]
    raise DataError.at(path, line=line, expected="JSON", found=found, fix="check that the file is whole") from None


def _checked(path, value, kind):
    if kind is not None and not isinstance(value, kind):
        names = {dict: "an object {...}", list: "a list [...]"}
        raise DataError.at(
            path,
            expected=names[kind],
            found=names.get(type(value), type(value).__name__),
            fix="check that the file is of this format",
        )
    return value
