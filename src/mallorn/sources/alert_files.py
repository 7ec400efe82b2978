"""Files of alerts, avro and Parquet, as Arrow tables with the relevant columns, some alerts at a time."""

import pyarrow as pa
import pyarrow.compute as pc

from mallorn.errors import DataError
from mallorn.sources.avro_file import AvroFile, trimmed
from mallorn.sources.parquet_parts import files_at, parquet_file, parquet_parts

__all__ = ["Field", "alert_tables"]

_MOST_RECORDS = 50_000  # most sources that are held as Python objects
_LISTS = ("prvDiaSources", "prvDiaForcedSources", "prvDiaNondetectionLimits")
_OF_SOURCES = (
    "diaSourceId",
    "diaForcedSourceId",
    "midpointMjdTai",
    "midPointTai",
    "psfFlux",
    "psFlux",
    "psfFluxErr",
    "psFluxErr",
    "scienceFlux",
    "scienceFluxErr",
    "totFlux",
    "totFluxErr",
    "band",
    "filterName",
)
_OF_NEW = ("diaObjectId", "ra", "dec", "decl")
_OF_OBJECT = ("diaObjectId", "ra", "dec", "decl", "mwebv")
_ARROW = {"boolean": pa.bool_(), "int": pa.int64(), "long": pa.int64(), "string": pa.string()}
_ARROW |= {"float": pa.float64(), "double": pa.float64()}


class Field:
    """One column of an Arrow table, or one field of a struct in it: the first of `names` (dotted) that exists."""

    def __init__(self, table, *names):
        self.column, self.name = None, None
        for name in names:
            head, *rest = name.split(".")
            if head not in table.column_names:
                continue
            column = table.column(head)
            for part in rest:
                inside = pa.types.is_struct(column.type) and part in column.type.names
                column = pc.struct_field(column, column.type.get_field_index(part)) if inside else None
                if column is None:
                    break
            if column is not None:
                self.column, self.name = column, name
                return

    def __bool__(self):
        return self.column is not None


def alert_tables(path, further, flags, most):
    """Yield (file, Arrow table of alerts) for the files at `path`, with about `most` sources per table.

    further: dotted paths of further columns to read. flags: flags of the sources to read.
    """

    def wanted(leaf):
        head = leaf[0]
        if head in _LISTS or head == "diaSource":
            name = leaf[-1]
            return name in _OF_SOURCES or (head != "prvDiaForcedSources" and name in flags) or (
                head == "diaSource" and name in _OF_NEW
            )  # fmt: skip
        if head == "diaObject" and len(leaf) == 2:
            return leaf[1] in _OF_OBJECT or leaf[1].startswith("hostgal_") or ".".join(leaf) in further
        return ".".join(leaf) in further

    for file in files_at(path, (".avro", ".parquet"), "a file of alerts, *.avro or *.parquet"):
        with _opened(file) as stream:
            parquet = stream.read(4) == b"PAR1"
        yield from ((file, table) for table in (_parquet if parquet else _avro)(file, wanted, most))


def _parquet(path, wanted, most):
    with parquet_file(path) as file:
        leaves = [file.schema.column(k).path for k in range(len(file.schema))]
        heads = {leaf.split(".")[0] for leaf in leaves}
        _require(path, heads)
        counted = [leaf for leaf in leaves if leaf.split(".")[0] in _LISTS and leaf.endswith(("Flux", "Tai"))]
        points = {next((leaf for leaf in counted if leaf.startswith(head)), "") for head in _LISTS}
        for batch in parquet_parts(file, path, wanted, points, most):
            yield pa.Table.from_batches([batch])


def _avro(path, wanted, most):
    def keep(depth, name):
        if depth == 0:
            return name in _LISTS or name in ("diaSource", "diaObject")
        return wanted(["diaSource", name]) or wanted(["diaObject", name])

    with _opened(path) as stream:
        file = AvroFile(stream, path)
        fields = file.schema.get("fields", ()) if isinstance(file.schema, dict) else ()
        _require(path, {field["name"] for field in fields})
        schema = trimmed(file.schema, keep)
        names = {}
        kind = pa.schema([pa.field(field["name"], _arrow(field["type"], names)) for field in schema["fields"]])
        held, n = [], 0
        for records in file.records(schema):
            held += records
            n += sum(len(record.get(name) or ()) for record in records for name in _LISTS) + len(records)
            if n >= min(most, _MOST_RECORDS):
                yield _table(path, held, kind)
                held, n = [], 0
        if held:
            yield _table(path, held, kind)


def _require(path, names):
    if "diaSource" not in names or not names & {"prvDiaSources", "prvDiaForcedSources", "diaObject"}:
        found = ", ".join(sorted(map(str, names))[:20]) or "none"
        fix = "choose the reader of the file's format"
        expected = "alerts with diaSource, prvDiaSources, prvDiaForcedSources, diaObject"
        raise DataError.at(path, expected=expected, found=found, fix=fix)


def _table(path, records, schema):
    try:
        return pa.Table.from_pylist(records, schema=schema)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        fix = "get the file again"
        raise DataError.at(path, expected="alerts as the schema says", found=str(error)[:200], fix=fix) from None


def _arrow(kind, names):
    """Return the Arrow type of a trimmed avro type; unused types become null."""
    if isinstance(kind, list):
        kinds = [_arrow(part, names) for part in kind if part != "null"]
        return kinds[0] if len(kinds) == 1 else pa.null()
    if isinstance(kind, str):
        return _ARROW.get(kind) or names.get(kind, pa.null())
    if kind["type"] == "array":
        return pa.list_(_arrow(kind["items"], names))
    if kind["type"] == "record":
        fields = [pa.field(field["name"], _arrow(field["type"], names)) for field in kind["fields"]]
        names[kind["name"]] = pa.struct([field for field in fields if not pa.types.is_null(field.type)])
        return names[kind["name"]]
    return _ARROW.get(kind["type"], pa.null()) if isinstance(kind["type"], str) else _arrow(kind["type"], names)


class _opened:
    """Give the block the file, open for reading bytes; raise DataError if it cannot be opened or read."""

    def __init__(self, path):
        self._path = path

    def __enter__(self):
        try:
            self._stream = open(self._path, "rb")
        except OSError as error:
            fix = "put the file there, readable for you"
            raise DataError.at(self._path, expected="a file", found=error.strerror, fix=fix) from None
        return self._stream

    def __exit__(self, *_):
        self._stream.close()
