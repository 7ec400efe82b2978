"""Where the files of a survey in the Kaggle layout lie, and digests that tell whether they changed.

Only the standard library is imported here: the Snakefile reads this module at every start.
"""

import csv
import hashlib
import os
import re
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path

from mallorn.errors import DataError

__all__ = ["LIGHTCURVE_FILES", "LOG_FILES", "SAMPLE_FILE", "file_digest", "find_splits", "log_digest"]

LOG_FILES = {"train": "train_log.csv", "test": "test_log.csv"}
LIGHTCURVE_FILES = {"train": "train_full_lightcurves.csv", "test": "test_full_lightcurves.csv"}
SAMPLE_FILE = "sample_submission.csv"

_SPLIT = re.compile(r"split_[A-Za-z0-9_-]+")
_READ_WHOLE = 100_000_000  # bytes; reading takes about 0.05 s
_DIGESTED = ("object_id", "Z", "Z_err", "EBV")


def find_splits(data_dir, sets=("train", "test"), key="data_dir"):
    """Return the names of the folders `split_*` of the survey in `data_dir`, in natural order.

    Natural order has split_2 before split_10. Each split must hold the file of light curves of each of `sets`, of
    train and test. key: of the configuration, that the folder is given by. Raises DataError when
    one does not, when there is no split, when a split's name could not be part of a file name everywhere, or when a
    log is missing.
    """
    folder = Path(data_dir)
    if not folder.is_dir():
        raise DataError.at(
            folder,
            expected="the folder of a survey",
            found="a file" if folder.exists() else "nothing",
            fix=f"set {key} to the folder that holds {' and '.join(LOG_FILES[name] for name in sets)}, or to null",
        )
    for name in sets:
        _require(folder / LOG_FILES[name], folder, key)
    splits = [entry.name for entry in folder.iterdir() if entry.name.startswith("split_") and entry.is_dir()]
    if not splits:
        raise DataError.at(
            folder,
            expected="folders named split_01, split_02, ...",
            found="none",
            fix="unpack the whole survey into this folder",
        )
    for name in splits:
        if not _SPLIT.fullmatch(name):
            raise DataError.at(
                folder,
                expected="splits named split_ and ASCII letters, digits, '_' or '-'",
                found=repr(name),
                fix="rename the folder, also in the split column of the logs, or move it away",
            )
        for part in sets:
            _require(folder / name / LIGHTCURVE_FILES[part], folder, key)
    return sorted(splits, key=_natural)


def file_digest(path):
    """Return a digest of a file's content; of its size and date if it is larger than 100 MB.

    Snakemake compares the content of a file only when its date is newer than the results: it would not notice one that
    was replaced by an older one. A file that is not there has a digest too: its absence is for the job to report.
    """
    return _file_digest(str(path), *_stamp(path))


def log_digest(train_log, test_log, split):
    """Return a digest of what ingestion of `split` reads of the two logs: other rows and labels leave it the same.

    Covers the ids, redshifts, their errors and E(B-V) as written, in any order of rows. A log that cannot be parsed
    is digested whole, so that the job that checks the logs can say what is wrong with it.
    """
    parts = []
    for path in (train_log, test_log):
        of_split, of_others = _digests(str(path), *_stamp(path))
        parts.append(of_split.get(split, of_others))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _file_digest(path, mtime_ns, size):
    whole = _whole(path) if size <= _READ_WHOLE else hashlib.sha256(f"{mtime_ns} {size}".encode()).hexdigest()
    return whole[:16]


@lru_cache(maxsize=8)
def _digests(path, mtime_ns, size):
    """Return {split: digest} of a log, and the digest of splits not in it; time and size only serve the cache."""
    rows = defaultdict(list)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader)
            wanted, by = [header.index(name) for name in _DIGESTED], header.index("split")
            for row in reader:
                if row:
                    rows[row[by]].append(repr([row[k] for k in wanted]))
    except (OSError, ValueError, IndexError, StopIteration, csv.Error):
        return {}, _whole(path)
    return {split: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() for split, lines in rows.items()}, ""


def _whole(path):
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        return type(error).__name__


def _stamp(path):
    try:
        stat = os.stat(path)
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _require(path, folder, key):
    if path.is_file():
        return
    packed = next((p.name for p in path.parent.glob(f"{path.name}.*")), None)
    raise DataError.at(
        path,
        expected="a CSV file",
        found=packed or "nothing",
        fix=f"unpack {packed}" if packed else f"unpack the whole survey into {folder} (or set {key} to its folder)",
    )


def _natural(name):
    return [(int(part), part) if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
