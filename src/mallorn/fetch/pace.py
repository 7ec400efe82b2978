"""The rate of requests, shared by all threads and jobs that name the same file."""

import fcntl
import os
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["LONGEST_PAUSE", "Pace", "Stopped"]

LONGEST_PAUSE = 3600.0
"""Seconds. A file that names a later time was written by a wrong clock and is ignored."""


class Stopped(Exception):
    """A request was not sent, because another one failed for good."""


class Pace:
    """The time before which no request may be sent, kept in a file.

    path: of the file. per_second: requests a second. clock: function that returns the time in seconds, the same for all
    who share the file. sleep: function that waits for some seconds; by default it ends early when `stop` is called. On
    a file system without locks, jobs share the rate only roughly.
    """

    def __init__(self, path, per_second, clock=time.time, sleep=None):
        self._path, self._interval = Path(path), 1.0 / per_second
        self._stopped = threading.Event()
        self._clock, self._sleep = clock, sleep or self._stopped.wait

    def stop(self):
        """Make all threads of this process that wait here, now or later, raise Stopped, until `go` is called."""
        self._stopped.set()

    def go(self):
        """Take back `stop`."""
        self._stopped.clear()

    def wait(self):
        """Wait until a request may be sent, and reserve the time of the next one. Raises Stopped."""
        while True:
            if self._stopped.is_set():
                raise Stopped
            with self._shared() as (free, write):
                now = self._clock()
                if free <= now or free > now + LONGEST_PAUSE:
                    write(now + self._interval)
                    return
            self._sleep(free - now)

    def pause(self, seconds):
        """Hold back all requests for this many seconds, at most `LONGEST_PAUSE`."""
        with self._shared() as (free, write):
            now = self._clock()
            believed = free if free <= now + LONGEST_PAUSE else now
            write(max(believed, now + min(seconds, LONGEST_PAUSE)))

    @contextmanager
    def _shared(self):
        """Give the block, and it alone, the time in the file and a function that writes a new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)

            def write(at):
                os.pwrite(handle, f"{at:020.6f}\n".encode(), 0)

            yield _number(os.pread(handle, 64, 0)), write
        finally:
            os.close(handle)


def _number(text):
    try:
        return float(text)
    except ValueError:  # empty, or a job was killed while it wrote
        return 0.0
