"""The state of a fit in a file: a killed training goes on where it was, and a finished one is not done again."""

import hashlib
import json
import os
import time
from pathlib import Path

__all__ = ["Checkpoint", "digest_of"]

_EVERY = 60.0
"""Least seconds between two writes; a killed training loses no more than this."""


def digest_of(about, arrays):
    """Return a hexadecimal digest of all that a fit depends on: `about`, JSON, and {name: array}."""
    digest = hashlib.blake2b(json.dumps(about, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape} {arrays[name].dtype}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


class Checkpoint:
    """The state of one fit in the file `path`; only a fit with the same `digest` can use it.

    The file stays when the fit is done: who has asked for it removes it when all its fits are.
    """

    def __init__(self, path, digest, every=_EVERY):
        self.path, self.digest, self.every = Path(path), digest, every
        self._last = time.monotonic()

    def read(self):
        """Return {name: tensor} as it was written; None if there is none for this fit."""
        from safetensors import SafetensorError, safe_open

        if not self.path.is_file():
            return None
        try:
            with safe_open(str(self.path), framework="pt") as kept:
                if (kept.metadata() or {}).get("digest") != self.digest:
                    return None
                return {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118  (it is no dictionary)
        except SafetensorError:
            return None

    def write(self, make, done=False):
        """Write the state that `make()` returns, unless the last one was written a short time ago.

        done: whether the fit is; then the state is written in any case.
        """
        if done or time.monotonic() - self._last >= self.every:
            self._write(make())

    def _write(self, state):
        from safetensors.torch import save_file

        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.part")
        state = {name: values.clone().contiguous() for name, values in state.items()}
        save_file(state, str(part), metadata={"digest": self.digest})
        os.replace(part, self.path)
        self._last = time.monotonic()
