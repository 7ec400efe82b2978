"""Make the light curves of one split: check its CSV files row by row against the logs, sort and pack them.

A row that cannot be used is set aside with a reason and counted: rows read = points kept + rows set aside. Files are
read in parts. If the split has several groups of objects (`mallorn.survey.lightcurves.OBJECTS_PER_GROUP`), rows go
through a temporary file: memory does not grow with the split.
"""

import logging
from collections import Counter
from itertools import islice, repeat
from pathlib import Path

import numpy as np

from mallorn.errors import DataError
from mallorn.ingest.csv_file import MISSING, NOT_A_NUMBER, csv_parts
from mallorn.ingest.split import SetAside
from mallorn.ingest.spool import Groups
from mallorn.ingest.strays import tell_bare
from mallorn.survey.lightcurves import OBJECTS_PER_GROUP, LightCurves, average_repeated
from mallorn.survey.passbands import MICROJANSKY_ZERO_POINT

__all__ = ["REASONS", "ingest_split"]

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
    "flux exactly 0",
    "flux not believable",
    "error missing",
    "error not a number",
    "error not finite",
    "error not positive",
    "error not believable",
    "exact duplicate",
    "averaged with another row of the same time and passband",
)
"""Reasons to set a row aside. The first that applies counts."""

_COLUMNS = ("object_id", "Time (MJD)", "Flux", "Flux_err", "Filter")
_ORDINARY, _STRAY = "flux missing", "object not in the logs of this split"
_UNKNOWN, _TOLD = REASONS.index("unknown passband"), 20
_DUPLICATE, _AVERAGED = len(REASONS) - 2, len(REASONS) - 1

_GOOD = np.dtype(
    [
        ("owner", "<i4"),
        ("mjd", "<f8"),
        ("band", "i1"),
        ("flux", "<f8"),
        ("flux_err", "<f8"),
        ("file", "i1"),
        ("line", "<i8"),
    ]
)
"""Type of a good row: the number of its object, its values, the number of its file, and its line."""

_log = logging.getLogger(__name__)


def ingest_split(train_csv, test_csv, objects, config, passbands, write):
    """Write the light curves of one split; return the rows that were left out, a `mallorn.ingest.split.SetAside`.

    train_csv, test_csv: files with the columns object_id, Time (MJD), Flux and Flux_err (microjansky, or by the zero
        points of the passbands), Filter; the first is None for data without a training set.
    passbands: the `mallorn.survey.passbands.Passbands` of the survey; their names are those of the column Filter.
    objects: as returned by `mallorn.ingest.objects.read_objects`. config: the block `ingest` of the configuration.
    write: a function that is called with the `LightCurves` of each group of objects. These are all objects that the
        logs name for the split, also those without points.

    Each row that is set aside has a reason from `REASONS`, the object_id as in the file, and the file's name, for
    example "split_01/train_full_lightcurves.csv". The header is on line 1.

    A row counts only in the file of the set (train or test) that the logs name for its object. Rows of an object with
    the same time and passband are averaged with inverse variances, since later stages need unique times in a passband.

    Raises DataError for a file that is no whole CSV table (see `CsvFile`), that has no rows though the logs name
    objects for it, or that has more useless rows than the fraction `config["max_set_aside"]`.
    """
    paths = {kind: Path(path) for kind, path in (("train", train_csv), ("test", test_csv)) if path is not None}
    files = [_File(path) for path in paths.values()]
    n, kept, bare = len(objects["object_id"]), 0, []
    with Groups(n, OBJECTS_PER_GROUP, _GOOD) as good:
        number = {name: k for k, name in enumerate(objects["object_id"])}
        for k, (file, kind) in enumerate(zip(files, paths, strict=True)):
            expected = objects["set"] == kind
            for part in csv_parts(file.path, _COLUMNS):
                good.add(_judge(part, file, k, number, expected, passbands, config))
            if not file.n_rows and expected.any():
                raise DataError.at(
                    file.path, expected=f"rows of {expected.sum()} objects", found="only a header", fix="get it again"
                )
        for begin, rows in good:
            of = {name: values[begin : begin + OBJECTS_PER_GROUP] for name, values in objects.items()}
            lc = _pack(rows, begin, of, files, passbands)
            kept += len(lc.mjd)
            bare.extend(lc.object_id[lc.n_points == 0])
            write(lc)
    for file in files:
        _check_share(file, config["max_set_aside"], passbands)
    aside = SetAside(sum(file.n_rows for file in files), _tally(files))
    _tell(n, kept, aside)
    tell_bare(_log, bare, _strays(files))
    _tell_unknown_passbands(files, passbands)
    return aside


class _File:
    """The account of a file: `n_rows` read, `aside`, {(reason, detail, object_id): [rows, first line]}, and
    `unknown_passbands`, {name: rows set aside for it}."""

    def __init__(self, path):
        self.path, self.n_rows, self.aside, self.unknown_passbands = path, 0, {}, Counter()

    def set_aside(self, reason, names, lines, details=None):
        """Count rows set aside for the reason at this index in `REASONS`, of objects `names` (m,), on `lines` (m,).

        details: (m,) more about the reason for each row, nothing by default.
        """
        details = repeat("") if details is None else details
        for name, line, detail in zip(names, lines, details, strict=False):
            entry = self.aside.setdefault((reason, detail, name), [0, line])
            entry[0] += 1
            entry[1] = min(entry[1], line)


def _judge(part, file, file_number, number, expected, passbands, config):
    """Return the usable rows of a part of `file`, in microjansky, and count the others as set aside.

    number: {id: number of the object}. expected: (n,) bool, whether an object is in the file's set.
    """
    why = np.full(len(part), -1)

    def blame(reason, rows):
        why[rows & (why < 0)] = REASONS.index(reason)

    codes, names = part.codes("object_id")
    owner = np.array([number.get(name, -1) for name in names], dtype=np.int64)[codes]
    blame("object not in the logs of this split", owner < 0)
    blame("object of the other set", ~expected[owner])

    mjd, state = part.numbers("Time (MJD)")
    blame("time missing", state == MISSING)
    blame("time not a number", state == NOT_A_NUMBER)
    blame("time not believable", ~((mjd >= config["mjd"]["min"]) & (mjd <= config["mjd"]["max"])))

    band_codes, bands = part.codes("Filter")
    place = {name: k for k, name in enumerate(passbands.names)}
    band = np.array([place.get(name, -1) for name in bands], dtype=np.int8)[band_codes]
    blame("unknown passband", band < 0)
    for code in band_codes[why == _UNKNOWN]:
        file.unknown_passbands[bands[code]] += 1
    unit = 10.0 ** (-0.4 * (passbands.zero_point - MICROJANSKY_ZERO_POINT))[band]  # exactly 1 for microjansky

    flux, state = part.numbers("Flux")
    flux = flux * unit
    blame("flux missing", state == MISSING)
    blame("flux not a number", state == NOT_A_NUMBER)
    blame("flux not finite", ~np.isfinite(flux))
    blame("flux exactly 0", flux == 0.0)  # alerts have it for a passband without a template: nothing was measured
    blame("flux not believable", np.abs(flux) > config["max_flux"])

    flux_err, state = part.numbers("Flux_err")
    flux_err = flux_err * unit
    low, high = config["flux_err"]["min"], config["flux_err"]["max"]
    blame("error missing", state == MISSING)
    blame("error not a number", state == NOT_A_NUMBER)
    blame("error not finite", ~np.isfinite(flux_err))
    blame("error not positive", flux_err <= 0)
    blame("error not believable", (flux_err < low) | (flux_err > high))

    file.n_rows += len(part)
    for reason in np.unique(why[why >= 0]):
        rows = np.flatnonzero(why == reason)
        details = _shown(file, [bands[code] for code in band_codes[rows]]) if reason == _UNKNOWN else None
        file.set_aside(int(reason), (names[c] for c in codes[rows]), part.lines(rows).tolist(), details)
    kept = np.flatnonzero(why < 0)
    good = np.empty(len(kept), _GOOD)
    good["file"] = file_number
    good["line"] = part.lines(kept)
    for name, values in (("owner", owner), ("mjd", mjd), ("band", band), ("flux", flux), ("flux_err", flux_err)):
        good[name] = values[kept]
    return good


def _shown(file, bands):
    """Return the words (m,) for unknown passbands of `file`: only the first few are named."""
    told = set(islice(file.unknown_passbands, _TOLD))
    return [repr(name[:60]) if name in told else "of further names" for name in bands]


def _pack(rows, begin, objects, files, passbands):
    """Return the `LightCurves` of the rows of a group of objects; count repeated points. begin: the first object.

    rows: array of the type `_GOOD`. objects: the group's part of `read_objects`.
    """
    names = ("owner", "mjd", "band", "flux", "flux_err")
    order = np.lexsort([rows[name] for name in names[::-1]])
    owner, mjd, band, flux, flux_err = (rows[name][order] for name in names)
    owner = owner - begin
    new_point = _differs(owner, mjd, band)
    new_row = new_point | _differs(flux, flux_err)
    if not new_point.all():
        file, line = rows["file"][order], rows["line"][order]
        for k, f in enumerate(files):
            for reason, here in ((_DUPLICATE, ~new_row), (_AVERAGED, new_row & ~new_point)):
                again = here & (file == k)
                f.set_aside(reason, objects["object_id"][owner[again]], line[again].tolist())
        owner, mjd, band, flux, flux_err = (v[new_row] for v in (owner, mjd, band, flux, flux_err))
        owner, (mjd, band, flux, flux_err) = average_repeated(owner, mjd, band, flux, flux_err)
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
        passbands=passbands,
    )


def _differs(*columns):
    """Return where a row (N,) differs from the one before it in any of the `columns`; the first row does."""
    differs = np.ones(len(columns[0]), dtype=bool)
    differs[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return differs


def _check_share(file, allowed, passbands):
    """Raise DataError if more than the fraction `allowed` of a file's rows is useless. Averaged rows are useful."""
    counts, lines = np.zeros(len(REASONS), dtype=int), {}
    for (reason, *_), (n_rows, line) in file.aside.items():
        counts[reason] += n_rows
        lines[reason] = min(line, lines.get(reason, line))
    counts[_AVERAGED] = 0
    if counts.sum() <= allowed * file.n_rows:
        return
    worst = int(np.argmax(counts))
    fix = "correct the file or the logs, or raise max_set_aside in the block ingest of config.yaml"
    if REASONS[worst] == "unknown passband":
        known = ", ".join(passbands.names)
        fix = f"name the survey of these files in `survey` or `new_survey` (now one with {known}), or {fix}"
    raise DataError.at(
        file.path,
        line=lines[worst],
        expected=f"at least {1 - allowed:.0%} of the file's {file.n_rows} rows to be usable",
        found=f"{counts.sum()} that are not, {counts[worst]} of them by {REASONS[worst]!r} as on this line: "
        + _values(file.path, lines[worst]),
        fix=fix,
    )


def _values(path, line):
    """Return the values of the row of a file that begins on this line, for messages."""
    for part in csv_parts(path, _COLUMNS):
        row = np.flatnonzero(part.lines(np.arange(len(part))) == line)
        if len(row):
            return ", ".join(part.value(column, row[0]) for column in _COLUMNS)
    raise ValueError(f"{path} has no row on line {line}")


def _tally(files):
    """Return the `rows` of a `SetAside`, sorted by reason and object within a file."""
    rows = []
    for file in files:
        name = f"{file.path.parent.name}/{file.path.name}"
        entries = sorted((*key[:2], line, key[2], n_rows) for key, (n_rows, line) in file.aside.items())
        rows += [(name, f"{REASONS[reason]} {more}".rstrip(), *of) for reason, more, *of in _by_object(entries)]
    return rows


def _by_object(entries):
    """Yield (reason, detail, object_id, rows, first line) of sorted (reason, detail, first line, object_id, rows)."""
    for reason, detail, line, text, n_rows in entries:
        yield reason, detail, text, n_rows, line


def _tell_unknown_passbands(files, passbands):
    """Log the names in the column Filter that are not passbands of the survey."""
    for file in files:
        if file.unknown_passbands:
            told = ", ".join(f"{name[:60]!r} ({rows} rows)" for name, rows in file.unknown_passbands.most_common(10))
            known = ", ".join(passbands.names)
            _log.warning("%s: unknown passbands %s; the survey has %s", file.path, told, known)


def _strays(files):
    """Return {id: rows} for ids that the logs do not name for the split."""
    found = Counter()
    for file in files:
        for (reason, _, name), (n_rows, _) in file.aside.items():
            if REASONS[reason] == _STRAY:
                found[name] += n_rows
    return found


def _tell(n_objects, kept, aside):
    """Log what became of the rows of the files."""
    left_out = sum(row[3] for row in aside.rows)
    message = "%d objects: %d rows read, %d points kept, %d rows set aside"
    _log.info(message, n_objects, aside.rows_read, kept, left_out)
    counts = Counter()
    for _, reason, _, n_rows, _ in aside.rows:
        counts[reason] += n_rows
    for reason, n in counts.items():
        _log.log(logging.INFO if reason == _ORDINARY else logging.WARNING, "%d rows set aside: %s", n, reason)
