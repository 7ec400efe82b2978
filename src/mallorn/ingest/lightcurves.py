"""The light curves of one split: its CSV files checked row by row against the logs, sorted and packed.

A row that cannot be used is set aside with a reason and counted: rows read = points kept + rows set aside.
"""

import logging
from typing import NamedTuple

import numpy as np

from mallorn.bands import BANDS
from mallorn.errors import DataError
from mallorn.ingest.csvfile import MISSING, NOT_A_NUMBER, CsvFile
from mallorn.lightcurves import LightCurves, write_lightcurves
from mallorn.tables import write_table

__all__ = ["REASONS", "Ingested", "ingest_split", "write_split"]

REASONS = (
    "object not in the logs of this split",
    "object of the other set",
    "time missing",
    "time not a number",
    "time not believable",
    "unknown passband",
    "flux missing",
    "flux not a number",
    "flux not finite",
    "flux not believable",
    "error missing",
    "error not a number",
    "error not finite",
    "error not positive",
    "error not believable",
    "exact duplicate",
    "averaged with another row of the same time and passband",
)
"""Why rows are set aside. Where several reasons hold the first one counts."""

_COLUMNS = ("object_id", "Time (MJD)", "Flux", "Flux_err", "Filter")
_ORDINARY = "flux missing"
_AVERAGED = REASONS[-1]

_log = logging.getLogger(__name__)


class Ingested(NamedTuple):
    """What came of one split's files.

    lightcurves: the `LightCurves` of all objects that the logs name for the split, also of those without any point.
    set_aside: {column: array (m,)}, the rows that were not kept, grouped by file, reason and object: file
        ("split_01/train_full_lightcurves.csv"), reason (of `REASONS`), object_id (as in the file), n_rows (int32) and
        first_line (int64; the header is on line 1).
    rows_read: number of rows of the files, their headers aside.
    """

    lightcurves: LightCurves
    set_aside: dict
    rows_read: int


class _Rows(NamedTuple):
    """The rows of one file: `owner` (N,) numbers the objects; `why` (N,) is 0, or 1 + the position in `REASONS`."""

    file: CsvFile
    owner: np.ndarray
    mjd: np.ndarray
    band: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    why: np.ndarray


def ingest_split(train_csv, test_csv, objects, config):
    """Return the `Ingested` light curves of one split.

    train_csv, test_csv: files with the columns object_id, Time (MJD), Flux and Flux_err (microjansky), Filter; the
        first is None for data without a training set.
    objects: as returned by `mallorn.ingest.objects.read_objects`. config: the block `ingest` of the configuration.

    A row counts only in the file of the set (train or test) that the logs name for its object. Rows with the same
    time and passband of an object are averaged with inverse variances: later stages need unique times in a passband.

    Raises DataError for a file that is no whole CSV table (see `CsvFile`), that has no rows though the logs name
    objects for it, or of which more than the fraction `config["max_set_aside"]` cannot be used.
    """
    number = {name: k for k, name in enumerate(objects["object_id"])}
    files = [
        _judge(CsvFile(path, _COLUMNS), number, objects["set"] == kind, config)
        for kind, path in (("train", train_csv), ("test", test_csv))
        if path is not None
    ]
    lightcurves = _pack(files, objects)
    for rows in files:
        _check_share(rows, config["max_set_aside"])
    return Ingested(lightcurves, _tally(files), sum(len(rows.file) for rows in files))


def write_split(ingested, points, objects, set_aside):
    """Write the light curves to the files `points` and `objects`, and what was left out to `set_aside`, with counts.

    The counts rows_read, points_kept and rows_set_aside are kept in the metadata of `set_aside`, and logged.
    """
    lc, aside = ingested.lightcurves, ingested.set_aside
    n_aside = int(aside["n_rows"].sum())
    counts = {"rows_read": ingested.rows_read, "points_kept": len(lc.mjd), "rows_set_aside": n_aside}
    if counts["rows_read"] != counts["points_kept"] + counts["rows_set_aside"]:
        raise RuntimeError(f"rows were lost: {counts}")
    write_lightcurves(lc, points, objects)
    write_table(set_aside, aside, metadata={name: str(count) for name, count in counts.items()})
    _log.info("%d objects: %d rows read, %d points kept, %d rows set aside", len(lc), *counts.values())
    for reason in REASONS:
        n = int(aside["n_rows"][aside["reason"] == reason].sum())
        if n:
            _log.log(logging.INFO if reason == _ORDINARY else logging.WARNING, "%d rows set aside: %s", n, reason)
    bare = np.flatnonzero(lc.n_points == 0)
    if len(bare):
        _log.info("%d objects have no usable point, the first %r", len(bare), lc.object_id[bare[0]])


def _judge(file, number, expected, config):
    """Return the `_Rows` of `file`; `number` maps ids to objects, of which `expected` (n,) are in the file's set."""
    if not len(file) and expected.any():
        found = "only a header"
        raise DataError.at(file.path, expected=f"rows of {expected.sum()} objects", found=found, fix="get it again")
    why = np.zeros(len(file), dtype=np.int8)

    def blame(reason, rows):
        why[rows & (why == 0)] = REASONS.index(reason) + 1

    codes, names = file.codes("object_id")
    owner = np.array([number.get(name, -1) for name in names], dtype=np.int64)[codes]
    blame("object not in the logs of this split", owner < 0)
    blame("object of the other set", ~expected[owner])

    mjd, state = file.numbers("Time (MJD)")
    blame("time missing", state == MISSING)
    blame("time not a number", state == NOT_A_NUMBER)
    blame("time not believable", ~((mjd >= config["mjd"]["min"]) & (mjd <= config["mjd"]["max"])))

    codes, names = file.codes("Filter")
    band = np.array([BANDS.index(name) if name in BANDS else -1 for name in names], dtype=np.int8)[codes]
    blame("unknown passband", band < 0)

    flux, state = file.numbers("Flux")
    blame("flux missing", state == MISSING)
    blame("flux not a number", state == NOT_A_NUMBER)
    blame("flux not finite", ~np.isfinite(flux))
    blame("flux not believable", np.abs(flux) > config["max_flux"])

    flux_err, state = file.numbers("Flux_err")
    low, high = config["flux_err"]["min"], config["flux_err"]["max"]
    blame("error missing", state == MISSING)
    blame("error not a number", state == NOT_A_NUMBER)
    blame("error not finite", ~np.isfinite(flux_err))
    blame("error not positive", flux_err <= 0)
    blame("error not believable", (flux_err < low) | (flux_err > high))
    return _Rows(file, owner, mjd, band, flux, flux_err, why)


def _pack(files, objects):
    """Return the `LightCurves` of the rows without blame; blame those that repeat a point."""
    good = [np.flatnonzero(rows.why == 0) for rows in files]
    source = np.concatenate([np.full(len(g), k) for k, g in enumerate(good)])
    row = np.concatenate(good)
    names = ("owner", "mjd", "band", "flux", "flux_err")
    keys = [np.concatenate([getattr(rows, name)[g] for rows, g in zip(files, good, strict=True)]) for name in names]
    order = np.lexsort(keys[::-1])
    owner, mjd, band, flux, flux_err = (key[order] for key in keys)
    new_point = _differs(owner, mjd, band)
    new_row = new_point | _differs(flux, flux_err)
    if not new_point.all():
        reason = np.where(new_row, REASONS.index(_AVERAGED), REASONS.index("exact duplicate")) + 1
        for k, rows in enumerate(files):
            again = ~new_point & (source[order] == k)
            rows.why[row[order[again]]] = reason[again]
        owner, mjd, band, flux, flux_err = (v[new_row] for v in (owner, mjd, band, flux, flux_err))
        first = np.flatnonzero(new_point[new_row])
        weight = flux_err**-2.0
        total = np.add.reduceat(weight, first)
        single = np.diff(np.append(first, len(flux))) == 1
        flux = np.where(single, flux[first], np.add.reduceat(weight * flux, first) / total)
        flux_err = np.where(single, flux_err[first], total**-0.5)
        owner, mjd, band = owner[first], mjd[first], band[first]
    counts = np.bincount(owner, minlength=len(objects["object_id"]))
    return LightCurves(
        object_id=objects["object_id"],
        redshift=objects["Z"],
        redshift_err=objects["Z_err"],
        ebv=objects["EBV"],
        luminosity_distance=objects["luminosity_distance"],
        start=np.concatenate([[0], np.cumsum(counts)]),
        mjd=mjd,
        band=band,
        flux=flux,
        flux_err=flux_err,
    )


def _differs(*columns):
    """Return where a row (N,) differs from the one before it in any of the `columns`; the first row does."""
    differs = np.ones(len(columns[0]), dtype=bool)
    differs[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return differs


def _check_share(rows, allowed):
    """Raise DataError if a larger fraction than `allowed` of a file's rows is useless; averaged rows are not."""
    useless = np.flatnonzero((rows.why > 0) & (rows.why <= REASONS.index(_AVERAGED)))
    if len(useless) <= allowed * len(rows.why):
        return
    counts = np.bincount(rows.why[useless], minlength=len(REASONS) + 1)[1:]
    worst = int(np.argmax(counts))
    k = useless[np.argmax(rows.why[useless] == worst + 1)]
    values = ", ".join(rows.file.value(column, k) for column in _COLUMNS)
    raise rows.file.error(
        k,
        expected=f"at least {1 - allowed:.0%} of the file's {len(rows.why)} rows to be usable",
        found=f"{len(useless)} that are not, {counts[worst]} of them by {REASONS[worst]!r} as on this line: {values}",
        fix="correct the file or the logs, or raise max_set_aside in the block ingest of config.yaml",
    )


def _tally(files):
    """Return the columns of `Ingested.set_aside`."""
    parts = []
    for rows in files:
        codes, names = rows.file.codes("object_id")
        out = np.flatnonzero(rows.why)
        keys, first, n_rows = np.unique(
            rows.why[out].astype(np.int64) * len(names) + codes[out], return_index=True, return_counts=True
        )
        why, code = np.divmod(keys, max(len(names), 1))
        parts.append(
            {
                "file": np.full(len(keys), f"{rows.file.path.parent.name}/{rows.file.path.name}", dtype=object),
                "reason": np.array(("", *REASONS), dtype=object)[why],
                "object_id": np.array([*names, ""], dtype=object)[code],
                "n_rows": n_rows.astype(np.int32),
                "first_line": np.array([rows.file.line(k) for k in out[first]], dtype=np.int64),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
