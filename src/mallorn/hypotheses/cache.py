"""The cache of compiled fits: one for each user, state of the code and kind of processor.

Compilation takes some 40 s of CPU. A user who scores waits for it once; two processes share it if there are two
processors. `compile_kernels` fills a folder for the jobs of a run. It takes the code from the user's cache, if any
checkout or installed package has compiled the same code before; else it compiles and adds to the cache. A job that
finds no code for its processor in the folder compiles for itself, adds the code to the folder, and says so.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mallorn.io.user_cache import user_cache
from mallorn.runtime.machine_code import machine_code_in

__all__ = ["compile_kernels", "second_light", "use_kernels", "user_folder"]

_log = logging.getLogger(__name__)

_WHOLE = "whole"
"""Name of the file that marks a folder of the user's cache as complete."""

_place = []
"""The folder of the kernels that this process has loaded, if any."""

_FIRST = "mallorn.hypotheses.kernels"
"""The module that takes nearly half of the time of compilation."""

_OTHERS = """
import sys
from mallorn.runtime.machine_code import machine_code_in
with machine_code_in(sys.argv[1]):
    from mallorn.gp import posterior_kernels
    from mallorn.hypotheses import drw, semi_kernels
"""
"""What compiles the other half; neither half imports compiled functions of the other."""


def user_folder():
    """Return the folder of the user's cache for the kernels as they are now, for this kind of processor.

    Its name is a digest of the compiled code, of numba's version and of the processor: a folder never holds code of
    another state. See `mallorn.io.user_cache` for where it lies.
    """
    return user_cache() / f"kernels-{_state()}"


@cache
def _state():
    """Return the digest in the folder's name, as of the first call in this process."""
    from llvmlite import binding

    digest = hashlib.sha256()
    here, mallorn = Path(__file__).parent, Path(__file__).parents[1]
    others = "gp/batch.py", "gp/compiled.py", "gp/posterior_kernels.py", "runtime/arithmetic.py", "runtime/lanes.py"
    for path in (*sorted(here.glob("*.py")), *(mallorn / name for name in others)):
        digest.update(path.read_bytes())
    for name in ("numba", "llvmlite", "numpy"):
        digest.update(f"{name} {version(name)}".encode())
    digest.update(f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}".encode())
    return digest.hexdigest()[:16]


def compile_kernels(folder, processes=1):
    """Empty `folder` and fill it with all kernels, from the user's cache or compiled and added to it.

    processes: 2 to compile in two at once. The code is the same.
    """
    folder, known = Path(folder), user_folder()
    shutil.rmtree(folder, ignore_errors=True)
    if (known / _WHOLE).is_file():
        shutil.copytree(known, folder, ignore=shutil.ignore_patterns(_WHOLE))
        _log.info("the kernels were compiled before: %s", known)
        _load(folder)
        return
    folder.mkdir(parents=True)
    if processes > 1 and _FIRST not in sys.modules:
        with _compiled_beside(folder), machine_code_in(folder):
            from mallorn.gp import compiled  # noqa: F401
            from mallorn.hypotheses import kernels  # noqa: F401
    _load(folder)
    if not any(folder.rglob("*.nbi")):  # this process had loaded them already from elsewhere: nothing was compiled
        return
    with suppress(OSError):  # it is no error if the home cannot be written to
        known.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=known.parent) as beside:
            whole = shutil.copytree(folder, Path(beside, known.name))
            (whole / _WHOLE).touch()
            shutil.rmtree(known, ignore_errors=True)
            whole.rename(known)


def use_kernels(folder=None):
    """Load the kernels from `folder`; compile those that are missing, with a warning.

    folder: None for the user's cache, which is filled first if necessary.
    """
    if folder is None:
        folder = user_folder()
        if not (folder / _WHOLE).is_file():
            _log.warning("compiling the fits of light curves, once for this user and machine: some 20 s")
            with tempfile.TemporaryDirectory() as own:
                compile_kernels(own, processes=2)
            _place[:] = [folder]
        else:
            _load(folder)
        return
    for function in _load(folder):
        if sum(function.stats.cache_misses.values()):
            message = "%s was not in %s and had to be compiled: if many jobs say so, run the rule compile_kernels again"
            _log.warning(message, function.__name__, folder)


@contextmanager
def _compiled_beside(folder):
    """Compile `_OTHERS` into `folder` in a process of its own while the block runs.

    If it cannot be started or fails, its part is missing in the folder, and nothing else happens.
    """
    path = os.pathsep.join(os.path.abspath(one) for one in sys.path if one)
    command = [sys.executable, "-P", "-c", _OTHERS, str(folder)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = None
    with suppress(OSError):
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, **quiet)
    try:
        yield
        if process:
            process.wait()
    finally:
        if process and process.poll() is None:  # the block ended with an error
            process.kill()
            process.wait()


@cache
def second_light():
    """Return the fit of hypotheses with a second light, which are off as shipped.

    It is compiled when it is first asked for, unless it is where the other kernels are, and kept there.
    """
    with machine_code_in(_place[0] if _place else user_folder()):
        from numba import types

        from mallorn.hypotheses.semi_kernels import entry

        return entry(types.boolean)


def _load(folder):
    """Import the kernels with numba's cache in `folder`; a process that has imported them before keeps them."""
    _place[:] = [Path(folder)]
    with machine_code_in(folder):
        from mallorn.gp import compiled, posterior_kernels
        from mallorn.hypotheses import drw, kernels, semi_kernels

    own = kernels.fit_objects, drw.fit_random_walks, semi_kernels.fit_semi_parametric
    return *own, *compiled.KERNELS, posterior_kernels.posteriors
