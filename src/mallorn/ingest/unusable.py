"""Files without a usable row: warn about each; raise an error if a whole survey has none."""

import logging
from collections import Counter

from mallorn.errors import DataError
from mallorn.ingest.split import SetAside
from mallorn.io.tables import read_columns, read_metadata

__all__ = ["refuse_unusable", "refuse_unusable_tables", "tell_unusable"]

_TOLD = 8  # reasons, or files, that messages name
_FIX = (
    "name the surveys of the passbands in `survey` or `new_survey`, the settings of the reader in `readers`, or the "
    "values that are believed in `ingest`"
)

_log = logging.getLogger(__name__)


def tell_unusable(aside, used):
    """Log a warning with the reasons for each file of a `SetAside` that is not in `used`, up to a few."""
    of_file = {}
    for file, reason, _, n, _ in aside.rows:
        if file not in used:
            of_file.setdefault(file, Counter())[reason] += n
    for file, reasons in list(of_file.items())[:_TOLD]:
        _log.warning("%s: no row of the split can be used: %s. Next step: %s", file, _told(reasons), _FIX)
    if len(of_file) > _TOLD:
        _log.warning("no row of the split can be used in %d more files", len(of_file) - _TOLD)


def refuse_unusable(asides):
    """Raise DataError if a survey has rows and none of them is kept, by the `SetAside`s of its splits."""
    rows = [row for aside in asides for row in aside.rows]
    n_rows = sum(aside.rows_read for aside in asides)
    if n_rows and n_rows == sum(row[3] for row in rows):
        reasons = Counter()
        for _, reason, _, n, _ in rows:
            reasons[reason] += n
        raise DataError.at(rows[0][0], expected="rows that can be used", found=_told(reasons), fix=_FIX)


def refuse_unusable_tables(paths):
    """Do the same as `refuse_unusable` from the tables that `mallorn.ingest.split.write_split` wrote for all splits."""
    counts = [read_metadata(path) for path in paths]
    if not any(int(count["points_kept"]) for count in counts):
        tables = map(read_columns, paths)
        refuse_unusable(
            [
                SetAside(int(count["rows_read"]), list(zip(*table.values(), strict=True)))
                for count, table in zip(counts, tables, strict=True)
            ]
        )


def _told(reasons):
    return "; ".join(f"{n} rows: {reason}" for reason, n in reasons.most_common(_TOLD))
