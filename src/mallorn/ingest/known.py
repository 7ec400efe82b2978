"""Gather what a survey's files say about its objects, from all splits into one table; see `mallorn.sources.format`."""

import logging
import zlib
from collections import Counter

import numpy as np

from mallorn.errors import DataError
from mallorn.ingest.metadata import POSITIVE_TYPE
from mallorn.io.tables import read_columns, write_table
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.dust_map import MUCH_DUST, fill_reddening

__all__ = ["Known", "joined_metadata", "metadata_of", "write_known"]

_REQUIRED = ("object_id", "ra", "dec", "redshift", "redshift_err", "redshift_kind", "ebv", "label")
_UNITS = {"ra": "deg", "dec": "deg", "ebv": "mag"}
_PARTS = 1_000_000  # salt of the hash that draws the objects held out

_log = logging.getLogger(__name__)


class Known:
    """Collects what is known about objects, batch by batch."""

    def __init__(self):
        self._parts = []

    def add(self, file, columns):
        """Add the columns of `mallorn.sources.canonical.Batch.objects`, (n,) each, as the file gives them."""
        n = len(columns["object_id"])
        self._parts.append({**columns, "file": np.full(n, file, dtype=object)})

    def table(self, settings):
        """Return the columns of all objects, (n,) each: those of a batch, and file, str.

        A missing or unbelievable redshift is NaN. The error of a spectroscopic redshift is NaN; a photometric redshift
        without an error gets `photoz_error` (1 + z). An unknown E(B-V) is taken from the dust map, or 0: see
        `mallorn.survey.dust_map.fill_reddening`. settings: the block `ingest` of the configuration.
        """
        columns = self.joined()
        return columns | _redshifts(columns, settings) | {"ebv": _reddening(columns, settings)}

    def joined(self):
        """Return the columns of all objects as they were added; objects without a column have missing values in it."""
        if not any(len(part["object_id"]) for part in self._parts):
            return _no_objects()
        names = dict.fromkeys(name for part in self._parts for name in part)
        return {name: _joined([part.get(name) for part in self._parts], self._parts) for name in names}


def write_known(path, columns):
    """Write what `Known.table` returned as Parquet."""
    write_table(path, columns, _UNITS, sorted_by=("object_id",))


def joined_metadata(tables):
    """Join tables of objects, {column: (n,)} each, into one; columns that a table lacks have missing values."""
    known = Known()
    for table in tables:
        known.add("", table)
    return {name: values for name, values in known.joined().items() if name != "file"}


def metadata_of(paths, sets, settings):
    """Return the columns that `mallorn.sources.source` wants of `read_metadata`, and ra, dec, label and host columns.

    paths: {split: path of a file by `write_known`}. sets: with "train", the objects with a label are the training set,
    without the share `held_out` of them. settings: the block `ingest` of the configuration.

    Raises DataError for an object in two splits, and for a training or test set without objects.
    """
    parts = {split: read_columns(path) for split, path in paths.items()}
    known = Known()
    for split, columns in parts.items():
        known.add(split, columns)
    columns = known.joined()
    columns["split"] = columns.pop("file")
    _check_unique(columns)
    label = np.array([settings["labels"].get(str(name), name) for name in columns["label"]] + [None], dtype=object)[:-1]
    train = _training(columns["object_id"], label, settings) if "train" in sets else np.zeros(len(label), dtype=bool)
    order = np.lexsort((columns["object_id"].astype(str), ~train))
    redshift = columns["redshift"]
    made = {
        "object_id": columns["object_id"],
        "set": np.where(train, "train", "test").astype(object),
        "split": columns["split"],
        "Z": redshift,
        "Z_err": columns["redshift_err"],
        "EBV": columns["ebv"],
        "luminosity_distance": luminosity_distance(redshift),
    }
    if "train" in sets:
        _check_sets(paths, label, train)
        made["spec_type"] = np.where(train, label, None)
        made["target"] = np.where(train, label == POSITIVE_TYPE, -1).astype(np.int8)
        made["submission_row"] = np.full(len(train), -1, dtype=np.int32)
    else:
        made["label"] = label
    further = [name for name in columns if name.startswith("host_") or name in ("ra", "dec")]
    made = {name: values[order] for name, values in (made | {name: columns[name] for name in further}).items()}
    if "train" in sets:
        made["submission_row"][made["set"] == "test"] = np.arange((~train).sum())
    _log.info("%d training objects, %d test objects; %d splits", train.sum(), (~train).sum(), len(paths))
    return made


def _training(object_id, label, settings):
    """Return which objects (n,) are trained on: those with a label, except those that a hash of their ids holds out."""
    labelled = np.array([name is not None for name in label], dtype=bool)
    held_out = settings["held_out"] * _PARTS
    drawn = np.array([zlib.crc32(f"held out {name}".encode()) % _PARTS < held_out for name in object_id], dtype=bool)
    return labelled & ~drawn


def _check_unique(columns):
    first = {}
    for name, split in zip(columns["object_id"], columns["split"], strict=True):
        if name in first:
            fix = "set ingest.rows_of_object to folder, so that all files are searched for the rows of an object"
            found = f"{name!r} in {first[name]} and in {split}"
            raise DataError.at(split, column="object_id", expected="each object in one file", found=found, fix=fix)
        first[name] = split


def _check_sets(paths, label, train):
    folder = ", ".join(list(paths)[:3])
    if not train.any():
        fix = "give light curves with labels in data_dir; those without are scored as new_data"
        raise DataError.at(folder, expected="objects with a label to train on", found="none", fix=fix)
    if train.all():
        fix = "set ingest.held_out to a share of the objects, such as 0.2, that are predicted and not trained on"
        raise DataError.at(folder, expected="test objects", found="a label for every object", fix=fix)
    counts = Counter(label[train])
    _log.info("labels: %s", ", ".join(f"{name} {n}" for name, n in counts.most_common()))


def _redshifts(columns, settings):
    believed, z = settings["redshift"], columns["redshift"].astype(float)
    with np.errstate(invalid="ignore"):
        beyond = np.isfinite(z) & ~((z >= believed["min"]) & (z <= believed["max"]))
    if beyond.any():
        _log.warning("%d redshifts, such as %g, are not believable: taken as missing", beyond.sum(), z[beyond][0])
    kind = np.where(beyond, "none", columns["redshift_kind"]).astype(object)
    z = np.where(kind == "none", np.nan, z)
    error = columns["redshift_err"].astype(float)
    with np.errstate(invalid="ignore"):
        error = np.where(error > 0, error, settings["photoz_error"] * (1.0 + z))
    error = np.where(kind == "photometric", error, np.nan)
    if (missing := kind == "none").any():
        _log.warning("%d of %d objects have no redshift", missing.sum(), len(z))
    return {"redshift": z, "redshift_err": error, "redshift_kind": kind}


def _reddening(columns, settings):
    ebv, believed = columns["ebv"].astype(float), settings["ebv"]
    with np.errstate(invalid="ignore"):
        good = (ebv >= believed["min"]) & (ebv <= believed["max"])
        much = good & (ebv > MUCH_DUST)
    if (beyond := np.isfinite(ebv) & ~good).any():
        _log.warning("%d E(B-V), such as %g, are not believable: taken as missing", beyond.sum(), ebv[beyond][0])
    if much.any():
        message = (
            "%d of %d E(B-V) are above %g, such as %g: is it the visual extinction A_V, which is 3.1 times E(B-V)?"
        )
        _log.warning(message, much.sum(), len(ebv), MUCH_DUST, ebv[much][0])
    return fill_reddening(np.where(good, ebv, np.nan), columns["ra"], columns["dec"], settings)


def _joined(values, parts):
    """Return one column of all parts, with missing values for parts that lack it."""
    is_text = any(one is not None and one.dtype.kind not in "iufb" for one in values)
    filled = []
    for one, part in zip(values, parts, strict=True):
        if one is None:
            one = np.full(len(part["object_id"]), None if is_text else np.nan, dtype=object if is_text else float)
        filled.append(one.astype(object) if is_text else one.astype(float))
    return np.concatenate(filled)


def _no_objects():
    texts = ("object_id", "redshift_kind", "label", "file")
    return {name: np.zeros(0, dtype=object if name in texts else float) for name in (*_REQUIRED, "file")}
