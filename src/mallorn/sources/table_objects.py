"""Facts on the objects of a table: in columns beside the points, in the header, or in a table of objects."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.ingest.strays import named, resembling
from mallorn.io.tables import arrow_array, numpy_array
from mallorn.sources.rows import differing, first_values
from mallorn.sources.table_columns import OBJECTS, guessed_roles, object_roles
from mallorn.sources.table_files import table_file
from mallorn.sources.values import best_redshift, id_strings, no_sentinels, object_columns, text_array

__all__ = ["ObjectTables", "described", "extra_columns", "header_values", "survey_redshift", "values_of"]

PREFIX = "object."
"""Prefix of the columns of objects in a table of rows."""

_R_V = 3.1
_ONE_VALUE = ("redshift", "host_redshift", "photo_redshift", "ebv", "av")
_TOLD = 5  # most resembling ids that are named
_log = logging.getLogger(__name__)
_MISSING = ("", "-", "nan", "null", "none", "na", "n/a", "--")


def header_values(meta):
    """Return {role or host column: value} of the {key: value} of a table's header."""
    roles = guessed_roles(list(meta))
    found = {role: meta[key] for role, key in roles.of.items()}
    found |= {name: meta[key] for name, key in roles.carried.items()}
    numbers = (int, float)
    return {
        name: str(value) if name in ("label", "object_id") else float(no_sentinels([value])[0])
        for name, value in found.items()
        if name in ("label", "object_id") or (isinstance(value, numbers) and not isinstance(value, bool))
    }


def values_of(part, roles, path):
    """Return {role or carried column: (n,) array}: floats, or text for the label and for text columns.

    part: of a table. roles: `Roles` of its columns. ra in hours, as text with colons, becomes degrees.
    """
    found = {}
    for role, name in roles.of.items():
        if role == "label":
            found[role] = numpy_array(part.texts(name))
        elif role in OBJECTS:
            found[role] = _floats(part, name, path, hours=role == "ra")
    for name, column in roles.carried.items():
        kept = name.startswith("host_") and name not in roles.text
        found[name] = no_sentinels(_floats(part, column, path)) if kept else numpy_array(part.texts(column))
    return found


def survey_redshift(known, n):
    """Return the columns redshift, redshift_err, redshift_kind of {role: (n,) float}.

    `redshift` in surveys' files (REDSHIFT_FINAL) is the host's photometric one if there is no better. It counts as
    spectroscopic if it equals the host's spectroscopic one, if its error is below 0.01, or if there is neither an error
    nor a photometric one.
    """
    nothing = np.full(n, np.nan)
    redshift, error = (no_sentinels(known.get(name, nothing)) for name in ("redshift", "redshift_err"))
    host, photo = (no_sentinels(known.get(name, nothing)) for name in ("host_redshift", "photo_redshift"))
    with np.errstate(invalid="ignore"):
        spectroscopic = (np.abs(redshift - host) < 0.01) & (host > 0)
        spectroscopic |= ((error > 0) & (error < 0.01)) | (~(error > 0) & ~(photo > 0))
    kind = np.where(spectroscopic, "spectroscopic", "photometric").astype(object)
    return best_redshift(
        n,
        (redshift, error, kind),
        (host, known.get("host_redshift_err"), "spectroscopic"),
        (photo, known.get("photo_redshift_err"), "photometric"),
    )


class ObjectTables:
    """The tables of objects in `settings`. files: their paths."""

    def __init__(self, path, settings):
        folder = path if path.is_dir() else path.parent
        names = settings.get("objects") or ()
        self.files = [(folder / name).resolve() for name in ([names] if isinstance(names, str | Path) else names)]
        self._tables = [_read(file, settings) for file in self.files]
        self._absent, self._several = [{} for _ in self.files], {}
        self._used = [np.zeros(len(ids), dtype=bool) for ids, _ in self._tables]

    def describe(self, names, codes, table):
        """Return the columns of `Batch.objects` for the n objects `names` of a table of whole objects."""
        n, known = len(names), {}
        for column in table.column_names:
            if column.startswith(PREFIX):
                role, values = column.removeprefix(PREFIX), numpy_array(table.column(column))
                known[role] = first_values(values, codes, n)
                if role in _ONE_VALUE:
                    several = differing(no_sentinels(values), codes, n)
                    self._several.setdefault(role, []).extend(np.array([*names, None], dtype=object)[:-1][several])
        wanted = arrow_array(np.array([*names, None], dtype=object)[:-1]).cast(pa.string())
        for (ids, values), absent, used in zip(self._tables, self._absent, self._used, strict=True):
            rows = np.asarray(numpy_array(pc.index_in(wanted, value_set=ids).fill_null(-1)), dtype=np.int64)
            used[rows[rows >= 0]] = True
            absent |= dict.fromkeys(str(names[k]) for k in np.flatnonzero(rows < 0))
            for column, told in values.items():
                told = np.append(told, [np.nan if told.dtype.kind == "f" else None])[rows]
                kept = known.get(column)
                known[column] = told if kept is None else _first(told, kept)
        return described(known, n)

    def tell(self):
        """Warn about objects that a table of objects lacks, resembling ids in it, and objects of several redshifts."""
        for role, ids in self._several.items():
            if ids:
                message = "%d objects have rows with several values of %s, of which the first is taken: %s"
                _log.warning(message, len(ids), role, named(ids))
        for file, (ids, _), absent, used in zip(self.files, self._tables, self._absent, self._used, strict=True):
            if not absent:
                continue
            message = "%d objects are not in %s, which says nothing of them: %s"
            _log.warning(message, len(absent), file.name, named(list(absent)))
            others = ids.filter(arrow_array(~used)).drop_null().to_pylist()
            for name, other, how in resembling(list(absent), others)[:_TOLD]:
                _log.warning("%r of %s may be %r: %s; write the id alike in both files", other, file.name, name, how)


def described(known, n):
    """Return the columns of objects from {role or carried column: (n,) array}."""
    redshift = survey_redshift(known, n)
    ebv = no_sentinels(known.get("ebv", np.full(n, np.nan)))
    if "av" in known:
        ebv = np.where(np.isnan(ebv), no_sentinels(known["av"]) / _R_V, ebv)
    given = {name: known[name] for name in ("ra", "dec", "label") if name in known}
    carried = {name: values for name, values in known.items() if name not in (*OBJECTS, "object_id")}
    return object_columns(n, ebv=ebv, **given, **redshift) | carried


def _first(values, others):
    if values.dtype.kind == "f" and others.dtype.kind == "f":
        return np.where(np.isnan(values), others, values)
    return np.where(np.array([v is None for v in values], dtype=bool), others, values)


def _read(path, settings):
    """Return the ids (n,) as Arrow strings, and {role or carried column: (n,) array}, of a table of objects."""
    with table_file(path) as table:
        roles = object_roles(path, table.names, settings)
        name, ids, parts = roles.of["object_id"], [], []
        for part in table.parts(roles.columns):
            ids.append(id_strings(part.column(name), path, name))
            parts.append(values_of(part, roles, path))
    values = {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}
    ids = pa.chunked_array(ids, type=pa.string()).combine_chunks()
    counts = ids.drop_null().value_counts()
    again = np.flatnonzero(numpy_array(counts.field("counts")) > 1)
    if len(again):
        found = f"{counts.field('values')[int(again[0])].as_py()!r} in several rows"
        fix = "keep one row for each object"
        raise DataError.at(path, column=name, expected="each object once", found=found, fix=fix)
    return ids, values


def _floats(part, name, path, hours=False):
    """Return a column as floats, with NaN for text that means missing, and angles with colons in degrees."""
    column = part.column(name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return part.numbers(name)
    texts = numpy_array(text_array(column, path, name))
    angle = any(":" in text for text in texts[:1000] if text)
    plain = [None if text is None or text.lower() in _MISSING else text for text in texts]
    try:
        values = [np.nan if t is None else (_degrees(t, hours) if angle else float(t)) for t in plain]
    except ValueError:
        wrong = next(text for text in plain if text is not None and not _number(text, hours))
        fix = "mend it, or set this role to null in the settings"
        raise DataError.at(path, column=name, expected="numbers", found=repr(wrong[:60]), fix=fix) from None
    return np.array(values, dtype=float)


def _degrees(text, hours):
    """Return an angle like -05:30:00.0 in degrees; with `hours`, one like 08:29:47.59."""
    parts = [float(part) for part in text.replace("-", "").split(":")]
    if len(parts) > 3:
        raise ValueError(text)
    angle = sum(part / 60.0**k for k, part in enumerate(parts))
    angle *= 15.0 if hours and len(parts) > 1 else 1.0
    return -angle if text.startswith("-") else angle


def _number(text, hours):
    try:
        _degrees(text, hours)
    except ValueError:
        return False
    return True


def extra_columns(found, wanted, n):
    """Return the columns of a table of rows for the columns of objects `wanted`, with missing values unless `found`."""
    columns = {}
    for name in wanted:
        values = found.get(name)
        if values is None:
            values = np.full(n, np.nan if name in OBJECTS and name != "label" else None)
        columns[PREFIX + name] = _arrow(values, name)
    return columns


def _arrow(values, name):
    if name in OBJECTS and name != "label":
        return arrow_array(np.asarray(values, dtype=float))
    values = np.asarray(values)
    return arrow_array(values) if values.dtype.kind == "f" else arrow_array(values).cast(pa.string())
