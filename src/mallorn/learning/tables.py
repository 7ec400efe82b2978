"""Files behind a `Dataset`: a feature table, posteriors and light curves of the splits."""

import logging
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from mallorn.errors import ConfigError, DataError
from mallorn.families.join import LOG_COLUMNS
from mallorn.io.tables import column_blocks, number_of_groups, read_columns
from mallorn.learning.dataset import Dataset, Features, Grid
from mallorn.seeds import generator
from mallorn.survey.lightcurves import find_objects, joined, read_lightcurves

__all__ = [
    "DatasetFiles",
    "clipped",
    "dataset_groups",
    "feature_columns",
    "feature_groups",
    "has_redshift",
    "importance_weights",
    "read_dataset",
    "read_feature_columns",
    "read_features",
    "read_grid",
    "read_objects",
    "read_points",
    "rows_of",
]

log = logging.getLogger(__name__)

_COLUMNS_AT_A_TIME = 64  # in float64, with their copies: the memory that reading takes besides the table


class DatasetFiles(NamedTuple):
    """Paths: a feature table; light curves, objects and posteriors of all splits that its objects may be in.

    lightcurves and objects are in the same order and serve "points"; posteriors serve "grid".
    """

    features: str
    lightcurves: tuple = ()
    objects: tuple = ()
    posteriors: tuple = ()


def read_dataset(files, training, needs):
    """Return the `Dataset` of the objects of a feature table, in its order, with the views `needs`.

    files: `DatasetFiles`. training: block of config.yaml, for `feature_columns`. Only the object ids are read before a
    view is asked for.
    """
    columns = feature_columns(pq.read_schema(files.features).names, training) if "features" in needs else ()
    object_id = read_columns(files.features, ["object_id"])["object_id"]
    views = {"features": lambda: read_feature_columns(files.features, columns)}
    return Dataset(object_id, **_views(files, object_id, views, needs))


def dataset_groups(files, columns, needs):
    """Yield the `Dataset` of each group of rows of a feature table, with the features `columns` and the views `needs`.

    One group is in memory at a time; the table may be larger.
    """
    for part in feature_groups(files.features, columns):
        yield Dataset(part.object_id, **_views(files, part.object_id, {"features": part}, needs))


def read_objects(files, columns, rows, needs):
    """Return the `Dataset` of the objects at the indices `rows` of a feature table, in that order.

    columns: names of its features; needs: its views. Features are read at once, other views when they are asked for.
    """
    table = read_feature_columns(files.features, columns, rows)
    return Dataset(table.object_id, **_views(files, table.object_id, {"features": table}, needs))


def _views(files, object_id, views, needs):
    views = {
        **views,
        "grid": lambda: read_grid(files.posteriors, object_id),
        "points": lambda: read_points(files.lightcurves, files.objects, object_id),
    }
    return {name: views[name] for name in needs}


def read_points(lightcurves, objects, object_id):
    """Return the `LightCurves` of the objects `object_id` (n,), in that order, from the files of all splits.

    Raises DataError if an object is in none of them.
    """
    parts = [
        read_lightcurves(points, path, group=group).take(rows)
        for points, path in zip(lightcurves, objects, strict=True)
        for group, rows in find_objects(path, object_id)
    ]
    found = np.concatenate([part.object_id for part in parts]) if parts else []
    _check_found(object_id, found, "light curve")
    whole = joined(parts)
    return whole.take(rows_of(object_id, whole.object_id))


def read_grid(posteriors, object_id):
    """Return the `Grid` of the objects `object_id` (n,), in that order, from the files of all splits.

    Raises DataError if an object is in none of them.
    """
    ids, parts = [], []
    for path in posteriors:
        for group, rows in find_objects(path, object_id):
            table = read_columns(path, ["object_id", "band_peak_mjd", *Grid._fields], group=group)
            n, slots = table["band_peak_mjd"].shape
            for name in ("mean", "sd"):
                table[name] = table[name].reshape(n, slots, -1)
            ids.append(table["object_id"][rows])
            parts.append(Grid(*(table[name][rows] for name in Grid._fields)))
    found = np.concatenate(ids) if ids else []
    _check_found(object_id, found, "posterior")
    return Grid(*map(np.concatenate, zip(*parts, strict=True))).take(rows_of(object_id, found))


def _check_found(object_id, found, what):
    missing = set(map(str, object_id)) - set(map(str, found))
    if missing or not len(object_id):
        first = f"the first is {min(missing)!r}" if missing else "there are no objects"
        raise DataError(f"{len(missing)} objects of the feature table have no {what}: {first}; run their splits again")


def feature_columns(names, training):
    """Return the columns of a feature table that models are trained on, in the table's order.

    names: all columns. training: block of config.yaml; `log_columns` are the columns of the log to use, `exclude`
    patterns (fnmatch) of columns to leave out. Z_err is refused: only the test set has it, and it would tell training
    from test objects.
    """
    log_columns, exclude = training["log_columns"], training["exclude"]
    if "Z_err" in log_columns:
        raise ConfigError(
            "training.log_columns: Z_err is given for the test set only and cannot be trained on; use Z and EBV"
        )
    missing = [name for name in log_columns if name not in names]
    if missing:
        raise ConfigError(f"training.log_columns: the feature table has no column {missing[0]!r}")
    used = [n for n in names if n in log_columns or n not in LOG_COLUMNS]
    return tuple(n for n in used if not any(fnmatchcase(n, pattern) for pattern in exclude))


def read_features(path, training, most=None, seed=0):
    """Return the `Features` of results/features/{train,test}.parquet with the columns of `feature_columns`.

    training: block of config.yaml. For the values see `read_feature_columns`. most: largest number of objects; from a
    larger table this many are drawn, in the table's order; None for all. Draws depend on `seed`.
    """
    with pq.ParquetFile(path) as file:
        n, names = file.metadata.num_rows, file.schema_arrow.names
    rows = None if most is None or n <= most else np.sort(generator(seed, "read_features").permutation(n)[:most])
    return read_feature_columns(path, feature_columns(names, training), rows)


def read_feature_columns(path, columns, rows=None):
    """Return the `Features` of a feature table with the given columns; rows: as in `mallorn.io.tables.read_columns`.

    Values beyond the range of float32, and infinite ones, are clipped to it, which keeps their order; a warning names
    the columns.
    """
    columns = tuple(columns)
    with pq.ParquetFile(path) as file:
        rows = np.arange(file.metadata.num_rows) if rows is None else np.asarray(rows)
    object_id, values = np.empty(len(rows), dtype=object), np.empty((len(rows), len(columns)), dtype=np.float32)
    begin = 0
    for part in feature_groups(path, columns):
        here = np.flatnonzero((rows >= begin) & (rows < begin + len(part.object_id)))
        object_id[here], values[here] = part.object_id[rows[here] - begin], part.values[rows[here] - begin]
        begin += len(part.object_id)
    return Features(object_id, columns, values)


def feature_groups(path, columns):
    """Yield the `Features` of each group of rows of a feature table, with the values of `read_feature_columns`.

    One group is in memory at a time; the table may be larger.
    """
    columns = tuple(columns)
    found = set()
    for group in range(number_of_groups(path)):
        object_id = read_columns(path, ["object_id"], group=group)["object_id"]
        values = np.empty((len(object_id), len(columns)), dtype=np.float32)
        for begin, table in column_blocks(path, columns, group, _COLUMNS_AT_A_TIME):
            here = columns[begin : begin + len(table)]
            values[:, begin : begin + len(here)], beyond = clipped(table, here)
            found |= beyond
        yield Features(object_id, columns, values)
    if found:
        names = ", ".join(name for name in columns if name in found)
        log.warning("%s: values beyond the range of float32 are clipped in %s", path, names)


def clipped(table, columns):
    """Return the `columns` (p,) of a table {name: (n,) array} as (n, p) float32, and the set of clipped columns.

    Values beyond the range of float32, and infinite ones, are clipped to it.
    """
    largest, beyond = np.finfo(np.float32).max, set()
    values = np.empty((len(table[columns[0]]) if columns else 0, len(columns)), dtype=np.float32)
    with np.errstate(over="ignore"):
        for k, name in enumerate(columns):
            values[:, k] = table[name]
    for k in np.flatnonzero(np.isinf(values).any(axis=0)):
        beyond.add(columns[k])
        values[:, k] = np.clip(values[:, k], -largest, largest)
    return values, beyond


def has_redshift(path):
    """Return whether each object of a feature table has a redshift, shape (n,) bool."""
    return np.isfinite(read_columns(path, ["Z"])["Z"])


def rows_of(object_id, wanted):
    """Return the index of each of `object_id` (m,) in `wanted` (n,), shape (m,) int, -1 for those not in it."""
    place = {name: row for row, name in enumerate(wanted)}
    return np.array([place.get(name, -1) for name in object_id], dtype=int)


def importance_weights(path, object_id):
    """Return the weights (n,), with mean 1, of the objects `object_id` from a Parquet file of object_id and weight.

    Raises DataError if an object has none.
    """
    table = read_columns(path, ["object_id", "weight"])
    row = rows_of(object_id, table["object_id"])
    if np.any(row < 0):
        raise DataError.at(
            path,
            expected="a weight for each training object",
            found=f"none for {object_id[row < 0][0]!r}",
            fix="run adversarial_validation again",
        )
    weight = table["weight"][row]
    return weight / weight.mean()
