"""Files that are whole or absent: written to a temporary name and renamed when done, and removed at once."""

import errno
import os
import secrets
import shutil
import threading
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from mallorn.errors import DataError

__all__ = ["atomic_write", "remove", "remove_half_written", "write_text"]

_OF_THE_DISK = {
    errno.ENOSPC: "free space on the disk of this folder",
    errno.EDQUOT: "free space in your quota on the disk of this folder",
    errno.EFBIG: "raise the limit on the size of your files (ulimit -f)",
    errno.EROFS: "choose another folder by --directory: this one is mounted read-only",
    errno.EACCES: "choose another folder by --directory, or make this one writable for you",
    errno.EPERM: "choose another folder by --directory, or make this one writable for you",
    errno.ENOTDIR: "move the file away that stands where a folder must be",
    errno.EEXIST: "move the file away that stands where a folder must be",
}


@contextmanager
def atomic_write(path):
    """Give the block a path beside `path` to write to, and rename it to `path` when the block ends without error.

    A reader sees the old file or the whole new one. Each writer has a temporary name of its own beside `path`: a job
    left over from a killed run cannot write into the file of the job that replaces it. Files that it leaves are removed
    here. Missing folders are made. Raises DataError, with the next step, if the disk is full or the folder not
    writable.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(path)
        yield beside
        os.replace(beside, path)
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        found, fix = os.strerror(error.errno), _OF_THE_DISK[error.errno]
        raise DataError.at(path, expected="to write this file", found=f"{found!r}", fix=fix) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def remove_half_written(path):
    """Remove what killed jobs have left of writing the file `path`, or files in the folder `path`."""
    path = Path(path)
    _remove_left_over(path)
    for left_over in path.rglob(".*.part"):
        left_over.unlink(missing_ok=True)


def _remove_left_over(path):
    for left_over in path.parent.glob(f".{escape(path.name)}.*.part"):
        left_over.unlink(missing_ok=True)


def write_text(path, text):
    """Write `text` to `path` as UTF-8, whole or not at all (see `atomic_write`)."""
    with atomic_write(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="")


def remove(paths, aside):
    """Remove files and folders, if they are there; return the thread that ends when their disk space is free.

    A folder of hundreds of files takes a second. So folders are moved into the folder `aside`, and are gone at once;
    the thread removes that folder, with what a killed run has left there. A folder on another disk is removed in place.
    """
    aside = Path(aside)
    for path in map(Path, paths):
        if path.is_dir() and not path.is_symlink():
            aside.mkdir(parents=True, exist_ok=True)
            try:
                os.replace(path, aside / secrets.token_hex(8))
            except OSError:
                shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    thread = threading.Thread(target=shutil.rmtree, args=(aside, True))
    thread.start()
    return thread
