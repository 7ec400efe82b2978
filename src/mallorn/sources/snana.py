"""SNANA's FITS pairs *_HEAD.FITS and *_PHOT.FITS, plain or gzip: ELAsTiCC, PLAsTiCC, DES and others.

Object k of a HEAD file owns the rows PTROBS_MIN to PTROBS_MAX, counted from 1, both inclusive, of its PHOT file. A row
with MJD -777 ends an object, and separates objects if the pointers do not fit the file (`mallorn.sources.snana_rows`).
FLUXCAL is a difference flux with the AB zero point 27.5. PHOTFLAG has bits: 1024 saturated, 2048 the first detection
that triggers, 4096 detected.

Settings, all optional:
survey: the survey of the passbands; by default SURVEY of the header, or "lsst" without one. passbands: {name in the
    file: "SURVEY.NAME"}.
zero_point: 27.5 by default. saturated, detected: bits of PHOTFLAG. drop_saturated: true by default.
label: a column of HEAD, or a list in which the first known value counts; by default `LABELS`.
types: {type in the file, such as 101: label}.
redshift: a column of HEAD; by default REDSHIFT_FINAL, else REDSHIFT_HELIO.
points_per_batch: 500,000 by default.
"""

import re
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array, numpy_codes
from mallorn.sources.canonical import to_microjansky
from mallorn.sources.fits_rows import fits_tables
from mallorn.sources.parquet_parts import files_at
from mallorn.sources.rows import Reasons, batch_of, numbered, row_table
from mallorn.sources.snana_objects import LABELS, SnanaObjects
from mallorn.sources.snana_rows import END, row_owners
from mallorn.sources.table_points import DETECTED_BIT, SATURATED_BIT, leave_unknown, passband_of
from mallorn.sources.values import listed, number_array

__all__ = ["LABELS", "batches"]

FILES = r"head\.fits?(\.gz)?$"
SURVEYS = ("lsst", "ztf", "ps1", "sdss", "des", "atlas")
SETTINGS = (
    "survey",
    "passbands",
    "zero_point",
    "saturated",
    "detected",
    "drop_saturated",
    "label",
    "types",
    "redshift",
    "points_per_batch",
)
ROWS_OF_OBJECT = "file"
PARTNERS = r"phot\.fits?(\.gz)?$"
"""See `mallorn.sources.format`."""

_HEAD = re.compile(r"head(?=\.fits?(\.gz)?$)", re.IGNORECASE)
_INTEGERS = np.zeros(0, dtype=np.int64)
_SURVEYS = {
    "elasticc2": "lsst",
    "des": "des",
    "lsst": "lsst",
    "elasticc": "lsst",
    "plasticc": "lsst",
    "ztf": "ztf",
    "sdss": "sdss",
}
_SURVEYS |= {"ps1": "ps1", "ps1md": "ps1", "atlas": "atlas", "snls": "snls"}


def batches(path, settings):
    """Yield the `Batch`es of the pair that the file `path` belongs to, or of all pairs below the folder `path`.

    Raises DataError if a file lacks its other half, if the pointers of HEAD do not fit PHOT, or if a file is cut off.
    """
    seen = {}
    for head in _heads(path):
        for batch in _Pair(head, settings).batches():
            for name in batch.objects["object_id"]:
                if name in seen:
                    found = f"{name!r} in {seen[name].name} and {head.name}"
                    fix = "read the pairs one by one, or leave one of them out"
                    raise DataError.at(head, column="SNID", expected="each object once", found=found, fix=fix)
                seen[name] = head
            yield batch
    if not seen:
        raise DataError.at(path, expected="objects", found="pairs without any", fix="get the files again")


def _heads(path):
    path = Path(path)
    what = "a pair *_HEAD.FITS and *_PHOT.FITS, or a folder of pairs"
    files = files_at(path, (".fits", ".fit", ".fits.gz", ".fit.gz"), what)
    if path.is_file() and not _HEAD.search(path.name):
        other = re.sub(r"phot(?=\.fits?(\.gz)?$)", "head", path.name, flags=re.IGNORECASE)
        found = _beside(path, other) if other != path.name else None
        if found is None:
            raise DataError.at(path, expected=what, found=repr(path.name), fix="give the path of the HEAD file")
        return [found]
    heads = [file for file in files if _HEAD.search(file.name)]
    if not heads:
        names = listed([file.name for file in files], 5)
        raise DataError.at(path, expected=what, found=names, fix="give the path of the folder of the pairs")
    return heads


def _beside(path, name):
    """Return the file `name` beside `path`, in any case, plain or gzip; None if there is none."""
    other = name[:-3] if name.lower().endswith(".gz") else name + ".gz"
    files = {file.name.lower(): file for file in sorted(path.parent.iterdir(), reverse=True)}
    return files.get(name.lower(), files.get(other.lower()))


class _Pair:
    """A HEAD file and its PHOT file."""

    def __init__(self, head, settings):
        self._head, self._settings = head, settings
        self._phot = _beside(head, _HEAD.sub("PHOT", head.name))
        if self._phot is None:
            found = "none beside it"
            fix = "put the PHOT file into the same folder"
            raise DataError.at(head, expected=f"a file {_HEAD.sub('PHOT', head.name)}", found=found, fix=fix)
        self._objects = SnanaObjects(head, settings)
        told = settings.get("survey") or self._objects.survey
        by_name = _SURVEYS.get(re.split(r"[^a-z0-9]", head.name.lower())[0])
        self._survey = (_SURVEYS.get(told.lower().split("-")[0]) or told.lower()) if told else by_name
        by = (
            "by the header or the settings"
            if told
            else "by the name of the file"
            if by_name
            else "not told by the file"
        )
        self._about = {
            "format": "SNANA",
            "time": "MJD",
            "flux": "difference",
            "unit": "FLUXCAL, AB zero point 27.5",
            "survey": f"{self._survey or 'lsst'}, {by}",
        }

    def batches(self):
        """Yield the batches of the pair, in the order of the rows of PHOT; objects without rows come last."""
        most = max(1, int(self._settings.get("points_per_batch", 500_000)))
        with ExitStack() as stack:
            table = next(iter(stack.enter_context(fits_tables(self._phot))), None)
            if table is None:
                raise DataError.at(self._phot, expected="a binary table", found="none", fix="get the file again")
            columns = self._columns(table)
            owners, told = row_owners(self._objects, self._phot, table.n_rows, lambda: self._times(columns["mjd"]))
            self._about["rows of objects"] = told
            held, first = [], 0
            for part in table.parts(list(dict.fromkeys(columns.values())), most):
                held.append(self._rows({role: part[name] for role, name in columns.items()}, owners, first))
                first += held[-1].num_rows
                if sum(rows.num_rows for rows in held) >= most and first < table.n_rows:
                    whole, rest = _split(pa.concat_tables(held), owners, first)
                    held = [rest]
                    if whole.num_rows:
                        yield self._batch(whole)
            batch = self._batch(pa.concat_tables(held) if held else self._empty())
            quiet = np.setdiff1d(np.arange(self._objects.n), owners)
            if len(quiet):
                more = self._objects.of(quiet)
                batch.objects = {name: np.concatenate([values, more[name]]) for name, values in batch.objects.items()}
            if len(batch.objects["object_id"]) or batch.aside:
                yield batch

    def _batch(self, rows):
        """Return the batch for rows of whole objects; without a bit of PHOTFLAG, an object's detections are unknown."""
        owner, bits = numpy_array(rows.column("owner")), numpy_array(rows.column("bits"))
        told = np.bincount(owner[bits & (owner >= 0)], minlength=self._objects.n + 1) > 0
        detected = np.where(told[owner], numpy_array(rows.column("detected")), -1).astype(np.int8)
        rows = rows.set_column(rows.column_names.index("detected"), "detected", arrow_array(detected))
        return batch_of(rows.drop_columns(["owner", "bits"]), self._about, self._objects.describe)

    def _times(self, name):
        """Return the times (N,) of all rows of PHOT."""
        with fits_tables(self._phot) as tables:
            parts = [number_array(part[name], self._phot, name) for part in next(iter(tables)).parts([name], 500_000)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _columns(self, table):
        columns = {}
        roles = {"mjd": ("MJD",), "band": ("BAND", "FLT"), "flux": ("FLUXCAL",), "flux_err": ("FLUXCALERR",)}
        for role, names in roles.items():
            columns[role] = next((name for name in names if name in table.names), None)
            if columns[role] is None:
                expected = "a column " + " or ".join(names)
                fix = "give a PHOT file of SNANA, or read it as a table with a mapping of its columns"
                raise DataError.at(self._phot, expected=expected, found=listed(table.names), fix=fix)
        if "PHOTFLAG" in table.names:
            columns["flag"] = "PHOTFLAG"
        return columns

    def _rows(self, part, owners, first):
        """Return the table of the rows of PHOT from row `first` on; its column owner is the index of the object."""
        n = len(part["mjd"])
        owner = owners[first : first + n]
        mjd = number_array(part["mjd"], self._phot, "MJD")
        reasons = Reasons(n)
        reasons.add(mjd == END, "end of an object (MJD -777)")
        if ((mjd == END) & (owner >= 0)).any():
            k = int(np.flatnonzero((mjd == END) & (owner >= 0))[0])
            found = f"MJD -777 in row {first + k + 1}, of {self._objects.ids[owner[k]]!r}"
            fix = "get both files again: they do not fit each other"
            raise DataError.at(self._phot, expected="the ends of objects between objects", found=found, fix=fix)
        reasons.add(owner < 0, "row of no object")
        flag = np.zeros(n, dtype=np.int64)
        if "flag" in part:
            flag = np.nan_to_num(number_array(part["flag"], self._phot, "PHOTFLAG")).astype(np.int64)
        if self._settings.get("drop_saturated", True):
            bits = int(self._settings.get("saturated", SATURATED_BIT))
            reasons.add((flag & bits) != 0, f"saturated (PHOTFLAG {bits})")
        detected = (flag & int(self._settings.get("detected", DETECTED_BIT))) != 0
        zero_point = float(self._settings.get("zero_point", 27.5))
        codes, bands = numpy_codes(pa.chunked_array([part["band"]]).dictionary_encode())
        named = [passband_of(band, self._survey, self._settings.get("passbands")) for band in bands]
        leave_unknown(codes, bands, named, reasons)
        return row_table(
            numbered(owner, self._objects.ids),
            mjd,
            numbered(codes, named),
            to_microjansky(number_array(part["flux"], self._phot, "FLUXCAL"), zero_point),
            to_microjansky(number_array(part["flux_err"], self._phot, "FLUXCALERR"), zero_point),
            reasons,
            detected,
            owner=owner.astype(np.int64),
            bits=flag != 0,
        )

    def _empty(self):
        nothing = np.zeros(0)
        text = arrow_array(np.array([], dtype=object)).cast(pa.string())
        return row_table(text, nothing, text, nothing, nothing, Reasons(0), owner=_INTEGERS, bits=_INTEGERS != 0)


def _split(rows, owners, read):
    """Return the rows of objects that end before row `read`, and the rest."""
    last = owners[read] if owners[read] >= 0 else -2
    owner = numpy_array(rows.column("owner"))
    begun = np.flatnonzero(owner == last)
    at = int(begun[0]) if len(begun) else rows.num_rows
    return rows.slice(0, at), rows.slice(at)
