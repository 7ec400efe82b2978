"""Find the object of an SNANA pair that owns each row of PHOT."""

import numpy as np

from mallorn.errors import DataError

__all__ = ["END", "row_owners"]

END = -777.0
"""MJD of the row after an object's last one."""

_POINTERS = "PTROBS_MIN and PTROBS_MAX"
_ENDS = "MJD -777: PTROBS_MIN and PTROBS_MAX do not fit the file"


def row_owners(objects, phot, n_rows, times):
    """Return the index of the object that owns each row of PHOT (n_rows,) int32, -1 for none, and what told it.

    objects: `SnanaObjects`. phot: path of the PHOT file. times: function that returns the MJD (n_rows,) of all rows.

    Pointers in the order of the file, with one row between objects, are trusted. Else the times decide: pointers are
    trusted if all rows within objects, and none between them, have a time, or if no row marks an end. If the pointers
    do not fit, the ends count, provided that they divide the rows into objects of HEAD's lengths in HEAD's order; files
    that other tools cut out of larger ones are like that. Raises DataError for anything else.
    """
    first, last = objects.pointers()
    told = np.isfinite(first) & np.isfinite(last)
    counts = np.where(told & (last >= first), last - first + 1, 0.0)
    some = np.flatnonzero(counts > 0)
    order = some[np.argsort(first[some], kind="stable")]
    inside = told.all() and bool((first[order] >= 1).all() and (last[order] <= n_rows).all())
    apart = bool((first[order][1:] > last[order][:-1]).all())
    regular = inside and apart and _regular(first[order], last[order], n_rows)
    if regular:
        return _by_pointers(first, counts, order, n_rows), _POINTERS
    ends = times() == END
    if inside and apart:
        owners = _by_pointers(first, counts, order, n_rows)
        if not ends.any() or ((owners < 0) == ends).all():
            return owners, _POINTERS
    owners = _by_ends(counts, ends) if told.all() and counts.sum() <= n_rows else None
    if owners is not None:
        return owners, _ENDS
    wrong = ~told | ((counts > 0) & ((first < 1) | (last > n_rows)))
    wrong[order[1:][first[order[1:]] <= last[order[:-1]]]] = True
    k = int(np.flatnonzero(wrong)[0]) if wrong.any() else 0
    found = f"{objects.ids[k]!r} with rows {first[k]:g} to {last[k]:g}" if objects.n else f"{n_rows} rows of no object"
    expected = f"pointers into the {n_rows} rows of {phot.name}, each row of one object"
    fix = "get both files again: they do not fit each other"
    raise DataError.at(phot, column="PTROBS_MIN", expected=expected, found=found, fix=fix)


def _regular(first, last, n_rows):
    """Return whether the objects follow each other with one row between them, from the first row to the last one or
    the last but one."""
    if not len(first):
        return n_rows == 0
    return bool(first[0] == 1 and (first[1:] == last[:-1] + 2).all() and n_rows - last[-1] in (0, 1))


def _by_pointers(first, counts, order, n_rows):
    owners = np.full(n_rows, -1, dtype=np.int32)
    sizes = counts[order].astype(np.int64)
    if len(order):
        before = np.cumsum(sizes) - sizes
        rows = np.repeat(first[order].astype(np.int64) - 1 - before, sizes) + np.arange(sizes.sum())
        owners[rows] = np.repeat(order, sizes)
    return owners


def _by_ends(counts, ends):
    """Return the owners of rows that `ends` (N,) bool separates, or None if their numbers are not `counts` in order."""
    block = np.cumsum(ends) - ends
    sizes = np.bincount(block[~ends], minlength=int(block[-1]) + 1 if len(block) else 0)
    sizes = sizes[:-1] if len(sizes) and sizes[-1] == 0 else sizes
    if not ends.any() or len(sizes) != len(counts) or (sizes != counts).any():
        return None
    return np.where(ends, -1, block).astype(np.int32)
