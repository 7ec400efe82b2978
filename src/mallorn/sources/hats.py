"""HATS partitions, and other Parquet files with a light curve in each row as a nested column; a file or a folder.

A nested column is a struct of lists (nested-pandas, lsdb), a list of structs, or one inside the other (for each object
a list of light curves, one per passband). Plain pyarrow reads them.

Settings, all optional: those of `mallorn.sources.table` for the points and units (columns, constants, survey,
passbands, unit, zero_point, time, scale, flux, mask, drop, flags), and
nested: name of the column with the light curves; by default the one that has time and flux or magnitude.
object_columns: {role: column} for columns beside it; carry: columns to carry along with the objects.
points_per_batch: 500,000 by default.

Points without errors are set aside. If a file has no errors, set constants to {magnitude_err: 0.05}, or the like.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, numpy_array
from mallorn.sources.met_passbands import MetPassbands
from mallorn.sources.parquet_parts import files_at, parquet_file, parquet_parts
from mallorn.sources.rows import batch_of
from mallorn.sources.table_columns import OBJECTS, POINTS, object_roles, point_roles
from mallorn.sources.table_files import Part, TableFile
from mallorn.sources.table_objects import described, values_of
from mallorn.sources.table_points import PointRows
from mallorn.sources.values import id_strings, listed

__all__ = ["batches", "batches_of_table", "flat_nested"]

FILES = r"\.(parquet|parq)$"
SURVEYS = ("lsst", "ztf")
SETTINGS = (
    "columns",
    "constants",
    "survey",
    "passbands",
    "unit",
    "zero_point",
    "time",
    "scale",
    "flux",
    "mask",
    "flags",
    "drop",
    "carry",
    "nested",
    "object_columns",
    "points_per_batch",
)
ROWS_OF_OBJECT = "file"
"""See `mallorn.sources.format`."""

_ID = "object_id of the row"
_DEEPEST = 4
_PREFERRED = ("diaobjectforcedsource", "forcedsource", "objectforcedsource", "lightcurve", "lc", "sources")


def batches(path, settings):
    """Yield the `Batch`es of the file at `path`, or of all *.parquet below the folder `path`.

    Raises DataError, naming the columns, if no nested column holds light curves.
    """
    seen, met = {}, MetPassbands()
    for file in files_at(path, (".parquet",), "a Parquet file with nested light curves, or a folder of such"):
        nested = _Nested(file, settings)
        for batch in nested.batches():
            for name in batch.objects["object_id"]:
                if name in seen:
                    found = f"{name!r} again, after {seen[name].name}"
                    fix = "give the folder of one catalogue, without its margin"
                    raise DataError.at(file, expected="each object once", found=found, fix=fix)
                seen[name] = file
            yield batch
        met.join(nested.met)
    if not seen:
        raise DataError.at(path, expected="objects", found="files without any row", fix="get the files again")
    met.refuse(path)


def batches_of_table(table, settings, called="frame"):
    """Yield the `Batch`es of an Arrow table in memory. called: its name in errors, which are those of `batches`."""
    nested = _Nested(Path(called), settings)
    yield from nested.batches_of(table)
    nested.met.refuse(called)


class _Nested:
    """The light curves of one file, or of a table in memory."""

    def __init__(self, path, settings):
        self._path, self._settings = path, settings
        self.met = MetPassbands()

    def batches(self):
        """Yield the batches of the file, some rows of it at a time."""
        most = max(1, int(self._settings.get("points_per_batch", 500_000)))
        with parquet_file(self._path) as file:
            column, roles, rows = self._chosen(file.schema_arrow)
            wanted = {*roles.columns}

            def read(leaf):
                return leaf[0] in wanted or (leaf[0] == column and _field(leaf) in rows.columns)

            points = {leaf for leaf in _paths(file, column) if _field(leaf.split(".")) in rows.columns}
            for batch in parquet_parts(file, self._path, read, sorted(points)[:1], most):
                yield self._batch(batch, column, roles, rows)
            self.met = rows.met

    def batches_of(self, table):
        """Yield the batches of a table, one for each of its chunks."""
        column, roles, rows = self._chosen(table.schema)
        for batch in table.select([*dict.fromkeys((*roles.columns, column))]).to_batches():
            yield self._batch(batch, column, roles, rows)
        self.met = rows.met

    def _chosen(self, schema):
        """Return the nested column, and the roles of the columns beside it and of the fields within it."""
        column = self._column(schema)
        flat = [field.name for field in schema if not pa.types.is_nested(field.type)]
        roles = object_roles(self._path, flat, self._settings)
        return column, roles, self._rows(_leaves(schema.field(column).type))

    def _rows(self, names):
        settings = dict(self._settings)
        mapping = {role: name for role, name in (settings.get("columns") or {}).items() if role not in OBJECTS}
        settings |= {"columns": mapping | {"object_id": None}, "carry": ()}
        roles = point_roles(self._path, names, settings, ("object_id",), errors=False)
        roles.of = {role: name for role, name in roles.of.items() if role in POINTS} | {"object_id": _ID}
        roles.carried = {}
        return PointRows(self._path, TableFile([*names, _ID], None), settings, roles)

    def _batch(self, batch, column, roles, rows):
        table = pa.Table.from_batches([batch])
        name = roles.of["object_id"]
        ids = id_strings(table.column(name), self._path, name)
        if ids.null_count:
            fix = "give each object an id"
            raise DataError.at(self._path, column=name, expected="an id in each row", found="none in a row", fix=fix)
        owner, fields = flat_nested(table.column(column), self._path)
        fields[_ID] = ids.take(arrow_array(owner))
        part = Part(fields, len(owner), self._path)
        points = rows.of(part, ())
        beside = Part({c: table.column(c) for c in roles.columns}, table.num_rows, self._path)
        told = described(values_of(beside, roles, self._path), table.num_rows)
        told["object_id"] = numpy_array(ids)
        about = rows.about | {"format": "nested Parquet", "nested": column}
        found = batch_of(points, about, lambda names, *_: {})
        if len(set(told["object_id"])) < table.num_rows:
            fix = "keep one row for each object"
            raise DataError.at(self._path, column=name, expected="each object once", found="one twice", fix=fix)
        found.objects = {"object_id": told.pop("object_id")} | told
        return found

    def _column(self, schema):
        """Return the name of the nested column."""
        nested = [field for field in schema if pa.types.is_nested(field.type)]
        names = [field.name for field in nested]
        chosen = self._settings.get("nested")
        if chosen is not None:
            if chosen not in names:
                fix = "set nested to the column with the light curves"
                found = f"the nested columns {listed(names)}"
                raise DataError.at(self._path, expected=f"a nested column {chosen!r}", found=found, fix=fix)
            return chosen
        able = []
        for field in nested:
            try:
                self._rows(_leaves(field.type))
            except DataError:
                continue
            able.append(field.name)
        if not able:
            described = [f"{field.name} ({', '.join(_leaves(field.type)[:12])})" for field in nested]
            fix = "set nested, and columns to {role: field}; a table without nested columns is for the reader `table`"
            expected = "a nested column with times, passbands and fluxes or magnitudes"
            raise DataError.at(self._path, expected=expected, found=listed(described, 10), fix=fix)
        best = [name for usual in _PREFERRED for name in able if name.lower() == usual]
        return (best or able)[0]


def flat_nested(column, path):
    """Return the row (N,) of each point in a nested Arrow column, and {field: Arrow array (N,)}.

    Raises DataError if the lists of a struct have different lengths.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type=column.type)
    owner, fields = _opened(array, path, 0)
    return owner, fields


def _opened(array, path, depth):
    """Return owner (N,) and {field: (N,)} of an array of structs of lists, lists of structs, or lists of those."""
    kind = array.type
    if depth > _DEEPEST:
        fix = "set nested to another column"
        raise DataError.at(path, expected=f"at most {_DEEPEST} levels", found="more", fix=fix)
    if pa.types.is_struct(kind):
        lists = {f.name: part for f, part in zip(kind, array.flatten(), strict=True) if _is_list(f.type)}
        return _beside(lists, {}, len(array), path, depth)
    owner, inside = _list(array)
    if not pa.types.is_struct(inside.type):
        deeper, fields = _opened(inside, path, depth + 1)
        return owner[deeper], fields
    plain, lists = {}, {}
    for field, part in zip(inside.type, inside.flatten(), strict=True):
        if _is_list(field.type):
            lists[field.name] = part
        elif not pa.types.is_nested(field.type):
            plain[field.name] = part
    if not lists:
        return owner, plain
    deeper, fields = _beside(lists, plain, len(inside), path, depth)
    return owner[deeper], fields


def _beside(lists, plain, n, path, depth):
    """Return owner (N,) and fields of parallel lists in n rows, with the `plain` values of each row."""
    owner, fields, first, deep = np.zeros(0, dtype=np.int64), {}, None, {}
    for name, values in lists.items():
        own, inside = _list(values)
        if first is None:
            owner, first = own, name
        elif len(own) != len(owner) or (own != owner).any():
            fix = "get the file again: it is damaged"
            expected = f"lists of the same length in {first!r} and {name!r}"
            raise DataError.at(path, expected=expected, found="others", fix=fix)
        if pa.types.is_nested(inside.type):
            deep[name] = values if pa.types.is_map(values.type) else inside
        else:
            fields[name] = inside
    fields = {name: values.take(arrow_array(owner)) for name, values in plain.items()} | fields
    for values in deep.values():
        if not _is_list(values.type) and not pa.types.is_struct(values.type):
            continue
        if pa.types.is_struct(values.type):
            parts = {f.name: part for f, part in zip(values.type, values.flatten(), strict=True)}
            fields |= {name: part for name, part in parts.items() if not pa.types.is_nested(part.type)}
            continue
        deeper, inside = _opened(values, path, depth + 1)
        fields = {name: part.take(arrow_array(deeper)) for name, part in fields.items()} | inside
        return owner[deeper], fields
    return owner, fields


def _list(array):
    return np.asarray(numpy_array(pc.list_parent_indices(array)), dtype=np.int64), pc.list_flatten(array)


def _is_list(kind):
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _leaves(kind, depth=0):
    """Return the names of the fields of a nested type with one value per point."""
    if depth > _DEEPEST:
        return []
    if _is_list(kind):
        return _leaves(kind.value_type, depth + 1) if pa.types.is_nested(kind.value_type) else []
    if not pa.types.is_struct(kind):
        return []
    names = []
    for field in kind:
        inside = field.type
        while _is_list(inside):
            inside = inside.value_type
        if pa.types.is_struct(inside):
            names += _leaves(inside, depth + 1)
        elif not pa.types.is_nested(inside):
            names.append(field.name)
    return list(dict.fromkeys(names))


def _field(leaf):
    """Return the field's name of a leaf in a Parquet schema: the part before the names of lists."""
    return next((part for part in reversed(leaf) if part not in ("list", "element", "item", "array", "bag")), "")


def _paths(file, column):
    paths = [file.schema.column(k).path for k in range(len(file.schema))]
    return [leaf for leaf in paths if leaf.split(".")[0] == column]
