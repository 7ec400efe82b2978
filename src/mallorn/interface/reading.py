"""Read light curves from a survey's files in one call."""

import logging
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import DataError
from mallorn.ingest.unusable import refuse_unusable
from mallorn.interface.configuration import configuration
from mallorn.sources.format import is_format
from mallorn.sources.source import open_source
from mallorn.survey.lightcurves import joined, read_lightcurves
from mallorn.survey.passbands import passbands_of_run, surveys_of_run

__all__ = ["Opened", "is_artifact", "objects_beside", "open_path", "read"]

log = logging.getLogger(__name__)


def read(path, source=None, survey=None, splits=None, settings=None):
    """Return the `LightCurves` of files of any format or survey, or of one split that the workflow has read.

    path: a file or folder that the source reads, or a file results/lightcurves/SPLIT.parquet of a finished run. For the
    source kaggle it is a folder with test_log.csv, split_*/ with light curves and, if there are labelled objects,
    train_log.csv. source: a format or source, such as "snana" or "ztf_forced" (docs/howto/sources.md lists all).
    survey: one or several surveys whose passbands the files may have. Source and survey are those of the settings by
    default. splits: names of the splits to read, all by default. settings: a configuration, or the part of it that
    differs from the defaults; `source`, `survey`, `surveys`, `ingest` and `readers` count.

    Objects are ordered by id. Rows that cannot be used are left out and counted in a warning. Raises DataError, naming
    file, line and next step, for files that cannot be read at all.
    """
    path, parts, asides = Path(path), [], []
    if source is None and is_artifact(path):
        return read_lightcurves(path, objects_beside(path))
    opened = open_path(path, source, survey, settings)
    for split in splits or ():
        if split not in opened.splits:
            raise DataError(f"{path}: there is no split {split!r}; expected some of {', '.join(opened.splits)}")
    for split in splits or opened.splits:
        aside, _ = opened.read_split(split, parts.append)
        left_out = sum(row[3] for row in aside.rows)
        if left_out:
            log.warning("%s: %d of %d rows cannot be used", split, left_out, aside.rows_read)
        asides.append(aside)
    refuse_unusable(asides)
    return joined(parts)


class Opened(NamedTuple):
    """Files that are open to a source.

    config: the configuration. reader: the source. passbands: the `Passbands`; surveys: the names of their surveys.
    sets: the sets of objects to read. splits: names.
    """

    path: Path
    config: dict
    reader: object
    passbands: object
    surveys: tuple
    sets: tuple
    splits: list

    def read_split(self, split, write):
        """Call `write` with the `LightCurves` of groups of objects; return the `SetAside` and what is known about the
        objects: {column: (n,)} for a format, else None."""
        ingest = self.config["ingest"]
        if is_format(self.config["source"]):
            return self.reader.read_files(self.path, split, ingest, (self.passbands, self.surveys), write)
        return self.reader.read_split(self.path, split, self.sets, ingest, self.passbands, write), None

    def metadata(self):
        """Return what a source that is no format knows about all objects; None for a format."""
        if is_format(self.config["source"]):
            return None
        return self.reader.read_metadata(self.path, self.splits, self.sets, self.config["ingest"])


def open_path(path, source=None, survey=None, settings=None, sets=("train", "test")):
    """Return the `Opened` files of `path`; the other arguments are as for `read`.

    sets: the sets of objects to read, for a source that tells them apart; a survey without labels has no "train".
    """
    given = {name: value for name, value in (("source", source), ("survey", survey)) if value is not None}
    config = configuration({**(settings or {}), **given}) | {"data_dir": str(path)}
    reader, passbands = open_source(config["source"], config), passbands_of_run(config)[0]
    sets = ("test",) if is_format(config["source"]) else sets
    sets, splits = _splits(reader, Path(path), sets)
    return Opened(Path(path), config, reader, passbands, surveys_of_run(config)[0], sets, splits)


def is_artifact(path):
    """Return whether a path has the name of light curves from the workflow, results/lightcurves/SPLIT.parquet."""
    path = Path(path)
    return path.parent.name == "lightcurves" and path.suffix == ".parquet"


def objects_beside(points):
    """Return the path of the objects beside light curves of a finished run; raise DataError if it is not there."""
    objects = Path(points).parents[1] / "objects" / Path(points).name
    for file in (Path(points), objects):
        if not file.is_file():
            fix = "give results/lightcurves/SPLIT.parquet of a finished run"
            raise DataError.at(file, expected="light curves of a finished run", found="nothing", fix=fix)
    return objects


def _splits(source, path, sets):
    """Return the sets of objects and the splits; a survey without a training set is read as one without labels."""
    try:
        return sets, source.splits(path, sets, "path")
    except DataError:
        if not path.is_dir() or sets == ("test",):
            raise
        return ("test",), source.splits(path, ("test",), "path")
