"""The contract of a format: one module that reads files of light curves from any survey.

It is a module of this package or a plug-in with `KIND = "formats"` (see `mallorn.plugins`). `source` and `new_source`
in the configuration name it like a source. It has a function

- `batches(path, settings)`: yields `mallorn.sources.canonical.Batch`es of a file or folder; settings are its own.

and these literals, which are read before it is loaded:

- `FILES`: regular expression for the names of its files, in any case.
- `SURVEYS`: names of the surveys whose passbands its files may have, the usual one first.
- `SETTINGS`: names of its settings, which `readers.NAME` of the configuration may hold.
- `ROWS_OF_OBJECT`: "file" if all rows of an object are in one file, so that each file can be read by itself; "folder"
  if they may be in several.
- `PARTNERS`, if a format has pairs of files: expression for the names of the second files. Two files are a pair if
  their names agree apart from the part that either expression matches. `SHARED`: expression for files that are read
  with every other file.

`FormatSource` turns it into a source (see `mallorn.sources.source`). It cuts a survey into splits by the sizes of its
files. Small files of one object each are read together. A large file, or a folder, is read once for each of several
splits; a hash of the ids gives each split its objects. Objects with a label in the survey's files are the training set,
without a share that is held out.
"""

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import DataError
from mallorn.plugins import constant, load, names

__all__ = ["FormatSource", "is_format"]

SPLIT_BYTES = 64_000_000
"""Rough size of the files of a split."""

MOST_FILES = 500
"""Most files that are read as one split."""

MOST_PARTS = 256
"""Most splits that one file or folder is divided into."""

_FOUND = 5  # files that a message names


def is_format(name):
    """Return whether `name` is a format: its files hold the points and what is known about the objects."""
    return name in names("formats")


class _Split(NamedTuple):
    """The input of a split: `paths`, which go to the reader; `files`, all that is read; part `part` of `parts`."""

    paths: tuple
    files: tuple
    part: int = 0
    parts: int = 1


class FormatSource:
    """A survey in files of the format called `name`. settings: the blocks "ingest" and "readers" of the configuration.

    Its planning functions are those of `mallorn.sources.source`. `read_files` reads a split with all that is known
    about its objects; `mallorn.ingest.known` makes the metadata from it.
    """

    def __init__(self, name, settings):
        self.name, self._plans = name, {}
        self._reader = dict(settings["readers"].get(name, {}))
        self._rows_of_object = settings["ingest"]["rows_of_object"] or constant("formats", name, "ROWS_OF_OBJECT")

    def splits(self, folder, sets=("train", "test"), key="data_dir"):
        """Return the names of the splits of the file or folder; raise DataError, naming `key`, if there is none."""
        return list(self._plan(folder, key))

    def files(self, folder, split, sets=("train", "test")):
        """Return the paths of all files behind one split."""
        return list(self._plan(folder)[split].files)

    def chosen(self, folder, split):
        """Return the input of one split without the folder of its files, for `choose` in another process."""
        chosen = self._plan(folder)[split]
        paths = [os.path.relpath(path, _base(folder)) for path in chosen.paths]
        return {"paths": paths, "part": chosen.part, "parts": chosen.parts}

    def choose(self, folder, split, chosen):
        """Take what `chosen` returned as the input of a split, without looking for files again."""
        paths = (str(folder) if path == "." else os.path.join(_base(folder), path) for path in chosen["paths"])
        self._plans[str(folder)] = {split: _Split(tuple(paths), (), chosen["part"], chosen["parts"])}

    def metadata_files(self, folder, sets=("train", "test")):
        """Return an empty list: the files of points say what is known about each object."""
        return []

    def batches(self, folder, split, surveys):
        """Yield (file name, `Batch`) of all files behind one split; objects of other splits are among them.

        surveys: names of the surveys whose passbands the points may have.
        """
        for path in self._plan(folder)[split].paths:
            for batch in self.batches_of_file(path, surveys):
                yield os.path.basename(path), batch

    def batches_of_file(self, path, surveys):
        """Yield the `Batch`es of a file, or of a folder; surveys: as in `batches`."""
        reader = dict(self._reader)
        if len(surveys) == 1 and "survey" in constant("formats", self.name, "SETTINGS"):
            reader.setdefault("survey", surveys[0])
        yield from load("formats", self.name, "batches").batches(path, reader)

    def read_files(self, folder, split, settings, passbands, write):
        """Write the light curves of one split; return its `SetAside` and what is known about its objects.

        See `mallorn.ingest.batches.pack`. passbands: (the `Passbands`, names of their surveys).
        """
        from mallorn.ingest.batches import pack

        chosen, (passbands, surveys) = self._plan(folder)[split], passbands
        found = self.batches(folder, split, surveys)
        return pack(found, (chosen.part, chosen.parts), settings, (passbands, passbands.places(surveys)), write)

    def _plan(self, folder, key="path"):
        if str(folder) not in self._plans:
            self._plans[str(folder)] = _plan(self.name, folder, self._rows_of_object, key)
        return self._plans[str(folder)]


def _base(folder):
    return folder if os.path.isdir(folder) else os.path.dirname(folder)


def _plan(name, folder, rows_of_object, key):
    """Return {split: `_Split`} of a file or folder."""
    wanted = re.compile(constant("formats", name, "FILES"), re.IGNORECASE)
    shared = re.compile(constant("formats", name, "SHARED", r"(?!)"), re.IGNORECASE)
    partners = constant("formats", name, "PARTNERS", None)
    path = Path(folder)
    beside = _below(path) if path.is_dir() else sorted(path.parent.iterdir()) if path.exists() else []
    files = [file for file in beside if wanted.search(file.name) and not shared.search(file.name)]
    if path.is_file():
        files = [file for file in files if path in _partners([file], beside, wanted, partners)[file]] or [path]
    if not files:
        others = ", ".join(file.name for file in beside[:_FOUND]) or "nothing"
        fix = f"correct {key}, or name the reader of these files in `source` or `new_source`"
        raise DataError.at(path, expected=f"files of the format {name}", found=others, fix=fix)
    further = [file for file in beside if shared.search(file.name)] if shared.pattern != "(?!)" else []
    if rows_of_object == "folder" and not path.is_file():
        units = [((str(path),), tuple(map(str, [*files, *further])))]
    else:
        units = _units(files, beside, wanted, partners, further)
    return _named(units)


def _below(folder):
    """Return the sorted files below a folder, without those that are hidden or begin with "_"."""
    found = []
    for root, folders, inside in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        found += [Path(root, name) for name in inside if not name.startswith((".", "_"))]
    return sorted(found)


def _units(files, beside, wanted, partners, further):
    """Return [(paths, files)]: large files by themselves, small ones together."""
    units, size, of = [], 0, _partners(files, beside, wanted, partners)
    for file in files:
        read = [file, *of[file]]
        n_bytes = sum(one.stat().st_size for one in read)
        together = units and size + n_bytes <= SPLIT_BYTES and len(units[-1][0]) < MOST_FILES
        if not together:
            units.append(([], []))
            size = 0
        size += n_bytes
        units[-1][0].append(str(file))
        units[-1][1].extend(map(str, read))
    return [(tuple(paths), (*all_files, *map(str, further))) for paths, all_files in units]


def _partners(files, beside, wanted, partners):
    """Return {file: those of `beside` that are read with it} for `files` whose names match `wanted`."""
    by_stem, other = defaultdict(list), re.compile(partners or r"(?!)", re.IGNORECASE)
    for one in beside if partners else ():
        if other.search(one.name):
            by_stem[one.parent, other.sub("", one.name).lower()].append(one)
    return {file: by_stem.get((file.parent, wanted.sub("", file.name).lower()), []) for file in files}


def _named(units):
    """Return {name: `_Split`}. The first file names a split, and a new file leaves the other splits as they are."""
    found = {}
    for paths, files in units:
        n_bytes = sum(os.path.getsize(file) for file in files)
        parts = min(max(1, round(n_bytes / SPLIT_BYTES)), MOST_PARTS)
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(paths[0]).name.split(".")[0]).strip("_")[:60] or "files"
        name, number = f"split_{stem}", 1
        while name in found or f"{name}_001" in found:
            number += 1
            name = f"split_{stem}_{number}"
        for part in range(parts):
            found[name if parts == 1 else f"{name}_{part + 1:03d}"] = _Split(paths, files, part, parts)
    return found
