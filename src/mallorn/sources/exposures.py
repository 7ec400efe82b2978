"""Choose among points of one exposure that files hold several times: measured, forced, as a limit, in many alerts."""

import numpy as np
import pyarrow as pa

from mallorn.io.tables import numpy_array, numpy_codes
from mallorn.sources.rows import Reasons, numbered

__all__ = ["DETECTION", "FORCED", "LIMIT", "once_an_exposure"]

DETECTION, FORCED, LIMIT = 0, 1, 2
"""Kinds of rows, the best first."""

_SAME = 1e-5  # days; exposures begin at least 30 s = 3.5e-4 days apart
_BETTER = ("the same exposure as a detection", "the same exposure as a forced measurement")
_AGAIN = "the same exposure again"


def once_an_exposure(rows, keep_copies):
    """Return `rows`, a table of whole objects, with the poorer points of an exposure set aside.

    rows: as `row_table` makes it, with a column kind (`DETECTION`, `FORCED`, `LIMIT`). Rows of the same object and
    passband whose times differ by less than 1e-5 days belong to one exposure. Among them the best kind is kept, and
    only its first row unless `keep_copies`. Rows that were set aside before do not count.
    """
    kind = np.asarray(numpy_array(rows.column("kind")))
    if rows.num_rows == 0 or (keep_copies and (kind == kind[0]).all()):
        return rows
    reason, reasons = numpy_codes(rows.column("reason").dictionary_encode())
    good = np.flatnonzero(reason < 0)
    objects, _ = numpy_codes(rows.column("object_id").dictionary_encode())
    bands, _ = numpy_codes(rows.column("passband").dictionary_encode())
    mjd = np.asarray(numpy_array(rows.column("mjd")))
    curve = objects.astype(np.int64) * (int(bands.max()) + 1) + bands
    order = good[np.lexsort((mjd[good], curve[good]))]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (np.diff(curve[order]) != 0) | (np.diff(mjd[order]) >= _SAME)
    exposure = np.cumsum(begins) - 1
    best = np.minimum.reduceat(kind[order], np.flatnonzero(begins)) if len(order) else kind[:0]
    worse = Reasons(rows.num_rows)
    for k, text in enumerate(_BETTER):
        worse.add(_mask(rows, order[(kind[order] > k) & (best[exposure] == k)]), text)
    if not keep_copies:
        at = np.full(rows.num_rows, -1)
        at[order] = exposure
        left = np.flatnonzero((at >= 0) & worse.good)
        _, first = np.unique(at[left], return_index=True)
        worse.add(_mask(rows, np.delete(left, first)), _AGAIN)
    if worse.good.all():
        return rows
    texts, names = numpy_codes(pa.chunked_array([worse.strings()]).dictionary_encode())
    codes = np.where(reason >= 0, reason, np.where(texts >= 0, texts + len(reasons), len(reasons) + len(names)))
    column = numbered(codes, [*reasons, *names, None])
    return rows.set_column(rows.column_names.index("reason"), "reason", column)


def _mask(rows, at):
    mask = np.zeros(rows.num_rows, dtype=bool)
    mask[at] = True
    return mask
