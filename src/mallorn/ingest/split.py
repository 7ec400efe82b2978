"""Write one split from a source to files: its light curves, and the rows that were not kept, with counts.

`SetAside` is what a source returns (see `mallorn.sources.source`).
"""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mallorn.io.tables import write_table
from mallorn.survey.errors_in_words import error_words
from mallorn.survey.lightcurves import lightcurve_writer
from mallorn.survey.observed import seen_in_slots

__all__ = ["SetAside", "write_split"]

_log = logging.getLogger(__name__)

_BEYOND = "in a passband that no model has learned from"

_COLUMNS = {"file": object, "reason": object, "object_id": object, "n_rows": "i4", "first_line": "i8"}


class SetAside(NamedTuple):
    """The rows of a split that a source did not keep. `rows_read`: all rows of its files, kept or not.

    rows: list of (file, reason, object_id, number of rows, first line), once for each file, reason and object. file is
    a name for people to read; lines count from 1, and 0 stands for a format without lines. Rows read are the points
    kept and these. about: {str: str} on the files as a whole: the scale of times, the kind of fluxes, and anything else
    worth knowing.
    """

    rows_read: int
    rows: list
    about: Mapping = MappingProxyType({})


def write_split(read, passbands, points_path, objects_path, set_aside_path, minimum=None):
    """Write one split from a source; return {"rows_read", "points_kept", "rows_set_aside"}.

    read: a function of `write` alone: `read_split` of a source with all other arguments given. passbands: those of the
        survey.
    points_path, objects_path: the light curves, as `mallorn.survey.lightcurves.lightcurve_groups` reads them.
    minimum: block `domain`, to leave out the points that `mallorn.survey.observed.seen_in_slots` leaves out; None to
        keep all.
    set_aside_path: the columns of `SetAside.rows`, with the counts and `SetAside.about` as metadata.

    Raises RuntimeError for a source that breaks its contract: objects not sorted by id, times that do not ascend,
    values that are not finite, errors that are not positive, rows that are neither kept nor set aside. Warns once of
    errors that look like none.
    """
    kept, last, doubts, further = 0, "", [], []
    with lightcurve_writer(points_path, objects_path, passbands) as write:

        def checked(lightcurves):
            nonlocal kept, last
            last = _check(lightcurves, last)
            if minimum is not None:
                lightcurves = _in_slots(lightcurves, minimum, further)
            kept += len(lightcurves.mjd)
            doubts[:] = doubts or error_words(lightcurves)
            write(lightcurves)

        aside = read(checked)
        rows = [*aside.rows, *further]
        counts = {
            "rows_read": aside.rows_read,
            "points_kept": kept,
            "rows_set_aside": sum(row[3] for row in rows),
        }
        if counts["rows_read"] != counts["points_kept"] + counts["rows_set_aside"]:
            raise RuntimeError(f"rows were lost: {counts}")
        table = {
            name: np.array([row[k] for row in rows], dtype=kind) for k, (name, kind) in enumerate(_COLUMNS.items())
        }
        told = {name: str(value) for name, value in {**aside.about, **counts}.items()}
        write_table(set_aside_path, table, metadata=told)
    for sentence in doubts:
        _log.warning("%s", sentence)
    if further:
        n, names = sum(row[3] for row in further), ", ".join(passbands.beyond_slots)
        _log.info("left out %d points (objects: %d): no model has learned from points in %s", n, len(further), names)
    return counts


def _in_slots(lightcurves, minimum, further):
    """Return the light curves as `seen_in_slots` leaves them; add rows to `further` for what was left out."""
    left = seen_in_slots(lightcurves, minimum)
    for k in np.flatnonzero(left.n_points < lightcurves.n_points):
        lost = int(lightcurves.n_points[k] - left.n_points[k])
        further.append(("", _BEYOND, lightcurves.object_id[k], lost, 0))
    return left


def _check(lc, last):
    """Raise RuntimeError for `LightCurves` that break a source's contract; return the id of the last object."""
    ids = [last, *lc.object_id]
    if any(a >= b for a, b in zip(ids[:-1], ids[1:], strict=True)):
        raise RuntimeError("the source gave objects that are not sorted by id, or one of them twice")
    owner = np.repeat(np.arange(len(lc)), np.diff(lc.start))
    if np.any((np.diff(lc.mjd) < 0) & (owner[1:] == owner[:-1])):
        raise RuntimeError("the source gave points of an object whose times do not ascend")
    if not (
        np.isfinite(lc.mjd).all() and np.isfinite(lc.flux).all() and np.all((lc.flux_err > 0) & (lc.flux_err < np.inf))
    ):
        raise RuntimeError("the source gave times or fluxes that are not finite, or errors that are not positive")
    return ids[-1]
