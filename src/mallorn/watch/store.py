"""The store of a watch: objects with their points, every score that they ever had, and the files taken in.

It is one SQLite file. A score is written once, in one transaction with the change of state that it belongs to. Parquet
has no transactions: its files are written whole, each alert would need a file of its own, and nothing would make two of
them change together. An index finds the history of an object.

Tables: objects has an object's points (bytes of `mallorn.watch.objects.POINT`), what is known about it (JSON), the
digest of both, and the group in which it waits to be scored. scores has one row for each state of an object that a
model has scored. inputs has what was taken in, with its state at that time. about has format, model and names of the
passbands.
"""

import fcntl
import json
import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.watch.inputs import objects_of
from mallorn.watch.objects import POINT, digest_of, merged_known, merged_points

__all__ = ["OBJECTS_PER_GROUP", "Score", "Store", "read_scores"]

OBJECTS_PER_GROUP = 200
"""Number of objects that are scored together. The transaction that took them in makes the groups: a killed run scores
the same groups again, to the same bytes."""

_FORMAT = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inputs (name TEXT PRIMARY KEY, state TEXT NOT NULL, error TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    object_id TEXT PRIMARY KEY, digest TEXT NOT NULL, waits INTEGER, known TEXT NOT NULL, points BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS waiting ON objects (waits) WHERE waits IS NOT NULL;
CREATE TABLE IF NOT EXISTS scores (
    number INTEGER PRIMARY KEY AUTOINCREMENT, object_id TEXT NOT NULL, digest TEXT NOT NULL, model TEXT NOT NULL,
    scored_at TEXT NOT NULL, last_mjd REAL, alert_id TEXT, row TEXT NOT NULL,
    UNIQUE (object_id, digest, model));
"""


class Score(NamedTuple):
    """One score.

    number: counted from 1. scored_at: UTC. model: 16 digits of model.json. last_mjd: of the object's newest point.
    alert_id: of its newest alert, None if unknown. row: {column: value} of `mallorn.interface.scoring.score_curves`,
    None for missing values.
    """

    number: int
    object_id: str
    model: str
    scored_at: str
    last_mjd: float | None
    alert_id: str | None
    row: dict


class Store:
    """The store at `path`. While the block runs, only this process may write to it. model: 16 digits of the model.

    Raises DataError if another process writes to it, and for a file that is no store.
    """

    def __init__(self, path, model):
        self.path, self.model = Path(path), model

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            fix = "let the other one end, or name another file by --store"
            raise DataError.at(self.path, expected="a store of one's own", found="another watch", fix=fix) from None
        try:
            self._open()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def _open(self):
        self._db = _opened(self.path)
        with _readable(self.path):
            self._db.execute("PRAGMA journal_mode = WAL")  # readers neither wait nor make others wait
            self._db.execute("PRAGMA synchronous = NORMAL")  # a power cut loses the newest transactions whole, or none
            with self._transaction():
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._db.execute(statement)
                found = dict(self._db.execute("SELECT name, value FROM about"))
                if found.get("format", _FORMAT) != _FORMAT:
                    fix = "name another file by --store"
                    raise DataError.at(self.path, expected="this format", found=found["format"], fix=fix)
                self._names = json.loads(found.get("passbands", "[]"))
                self._put("format", _FORMAT)
                if found.get("model", self.model) != self.model:
                    self._wait(name for (name,) in self._db.execute("SELECT object_id FROM objects").fetchall())
                self._put("model", self.model)
        self._codes = {name: code for code, name in enumerate(self._names)}

    def __exit__(self, *_):
        self._db.close()
        os.close(self._lock)

    @property
    def passbands(self):
        """Names of the passbands of the points, by their numbers."""
        return tuple(self._names)

    def inputs(self):
        """Return {name: state} of all that has been taken in."""
        return dict(self._db.execute("SELECT name, state FROM inputs"))

    def take_in(self, units, read=objects_of):
        """Take in the alerts of units (see `mallorn.watch.inputs.Unit`): all of them, or none if this process ends.

        Objects that they change wait to be scored. read: yields the content of each unit in turn, an iterable of
        results of `mallorn.watch.objects.objects_in`, which may raise DataError. Returns (number of alerts, {name:
        error} of units that cannot be read). These are not tried again until they change.
        """
        changed, bad, count = {}, {}, 0
        with self._transaction():
            for unit, parts in zip(units, read(units), strict=True):
                self._db.execute("SAVEPOINT unit")
                try:
                    mine = {}
                    for objects, bands in parts:
                        codes = np.array([self._code(name) for name in bands], dtype=np.int16)
                        for name, (points, known) in objects.items():
                            points["band"] = codes[points["band"]] if len(points) else points["band"]
                            mine[name] = self._merge(name, points, known) or mine.get(name, False)
                    changed |= {name: None for name, is_new in mine.items() if is_new}
                    count += unit.alerts or len(mine)
                    error = None
                except DataError as reason:
                    self._db.execute("ROLLBACK TO unit")
                    error = str(reason)
                    bad |= dict.fromkeys(unit.names, error)
                self._db.execute("RELEASE unit")
                rows = [(name, state, error) for name, state in unit.names.items()]
                self._db.executemany("INSERT OR REPLACE INTO inputs VALUES (?, ?, ?)", rows)
            self._put("passbands", json.dumps(self._names))
            self._wait(changed)
        return count, bad

    def _merge(self, name, points, known):
        """Add what a file has about an object; return whether this is new."""
        query = "SELECT digest, known, points FROM objects WHERE object_id = ?"
        found = self._db.execute(query, (name,)).fetchone()
        if found:
            points = merged_points(np.frombuffer(found[2], POINT), points)
            known = merged_known(json.loads(found[1]), known)
        else:
            points, known = merged_points(points), merged_known(known)
        digest = digest_of(points, known, self._names)
        row = (name, digest, json.dumps(known), points.tobytes())
        self._db.execute(
            "INSERT INTO objects VALUES (?, ?, NULL, ?, ?) ON CONFLICT (object_id) DO UPDATE "
            "SET digest = excluded.digest, known = excluded.known, points = excluded.points",
            row,
        )
        return not found or found[0] != digest

    def _wait(self, names):
        """Make objects wait to be scored, in groups; objects that wait already stay in their group."""
        (last,) = self._db.execute("SELECT coalesce(max(waits), -1) FROM objects").fetchone()
        rows = [(last + 1 + k // OBJECTS_PER_GROUP, name) for k, name in enumerate(sorted(names))]
        self._db.executemany("UPDATE objects SET waits = ? WHERE object_id = ? AND waits IS NULL", rows)

    def waiting(self):
        """Return the sorted numbers of the groups of objects that wait to be scored."""
        query = "SELECT DISTINCT waits FROM objects WHERE waits IS NOT NULL ORDER BY waits"
        return [number for (number,) in self._db.execute(query)]

    def group(self, number):
        """Return [(object id, points, known)] of a group, by id; see `mallorn.watch.objects.batch_of_objects`."""
        query = "SELECT object_id, points, known FROM objects WHERE waits = ? ORDER BY object_id"
        rows = self._db.execute(query, (number,)).fetchall()
        return [(name, np.frombuffer(points, POINT), json.loads(known)) for name, points, known in rows]

    def keep(self, number, rows, scored_at):
        """Store the scores of a group, {object_id: {column: value}}, and end its waiting, all or nothing."""
        with self._transaction():
            query = "SELECT object_id, digest, known, points FROM objects WHERE waits = ? ORDER BY object_id"
            for name, digest, known, points in self._db.execute(query, (number,)).fetchall():
                times = np.frombuffer(points, POINT)["mjd"]
                last = float(times.max()) if len(times) else None
                _, alert = json.loads(known).get("alert_id", (None, None))
                self._db.execute(
                    "INSERT OR IGNORE INTO scores (object_id, digest, model, scored_at, last_mjd, alert_id, row) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (name, digest, self.model, scored_at, last, alert, json.dumps(rows[name])),
                )
            self._db.execute("UPDATE objects SET waits = NULL WHERE waits = ?", (number,))

    def scores_after(self, number):
        """Yield each `Score` after the one with this number, in order."""
        yield from _scores(self._db, "WHERE number > ? ORDER BY number", (number,))

    def told(self, form):
        """Return (number of the last score in the file of a form of messages, the file's size in bytes)."""
        found = self._db.execute("SELECT value FROM about WHERE name = ?", (f"told {form}",)).fetchone()
        return tuple(json.loads(found[0])) if found else (0, 0)

    def tell(self, form, number, size):
        """Store what `told` returns."""
        with self._transaction():
            self._put(f"told {form}", json.dumps([number, size]))

    def _code(self, name):
        if name not in self._codes:
            self._codes[name] = len(self._names)
            self._names.append(name)
        return self._codes[name]

    def _put(self, name, value):
        self._db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    @contextmanager
    def _transaction(self):
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def read_scores(path, names=()):
    """Yield each `Score` of a store, or only those of the objects `names` if given, by object and in order.

    A watch may be writing to it. Raises DataError for a file that is no store.
    """
    if not Path(path).is_file():
        fix = "name the file that `mallorn watch --store` was given"
        raise DataError.at(path, expected="the store of a watch", found="nothing", fix=fix)
    with _readable(path):
        db = _opened(path)
        try:
            if not names:
                yield from _scores(db, "ORDER BY object_id, number", ())
            for name in names:
                yield from _scores(db, "WHERE object_id = ? ORDER BY number", (str(name),))
        finally:
            db.close()


def _scores(db, which, values):
    columns = "number, object_id, model, scored_at, last_mjd, alert_id, row"
    for *told, row in db.execute(f"SELECT {columns} FROM scores {which}", values):
        yield Score(*told, json.loads(row))


def _opened(path):
    return sqlite3.connect(path, isolation_level=None, timeout=60.0)


@contextmanager
def _readable(path):
    try:
        yield
    except sqlite3.DatabaseError as error:
        fix = "name another file by --store, or see whether the disk is full or damaged"
        raise DataError.at(path, expected="the store of a watch", found=error, fix=fix) from None
