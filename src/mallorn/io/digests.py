"""Digests that tell whether a file has changed. Only the standard library is imported here."""

import hashlib
import os
from functools import cache
from pathlib import Path

__all__ = ["file_digest", "stamp", "whole_digest"]

_READ_WHOLE = 100_000_000  # bytes; reading takes about 0.05 s


def file_digest(path):
    """Return a digest of a file's content, or of its size and date if it is larger than 100 MB.

    Snakemake compares the content of a file only if its date is newer than the results. It would not notice that a file
    was replaced by an older one. A missing file has a digest too: the job will report it.
    """
    return _file_digest(str(path), *stamp(path))


@cache
def _file_digest(path, mtime_ns, size):
    whole = whole_digest(path) if size <= _READ_WHOLE else hashlib.sha256(f"{mtime_ns} {size}".encode()).hexdigest()
    return whole[:16]


def whole_digest(path):
    """Return a digest of a file's content, whatever its size; the name of the error if it cannot be read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        return type(error).__name__


def stamp(path):
    """Return (date in nanoseconds, size in bytes) of a file, zeros if there is none."""
    try:
        stat = os.stat(path)
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size
