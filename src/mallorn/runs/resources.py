"""Resources of a job as functions of its input and of the attempt: memory in MB, time in minutes."""

import os

__all__ = ["SCHEDULER_MB", "megabytes", "megabytes_of", "minutes"]

SCHEDULER_MB = 400
"""On a cluster two processes of the workflow manager, 190 MB each, share the memory of a job."""


def megabytes(fixed, per_input=0.0, of=None):
    """Return a function (wildcards, input, attempt) for the memory of a job in MB, which doubles at each attempt.

    It is `fixed` plus `per_input` times the size of the input in MB, plus `SCHEDULER_MB`. of: names of the inputs whose
    size counts, if the others are read in parts; None for all.
    """

    def counted(given):
        return given if of is None else [path for name in of for path in _files_of(given.get(name, []))]

    def asked(wildcards, input, attempt):
        size = megabytes_of(counted(input)) if per_input else 0.0
        return int((SCHEDULER_MB + fixed + per_input * size) * 2 ** (attempt - 1))

    return asked


def minutes(fixed, per_input=0.0):
    """Return a function (wildcards, input, attempt) for the minutes that a job may take, which double at each attempt.

    It is `fixed` plus `per_input` times the size of the input in MB.
    """

    def asked(wildcards, input, attempt):
        size = megabytes_of(input) if per_input else 0.0
        return int((fixed + per_input * size) * 2 ** (attempt - 1) + 1)

    return asked


def megabytes_of(paths):
    """Return the size of files in MB; Snakemake's `input.size_mb` would take a millisecond for each job."""
    return sum(map(os.path.getsize, paths)) / 2**20


def _files_of(named):
    """Return the files of a named input, one or several, as a list."""
    return [named] if isinstance(named, str) else list(named)
