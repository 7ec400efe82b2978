"""What a table was made from: a digest in its metadata, by which a job tells stale tables from those to keep."""

import hashlib
import json
from pathlib import Path

from mallorn.io.digests import whole_digest
from mallorn.io.tables import read_metadata

__all__ = ["MADE_FROM", "digest_of", "digests_of_files", "keep", "made_from"]

MADE_FROM = "made_from"
"""In the metadata of a table: the digest of all that it depends on."""


def digest_of(*told):
    """Return the digest of numbers, texts, and nested lists and dicts of them."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def digests_of_files(paths, known):
    """Return the digests of the content of files, as nested as `paths`: a path, or {name: paths}.

    known: {path: digest} of files that were read already, to which the others are added.
    """
    if isinstance(paths, dict):
        return {name: digests_of_files(path, known) for name, path in paths.items()}
    if paths not in known:
        known[paths] = whole_digest(paths)
    return known[paths]


def made_from(paths, digest):
    """Return whether the tables at `paths`, a path or {name: path}, are whole and say that they were made from it."""
    return all(_told(path) == digest for path in _listed(paths))


def keep(paths):
    """Give tables a new date, so that they are newer than what they were made from."""
    for path in _listed(paths):
        Path(path).touch()


def _listed(paths):
    return paths.values() if isinstance(paths, dict) else [paths]


def _told(path):
    try:
        return read_metadata(path).get(MADE_FROM)
    except (OSError, ValueError):  # pyarrow's own errors are among them
        return None
