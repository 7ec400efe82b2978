"""Local jobs as forks of processes that have done their imports: a small job spends most of its time on these.

A job finds the modules of this package as they were when the first job of its kind began: what the plan's digests tell.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter

from mallorn.plugins import modules
from mallorn.runs import job_server
from mallorn.runs.fingerprints import loads_of, named

__all__ = ["Forks", "possible"]

_SEVERAL = 3
"""Scripts that are planned this often have a server of their own; the others share one, with the imports of all."""


def possible():
    """Return whether this system can run jobs so."""
    return sys.platform == "linux" and hasattr(os, "fork")


class Forks:
    """Servers of the scripts that a run plans; each begins with the first job of it, and ends after the last.

    scripts: the name of the script of each planned job.
    """

    def __init__(self, scripts):
        self._planned = Counter(scripts)
        self._left = Counter(self._kind(script) for script in scripts)
        self._servers, self._lock = {}, threading.Lock()

    def command(self, script, adapter, used, threads):
        """Return the command, as a list, in place of `python` for a job with this script; call `ended` after it.

        adapter: path of the script as it is in the workflow, None if it is not on this machine. used: settings that may
            name modules. threads: that the job may use.
        """
        key = self._kind(script), threads
        with self._lock:
            if key not in self._servers:
                self._servers[key] = _start(threads)
            folder, _ = self._servers[key]
        return [sys.executable, "-ISE", job_server.__file__, "run", folder, ",".join(_loaded(adapter, used))]

    def ended(self, script):
        """Note that a job has ended; close servers that no planned job needs."""
        kind = self._kind(script)
        with self._lock:
            self._left[kind] -= 1
            if self._left[kind] <= 0:
                self._close([key for key in self._servers if key[0] == kind])

    def close(self):
        """End all servers."""
        with self._lock:
            self._close(list(self._servers))

    def _kind(self, script):
        return script if self._planned[script] >= _SEVERAL else ""

    def _close(self, keys):
        for key in keys:
            self._servers.pop(key)[1].communicate(b"end")


def _start(threads):
    """Return (folder, process) of a new server, once it listens there."""
    folder = tempfile.mkdtemp(prefix="mallorn-")
    libraries = ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR")  # they read these when they are loaded
    environment = dict(os.environ) | {f"{name}_NUM_THREADS": str(threads) for name in libraries}
    command = [sys.executable, job_server.__file__, "serve", folder]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return folder, process


def _loaded(adapter, used):
    """Return the modules of this package that an adapter loads by name, as far as its settings name some of them."""
    found = {kind: named(kind, used) for kind in (loads_of(adapter) if adapter else ())}
    known = {kind: modules(kind) for kind in found}
    return sorted(
        known[kind][name].module
        for kind, of_kind in found.items()
        if len(of_kind) < len(known[kind])
        for name in of_kind
    )
