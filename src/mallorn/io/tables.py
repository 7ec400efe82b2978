"""Parquet tables with units: written to a temporary name and renamed when whole, read as numpy columns.

`pyarrow.array`, `Array.to_numpy` and every pyarrow call that takes a Python scalar import pandas, which costs a short
job more than its reading and writing. Arrays are therefore passed between numpy and Arrow through their buffers.
`Array.flatten` imports `pyarrow.compute`, which takes 0.05 s.
"""

from contextlib import contextmanager, suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mallorn.io.files import atomic_write

__all__ = [
    "arrow_array",
    "column_blocks",
    "numpy_array",
    "number_of_groups",
    "numpy_codes",
    "open_writer",
    "read_codes",
    "read_columns",
    "read_metadata",
    "read_notes",
    "read_units",
    "table_writer",
    "write_table",
]


def write_table(path, columns, units=None, sorted_by=(), metadata=None, notes=None):
    """Write `columns` as zstd-compressed Parquet; a reader sees the whole file or no file.

    columns: mapping of name to a one-dimensional array (N,), a pyarrow array, or a numpy array (N, ...) whose
        further axes become a fixed-size list in C order.
    units: mapping of column name to its unit, kept in the field metadata.
    sorted_by: columns by which the rows are sorted ascending, declared in the file so that readers need not sort.
    metadata: mapping of str to str, kept in the file's schema.
    notes: mapping of column name to a remark on the column, kept in the field metadata.
    """
    with table_writer(path, units, sorted_by, metadata, notes) as write:
        write(columns)


@contextmanager
def table_writer(path, units=None, sorted_by=(), metadata=None, notes=None):
    """Give the block a function that appends columns to the Parquet file `path` as a group of rows.

    The arguments are those of `write_table`. There must be at least one group, and all must have the same columns;
    `read_columns` reads them one by one. The file exists once the block has ended without error.
    """
    told, writer = {"unit": dict(units or {}), "note": dict(notes or {})}, None

    def write(columns):
        nonlocal writer
        arrays = {name: arrow_array(values) for name, values in columns.items()}
        if writer is None:
            about = {name: {key: of[name] for key, of in told.items() if name in of} for name in arrays}
            fields = [pa.field(name, array.type, metadata=about[name] or None) for name, array in arrays.items()]
            sorting = [pq.SortingColumn(list(arrays).index(name)) for name in sorted_by] or None
            schema = pa.schema(fields, metadata=metadata)
            writer = open_writer(beside, schema, sorting)
        table = pa.Table.from_arrays(list(arrays.values()), schema=writer.schema)
        writer.write_table(table, row_group_size=max(table.num_rows, 1))

    with atomic_write(path) as beside:
        try:
            yield write
        except BaseException:
            if writer is not None:
                with suppress(Exception):  # a full disk may show only here
                    writer.close()
            raise
        writer.close()


def open_writer(path, schema, sorting=None):
    """Return a `ParquetWriter` of zstd-compressed columns; `sorting` is its `sorting_columns`.

    Floats get no dictionary: most of them are distinct, and a dictionary then costs half of the time and a sixth of the
    file.
    """
    listed = [field.name for field in schema if not pa.types.is_floating(field.type)]
    options = {"compression": "zstd", "use_dictionary": listed or False, "sorting_columns": sorting}
    return pq.ParquetWriter(path, schema, **options)


def number_of_groups(path):
    """Return the number of groups of rows in a Parquet file."""
    with pq.ParquetFile(path) as file:
        return file.num_row_groups


def read_columns(path, columns=None, filters=None, rows=None, group=None):
    """Return {name: array} of a Parquet file; fixed-size lists come back with shape (N, size), strings as objects.

    columns: names to read, all by default. filters: as in `pyarrow.parquet.read_table`.
    rows: indices (m,) of the rows to return, in that order; all by default. group: index of the group of rows to read
    (see `table_writer`); all by default.

    Raises KeyError if the file lacks one of `columns`.
    """
    if filters is not None:
        table = pq.read_table(path, columns=columns, filters=filters)
    else:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file, columns or ())
            table = file.read(columns=columns) if group is None else file.read_row_group(group, columns=columns)
    if rows is not None:
        table = table.take(arrow_array(np.asarray(rows, dtype=np.int64)))
    return {name: numpy_array(table.column(name)) for name in columns or table.column_names}


def column_blocks(path, columns, group, width):
    """Yield (place, {name: array}) of `width` of the `columns` of a Parquet file at a time; place: that of the first.

    group: as in `read_columns`, but not None. No more than these columns are in memory. Raises KeyError if the file
    lacks one of them.
    """
    with pq.ParquetFile(path) as file:
        _check_columns(path, file, columns)
        for begin in range(0, len(columns), width):
            names = list(columns[begin : begin + width])
            table = file.read_row_group(group, columns=names)
            yield begin, {name: numpy_array(table.column(name)) for name in names}


def _check_columns(path, file, columns):
    absent = sorted(set(columns) - set(file.schema_arrow.names))
    if absent:
        raise KeyError(f"{path} has no column {', '.join(absent)}")


def read_codes(path, column, group=None):
    """Return the string column `column` of a Parquet file as codes (N,) and the list of its distinct strings.

    The code of a missing string is -1. group: as in `read_columns`. Raises KeyError if there is no such column.
    """
    with pq.ParquetFile(path, read_dictionary=[column]) as file:
        table = file.read(columns=[column]) if group is None else file.read_row_group(group, columns=[column])
        return numpy_codes(table.column(column))


def read_units(path):
    """Return {column: unit} of the columns of a Parquet file that have one."""
    return _of_fields(path, b"unit")


def read_notes(path):
    """Return {column: note} of the columns of a Parquet file that have one."""
    return _of_fields(path, b"note")


def _of_fields(path, key):
    return {f.name: f.metadata[key].decode() for f in pq.read_schema(path) if f.metadata and key in f.metadata}


def read_metadata(path):
    """Return the `metadata`, {str: str}, that a Parquet file was written with."""
    return {key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()}


def arrow_array(values):
    """Return numpy `values` (N, ...) as an Arrow array; only strings may be missing (None)."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    values = np.asarray(values)
    if values.ndim > 1:
        size = int(np.prod(values.shape[1:]))
        return pa.FixedSizeListArray.from_arrays(arrow_array(values.reshape(-1)), size)
    if values.dtype.kind == "b":
        bits = np.packbits(values, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])
    if values.dtype.kind in "iuf":
        values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
        return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])
    if values.dtype.kind in "UO" and all(isinstance(v, str | None) for v in values):
        return _string_array(values)
    return pa.array(values)


def numpy_array(column):
    """Return an Arrow array or column as numpy: see `read_columns`; missing numbers are NaN, missing strings None."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, column.type)
    kind, n = array.type, len(array)
    if pa.types.is_fixed_size_list(kind):
        size = kind.list_size
        flat = array.flatten() if array.null_count else array.values.slice(array.offset * size, n * size)
        return numpy_array(flat).reshape(n, size)
    if pa.types.is_dictionary(kind):
        return numpy_array(array.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        strings = np.empty(n, dtype=object)
        strings[:] = array.to_pylist()
        return strings
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if n == 0 and plain:
        return np.empty(0, dtype=kind.to_pandas_dtype())
    if not plain or (array.null_count and not pa.types.is_floating(kind)):
        return array.to_numpy(zero_copy_only=False)  # this imports pandas
    if pa.types.is_boolean(kind):
        bits = np.frombuffer(array.buffers()[1], dtype=np.uint8)
        return np.unpackbits(bits, count=array.offset + n, bitorder="little")[array.offset :].astype(bool)
    values = np.frombuffer(array.buffers()[1], dtype=kind.to_pandas_dtype())[array.offset : array.offset + n]
    return np.where(numpy_array(array.is_valid()), values, np.nan).astype(values.dtype) if array.null_count else values


def numpy_codes(column):
    """Return a dictionary-encoded Arrow column as codes (N,), -1 where missing, and the list of its values."""
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.nulls(0, column.type)
    codes, names = array.indices, array.dictionary.to_pylist()
    if codes.null_count == 0:
        return numpy_array(codes), names
    bare = pa.Array.from_buffers(codes.type, len(codes), [None, codes.buffers()[1]], offset=codes.offset)
    return np.where(numpy_array(codes.is_valid()), numpy_array(bare), -1), names


def _string_array(values):
    encoded = [None if v is None else v.encode() for v in values]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([0 if v is None else len(v) for v in encoded], out=offsets[1:])
    kind, offsets = (pa.string(), offsets.astype(np.int32)) if offsets[-1] < 2**31 else (pa.large_string(), offsets)
    data = b"".join(v for v in encoded if v is not None)
    valid = np.packbits(np.array([v is not None for v in encoded], dtype=bool), bitorder="little")
    buffers = [pa.py_buffer(valid) if None in encoded else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(encoded), buffers)
