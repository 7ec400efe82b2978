"""Read Parquet files in parts, with errors that name the file: only the wanted columns, also nested ones."""

from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mallorn.errors import DataError

__all__ = ["files_at", "parquet_batches", "parquet_file", "parquet_parts"]

_MOST_COLUMNS = 20_000
_MOST_PER_BYTE = 20  # most values of a column per byte of the file: a small file must not unpack to a huge one

FREE_VALUES = 10_000_000
"""Number of values that a column may have in any file, however small."""


def files_at(path, suffixes, what):
    """Return the files to read at `path`: itself, or those below the folder whose names end with `suffixes`, sorted.

    Hidden files, and those whose names begin with `_`, are left out. what: words for the files in the message. Raises
    DataError if there are none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    found = "nothing"
    if path.is_dir():
        files = sorted(
            file
            for file in path.rglob("*")
            if file.is_file()
            and file.name.lower().endswith(suffixes)
            and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
        )
        if files:
            return files
        found = "a folder without files named *" + " or *".join(suffixes)
    raise DataError.at(path, expected=what, found=found, fix="give the path of the file, or of the folder of the files")


@contextmanager
def parquet_file(path):
    """Give the block the `ParquetFile` at `path`; raise DataError if it is none. Read it by `parquet_batches`."""
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        [file.schema.column(k).path for k in range(len(file.schema))], file.schema_arrow.names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _error(path, error) from None
    with file:
        if len(file.schema) > _MOST_COLUMNS:
            found = f"{len(file.schema)} columns"
            fix = "write the columns that are needed"
            raise DataError.at(path, expected=f"at most {_MOST_COLUMNS} columns", found=found, fix=fix)
        most = _MOST_PER_BYTE * Path(path).stat().st_size + FREE_VALUES
        groups = [file.metadata.row_group(k) for k in range(file.metadata.num_row_groups)]
        claimed = max([file.metadata.num_rows, *(_values(group) for group in groups)])
        if claimed > most:
            found = f"{claimed} values of one column"
            fix = "write the table with as many values as it has"
            raise DataError.at(path, expected=f"at most {most} values in a file of its size", found=found, fix=fix)
        yield file


def parquet_batches(file, path, columns, rows):
    """Yield the rows of `file` (`ParquetFile`) as record batches of `rows` rows; raise DataError if it is broken."""
    batches = file.iter_batches(batch_size=rows, columns=columns, use_threads=False)
    while True:
        try:
            batch = next(batches)
            for column in batch.columns:
                _check_text(column)
        except StopIteration:
            return
        except (pa.ArrowException, OSError) as error:
            raise _error(path, error) from None
        yield batch


def _check_text(array):
    """Raise ArrowInvalid for text that is no UTF-8, also in nested arrays: it would otherwise show much later."""
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        array.validate(full=True)
    elif pa.types.is_dictionary(kind):
        _check_text(array.dictionary)
    elif pa.types.is_struct(kind):
        for k in range(kind.num_fields):
            _check_text(array.field(k))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        _check_text(array.values)


def _values(group):
    """Return the most values that a column of a group of rows has."""
    return max((group.column(k).num_values for k in range(group.num_columns)), default=0)


def _error(path, error):
    found = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    fix = "get the file again; if it is no Parquet file, choose the reader of its format"
    return DataError.at(path, expected="a sound Parquet file", found=found, fix=fix)


def parquet_parts(file, path, wanted, points, most):
    """Yield the rows of `file` (`ParquetFile`) in record batches of about `most` points, with the leaves `wanted`.

    wanted: function(path of a leaf, as list of names) -> bool. points: dotted paths of leaves in which each value is a
    point; if empty, each row is a point.
    """
    leaves = [file.schema.column(k) for k in range(len(file.schema))]
    columns = [leaf.path for leaf in leaves if wanted(leaf.path.split("."))]
    rows = max(file.metadata.num_rows, 1)
    counted = [k for k, leaf in enumerate(leaves) if leaf.path in points]
    values = 0
    for group in range(file.metadata.num_row_groups if counted else 0):
        of_group = file.metadata.row_group(group)
        values += sum(max(of_group.column(k).num_values, 0) for k in counted if k < of_group.num_columns)
    per_row = max(1.0, values / rows)
    yield from parquet_batches(file, path, columns, max(1, int(most / per_row)))
