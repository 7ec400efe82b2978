"""Files given to a command: which format reads them, and standard input as a file."""

import shutil
import sys
import tempfile
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import click

from mallorn.errors import ConfigError, DataError

__all__ = ["files_of", "given_settings", "guess_source", "model_folder", "reading_options"]

_BY_ENDING = {
    ".avro": "rubin_alerts",
    "head.fits": "snana",
    "head.fits.gz": "snana",
    **dict.fromkeys((".csv", ".parquet", ".parq", ".ecsv", ".fits", ".fit", ".vot", ".votable", ".xml"), "table"),
    **dict.fromkeys((".tsv", ".csv.gz", ".fits.gz"), "table"),
}
"""The format for each file ending where the user names none; the first of several that fit."""

_BEGINS = {b"PAR1": ".parquet", b"SIMPLE": ".fits", b"Obj\x01": ".avro", b"\x1f\x8b": ".csv.gz", b"# %ECSV": ".ecsv"}
_BEGINS |= {b"{": ".json", b"[": ".json", b"<": ".vot"}
"""First bytes of files that come on standard input, and the ending of each."""

_LOOKED_AT = 1000  # files of a folder, bytes of standard input


def _sources(context, parameter, incomplete):
    from mallorn.plugins import names

    return [name for kind in ("formats", "sources") for name in names(kind) if name.startswith(incomplete)]


def reading_options(required=True):
    """Return a decorator that adds to a command what says what to read: paths, --source, --survey and --settings."""
    options = (
        click.argument(
            "paths", nargs=-1, required=required, metavar="FILE_OR_FOLDER...", type=click.Path(path_type=str)
        ),
        click.option(
            "--source",
            metavar="FORMAT",
            shell_complete=_sources,
            help="Format of the files: table, rubin_alerts, snana, ztf_forced, ... (docs/howto/sources.md). By default "
            "mallorn guesses it from their names.",
        ),
        click.option(
            "--survey",
            multiple=True,
            help="Survey whose passbands the files have, such as lsst or ztf; repeat it for several. The default is "
            "that of the format.",
        ),
        click.option(
            "--settings",
            metavar="FILE.yaml",
            type=click.Path(exists=True, dir_okay=False),
            help="Settings that differ from the defaults: readers, surveys, ingest, plugins "
            "(docs/reference/configuration.md).",
        ),
    )
    return lambda command: reduce(lambda function, option: option(function), reversed(options), command)


def given_settings(path):
    """Return the settings of a YAML file, {} for None. Raises ConfigError if the file is not a mapping."""
    if path is None:
        return {}
    import yaml

    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: expected YAML, found {' '.join(str(error).split())}") from None
    if not isinstance(found or {}, dict):
        raise ConfigError(f"{path}: expected settings, KEY: VALUE on each line, found {type(found).__name__}")
    return found or {}


def model_folder(folder):
    """Return the folder of the model: the given one, else results/model if it is there, else the released one.

    Raises DataError if the given folder holds no model.
    """
    from mallorn.interface.released import released_model

    if folder == "released":
        return released_model()
    chosen = Path(folder or "results/model")
    if folder is None and not chosen.is_dir():
        return released_model()
    if not (chosen / "model.json").is_file():
        fix = "name the folder of a model by --model or MALLORN_MODEL, or make one by `snakemake export_model`"
        raise DataError.at(chosen, expected="a model", found="nothing", fix=fix)
    return chosen


@contextmanager
def files_of(paths, source, survey):
    """Give the block a list of (path, source, survey), one for each path given to a command; "-" is standard input.

    Without a `source`, the names of the files tell it. Raises DataError for a path that does not exist, and for files
    that may be of several formats.
    """
    survey = list(survey) if len(survey) > 1 else next(iter(survey), None)
    with tempfile.TemporaryDirectory(prefix="mallorn-") as folder:
        found = []
        for path in paths:
            path = _standard_input(folder) if path == "-" else Path(path)
            if not path.exists():
                raise DataError.at(path, expected="a file or folder", found="nothing", fix="correct the path")
            found.append((path, source or guess_source(path), survey))
        yield found


def _standard_input(folder):
    """Write standard input to a file whose ending tells its format; return the path."""
    stream = sys.stdin.buffer
    first = stream.read(_LOOKED_AT)
    if not first:
        fix = "pipe a file into the command, or name it"
        raise DataError.at("standard input", expected="light curves", found="nothing", fix=fix)
    ending = next((ending for begin, ending in _BEGINS.items() if first.lstrip().startswith(begin)), ".csv")
    path = Path(folder, f"standard_input{ending}")
    with open(path, "wb") as file:
        file.write(first)
        shutil.copyfileobj(stream, file)
    return path


def guess_source(path):
    """Return the format of a file or folder by its names; None for light curves that the workflow has read."""
    if path.parent.name == "lightcurves" and path.suffix == ".parquet" and Path(path.parents[1], "objects").is_dir():
        return None
    if (path / "test_log.csv").is_file():
        return "kaggle"
    names = [path.name] if path.is_file() else _names_below(path)
    for ending, source in _BY_ENDING.items():
        if any(name.lower().endswith(ending) for name in names):
            return source
    raise DataError.at(
        path,
        expected="files whose names tell the format",
        found=", ".join(names[:3]) or "nothing",
        fix=f"say what they are by --source: {', '.join(_readers_of(names)) or 'see docs/howto/sources.md'}",
    )


def _names_below(folder):
    found = []
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.startswith((".", "_")):
            found.append(file.name)
            if len(found) == _LOOKED_AT:
                break
    return sorted(found)


def _readers_of(names):
    import re

    from mallorn import plugins

    patterns = {one: plugins.constant("formats", one, "FILES") for one in plugins.names("formats")}
    return [one for one, p in patterns.items() if any(re.search(p, name, re.IGNORECASE) for name in names)]
