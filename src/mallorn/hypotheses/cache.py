"""Where the compiled fits are kept: compiled once into a folder, loaded from it by every job.

numba looks up machine code by the path, date and size of the source file and by the processor. A job that finds none
(another kind of processor, a source file touched since) compiles for itself, adds the code to the folder, and says so.
"""

import logging
import os
import shutil
from pathlib import Path

__all__ = ["compile_kernels", "use_kernels"]

_log = logging.getLogger(__name__)


def compile_kernels(folder):
    """Compile all kernels into `folder`, which is emptied first: numba does not see edits of what they import."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _load(folder)


def use_kernels(folder):
    """Load the kernels from `folder`; those that are missing there are compiled, and a warning says so."""
    for function in _load(folder):
        if sum(function.stats.cache_misses.values()):
            message = "%s was not in %s and had to be compiled: if many jobs say so, run the rule compile_kernels again"
            _log.warning(message, function.__name__, folder)


def _load(folder):
    """Import the kernels with numba's cache in `folder`; in a process that has them already, they stay as they are."""
    from numba.core import config

    config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = str(Path(folder).resolve())
    from mallorn.hypotheses import drw, kernels

    return kernels.fit_objects, drw.fit_random_walks
