"""Make scores, features, or one long table of points from any number of files, batch by batch."""

import gc
import logging
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np

from mallorn.decide.domain import STATUS, kind_of
from mallorn.errors import ConfigError, DataError
from mallorn.interface.batches import batches
from mallorn.interface.computing import features
from mallorn.interface.scoring import in_processes, model_of_process, score_batch
from mallorn.plugins import use

_log = logging.getLogger(__name__)

__all__ = ["Summary", "convert_files", "features_of_files", "find_object", "reading_for", "score_files"]


@dataclass
class Summary:
    """The account of files: their `objects`; `rows` read; `aside`, {reason: rows} that were not used.

    repeated: objects that came more than once. For scores also `chosen` and `extrapolated`, numbers of objects, and
    `not_scored`, {kind of reason: objects}.
    """

    objects: int = 0
    rows: int = 0
    chosen: int = 0
    extrapolated: int = 0
    repeated: int = 0
    aside: Counter = field(default_factory=Counter)
    not_scored: Counter = field(default_factory=Counter)


def score_files(files, folder, write, jobs=1, reasons=3, settings=None, watch=None, kept=None):
    """Score the objects of files of any format; return the `Summary`.

    files: list of (path, source, survey), as for `mallorn.read`. folder: of the model. write: called with the
    `pandas.DataFrame` of each batch (see `mallorn.interface.scoring.score_curves`), in the order of the files, and
    within a file by split and id. The order does not depend on `jobs`, the number of processes. reasons: number of
    features to name. settings: see `reading_for`. watch: called with (objects done, objects read so far) after each
    split and batch. kept: a `mallorn.interface.pages.Pages` that keeps the most probable objects, or None.

    Rows that cannot be used are left out and counted. Objects that cannot be scored are in the tables, with the reason.
    For several files, the column input names the one that an object comes from. Raises DataError for files that cannot
    be read at all, and for a folder without a model. A warning says how the first batch as a whole differs from what
    the model has learned from.
    """
    plugins = (settings or {}).get("plugins", [])
    if plugins:
        use(plugins)
    model = model_of_process(str(folder))
    model.check()
    reading = reading_for(model, settings)
    work = partial(score_batch, str(folder), plugins, reasons=reasons)

    def judged(frame, summary, batch):
        if not summary.objects:
            for sentence in model.unlike(batch.lightcurves()):
                _log.warning("these light curves are unlike those learned from: %s", sentence)
        if len(files) > 1:
            frame.insert(1, "input", batch.path)
        if kept:
            kept.add(frame, batch)
        summary.chosen += int(frame["decision"].fillna(0).sum())
        summary.extrapolated += int((frame["domain"] == STATUS[1]).sum())
        summary.not_scored.update(map(kind_of, frame["domain_reason"][frame["domain"] == STATUS[2]]))
        write(frame)

    return _through(files, reading, work, judged, jobs, watch)


def features_of_files(files, write, jobs=1, families=None, settings=None, watch=None):
    """Compute the features of the objects of files of any format; return the `Summary`.

    families, settings: as for `mallorn.features`; the others as for `score_files`. Tables begin with object_id.
    """
    work = partial(_features, families=families, settings=settings)
    return _through(files, settings, work, lambda frame, *_: write(frame), jobs, watch)


def convert_files(files, write, settings=None, watch=None):
    """Write the points of files of any format as one long table that `source="table"` reads; return the `Summary`.

    settings: a configuration, or the part of it that differs from the defaults; the others as for `score_files`.
    Columns: object_id, mjd, passband ("SURVEY.NAME", except from results/lightcurves), flux and flux_err (microjansky,
    not corrected for Galactic dust), detected (1, 0, or -1 if unknown), upper_limit (1 or 0); and, if known, the
    object's redshift, or photoz and photoz_err, ra, dec, ebv and label.
    """
    return _through(files, settings, _points, lambda frame, *_: write(frame), 1, watch)


def reading_for(model, settings=None):
    """Return the settings for reading light curves for a `Model`: its own block `ingest`.

    settings: those of the user. In `ingest` they may set only what the model does not hold, which changes no light
    curve. Raises ConfigError if the model holds another value.
    """
    given = dict(settings or {})
    theirs, ours = model.settings["ingest"], given.get("ingest", {})
    other = [name for name in ours if name in theirs and ours[name] != theirs[name]]
    if other:
        told = f"ingest.{other[0]} is {theirs[other[0]]!r} in the model {model.folder}, found {ours[other[0]]!r}"
        raise ConfigError(f"{told}. Next step: leave it out, or use a model that was made with it.")
    return {**given, "ingest": {**theirs, **ours}}


def _through(files, settings, work, take, jobs, watch):
    """Do `work` on every batch of the files; give the result to `take`, with the `Summary` and the batch."""
    summary, seen, read, done = Summary(), [], 0, 0
    with tempfile.TemporaryDirectory(prefix="mallorn-") as folder:

        def each():
            nonlocal read
            for number, (path, source, survey) in enumerate(files):
                own = Path(folder, str(number))
                own.mkdir()
                for made, of_split in batches(path, own, source, survey, settings):
                    summary.rows += of_split.rows
                    summary.aside += of_split.aside
                    read += sum(batch.size for batch in made)
                    if watch:
                        watch(done, read)
                    yield from made

        for batch, frame in in_processes(work, each(), jobs):
            done += batch.size
            take(frame, summary, batch)
            summary.objects = done
            seen.append(_digests(frame["object_id"]))
            if watch:
                watch(done, read)
            _remove(batch, folder)
    everything = np.concatenate([*seen, np.empty(0, np.uint64)])
    summary.repeated = len(everything) - len(np.unique(everything))
    return summary


def _digests(object_id):
    """Return 64 bits of each distinct id of a batch, which tell whether an object comes again."""
    names = dict.fromkeys(map(str, object_id))
    digests = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def _remove(batch, folder):
    """Remove the files of a split after its last batch, if they are temporary."""
    if batch.last and Path(folder) in batch.points.parents:
        for path in (batch.points, batch.objects):
            with suppress(OSError):
                path.unlink()


def _features(batch, families, settings):
    frame = features(batch.lightcurves(), settings, families).reset_index()
    gc.collect()  # parts of the results refer to each other
    return frame


def _points(batch):
    import pandas

    curves, known = batch.lightcurves(), batch.known
    stem = f"{batch.survey}." if batch.survey else ""
    owner, names = curves.owner, np.array([stem + name for name in curves.passbands.names], dtype=object)
    photometric = np.isfinite(curves.redshift_err)
    unknown = np.full(len(curves), np.nan)
    table = {
        "object_id": np.asarray(curves.object_id, dtype=object)[owner],
        "mjd": curves.mjd,
        "passband": names[curves.band],
        "flux": curves.flux,
        "flux_err": curves.flux_err,
        "detected": curves.detected,
        "upper_limit": curves.limit.astype(np.int8),
        "redshift": np.where(photometric, np.nan, curves.redshift)[owner],
        "photoz": np.where(photometric, curves.redshift, np.nan)[owner],
        "photoz_err": curves.redshift_err[owner],
        "ra": known.get("ra", unknown)[owner],
        "dec": known.get("dec", unknown)[owner],
        "ebv": curves.ebv[owner],
        "label": known.get("label", np.full(len(curves), None))[owner],
    }
    return pandas.DataFrame(table)


def find_object(files, object_id, settings=None):
    """Return (`LightCurves` of the object `object_id`, {column: (1,)} of what is known about it).

    files, settings: as for `convert_files`. Files are read until the object is found. Raises DataError if none has it.
    """
    count, first = 0, None
    with tempfile.TemporaryDirectory(prefix="mallorn-") as folder:
        for number, (path, source, survey) in enumerate(files):
            own = Path(folder, str(number))
            own.mkdir()
            for made, _ in batches(path, own, source, survey, settings):
                for batch in made:
                    curves = batch.lightcurves()
                    rows = np.flatnonzero(curves.object_id.astype(str) == str(object_id))
                    count, first = count + len(curves), first or next(iter(curves.object_id), None)
                    if len(rows):
                        return curves.take(rows[:1]), {name: values[rows[:1]] for name, values in batch.known.items()}
                    _remove(batch, folder)
    fix = "ids are compared letter by letter; `mallorn convert` lists them"
    expected = f"an object called {str(object_id)!r}"
    raise DataError.at(", ".join(str(file[0]) for file in files), expected=expected, found=_told(count, first), fix=fix)


def _told(count, first):
    return f"{count} others, such as {first!r}" if count else "none"
