"""Join the feature families of all splits into one table per set, in the order of the log."""

import json
import logging
from contextlib import ExitStack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mallorn.errors import DataError
from mallorn.families.family import by_reason
from mallorn.families.origin import MADE_FROM, digest_of, digests_of_files
from mallorn.io.digests import whole_digest
from mallorn.io.files import atomic_write
from mallorn.io.tables import arrow_array, open_writer, read_columns, read_notes

__all__ = ["LOG_COLUMNS", "join_features"]

log = logging.getLogger(__name__)

LOG_COLUMNS = ("object_id", "Z", "Z_err", "EBV")
"""Columns of the logs that come first in a feature table; labels are not among them."""


def join_features(logs, families, path, chosen, rows_per_group=10_000, code=""):
    """Write the features of the objects of one set, one row per object in log order, to the Parquet file `path`.

    Columns: `LOG_COLUMNS`, then those of each family in the order given, with their units. A feature that the survey's
    passbands cannot tell has a note (see `read_notes`); the log says how many there are. At most `rows_per_group` rows,
    and one family of one split, are in memory at a time.

    The table says what the columns of each family were made from. If there is a table at `path`, columns that would be
    made from the same are taken from it: this gives the same bytes, and reads one file for the many of the splits.

    logs: results/metadata.parquet. families: {name: {split: file}}. chosen: the set, "train" or "test". code: digest of
    the code that joins.
    Raises DataError if a split's file lacks an object of the log or has one twice, if the splits of a family differ in
    columns, or if two families share a column. Objects that are not in the log's set are left out.
    """
    table = read_columns(logs, [*LOG_COLUMNS, "set", "split"])
    rows = np.flatnonzero(table["set"] == chosen)
    schema, owned = _schema(families)
    common, known = (code, whole_digest(logs), chosen, rows_per_group), {}
    made = {name: digest_of(*common, owned[name], digests_of_files(files, known)) for name, files in families.items()}
    schema = schema.with_metadata({MADE_FROM: json.dumps(made)})
    with ExitStack() as stack:
        beside = stack.enter_context(atomic_write(path))
        writer = stack.enter_context(open_writer(beside, schema))
        before, kept = _before(path, schema, owned, made, stack)
        same = [column for name in kept for column in owned[name]]
        for k, begin in enumerate(range(0, max(len(rows), 1), rows_per_group)):
            group = {name: values[rows[begin : begin + rows_per_group]] for name, values in table.items()}
            columns = [arrow_array(group[name]) for name in LOG_COLUMNS]
            old = before.read_row_group(k, columns=same) if same else None
            for name, files in families.items():
                part = old if name in kept else _rows(name, files, owned[name], group["object_id"], group["split"])
                columns += [part.column(column).combine_chunks() for column in owned[name]]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    log.info("%s: %d objects, %d features of %d families", chosen, len(rows), len(schema) - 4, len(families))
    if kept:
        log.info("joined anew: %s; the others were joined before", ", ".join(sorted(families.keys() - kept)) or "none")
    for why, columns in by_reason(read_notes(path)).items():
        log.info("%d features are unknown for all objects, such as %s: %s", len(columns), columns[0], why)


def _before(path, schema, owned, made, stack):
    """Return the table at `path`, open in `stack`, and the set of the families whose columns it has as they would be.

    They are None and the empty set without such a table.
    """
    try:
        file = stack.enter_context(pq.ParquetFile(path))
    except (OSError, ValueError):  # pyarrow's own errors are among them
        return None, set()
    there = file.schema_arrow
    told = json.loads((there.metadata or {}).get(MADE_FROM.encode(), b"{}"))
    same = [name for name, digest in made.items() if told.get(name) == digest]

    def fields(of, name):
        return [of.field(column) for column in owned[name] if column in of.names]

    return file, {name for name in same if fields(there, name) == fields(schema, name)}


def _schema(families):
    """Return the schema of the joined table and {family: its columns}, read from one split of each family."""
    fields = [pa.field("object_id", pa.string())]
    fields += [pa.field("Z", pa.float64()), pa.field("Z_err", pa.float64())]
    fields += [pa.field("EBV", pa.float64(), metadata={"unit": "mag"})]
    owner = dict.fromkeys(LOG_COLUMNS, "the logs")
    owned = {}
    for family, files in families.items():
        own = [field for field in pq.read_schema(next(iter(files.values()))) if field.name != "object_id"]
        for field in own:
            if field.name in owner:
                raise DataError(
                    f"feature family {family}: its column {field.name!r} is already one of {owner[field.name]}; "
                    "name the columns of a family family__feature"
                )
            owner[field.name] = f"family {family}"
        fields += own
        owned[family] = [field.name for field in own]
    return pa.schema(fields), owned


def _rows(family, files, columns, object_id, split):
    """Return the rows of the objects `object_id` (n,), in that order, from their splits `split` (n,)."""
    wanted, parts = arrow_array(object_id), []
    for name in dict.fromkeys(split):
        if name not in files:
            raise DataError(f"feature family {family}: no file for {name}, which the log names; run the split's rules")
        part = _table(files[name])
        if [c for c in part.column_names if c != "object_id"] != columns:
            odd = sorted(set(part.column_names) ^ {"object_id", *columns})
            raise DataError(
                f"{files[name]}: the columns of family {family} differ between splits: "
                f"{', '.join(odd[:5]) or 'their order'}; delete results/families/{family} and run again"
            )
        parts.append(part.filter(pc.is_in(part.column("object_id").cast(pa.string()), value_set=wanted)))
    if not parts:
        return _table(next(iter(files.values()))).slice(0, 0)
    whole = pa.concat_tables(parts)
    ids = whole.column("object_id").cast(pa.string())
    index = pc.index_in(wanted, value_set=ids.combine_chunks())
    if index.null_count:
        missing = wanted.filter(index.is_null())
        raise DataError(
            f"feature family {family}: {len(missing)} objects of the log have no row in the files of their splits, the "
            f"first is {missing[0].as_py()!r}; delete results/families/{family} and run again"
        )
    if len(pc.unique(ids)) != len(ids):
        raise DataError(f"feature family {family}: an object has more than one row; run its splits again")
    return whole.take(index)


def _table(path):
    with pq.ParquetFile(path) as file:
        return file.read(use_threads=False)  # of small tables, which a second thread makes no faster
