"""A survey in the layout of the Kaggle challenge: CSV files, with light curves in `split_*/`.

See `mallorn.sources.source` for the contract of a source. New objects need no training files. Heavy imports are inside
functions: the Snakefile reads this module at every start.
"""

import csv
import hashlib
import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from mallorn.errors import DataError
from mallorn.io.digests import stamp, whole_digest

__all__ = [
    "LIGHTCURVE_FILES",
    "LOG_FILES",
    "SAMPLE_FILE",
    "files",
    "metadata_digest",
    "metadata_files",
    "read_metadata",
    "read_split",
    "splits",
]

LOG_FILES = {"train": "train_log.csv", "test": "test_log.csv"}
LIGHTCURVE_FILES = {"train": "train_full_lightcurves.csv", "test": "test_full_lightcurves.csv"}
SAMPLE_FILE = "sample_submission.csv"

SURVEYS = ("lsst",)
"""The usual survey, for a configuration that names none."""

_SPLIT = re.compile(r"split_[A-Za-z0-9_-]+")
_DIGESTED = ("object_id", "Z", "Z_err", "EBV")
_POSITION = ("ra", "dec")


def splits(folder, sets=("train", "test"), key="data_dir"):
    """Return the names of the folders `split_*` of the survey in `folder`, in natural order.

    Natural order has split_2 before split_10. Each split must hold the file of light curves for each of `sets` (train,
    test). key: the setting that names the folder. Raises DataError if a file or a log is missing, if there is no split,
    or if a split's name could not be part of a file name everywhere.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError.at(
            folder,
            expected="the folder of a survey",
            found="a file" if folder.exists() else "nothing",
            fix=f"set {key} to the folder that holds {' and '.join(LOG_FILES[name] for name in sets)}, or to null",
        )
    for name in sets:
        _require(folder / LOG_FILES[name], folder, key)
    found = [entry.name for entry in folder.iterdir() if entry.name.startswith("split_") and entry.is_dir()]
    if not found:
        raise DataError.at(
            folder,
            expected="folders named split_01, split_02, ...",
            found="none",
            fix="unpack the whole survey into this folder",
        )
    for name in found:
        if not _SPLIT.fullmatch(name):
            raise DataError.at(
                folder,
                expected="splits named split_ and ASCII letters, digits, '_' or '-'",
                found=repr(name),
                fix="rename the folder, also in the split column of the logs, or move it away",
            )
        for part in sets:
            _require(folder / name / LIGHTCURVE_FILES[part], folder, key)
    return sorted(found, key=_natural)


def files(folder, split, sets=("train", "test")):
    """Return the paths of the files of light curves of one split, one for each of `sets`."""
    return [f"{folder}/{split}/{LIGHTCURVE_FILES[name]}" for name in sets]


def metadata_files(folder, sets=("train", "test")):
    """Return the paths of the logs of `sets`, and of the sample submission if it exists and both sets are asked for."""
    sample = Path(folder, SAMPLE_FILE)
    further = [str(sample)] if len(sets) == 2 and sample.is_file() else []
    return [*(f"{folder}/{LOG_FILES[name]}" for name in sets), *further]


def read_metadata(folder, splits, sets, settings):
    """Return the objects of the logs as columns; see `mallorn.ingest.metadata` for these and for the errors."""
    from mallorn.ingest.metadata import read_logs, read_unlabelled

    if "train" not in sets:
        return read_unlabelled(Path(folder, LOG_FILES["test"]), splits, settings)
    train, test, *sample = metadata_files(folder, sets)
    return read_logs(train, test, *(sample or [None]), splits, settings)


def read_split(folder, split, sets, settings, passbands, write):
    """Write the light curves of one split; see `mallorn.ingest.lightcurves.ingest_split` for the errors."""
    from mallorn.ingest.lightcurves import ingest_split
    from mallorn.ingest.objects import read_objects

    logs = {name: Path(folder, LOG_FILES[name]) for name in sets}
    curves = dict(zip(sets, files(folder, split, sets), strict=True))
    objects = read_objects(logs.get("train"), logs["test"], split, settings)
    return ingest_split(curves.get("train"), curves["test"], objects, settings, passbands, write)


def metadata_digest(folder, split, sets=("train", "test")):
    """Return a digest of what ingesting `split` reads in the logs; other rows, and labels, do not change it.

    It covers ids, redshifts, their errors, E(B-V) and positions as written, in any order of rows. A log that cannot be
    parsed is digested as a whole; the job that checks the logs will say what is wrong with it.
    """
    parts = []
    for path in (f"{folder}/{LOG_FILES[name]}" for name in sets):
        of_split, of_others = _digests(path, *stamp(path))
        parts.append(of_split.get(split, of_others))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=8)
def _digests(path, mtime_ns, size):
    """Return {split: digest} of a log, and the digest of splits not in it; time and size only serve the cache."""
    rows = defaultdict(list)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader)
            wanted, by = [header.index(name) for name in _DIGESTED], header.index("split")
            wanted += [k for k, name in enumerate(header) if name.lower() in _POSITION]
            for row in reader:
                if row:
                    rows[row[by]].append(repr([row[k] for k in wanted]))
    except (OSError, ValueError, IndexError, StopIteration, csv.Error):
        return {}, whole_digest(path)
    return {split: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() for split, lines in rows.items()}, ""


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
