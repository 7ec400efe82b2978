"""Light curves from a survey's files, in one call."""

import logging
from pathlib import Path

from mallorn.errors import DataError
from mallorn.ingest.unusable import refuse_unusable
from mallorn.interface.configuration import configuration
from mallorn.sources.format import is_format
from mallorn.sources.source import open_source
from mallorn.survey.lightcurves import joined, read_lightcurves
from mallorn.survey.passbands import passbands_of_run, surveys_of_run

__all__ = ["read"]

log = logging.getLogger(__name__)


def read(path, source=None, survey=None, splits=None, settings=None):
    """Return the `LightCurves` of files of any format or survey, or of one split that the workflow has read.

    path: what the source reads: a file or a folder; for the source kaggle a folder with test_log.csv, train_log.csv if
    there are labelled objects, and split_*/ with their light curves; or a file results/lightcurves/SPLIT.parquet of a
    finished run.
    source: a format or source (docs/sources.md has all), such as "snana" or "ztf_forced"; survey: a survey, or several,
    whose passbands the files may have; both are those of the settings by default. splits: names of the splits to read;
    all by default. settings: a configuration, or the part of it that differs from the defaults: `source`, `survey`,
    `surveys`, `ingest` and `readers` are read.

    Objects are ordered by id. Rows that cannot be used are left out and counted in a warning. Raises DataError, naming
    file, line and next step, for files that cannot be read at all.
    """
    path = Path(path)
    if source is None and path.parent.name == "lightcurves" and path.suffix == ".parquet":
        return _read_artifact(path)
    given = {name: value for name, value in (("source", source), ("survey", survey)) if value is not None}
    config = configuration({**(settings or {}), **given}) | {"data_dir": str(path)}
    name = config["source"]
    reader, surveys = open_source(name, config), surveys_of_run(config)[0]
    passbands, parts, asides = passbands_of_run(config)[0], [], []
    sets, known = (("test",), reader.splits(path, ("test",), "path")) if is_format(name) else _splits(reader, path)
    for split in splits or ():
        if split not in known:
            raise DataError(f"{path}: there is no split {split!r}; expected some of {', '.join(known)}")
    for split in splits or known:
        if is_format(name):
            aside, _ = reader.read_files(path, split, config["ingest"], (passbands, surveys), parts.append)
        else:
            aside = reader.read_split(path, split, sets, config["ingest"], passbands, parts.append)
        left_out = sum(row[3] for row in aside.rows)
        if left_out:
            log.warning("%s: %d of %d rows cannot be used", split, left_out, aside.rows_read)
        asides.append(aside)
    refuse_unusable(asides)
    return joined(parts)


def _splits(source, path):
    """Return the sets of objects that there are, and the splits: those of a survey without labels if it has none."""
    try:
        return ("train", "test"), source.splits(path, ("train", "test"), "path")
    except DataError:
        if not path.is_dir():
            raise
        return ("test",), source.splits(path, ("test",), "path")


def _read_artifact(points):
    objects = points.parents[1] / "objects" / points.name
    for file in (points, objects):
        if not file.is_file():
            fix = "give results/lightcurves/SPLIT.parquet of a finished run"
            raise DataError.at(file, expected="light curves of a finished run", found="nothing", fix=fix)
    return read_lightcurves(points, objects)
