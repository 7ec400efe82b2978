"""Figures that stay as they are when they would be drawn from the same: drawing takes most of the time of a page."""

import hashlib
from dataclasses import fields, is_dataclass

import numpy as np

from mallorn.plots.style import save

__all__ = ["kept_svg"]

_LONGEST = 200
"""Bytes at the end of a file that hold its last line."""


def kept_svg(path, code, shown, draw):
    """Return the path of the SVG of the figure `draw()`, or of the one that is there if it was made from the same.

    Its last line is a comment with the digest of what it was made from. path: without ending. code: digest of the code
    that draws; without one the figure is always drawn and has no such line. shown: all that the figure shows: numbers,
    texts, arrays, and any nesting of them in dataclasses, tuples, lists and dicts.
    """
    if code is None:
        return save(draw(), path, ("svg",))[0]
    digest = hashlib.sha256(code.encode())
    _tell(shown, digest.update)
    told = f"\n<!-- made_from {digest.hexdigest()} -->\n".encode()
    there = path.with_name(f"{path.name}.svg")
    if not _end(there).endswith(told):
        save(draw(), path, ("svg",), end=told)
    return there


def _end(path):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST))
            return file.read()
    except OSError:
        return b""


def _tell(value, update):
    """Give a function the bytes of a value, unlike those of any other value."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, np.ndarray) and value.dtype != object:
        update(f"{value.dtype.str}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        _tell(list(value), update)
        _tell(list(value.values()), update)
    elif isinstance(value, list | tuple | np.ndarray):
        update(f"({len(value)}".encode())
        for one in value:
            _tell(one, update)
    else:
        update(f"{value!r},".encode())
