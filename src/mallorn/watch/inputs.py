"""The inputs of a watch: a folder of files of alerts, or objects of the ALeRCE broker.

Each lists what it has and tells what has changed since the last look; it may give the same thing again.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import DataError
from mallorn.fetch.alerce import Alerce
from mallorn.fetch.ids import checked_id, listed_objects
from mallorn.fetch.lightcurves import fetch_lightcurves, write_lightcurves
from mallorn.fetch.pace import Pace
from mallorn.plugins import constant
from mallorn.sources.format import FormatSource
from mallorn.watch.objects import objects_in

__all__ = ["Broker", "Folder", "Unit", "objects_of"]

FILES_AT_A_TIME = 2000
"""Files, or objects of the broker, that are taken in together: the most that a killed run reads again."""

OBJECTS_AT_A_TIME = 200

_ALWAYS = "asked at each poll"


class Unit(NamedTuple):
    """A unit to read.

    names: {name: state}, its entries in `mallorn.watch.store.Store.inputs`. path: of the file. reading: (format, blocks
    of the configuration, names of the surveys). alerts: number of alerts in it, 0 to count objects."""

    names: dict
    path: Path
    reading: tuple
    alerts: int = 0

    def read(self):
        """Yield the result of `mallorn.watch.objects.objects_in` for each batch of the file; may raise DataError."""
        source, settings, surveys = self.reading
        yield from map(objects_in, FormatSource(source, settings).batches_of_file(self.path, surveys))


def objects_of(units):
    """Yield what `Unit.read` yields, of each unit in turn."""
    return (unit.read() for unit in units)


@dataclass
class Folder:
    """The files of a format below a folder, or one file.

    path: of the folder. source: name of the format. surveys: names of the surveys whose passbands the files may have.
    settings: {"ingest", "readers"}, blocks of the configuration.
    """

    path: Path
    source: str
    surveys: tuple
    settings: dict

    def new(self, known):
        """Yield lists of `Unit`s, sorted by name, of files that are new or have another size or date than in `known`.

        known: {name: state}. Names that begin with "." or "_" are skipped: files have such names while they are
        written, and are renamed when they are whole. A file that is found half written is read again when it has
        changed.
        """
        found, blocks = [], {name: self.settings[name] for name in ("ingest", "readers")}
        reading = self.source, blocks, self.surveys
        for path in self._files():
            about = path.stat()
            name, state = str(path), f"{about.st_size} bytes, {about.st_mtime_ns} ns"
            if known.get(name) != state:
                found.append(Unit({name: state}, path, reading))
            if len(found) == FILES_AT_A_TIME:
                yield found
                found = []
        if found:
            yield found

    def _files(self):
        wanted = re.compile(constant("formats", self.source, "FILES"), re.IGNORECASE)
        shared = re.compile(constant("formats", self.source, "SHARED", r"(?!)"), re.IGNORECASE)
        if self.path.is_file():
            return [self.path]
        if not self.path.is_dir():
            raise DataError.at(self.path, expected="a folder of alerts", found="nothing", fix="correct the path")
        files = []
        for root, folders, inside in os.walk(self.path):
            folders[:] = [name for name in folders if not name.startswith((".", "_"))]
            names = (name for name in inside if not name.startswith((".", "_")))
            files += [Path(root, name) for name in names if wanted.search(name) and not shared.search(name)]
        return sorted(files)


@dataclass
class Broker:
    """Objects of ALeRCE: those of `alerce.ids`, or those of its classes that meet the block `alerce`.

    settings: {"alerce", "ingest", "readers"}, blocks of the configuration. Answers are fetched anew at each poll: the
    cache of `alerce.cache` is not used, but requests keep to its pace. For a query of classes, light curves are fetched
    only for objects whose last detection or number of detections has changed.
    """

    settings: dict

    def new(self, known):
        """Yield lists of one `Unit` of the objects that are new or have changed since `known`, {name: state}."""
        block = self.settings["alerce"]
        with tempfile.TemporaryDirectory(prefix="mallorn-") as folder:
            pace = Pace(Path(block["cache"], "pace"), block["rate"])
            broker = Alerce({**block, "cache": folder}, pace)
            states = self._states(broker)
            news = sorted(oid for oid, state in states.items() if state == _ALWAYS or known.get(_name(oid)) != state)
            for begin in range(0, len(news), OBJECTS_AT_A_TIME):
                ids = news[begin : begin + OBJECTS_AT_A_TIME]
                fetch_lightcurves(ids, broker)
                path = Path(folder, f"{begin}.json.gz")
                write_lightcurves(ids, broker, path)
                blocks = {name: self.settings[name] for name in ("ingest", "readers")}
                reading = "alerce", blocks, (block["survey"],)
                yield [Unit({_name(oid): states[oid] for oid in ids}, path, reading, len(ids))]

    def _states(self, broker):
        """Return {id: state} of the objects."""
        block = broker.settings
        if block["ids"] is not None:
            return {row["oid"]: _ALWAYS for row in listed_objects(block["ids"], block["classes"])}
        found = {}
        for name in block["classes"] or {None: ""}:
            for row in broker.objects(name, block["candidates"])[: block["candidates"]]:
                oid = checked_id(str(row["oid"]), f"an answer about the class {name or 'any'}")
                found[oid] = f"last {row.get('lastmjd')}, {row.get('ndet', row.get('n_det'))} detections"
        return found


def _name(oid):
    return f"alerce {oid}"
