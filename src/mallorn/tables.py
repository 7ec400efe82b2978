"""Parquet tables with units: written beside their name and renamed when whole, read as columns of numpy."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["read_columns", "read_units", "write_table"]


def write_table(path, columns, units=None, sorted_by=(), metadata=None):
    """Write `columns` as zstd-compressed Parquet; a reader sees the whole file or none.

    columns: mapping of name to a one-dimensional array (N,), a pyarrow array, or a numpy array (N, ...) whose
        further axes become a fixed-size list in C order.
    units: mapping of column name to its unit, kept in the field metadata.
    sorted_by: columns by which the rows are sorted ascending, declared in the file so that readers need not sort.
    metadata: mapping of str to str, kept in the file's schema.
    """
    units, path = dict(units or {}), Path(path)
    arrays = {name: _arrow(values) for name, values in columns.items()}
    fields = [
        pa.field(name, array.type, metadata={"unit": units[name]} if name in units else None)
        for name, array in arrays.items()
    ]
    schema = pa.schema(fields, metadata=metadata)
    table = pa.Table.from_arrays(list(arrays.values()), schema=schema)
    sorting = [pq.SortingColumn(table.column_names.index(name)) for name in sorted_by] or None
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    try:
        pq.write_table(table, beside, compression="zstd", sorting_columns=sorting)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read_columns(path, columns=None, filters=None):
    """Return {name: array} of a Parquet file; fixed-size lists come back with shape (N, size), strings as objects."""
    table = pq.read_table(path, columns=columns, filters=filters)
    return {name: _numpy(table.column(name)) for name in table.column_names}


def read_units(path):
    """Return {column: unit} of the columns of a Parquet file that have one."""
    schema = pq.read_schema(path)
    return {f.name: f.metadata[b"unit"].decode() for f in schema if f.metadata and b"unit" in f.metadata}


def _arrow(values):
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    values = np.asarray(values)
    if values.ndim == 1:
        return pa.array(values)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, int(np.prod(values.shape[1:])))


def _numpy(column):
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], column.type)
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        return array.flatten().to_numpy(zero_copy_only=False).reshape(len(array), size)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.to_numpy(zero_copy_only=False)
