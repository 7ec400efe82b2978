"""Rubin's catalogues as Parquet: forced photometry with the visits' times, DiaSource, DiaObject (DP1, DP2).

A folder holds ForcedSourceOnDiaObject*.parquet (or ForcedSource*) with Visit*.parquet (or CcdVisit*), or DiaSource*;
DiaObject* (or Object*) has positions. Names may be longer (`Visit_tract_1.parquet`), and a table may be a folder of
Parquet files.

The forced table has no time: it is expMidptMJD (TAI) of the visit. Its psfFlux is the *direct* image's flux, and
psfDiffFlux the difference; DiaSource's psfFlux is the difference, and scienceFlux the direct image's. All are nJy.

Settings, all optional:
points: "forced" (default if there is a forced table) or "detections" (DiaSource).
flux: "difference" (default) or "direct".
forced, visits, detections, objects: paths of tables with other names, in the folder or absolute.
columns, object_columns: {role: column} as in `mallorn.sources.table`; carry: columns of the objects' table.
flags: columns in which true sets a row aside; by default that of the flux and `FLAGS` of
    `mallorn.sources.table_points`.
survey: of the passbands, "lsst" by default. rows_in_memory, scratch: see `mallorn.sources.rows.whole_objects`.

The tables of visits and objects, and the columns visit and object of the detections, are held in memory.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array, numpy_codes
from mallorn.sources.parquet_parts import files_at, parquet_batches, parquet_file
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, whole_objects
from mallorn.sources.table_columns import point_roles
from mallorn.sources.table_files import Part, TableFile
from mallorn.sources.table_objects import ObjectTables
from mallorn.sources.table_points import PointRows
from mallorn.sources.values import id_strings, listed, number_array

__all__ = ["batches"]

FILES = r"\.parquet$"
SURVEYS = ("lsst",)
SETTINGS = (
    "points",
    "flux",
    "forced",
    "visits",
    "detections",
    "objects",
    "columns",
    "object_columns",
    "carry",
    "flags",
    "survey",
    "rows_in_memory",
    "scratch",
)
ROWS_OF_OBJECT = "folder"
"""See `mallorn.sources.format`."""

_TABLES = {
    "forced": ("forcedsourceondiaobject", "forcedsource", "diaforcedsource"),
    "visits": ("visit", "ccdvisit", "visittable"),
    "detections": ("diasource",),
    "objects": ("diaobject", "object"),
}
_FLUXES = {
    ("forced", "difference"): ("psfDiffFlux", "psfDiffFluxErr"),
    ("forced", "direct"): ("psfFlux", "psfFluxErr"),
    ("detections", "difference"): ("psfFlux", "psfFluxErr"),
    ("detections", "direct"): ("scienceFlux", "scienceFluxErr"),
}
_TIMES = ("expMidptMJD", "expMidptMjd", "midpointMjdTai", "midPointTai")
_ROWS = 200_000


def batches(path, settings):
    """Yield the `Batch`es of the tables in the folder `path`, or of the one table that `path` is.

    Raises DataError if the forced table comes without a table of visits, and for tables that lack needed columns.
    """
    tables = _Tables(Path(path), settings)
    most = settings.get("rows_in_memory", MOST_ROWS)
    n = 0
    for table in whole_objects(tables.rows(), most, settings.get("scratch")):
        n += table.num_rows
        yield batch_of(table, tables.about, tables.objects.describe)
    if not n:
        raise DataError.at(path, expected="rows", found="tables without any", fix="get the files again")
    tables.objects.tell()


class _Tables:
    """Rubin's tables in a folder."""

    def __init__(self, path, settings):
        self._path, self._settings = path, settings
        self._files = {kind: _found(path, settings.get(kind), names) for kind, names in _TABLES.items()}
        if path.is_file():
            kind = next((kind for kind, names in _TABLES.items() if _is(path, names)), "forced")
            self._files[kind] = [path]
            beside = ({*_TABLES} - {kind}) if kind == "forced" else ("objects",)
            self._files |= {other: _found(path.parent, settings.get(other), _TABLES[other]) for other in beside}
        self._kind = settings.get("points", "forced" if self._files["forced"] else "detections")
        if self._kind not in ("forced", "detections"):
            fix = "set points to one of them"
            raise DataError.at(path, expected="points of forced, detections", found=repr(self._kind), fix=fix)
        if not self._files[self._kind]:
            fix = f"give the folder of the tables, or set {self._kind} to the path of the file"
            expected = f"a table {_TABLES[self._kind][0]} (in any case) as Parquet"
            raise DataError.at(path, expected=expected, found=_inside(path), fix=fix)
        self._flux = settings.get("flux", "difference")
        if (self._kind, self._flux) not in _FLUXES:
            fix = "set flux to one of them"
            raise DataError.at(path, expected="flux of difference, direct", found=repr(self._flux), fix=fix)
        self.objects = ObjectTables(path, settings | {"objects": self._files["objects"]})
        self._visits = self._detected = None
        self.about = {"format": "Rubin tables", "time": "MJD TAI", "flux": self._flux, "points": self._kind}

    def rows(self):
        """Yield the tables of rows."""
        for file in self._files[self._kind]:
            with parquet_file(file) as parquet:
                names = [f.name for f in parquet.schema_arrow if not pa.types.is_nested(f.type)]
                time, rows = self._readers(file, names)
                columns = [name for name in rows.columns if name in names]
                extra = [name for name in ("visit", time) if name in names]
                for batch in parquet_batches(parquet, file, list(dict.fromkeys([*columns, *extra])), _ROWS):
                    yield self._part(file, batch, time, rows)

    def _readers(self, file, names):
        """Return the name of the column of time, and the `PointRows` of a file."""
        flux, error = _FLUXES[self._kind, self._flux]
        mapping = {"flux": flux, "flux_err": error, "photflag": None, "zero_point": None, "detected": None}
        mapping |= self._settings.get("columns") or {}
        time = mapping.get("mjd") or next((name for name in _TIMES if name in names), _TIMES[0])
        mapping["mjd"] = time
        if time not in names and "visit" not in names:
            fix = "read the table with the column visit"
            raise DataError.at(file, expected="a column 'visit'", found=listed(names), fix=fix)
        settings = {"unit": "nJy", "survey": "lsst"} | self._settings | {"columns": mapping, "flux": self._flux}
        settings |= {"carry": (), "scale": "TAI"}
        names = list(dict.fromkeys([*names, time]))
        roles = point_roles(file, names, settings)
        roles.of = {role: name for role, name in roles.of.items() if role in _OF_POINTS}
        roles.carried = {}
        if "object_id" not in roles.of:
            fix = "set columns.object_id to the name of the column"
            raise DataError.at(file, expected="a column of ids", found=listed(names), fix=fix)
        return time, PointRows(file, TableFile(names, None), settings, roles)

    def _part(self, file, batch, time, rows):
        found = {name: batch.column(k) for k, name in enumerate(batch.schema.names)}
        reasons = Reasons(batch.num_rows)
        if time not in found:
            mjd, known = self._times(file, _whole(found["visit"], file, "visit"))
            reasons.add(~known, "visit that is not in the table of visits")
            found[time] = arrow_array(mjd)
        part = Part(found, batch.num_rows, file)
        table = rows.of(part, (), reasons)
        detected = np.ones(batch.num_rows, dtype=np.int8)
        if self._kind == "forced":
            detected = self._detections(table, found.get("visit"), file)
        return table.set_column(table.column_names.index("detected"), "detected", arrow_array(detected))

    def _times(self, file, visit):
        """Return the time of each row's visit (n,), and whether the visit is known."""
        if self._visits is None:
            self._visits = self._read_visits(file)
        visits, times = self._visits
        at = np.minimum(np.searchsorted(visits, visit), max(len(visits) - 1, 0))
        known = visits[at] == visit if len(visits) else np.zeros(len(visit), dtype=bool)
        return np.where(known, times[at] if len(visits) else np.nan, np.nan), known

    def _read_visits(self, file):
        if not self._files["visits"]:
            fix = "put Visit.parquet, with visit and expMidptMJD, beside it, or set visits to its path"
            raise DataError.at(file, expected="a table of visits, for the times", found="none", fix=fix)
        visits, times = [], []
        for path in self._files["visits"]:
            with parquet_file(path) as parquet:
                names = parquet.schema_arrow.names
                key = next((name for name in ("visit", "visitId") if name in names), None)
                time = next((name for name in _TIMES if name in names), None)
                if key is None or time is None:
                    expected = "the columns visit and expMidptMJD"
                    fix = "read the table with these columns"
                    raise DataError.at(path, expected=expected, found=listed(names), fix=fix)
                for batch in parquet_batches(parquet, path, [key, time], _ROWS):
                    visits.append(_whole(batch.column(batch.schema.get_field_index(key)), path, key))
                    times.append(number_array(batch.column(batch.schema.get_field_index(time)), path, time))
        visits = np.concatenate(visits) if visits else np.zeros(0, dtype=np.int64)
        times = np.concatenate(times) if times else np.zeros(0)
        order = np.lexsort((times, visits))
        visits, times = visits[order], times[order]
        again = np.flatnonzero((np.diff(visits) == 0) & (np.abs(np.diff(times)) > 1e-6))
        if len(again):
            k = int(again[0])
            found = f"visit {visits[k]} at MJD {times[k]} and {times[k + 1]}"
            fix = "keep one row for each visit"
            raise DataError.at(self._files["visits"][0], expected="one time for each visit", found=found, fix=fix)
        return visits, times

    def _detections(self, table, visit, file):
        """Return 1 for rows (n,) whose object was detected in the same visit, 0 for others, -1 if nothing tells."""
        n = table.num_rows
        if not self._files["detections"] or visit is None:
            return np.full(n, -1, dtype=np.int8)
        if self._detected is None:
            self._detected = self._read_detections()
        codes, names = numpy_codes(table.column("object_id").dictionary_encode())
        pairs = self._detected
        keys = np.array([pairs[0].get(name, -1) for name in names], dtype=np.int64)[codes]
        visit = _whole(visit, file, "visit")
        of_visit = np.minimum(np.searchsorted(pairs[1], visit), max(len(pairs[1]) - 1, 0))
        same = pairs[1][of_visit] == visit if len(pairs[1]) else np.zeros(n, dtype=bool)
        wanted = np.where(same & (keys >= 0), keys * max(len(pairs[1]), 1) + of_visit, -1)
        at = np.minimum(np.searchsorted(pairs[2], wanted), max(len(pairs[2]) - 1, 0))
        return (pairs[2][at] == wanted).astype(np.int8) if len(pairs[2]) else np.zeros(n, dtype=np.int8)

    def _read_detections(self):
        """Return {object: number}, the sorted visits (v,), and the sorted pairs as number x v + index of the visit."""
        objects, visits = [], []
        for path in self._files["detections"]:
            with parquet_file(path) as parquet:
                names = parquet.schema_arrow.names
                if "diaObjectId" not in names or "visit" not in names:
                    fix = "read the table with these columns, or move it away"
                    expected = "the columns diaObjectId and visit"
                    raise DataError.at(path, expected=expected, found=listed(names), fix=fix)
                for batch in parquet_batches(parquet, path, ["diaObjectId", "visit"], _ROWS):
                    ids = id_strings(batch.column(batch.schema.get_field_index("diaObjectId")), path, "diaObjectId")
                    objects.append(ids)
                    visits.append(_whole(batch.column(batch.schema.get_field_index("visit")), path, "visit"))
        codes, names = numpy_codes(pa.chunked_array(objects, type=pa.string()).dictionary_encode())
        every = np.concatenate(visits) if visits else np.zeros(0, dtype=np.int64)
        distinct, place = np.unique(every, return_inverse=True)
        pairs = np.unique(np.asarray(codes, dtype=np.int64) * max(len(distinct), 1) + place)
        return {name: k for k, name in enumerate(names)}, distinct, pairs


_OF_POINTS = ("object_id", "mjd", "passband", "flux", "flux_err")


def _whole(column, path, name):
    """Return an Arrow column of whole numbers as int64 (n,), -1 where missing."""
    if not pa.types.is_integer(column.type):
        fix = "write whole numbers"
        raise DataError.at(path, column=name, expected="whole numbers", found=f"the type {column.type}", fix=fix)
    return np.asarray(numpy_array(column.cast(pa.int64(), safe=False).fill_null(-1)), dtype=np.int64)


def _found(folder, given, names):
    """Return the files of one table: those `given`, or those in the folder that have one of `names`, sorted."""
    if given is not None:
        given = [given] if isinstance(given, str | Path) else given
        return [file for name in given for file in files_at(folder / name, (".parquet",), "a Parquet file")]
    if not folder.is_dir():
        return []
    found = [entry for entry in sorted(folder.iterdir()) if _is(entry, names)]
    return [file for entry in found for file in files_at(entry, (".parquet",), "a Parquet file")]


def _is(entry, names):
    """Return whether a file or folder is one of the tables `names`: DiaObject.parquet, DiaObject_2, diaobject/."""
    if not entry.is_dir() and not entry.name.lower().endswith(".parquet"):
        return False
    first = entry.name.lower().removesuffix(".parquet").replace("-", "_").split(".")[0].split("_")[0]
    return first in names


def _inside(path):
    if not path.exists():
        return "nothing"
    return listed(sorted(entry.name for entry in path.iterdir()), 20) if path.is_dir() else repr(path.name)
