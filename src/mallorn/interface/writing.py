"""Write tables of any length as Parquet, CSV, VOTable or FITS: parts stay on disk and are joined at the end."""

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import DataError
from mallorn.io.files import atomic_write
from mallorn.report.votable import plain_ids

__all__ = ["ENDINGS", "About", "table_written"]

ENDINGS = (".parquet", ".csv", ".vot", ".fits")
"""Endings of a table's name; the ending tells the format."""


_DIGITS = "%.10g"  # significant digits of numbers in CSV


class About(NamedTuple):
    """Description of a column: `unit`, as astropy knows it, `meaning` and `ucd`."""

    unit: str = ""
    meaning: str = ""
    ucd: str = ""


@contextmanager
def table_written(path, about):
    """Give the block a function that adds a `pandas.DataFrame` to the table `path`; the file exists after the block.

    path: its ending is one of `ENDINGS`; "-" is CSV on standard output. about: {column: `About`}, for formats that can
    hold it. Tables need not have the same columns: missing ones are empty. Only VOTable and FITS hold the whole table
    in memory, once. Raises DataError for another ending.
    """
    ending = ".csv" if str(path) == "-" else Path(path).suffix
    if ending not in ENDINGS:
        fix = f"give a name that ends with {', '.join(ENDINGS)}, or - for CSV on standard output"
        raise DataError.at(path, expected="the name of a table", found=f"the ending {ending!r}", fix=fix)
    with tempfile.TemporaryDirectory(prefix="mallorn-") as folder:
        parts = _Parts(Path(folder))
        yield parts.add
        if str(path) == "-":
            _write_csv(parts, sys.stdout)
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as beside:
            {".parquet": _parquet, ".csv": _csv, ".vot": _votable, ".fits": _fits}[ending](parts, beside, about)


class _Parts:
    """Tables, each in a file of its own."""

    def __init__(self, folder):
        self._folder, self._schemas = folder, []

    def add(self, frame):
        """Keep a `pandas.DataFrame`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
        pq.write_table(table, self._path(len(self._schemas)))
        self._schemas.append(table.schema)

    def schema(self, about):
        """Return the columns of all parts, in the order in which they first occur."""
        import pyarrow as pa

        whole = pa.unify_schemas(self._schemas, promote_options="permissive")
        fields = []
        for field in whole:
            kind = pa.string() if pa.types.is_null(field.type) else field.type
            told = about.get(field.name, About())
            metadata = {key: value for key, value in (("unit", told.unit), ("note", told.meaning)) if value}
            fields.append(pa.field(field.name, kind, metadata=metadata or None))
        return pa.schema(fields)

    def tables(self, schema):
        """Yield the parts as tables of the columns `schema`."""
        import pyarrow.parquet as pq
        from pyarrow import nulls, table

        for k in range(len(self._schemas)):
            part = pq.read_table(self._path(k))
            columns = {
                field.name: part[field.name].cast(field.type)
                if field.name in part.column_names
                else nulls(len(part), field.type)
                for field in schema
            }
            yield table(columns, schema=schema)

    def whole(self, about):
        """Return all rows as one `astropy.table.Table`, missing values masked."""
        import numpy as np
        import pyarrow as pa
        from astropy.table import MaskedColumn, Table

        schema = self.schema(about)
        rows = pa.concat_tables(self.tables(schema)) if self._schemas else schema.empty_table()
        made = Table()
        for field in schema:
            column, told = rows[field.name], about.get(field.name, About())
            mask = np.array(column.is_null())
            if pa.types.is_floating(field.type):
                values, mask = np.array(column.fill_null(np.nan)), None
            elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                values, mask = np.array(column.fill_null("").to_pylist(), dtype=str), None
                values = values if values.dtype.itemsize else values.astype("U1")
            else:
                values = np.array(column.cast(pa.int64()).fill_null(0))
            values = MaskedColumn(values, mask=mask) if mask is not None and mask.any() else values
            made[field.name] = values
            made[field.name].unit = told.unit or None
            made[field.name].description = told.meaning
            made[field.name].meta["ucd"] = told.ucd
        return made

    def _path(self, number):
        return self._folder / f"{number:06d}.parquet"

    def __len__(self):
        return len(self._schemas)


def _parquet(parts, path, about):
    import pyarrow.parquet as pq

    schema = parts.schema(about)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in parts.tables(schema):
            writer.write_table(table)


def _csv(parts, path, about):
    with open(path, "w", newline="", encoding="utf-8") as stream:
        _write_csv(parts, stream)


def _write_csv(parts, stream):
    schema = parts.schema({})
    for k, table in enumerate(parts.tables(schema)):
        frame = table.to_pandas(integer_object_nulls=True)
        frame.to_csv(stream, index=False, header=k == 0, lineterminator="\n", float_format=_DIGITS)


def _votable(parts, path, about):
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import CooSys

    made = parts.whole(about)
    names = list(made.colnames)
    made.rename_columns(names, list(plain_ids(names).values()))
    file = from_table(made, table_id="scores")
    (resource,) = file.resources
    for field, name in zip(resource.tables[0].fields, names, strict=True):
        field.name = name
        if name in ("ra", "dec"):
            field.ref = "icrs"
    if "ra" in names:
        resource.coordinate_systems.append(CooSys(ID="icrs", system="ICRS"))
    file.to_xml(str(path))


def _fits(parts, path, about):
    import warnings

    from astropy.units import UnitsWarning

    with tempfile.TemporaryDirectory(prefix="mallorn-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UnitsWarning)
        own = Path(folder, "table.fits")
        made = parts.whole(about)
        for name in made.colnames:
            made[name].meta.clear()
        made.write(own, format="fits")
        shutil.copyfile(own, path)
