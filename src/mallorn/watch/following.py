"""A watch: take in what is new, score the objects that change, write messages; and again."""

import logging
import time
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.decide.domain import kind_of
from mallorn.errors import DataError
from mallorn.interface.scoring import model_of_process, score_read
from mallorn.plugins import use
from mallorn.watch.inputs import objects_of
from mallorn.watch.objects import batch_of_objects

__all__ = ["Counts", "Scoring", "cycle", "follow", "model_digest", "workers"]

_log = logging.getLogger(__name__)

_AHEAD, _FILES_AHEAD = 2, 20  # groups, or files, that wait for each process


@dataclass
class Counts:
    """The result of a cycle.

    alerts: taken in. scored, chosen: objects. not_scored: {kind of reason: objects}. told: messages. bad: {input that
    could not be read: error}. seconds: that it took.
    """

    alerts: int = 0
    scored: int = 0
    chosen: int = 0
    told: int = 0
    bad: dict = field(default_factory=dict)
    seconds: float = 0.0
    not_scored: Counter = field(default_factory=Counter)


class Scoring(NamedTuple):
    """How to score objects, in a form that can be sent to another process.

    folder: of the model. plugins: files. reasons: number of features to name. ingest: block of the configuration.
    passbands: those that the points may have, and {"SURVEY.NAME": position in them}."""

    folder: str
    plugins: list
    reasons: int
    ingest: dict
    passbands: tuple

    def __call__(self, objects, names):
        """Return {object id: {column: value}}, the scores of objects; see `Store.group`.

        names: of the passbands, by number. Values are those of JSON, None if there is none.
        """
        if self.plugins:
            use(self.plugins)
        pairs = [("", batch_of_objects(objects, names))]
        with _quiet():
            frame = score_read(model_of_process(self.folder), pairs, self.ingest, self.passbands, self.reasons)
        return {str(row["object_id"]): row for row in map(_plain, frame.to_dict("records"))}


def _plain(row):
    return {name: _value(value) for name, value in row.items()}


def _value(value):
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value != value or not isinstance(value, str | int | float | bool):
        return None  # NaN, NA
    return value


@contextmanager
def _quiet():
    """Log only errors while the block reads light curves: a warning would come with each alert."""
    logs = [logging.getLogger(name) for name in ("mallorn.ingest", "mallorn.survey")]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)


@contextmanager
def workers(score, jobs):
    """Give the block two functions, one to score and one to read.

    The first, of (groups, names), yields the result of `score` for each group, in order. The second, of units, yields
    the content of each: see `mallorn.watch.store.Store.take_in`.

    With `jobs` above 1, that number of processes do the work. Results do not depend on it.
    """
    if jobs == 1:
        yield lambda groups, names: (score(group, names) for group in groups), objects_of
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:

        def each(function, values, ahead):
            waiting = deque()
            for value in values:
                waiting.append(pool.submit(function, value))
                if len(waiting) >= ahead * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

        def of_units(units):
            return (_parts(found) for found in each(partial(_read, score.plugins), units, _FILES_AHEAD))

        yield lambda groups, names: each(partial(score, names=names), groups, _AHEAD), of_units


def _read(plugins, unit):
    """Return the content of a unit as a list, or the DataError."""
    if plugins:
        use(plugins)
    try:
        return list(unit.read())
    except DataError as error:
        return error


def _parts(found):
    if isinstance(found, DataError):
        raise found
    yield from found


def cycle(watched, store, score, outbox=None, clock=None, read=objects_of):
    """Score all that waits in a `mallorn.watch.store.Store`, take in what is new, and score it; return `Counts`.

    watched: a `Folder` or `Broker` of `mallorn.watch.inputs`. score, read: as `workers` gives them. outbox: a
    `mallorn.watch.messages.Outbox`. clock: returns the time as text. Waiting objects are scored before more are taken
    in: scores do not depend on when a run was killed.
    """
    counts, begun = Counts(), time.monotonic()
    _score_waiting(store, score, outbox, counts, clock or _now)
    for units in watched.new(store.inputs()):
        alerts, bad = store.take_in(units, read)
        counts.alerts += alerts
        counts.bad |= bad
        for error in bad.values():
            _log.warning("%s It is read again when it has changed.", error)
        _score_waiting(store, score, outbox, counts, clock or _now)
    counts.seconds = time.monotonic() - begun
    return counts


def follow(one, every, told, stop=None):
    """Repeat a cycle, beginning each `every` seconds after the one before; call `told` with its `Counts`.

    one: function that does a `cycle`. A broker that does not answer is asked again in the next cycle. stop: function
    that returns whether to end.
    """
    while not (stop and stop()):
        begun = time.monotonic()
        try:
            told(one())
        except DataError as error:
            _log.warning("%s It is tried again in %g s.", error, every)
        time.sleep(max(0.0, every - (time.monotonic() - begun)))


def _score_waiting(store, score, outbox, counts, clock):
    waiting = store.waiting()
    groups = (store.group(number) for number in waiting)
    for number, rows in zip(waiting, score(groups, store.passbands), strict=True):
        store.keep(number, rows, clock())
        counts.scored += len(rows)
        counts.chosen += sum(row["decision"] == 1 for row in rows.values())
        counts.not_scored.update(kind_of(row["domain_reason"]) for row in rows.values() if row["probability"] is None)
        if outbox:
            counts.told += outbox.catch_up(store)
    if outbox and not waiting:
        counts.told += outbox.catch_up(store)


def _now():
    return datetime.now(UTC).isoformat(timespec="seconds")


def model_digest(folder):
    """Return 16 digits that identify a model, from its model.json."""
    return sha256(Path(folder, "model.json").read_bytes()).hexdigest()[:16]
