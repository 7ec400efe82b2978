"""Measure what reading a survey's files costs: CPU and memory of the reader alone, and up to light curves.

Each figure comes from a process of its own, since memory adds up within one process. Memory includes all imports. CPU
time is that of the work; it includes what a reader imports only when it begins, a few tenths of a second. Nothing is
written. Times are CPU times, since other programs on the machine lengthen wall times.
"""

import json
import os
import subprocess
import sys
from typing import NamedTuple

from mallorn import plugins
from mallorn.errors import DataError
from mallorn.runtime.usage import now, peak
from mallorn.sources.format import is_format
from mallorn.sources.source import open_source
from mallorn.survey.passbands import Passbands

__all__ = ["ALL", "READER", "WHOLE", "Survey", "costs", "drawn_splits"]

READER, WHOLE = "reader", "light curves"
"""What is measured: the reader alone, and the whole way to light curves, which includes it."""

ALL = "all (estimated)"
"""The `split` of the row that is estimated for the whole survey from the measured splits."""

MOST_SPLITS = 3
"""Splits of a survey that are measured."""


class Survey(NamedTuple):
    """A survey to read, all of it text, lists and dicts.

    source: name of what reads `folder`. sets: "train" and "test", or "test". settings: the blocks "ingest", "readers"
    and "plugins" of the configuration. passbands: text of the `Passbands`; surveys: names of the surveys of these.
    """

    source: str
    folder: str
    sets: list
    settings: dict
    passbands: str
    surveys: list


def costs(survey, splits):
    """Return the table {column: list} of what reading a `Survey` takes: for each split that is measured, and in all.

    splits: names of all splits. Columns: split; part, what was measured (`READER`, which only formats have, or
    `WHOLE`); files, mb (2^20 bytes of the files); rows, those of the files that the split reads (`READER`) or takes
    (`WHOLE`); points; objects; cpu_s; rows_per_cpu_s; peak_mb, of the process with its imports. Several splits may
    share files: these are then read anew for each split, and `READER` tells what that costs.

    Raises DataError, with the reader's words, for files that cannot be read.
    """
    rows, measured = [], drawn_splits(splits)
    parts = (READER, WHOLE) if is_format(survey.source) else (WHOLE,)
    for part in parts:
        of_part = [_in_own_process(survey, split, part) for split in measured]
        rows += of_part
        rows.append(_estimated(of_part, part, len(splits) / len(measured)))
    return {name: [row[name] for row in rows] for name in rows[0]}


def drawn_splits(splits):
    """Return at most `MOST_SPLITS` of the splits, spread evenly over the list; the first is always among them."""
    n = min(MOST_SPLITS, len(splits))
    return [splits[k * len(splits) // n] for k in range(n)]


def _in_own_process(survey, split, part):
    told = json.dumps([survey._asdict(), split, part])
    command, paths = [sys.executable, "-m", __spec__.name], os.pathsep.join(filter(None, sys.path))
    env = os.environ | {"PYTHONPATH": paths}  # a copy of the library need not be installed
    done = subprocess.run(command, input=told, capture_output=True, text=True, env=env)
    if done.returncode:
        raise DataError(f"{split} of {survey.folder} could not be read:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout)


def _cost(survey, split, part):
    """Return a row of `costs`."""
    plugins.use(survey.settings["plugins"])
    source, passbands = open_source(survey.source, survey.settings), Passbands.from_text(survey.passbands)
    files = source.files(survey.folder, split, survey.sets)
    measure = _read if part == READER else _light_curves
    rows, points, objects, cpu = measure(source, survey, split, passbands)
    return {
        "split": split,
        "part": part,
        "files": len(files),
        "mb": sum(os.path.getsize(path) for path in files) / 2**20,
        "rows": rows,
        "points": points,
        "objects": objects,
        "cpu_s": cpu,
        "rows_per_cpu_s": rows / max(cpu, 1e-9),
        "peak_mb": peak(),
    }


def _read(source, survey, split, _):
    plugins.load("formats", survey.source, "batches")
    rows = points = objects = 0
    start = now()
    for _, batch in source.batches(survey.folder, split, survey.surveys):
        rows += batch.n_rows
        points += len(batch.points["mjd"])
        objects += len(batch.objects["object_id"])
    return rows, points, objects, now() - start


def _light_curves(source, survey, split, passbands):
    import mallorn.ingest.batches  # noqa: F401, before the clock starts

    found = []

    def write(lightcurves):
        found.append((len(lightcurves.mjd), len(lightcurves.object_id)))

    start = now()
    if is_format(survey.source):
        of_run = (passbands, survey.surveys)
        aside, _ = source.read_files(survey.folder, split, survey.settings["ingest"], of_run, write)
    else:
        of_run = (survey.folder, split, survey.sets, survey.settings["ingest"], passbands)
        aside = source.read_split(*of_run, write)
    cpu = now() - start
    points, objects = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0)
    return aside.rows_read, points, objects, cpu


def _estimated(rows, part, times):
    """Return the row of the whole survey, whose splits are `times` as many as those of `rows`."""
    total = {name: sum(row[name] for row in rows) * times for name in ("mb", "cpu_s")}
    total |= {name: round(sum(row[name] for row in rows) * times) for name in ("files", "rows", "points", "objects")}
    rate = total["rows"] / max(total["cpu_s"], 1e-9)
    whole = total | {"rows_per_cpu_s": rate, "peak_mb": max(row["peak_mb"] for row in rows)}
    return {name: {"split": ALL, "part": part}.get(name, whole.get(name)) for name in rows[0]}


if __name__ == "__main__":
    asked, *which = json.load(sys.stdin)
    json.dump(_cost(Survey(**asked), *which), sys.stdout)
