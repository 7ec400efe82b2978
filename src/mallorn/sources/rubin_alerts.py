"""Rubin alerts: avro packets (schema 7 to 11) and the Parquet files in which brokers store alerts, ELAsTiCC's too.

An alert holds one new detection (`diaSource`), earlier ones (`prvDiaSources`) and forced photometry
(`prvDiaForcedSources`) of an object. All have a *difference* flux in nJy, `psfFlux` (`psFlux` in ELAsTiCC), and the
direct image's flux (`scienceFlux`, `totFlux`). Forced photometry of the newest visits is still missing.

Settings, all optional:
points: "both" (default: forced photometry, and detections at visits without it), "forced" or "detections".
flux: "difference" (default) or "direct".
zero_point: AB magnitude of one unit of flux, 31.4 (nJy) by default.
flags: flags that set a detection aside; by default `FLAGS`.
survey: the survey of the passbands, "lsst" by default.
label: dotted paths of columns; the first known value counts; by default `LABELS`.
rows_in_memory, scratch: see `mallorn.sources.rows.whole_objects`.
"""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array, numpy_codes
from mallorn.sources.alert_files import Field, alert_tables
from mallorn.sources.canonical import to_microjansky
from mallorn.sources.rows import MOST_ROWS, Reasons, batch_of, row_table, whole_objects
from mallorn.sources.values import best_redshift, id_strings, no_sentinels, number_array, object_columns, text_array

__all__ = ["FLAGS", "LABELS", "batches"]

FILES = r"\.(avro|parquet)$"
SURVEYS = ("lsst",)
SETTINGS = ("points", "flux", "zero_point", "flags", "survey", "label", "rows_in_memory", "scratch")
ROWS_OF_OBJECT = "folder"
"""See `mallorn.sources.format`."""

FLAGS = (
    "psfFlux_flag",
    "pixelFlags_bad",
    "pixelFlags_nodataCenter",
    "pixelFlags_offimage",
    "pixelFlags_saturatedCenter",
)
"""Flags that set a DiaSource aside by default."""

LABELS = ("xm.tns_type", "xm.simbad_otype")
"""Columns of brokers with a class."""

NO_OBJECT = "0"
"""Id for alerts of solar-system objects, which have no DiaObject."""

_SOURCE, _FORCED, _LIMIT = 0, 1, 2
_PARTS = {"diaSource": _SOURCE, "prvDiaSources": _SOURCE, "prvDiaForcedSources": _FORCED}
_SPECTROSCOPIC = (("diaObject.hostgal_zspec", "diaObject.hostgal_zspec_err"), ("xm.tns_redshift", None))
_PHOTOMETRIC = (
    ("diaObject.hostgal_zphot", "diaObject.hostgal_zphot_err"),
    ("xm.legacydr8_zphot", "xm.legacydr8_e_zphot"),
    ("diaObject.z_final", "diaObject.z_final_err"),
)
_HOST = "hostgal_"


def batches(path, settings):
    """Yield the `Batch`es of the alerts at `path`: one file, or a folder of *.avro and *.parquet.

    An object with several alerts has each of their points once. `detected` of forced photometry is 1 if there is a
    detection of the same object, time and passband. Raises DataError for files without alerts.
    """
    alerts = _Alerts(path, settings)
    about = {
        "format": "Rubin alerts",
        "time": "MJD TAI",
        "flux": alerts.flux,
        "points": alerts.points,
    }
    most = settings.get("rows_in_memory", MOST_ROWS)
    for table in whole_objects(alerts.tables(most), most, settings.get("scratch")):
        yield batch_of(alerts.finished(table), about, alerts.describe, ignore=("", NO_OBJECT))
    if not alerts.known:
        fix = "give the path of files with alerts"
        raise DataError.at(path, expected="alerts", found="files without any", fix=fix)


class _Alerts:
    """The alerts of some files: their rows, and what is known about their objects."""

    def __init__(self, path, settings):
        self._path, self._settings = path, settings
        self.points = _choice(path, settings, "points", ("both", "forced", "detections"))
        self.flux = _choice(path, settings, "flux", ("difference", "direct"))
        self._flags = tuple(settings.get("flags", FLAGS))
        self._labels = tuple(settings.get("label", LABELS))
        self.known = []

    def tables(self, most):
        """Yield the tables of rows of the files."""
        self._first = 0
        paired = itertools.chain(_SPECTROSCOPIC, _PHOTOMETRIC)
        paths = {*self._labels, *(name for pair in paired for name in pair if name)}
        for path, table in alert_tables(self._path, paths, self._flags, most):
            yield self._rows(path, table)

    def _rows(self, path, table):
        if "diaSource" not in table.column_names and "prvDiaForcedSources" not in table.column_names:
            found = "other columns"
            fix = "choose the reader of the file's format"
            raise DataError.at(path, expected="alerts with a column diaSource", found=found, fix=fix)
        owners = self._owners(path, table)
        rows = []
        for name in ("prvDiaForcedSources", "prvDiaSources", "diaSource", "prvDiaNondetectionLimits"):
            if name in table.column_names and not pa.types.is_null(table.column(name).type):
                owner, part = _flat(table.column(name))
                if len(part):
                    rows.append(self._part(path, name, part, owner, owners))
        self.known.append(self._metadata(path, table))
        self._first += table.num_rows
        return pa.concat_tables(rows) if rows else self._part(path, "diaSource", _NOTHING, np.zeros(0, int), owners)

    def _owners(self, path, table):
        """Return the id of each alert's object as Arrow strings; `NO_OBJECT` for a solar-system object."""
        ids = []
        for name in ("diaObject", "diaSource"):
            field = Field(table, f"{name}.diaObjectId")
            if field:
                text = id_strings(field.column, path, f"{name}.diaObjectId")
                none = pc.is_in(text, value_set=arrow_array(np.array([NO_OBJECT, "-1", ""])))
                ids.append(pc.if_else(none, pa.nulls(len(text), text.type), text))
        if not ids:
            fix = "keep the ids of the objects in the file"
            raise DataError.at(path, expected="a field diaObject.diaObjectId", found="none", fix=fix)
        return pc.coalesce(*ids, pa.array([NO_OBJECT]).take(arrow_array(np.zeros(table.num_rows, dtype=np.int32))))

    def _part(self, path, name, part, owner, owners):
        kind, n = _PARTS.get(name, _LIMIT), len(part)
        table = pa.Table.from_arrays(part.flatten(), names=part.type.names)
        reasons = Reasons(n)
        object_id = owners.take(arrow_array(owner))
        direct = self.flux == "direct"

        def numbers(*names, sentinels=()):
            field = Field(table, *names)
            values = number_array(field.column, path, f"{name}.{field.name}") if field else np.full(n, np.nan)
            return no_sentinels(values, sentinels) if sentinels else values

        band = Field(table, "band", "filterName")
        band = text_array(band.column, path, f"{name}.{band.name}") if band else pa.nulls(n, pa.string())
        error = numbers("scienceFluxErr", "totFluxErr") if direct else numbers("psfFluxErr", "psFluxErr")
        flux = numbers("scienceFlux", "totFlux") if direct else numbers("psfFlux", "psFlux")
        if direct and "totFlux" in table.column_names:
            flux = np.where((flux == -1.0) & (error == 1.0), np.nan, flux)  # written by ELAsTiCC where there is none
        numbers_of_rows = Field(table, "diaForcedSourceId", "diaSourceId")
        source = number_ids(numbers_of_rows.column) if numbers_of_rows else np.zeros(n, dtype=np.int64)
        if kind == _LIMIT:
            reasons.add(np.ones(n, dtype=bool), "non-detection limit of the image, not of the object")
        owned = numpy_array(pc.equal(object_id, NO_OBJECT)) if n else np.zeros(0, dtype=bool)
        reasons.add(np.asarray(owned, dtype=bool), "solar-system object, without DiaObject")
        for flag in self._flags if kind == _SOURCE else ():
            field = Field(table, flag)
            if field and pa.types.is_boolean(field.column.type):
                reasons.add(np.asarray(numpy_array(field.column.fill_null(False)), dtype=bool), flag)
        reasons.add(flux == 0.0, "flux of exactly 0: no template")
        zero_point = self._settings.get("zero_point", 31.4)
        alert = owner + self._first if name == "diaSource" else np.full(n, -1)
        return row_table(
            object_id,
            numbers("midpointMjdTai", "midPointTai"),
            _passbands(band, self._settings.get("survey", "lsst")),
            to_microjansky(flux, zero_point),
            to_microjansky(error, zero_point),
            reasons,
            np.full(n, 1 if kind == _SOURCE else 0),
            kind=np.full(n, kind, dtype=np.int8),
            source=source,
            alert=np.asarray(alert, dtype=np.int64),
        )

    def _metadata(self, path, table):
        """Return {column: (n,) array} of what the n alerts say about their objects."""
        n = table.num_rows

        def numbers(*names):
            values = np.full(n, np.nan)
            for name in names:
                field = Field(table, name)
                if field:
                    found = number_array(field.column, path, name)
                    values = np.where(np.isnan(values), found, values)
            return values

        source = Field(table, "diaSource.diaSourceId")
        whole = source and pa.types.is_integer(source.column.type)
        ids = id_strings(source.column, path, source.name) if whole else None
        pairs = [(numbers(z), numbers(err) if err else None, "spectroscopic") for z, err in _SPECTROSCOPIC]
        pairs += [(numbers(z), numbers(err) if err else None, "photometric") for z, err in _PHOTOMETRIC]
        label = np.full(n, None, dtype=object)
        for name in self._labels:
            field = Field(table, name)
            texts = numpy_array(text_array(field.column, path, name)) if field else label
            texts = object_columns(n, label=texts)["label"]
            label = np.where(label == None, texts, label)  # noqa: E711
        host = {}
        if "diaObject" in table.column_names and pa.types.is_struct(table.schema.field("diaObject").type):
            for name in table.schema.field("diaObject").type.names:
                if name.startswith(_HOST) and name not in ("hostgal_zspec", "hostgal_zphot"):
                    host["host_" + name.removeprefix(_HOST)] = no_sentinels(numbers(f"diaObject.{name}"))
        return (
            object_columns(
                n,
                ra=numbers("diaObject.ra", "diaSource.ra"),
                dec=numbers("diaObject.dec", "diaObject.decl", "diaSource.dec", "diaSource.decl"),
                ebv=numbers("diaObject.mwebv"),
                label=label,
                **best_redshift(n, *pairs),
            )
            | host
            | ({"alert_id": object_columns(n, alert_id=numpy_array(ids))["alert_id"]} if ids is not None else {})
        )

    def describe(self, names, codes, table):
        """Return the objects' columns, from the last alert of each."""
        alert = numpy_array(table.column("alert"))
        last = np.full(len(names), -1, dtype=np.int64)
        told = np.flatnonzero(alert >= 0)
        last[codes[told]] = alert[told]
        columns = {}
        for name in dict.fromkeys(name for part in self.known for name in part):
            values = np.concatenate([part.get(name, np.full(len(part["ra"]), np.nan)) for part in self.known])
            missing = np.array([None if values.dtype == object else np.nan], dtype=values.dtype)
            columns[name] = np.concatenate([values, missing])[last]
        if "redshift_kind" in columns:
            columns["redshift_kind"][last < 0] = "none"
        return columns

    def finished(self, table):
        """Return rows of whole objects with each source and each visit once, and with `detected` filled in."""
        codes = np.asarray(numpy_codes(table.column("object_id").dictionary_encode())[0], dtype=np.int64)
        bands = np.asarray(numpy_codes(table.column("passband").dictionary_encode())[0], dtype=np.int64)
        kind, source = numpy_array(table.column("kind")), numpy_array(table.column("source"))
        reason = table.column("reason").combine_chunks()
        good = np.asarray(numpy_array(reason.is_null()), dtype=bool)
        when = np.nan_to_num(numpy_array(table.column("mjd")), nan=0.0, posinf=0.0, neginf=0.0)
        microdays = np.clip(np.round(when * 1e6), 0, 2**37 - 1).astype(np.int64)
        visit = (codes << 41) | (microdays << 4) | (bands & 15)
        reasons = Reasons(len(codes))
        for of_kind in (_SOURCE, _FORCED):
            rows = np.flatnonzero(good & (kind == of_kind))
            rows = rows[_repeated(np.where(source[rows] > 0, source[rows], -visit[rows]), codes[rows])]
            again = np.zeros(len(codes), dtype=bool)
            again[rows] = True
            reasons.add(again, "the same source in another alert")
        detected = numpy_array(table.column("detected")).copy()
        forced, sources = kind == _FORCED, good & (kind == _SOURCE)
        at = np.flatnonzero(forced)
        with_source = at[_contained(visit[at], np.unique(visit[sources]))]
        detected[with_source] = 1
        if self.points == "both":
            at = np.flatnonzero(sources)
            both = np.zeros(len(codes), dtype=bool)
            both[at[_contained(visit[at], np.unique(visit[with_source[good[with_source]]]))]] = True
            reasons.add(both, "detection with forced photometry of the same visit")
        elif self.points == "forced":
            reasons.add(sources, "detection, forced photometry is asked for")
        else:
            reasons.add(good & forced, "forced photometry, detections are asked for")
        table = table.set_column(table.column_names.index("detected"), "detected", arrow_array(detected))
        reason = pc.coalesce(reason, reasons.strings())
        return table.set_column(table.column_names.index("reason"), "reason", reason)


_NOTHING = pa.array([], type=pa.struct([pa.field("band", pa.string())]))


def number_ids(column):
    """Return the ids (n,) int64 of an Arrow column; 0 where missing or no whole number."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_integer(column.type):
        return np.zeros(len(column), dtype=np.int64)
    return np.asarray(numpy_array(column.cast(pa.int64(), safe=False).fill_null(0)), dtype=np.int64)


def _flat(column):
    """Return the alert's index (m,) of each source in an Arrow column, and the sources as a struct array."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type=column.type)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        owner, part = numpy_array(pc.list_parent_indices(array)), pc.list_flatten(array)
    else:
        there = array.is_valid()
        owner, part = np.flatnonzero(numpy_array(there)), array.filter(there)
    if not pa.types.is_struct(part.type):
        return np.zeros(0, dtype=np.int64), _NOTHING
    return np.asarray(owner, dtype=np.int64), part


def _passbands(band, survey):
    """Return the names of the passbands in the data file: "lsst.y" also for ELAsTiCC's Y."""
    encoded = band.dictionary_encode()
    found = ["y" if survey == "lsst" and name == "Y" else name for name in encoded.dictionary.to_pylist()]
    if not found:
        return band
    names = [f"{survey}.{name}" if name else None for name in found]
    return arrow_array(np.array([*names, None], dtype=object)[:-1]).cast(pa.string()).take(encoded.indices)


def _repeated(keys, codes):
    """Return which values (n,) bool occur for a second time, by `keys` and `codes`."""
    order = np.argsort(keys, kind="stable")
    same = (np.diff(keys[order]) == 0) & (np.diff(codes[order]) == 0)
    repeated = np.zeros(len(keys), dtype=bool)
    repeated[order[1:][same]] = True
    return repeated


def _contained(values, among):
    """Return which of `values` (n,) are in the sorted `among` (m,)."""
    if not len(among):
        return np.zeros(len(values), dtype=bool)
    at = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return among[at] == values


def _choice(path, settings, name, allowed):
    value = settings.get(name, allowed[0])
    if value not in allowed:
        fix = f"set {name} to one of them"
        raise DataError.at(path, expected=f"{name} of {', '.join(allowed)}", found=repr(value), fix=fix)
    return value
