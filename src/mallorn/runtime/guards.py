"""Estimate the disk and memory that a run needs, to warn before it starts."""

__all__ = ["shortages"]

# Measured on the 20 splits of MALLORN (89 MB of CSV, 4.4 MB a split, 10,178 objects), with every family and rounded up:
# 420 MB of results before any model; jobs of one split took up to 240 MB, those of the joined tables below 1 GB. Jobs
# hold a group of objects at a time: those of a simulated split of 9,749 objects (84 MB of CSV) took up to 480 MB.
_RESULTS_PER_INPUT = 8
_JOB_MB, _JOB_PER_SPLIT, _LARGEST_JOB_MB = 350, 7, 500
_TABLES_MB, _TABLES_PER_INPUT = 800, 2


def shortages(split_bytes, cores, free_disk, free_memory):
    """Return a list of warnings, empty if disk and memory suffice for a run.

    split_bytes: bytes of CSV of each split that will be read or fitted. cores: number of jobs at a time. free_disk,
    free_memory: bytes; None if unknown or irrelevant (jobs on other machines).
    """
    if not split_bytes:
        return []
    warnings = []
    total, megabyte = sum(split_bytes), 1e6
    disk = _RESULTS_PER_INPUT * total
    if free_disk is not None and disk > free_disk:
        warnings.append(
            f"about {_size(disk)} of results are to come, and {_size(free_disk)} are free on this disk: free space, or "
            "choose another folder by --directory"
        )
    of_splits = cores * min(_JOB_MB * megabyte + _JOB_PER_SPLIT * max(split_bytes), _LARGEST_JOB_MB * megabyte)
    of_tables = _TABLES_MB * megabyte + _TABLES_PER_INPUT * total
    if free_memory is not None and of_splits > free_memory:
        fewer = max(int(free_memory / (of_splits / cores)), 1)
        warnings.append(
            f"{cores} jobs at a time may need {_size(of_splits)} of memory, and {_size(free_memory)} are free: give "
            f"--cores {fewer}, or --resources mem_mb={int(free_memory / megabyte)}"
        )
    if free_memory is not None and of_tables > free_memory:
        warnings.append(
            f"training on all objects may need {_size(of_tables)} of memory, and {_size(free_memory)} are free: run on "
            "a machine with more"
        )
    return warnings


def _size(n_bytes):
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e8 else f"{n_bytes / 1e6:.1f} MB"
