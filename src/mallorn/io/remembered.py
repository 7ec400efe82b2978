"""What was found out about files before, kept in the user's cache by the files' content.

Only the standard library is imported here: the Snakefile reads this module at every start.
"""

import atexit
import hashlib
import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from mallorn.io.user_cache import user_cache

__all__ = ["Remembered"]

_MOST = 20_000
"""Entries above which a file begins anew: what old states of the code gave is of no use."""


class Remembered:
    """Results {key: value} of a function of a file's content, value something that JSON holds.

    name: of what is found out. sources: paths of the code that finds it out. Results of another state of this code, or
    of another Python, lie in another file. It is written when the process ends; if it cannot be read or written,
    everything is found out anew.
    """

    def __init__(self, name, sources):
        digest = hashlib.sha256(sys.version.encode())
        for path in sources:
            digest.update(Path(path).read_bytes())
        self._path = user_cache() / f"{name}-{digest.hexdigest()[:16]}.json"
        self._found, self._new = None, {}

    def of(self, path, about, find):
        """Return find() for the content of a file; `about` says what else it depends on, as text."""
        if self._found is None:
            self._found = self._read()
            atexit.register(self._write)
        key = hashlib.sha256(about.encode() + b"\0" + Path(path).read_bytes()).hexdigest()[:32]
        if key not in self._found:
            self._found[key] = self._new[key] = find()
        return self._found[key]

    def _read(self):
        with suppress(OSError, ValueError):
            found = json.loads(self._path.read_text(encoding="utf-8"))
            if isinstance(found, dict) and len(found) <= _MOST:
                return found
        return {}

    def _write(self):
        if not self._new:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            together = self._read() | self._new  # another process may have written in the meantime
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as file:
                json.dump(together, file)
            os.replace(file.name, self._path)
