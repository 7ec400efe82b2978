"""Check both logs of a survey and join them into one table: what is known about each object besides its light curve."""

import logging
from pathlib import Path

import numpy as np

from mallorn.errors import DataError
from mallorn.ingest.csv_file import NUMBER, CsvFile
from mallorn.ingest.objects import Logs, unnamed_split
from mallorn.io.tables import write_table

__all__ = ["POSITIVE_TYPE", "read_logs", "read_unlabelled", "write_logs"]

POSITIVE_TYPE = "TDE"
UNLABELLED = -1

_LABELS = ("SpecType", "target")
_UNITS = {"EBV": "mag", "luminosity_distance": "Mpc", "ra": "deg", "dec": "deg"}

_log = logging.getLogger(__name__)


def read_logs(train_log, test_log, sample_submission, splits, config):
    """Return {column: array (n,)}, a row for each object: the training log's first, then the test log's, in log order.

    The columns of `Logs.objects`, and spec_type: str, None in the test set. target: int8, 1 for a TDE, 0 for anything
    else, -1 in the test set. submission_row: int32, the row of the object in the submission, -1 in the training set.

    train_log, test_log: CSV files, see `Logs`; the training log has the columns SpecType and target too. Labels in the
        test log are not read.
    sample_submission: CSV file with the column object_id, which lists the test objects in the order of submission; with
        None, that is the order of the test log.
    splits: names of all splits. config: the block `ingest` of the configuration.

    Raises DataError, with file and line, for any fault: see `Logs`; a target that is not 0 or 1, that contradicts
    SpecType, or that is the same for all; a split without a folder or without rows in the logs; a sample submission
    that lists other objects.
    """
    logs = Logs(train_log, test_log, config, _LABELS)
    _check_splits(logs, splits)
    spec_type, target = _labels(logs.train)
    n_train, n_test = len(logs.train), len(logs.test)
    columns = {
        **logs.objects(),
        "spec_type": np.concatenate([spec_type, np.full(n_test, None)]),
        "target": np.concatenate([target, np.full(n_test, UNLABELLED, dtype=np.int8)]),
        "submission_row": np.concatenate(
            [np.full(n_train, -1, dtype=np.int32), _submission_rows(logs.test, logs.ids[1], sample_submission)]
        ),
    }
    _log.info(
        "%d training objects, %d of them %s; %d test objects; %d splits",
        *(n_train, target.sum(), POSITIVE_TYPE, n_test, len(splits)),
    )
    _tell_redshifts(columns)
    return columns


def read_unlabelled(test_log, splits, config):
    """Return the columns of `Logs.objects` for a log without labels; raises the errors of `read_logs`."""
    logs = Logs(None, test_log, config)
    _check_splits(logs, splits)
    columns = logs.objects()
    _log.info("%d objects; %d splits", len(columns["object_id"]), len(splits))
    _tell_redshifts(columns)
    return columns


def write_logs(path, columns):
    """Write what `read_logs` returned as Parquet."""
    write_table(path, columns, _UNITS)


def _tell_redshifts(columns):
    """Log how many objects have no redshift, and what happens to them."""
    none = ~np.isfinite(columns["Z"])
    sets = np.where(columns["set"] == "train", "training", "test")
    for name, what in (
        ("training", "they are learned from only by the models for objects without redshift"),
        ("test", "they are scored by the models for objects without redshift (augmentations.no_redshift)"),
    ):
        count = int(np.sum(none & (sets == name)))
        if count:
            of = int(np.sum(sets == name))
            _log.warning("%d of %d %s objects have no redshift (Z empty, -9 or the like): %s", count, of, name, what)


def _check_splits(logs, splits):
    named = set()
    for log in logs:
        codes, names = log.codes("split")
        named.update(names)
        for code, name in enumerate(names):
            if name not in splits:
                k = int(np.argmax(codes == code))
                fix = f"put the split's folder beside {log.path.name}, or remove its rows from the logs"
                expected = f"one of the {len(splits)} splits with a folder"
                raise log.error(k, "split", expected=expected, found=log.value("split", k), fix=fix)
    for name in splits:
        if name not in named:
            raise unnamed_split(logs, name)


def _labels(log):
    """Return the types (n,) str and targets (n,) int8 of the training objects."""
    spec_type = log.text("SpecType")
    values, state = log.numbers("target")
    target = (values == 1.0).astype(np.int8)
    for k in np.flatnonzero((state != NUMBER) | ~np.isin(values, (0.0, 1.0)))[:1]:
        fix = "label the object, or remove it from the training log"
        raise log.error(k, "target", expected="0 or 1", found=log.value("target", k), fix=fix)
    for k, name in enumerate(spec_type):
        if not name or not name.isprintable():
            fix = "give the object's type, or remove it from the training log"
            raise log.error(k, "SpecType", expected="a type", found=log.value("SpecType", k), fix=fix)
        if (name == POSITIVE_TYPE) != target[k]:
            expected = f"target 1 for SpecType {POSITIVE_TYPE!r} and 0 for any other"
            fix = "correct the type or the target"
            raise log.error(k, "target", expected=expected, found=f"{target[k]} for {name!r}", fix=fix)
    if target.min() == target.max():
        raise DataError.at(
            log.path,
            column="target",
            expected="objects of both kinds, 0 and 1, to learn from",
            found=f"only {target[0]}",
            fix="use a training log with labelled TDEs and other objects",
        )
    return spec_type, target


def _submission_rows(log, ids, sample_submission):
    """Return the row of each object of the test log in the submission, shape (n,) int32."""
    if sample_submission is None:
        _log.info("no sample submission: the order is that of %s", log.path.name)
        return np.arange(len(ids), dtype=np.int32)
    sample = CsvFile(sample_submission, ("object_id",))
    rows = {}
    for k, name in enumerate(sample.text("object_id")):
        if name in rows:
            found = f"{name!r} again, after line {sample.line(rows[name])}"
            raise sample.error(k, "object_id", expected="each object once", found=found, fix="remove one of the rows")
        rows[name] = k
    known = set(ids)
    for name, k in rows.items():
        if name not in known:
            found = sample.value("object_id", k)
            fix = f"get both files from the same release as {Path(log.path).name}"
            raise sample.error(k, "object_id", expected=f"an object of {log.path.name}", found=found, fix=fix)
    for k, name in enumerate(ids):
        if name not in rows:
            fix = f"get both files from the same release, or add the object to {Path(sample_submission).name}"
            found = f"{name!r} (line {log.line(k)} of {log.path.name}) missing"
            raise DataError.at(sample.path, expected="every object of the test log", found=found, fix=fix)
    return np.array([rows[name] for name in ids], dtype=np.int32)
