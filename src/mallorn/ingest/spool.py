"""Rows of points on their way to light curves: in memory while they are few, else in a temporary file."""

import tempfile
from contextlib import contextmanager, suppress

import numpy as np

from mallorn.errors import DataError

__all__ = ["Groups", "Rows", "temporary_room"]

MOST_BYTES = 256_000_000
"""Bytes of `Rows` that are held in memory."""


class Groups:
    """Good rows, added in any order and returned by groups of objects: in memory, or through a file.

    n_objects: number of objects; each `per_group` of them are a group. kind: the rows' type, with a field owner.
    """

    def __init__(self, n_objects, per_group, kind):
        self._begins = range(0, max(n_objects, 1), per_group)
        self._runs = [[] for _ in self._begins]
        self._file, self._per_group, self._kind = None, per_group, kind

    def __enter__(self):
        if len(self._begins) > 1:
            with temporary_room():
                self._file = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_):
        if self._file is not None:
            with suppress(OSError):  # a full disk may show only here
                self._file.close()

    def add(self, rows):
        """Add an array of rows."""
        if self._file is None:
            self._runs[0].append(rows)
            return
        group = rows["owner"] // self._per_group
        if len(self._runs) <= np.iinfo(np.int16).max:
            group = group.astype(np.int16)  # a type with a linear stable sort
        rows = rows[np.argsort(group, kind="stable")]
        counts = np.bincount(group, minlength=len(self._runs))
        ends = np.cumsum(counts)
        with temporary_room():
            for k in np.flatnonzero(counts):
                self._runs[k].append((self._file.tell(), counts[k]))
                self._file.write(rows[ends[k] - counts[k] : ends[k]].tobytes())

    def __iter__(self):
        """Yield the number of each group's first object, and the group's rows in the order in which they were added."""
        for begin, runs in zip(self._begins, self._runs, strict=True):
            if self._file is not None:
                runs = [self._run(*run) for run in runs]
            yield begin, np.concatenate([np.empty(0, self._kind), *runs])

    def _run(self, place, count):
        with temporary_room():
            self._file.seek(place)
            return np.frombuffer(self._file.read(count * self._kind.itemsize), self._kind)


class Rows:
    """Rows of one type in the order in which they are added."""

    def __init__(self, kind):
        self._kind = kind

    def __enter__(self):
        self._file = tempfile.SpooledTemporaryFile(max_size=MOST_BYTES)
        return self

    def __exit__(self, *_):
        with suppress(OSError):
            self._file.close()

    def add(self, rows):
        """Add an array of rows."""
        with temporary_room():
            self._file.write(rows.tobytes())

    def parts(self, most=500_000):
        """Yield all rows, `most` at a time."""
        self._file.seek(0)
        while True:
            with temporary_room():
                data = self._file.read(most * self._kind.itemsize)
            if not data:
                return
            yield np.frombuffer(data, self._kind)


@contextmanager
def temporary_room():
    """Turn an error of a temporary file, or a full disk, into a DataError that names its folder."""
    try:
        yield
    except OSError as error:
        folder, fix = tempfile.gettempdir(), "free space there, or set TMPDIR to a folder with more"
        raise DataError.at(folder, expected="room for a temporary file", found=error.strerror, fix=fix) from None
