"""Light curves from a survey's files, in one call."""

import logging
from pathlib import Path

from mallorn.errors import DataError
from mallorn.interface.configuration import configuration
from mallorn.plugins import load
from mallorn.survey.lightcurves import joined, read_lightcurves
from mallorn.survey.passbands import survey_passbands

__all__ = ["read"]

log = logging.getLogger(__name__)


def read(path, splits=None, settings=None):
    """Return the `LightCurves` of a survey, or of one split that the workflow has read.

    path: what the source reads, for the source kaggle a folder with test_log.csv, train_log.csv if there are labelled
    objects, and split_*/ with their light curves; or a file results/lightcurves/SPLIT.parquet of a finished run.
    splits: names of the splits to read; all by default. settings: a configuration, or the part of it that differs from
    the defaults: `source`, `survey` (its passbands) and `ingest` are read.

    Objects are ordered by id. Rows that cannot be used are left out and counted in a warning. Raises DataError, naming
    file, line and next step, for files that cannot be read at all.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        return _read_artifact(path)
    config = configuration(settings)
    source = load("sources", config["source"])
    sets, known = _splits(source, path)
    for name in splits or ():
        if name not in known:
            raise DataError(f"{path}: there is no split {name!r}; expected some of {', '.join(known)}")
    passbands = survey_passbands(config["survey"], config["surveys"])
    parts = []
    for name in splits or known:
        aside = source.read_split(path, name, sets, config["ingest"], passbands, parts.append)
        left_out = sum(row[3] for row in aside.rows)
        if left_out:
            log.warning("%s: %d of %d rows cannot be used", name, left_out, aside.rows_read)
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
