"""Resources that a job used: CPU, wall time, memory, bytes; written to its log, and read back from there."""

import json
import os
import resource
import sys
import time
from pathlib import Path

__all__ = ["FIELDS", "line", "now", "peak", "read_usage"]

FIELDS = ("cpu_s", "start_cpu_s", "wall_s", "peak_mb", "read_mb", "written_mb")
"""CPU seconds, CPU seconds before the job's own work (start and imports), wall seconds, largest memory, MB (2^20 bytes)
read and written, whether from memory or disk. They include the children that the process waited for."""

_MARK = "usage: "


def now():
    """Return the CPU seconds that this process and its children have used so far."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak():
    """Return the largest memory of this process or a child of it, MB.

    If the system tells it, this is the memory of this program alone: `getrusage` starts from that of the parent
    process.
    """
    unit = 2**20 if sys.platform == "darwin" else 2**10
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, children)
    return max(next(int(text.split()[1]) for text in lines if text.startswith("VmHWM")) / 2**10, children)


def line(start_cpu):
    """Return the line on what this process has used. start_cpu: value of `now` when its own work began."""
    read, written = _bytes()
    values = (now(), start_cpu, _age(), peak(), read / 2**20, written / 2**20)
    return _MARK + json.dumps({name: round(value, 4) for name, value in zip(FIELDS, values, strict=True)})


def read_usage(folder):
    """Return [(log file relative to `folder`, {field: value})] for all logs (*.log) below it that have such a line.

    A log holds its job's last run. Logs without the line belong to jobs that did not end, or that log no usage.
    """
    found = []
    for path in sorted(Path(folder).rglob("*.log")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        last = next((text for text in reversed(lines) if _MARK in text), None)
        if last is not None:
            found.append((path.relative_to(folder), json.loads(last.partition(_MARK)[2])))
    return found


def _bytes():
    """Bytes that this process has read and written through system calls; NaN if the system does not tell."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan"), float("nan")
    counts = dict(text.split(": ") for text in lines)
    return int(counts["rchar"]), int(counts["wchar"])


def _age():
    """Wall seconds since this process began; NaN if the system does not tell."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
