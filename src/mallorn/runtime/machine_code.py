"""Choose the folder in which numba keeps compiled code, whatever the path of the source."""

from contextlib import contextmanager
from pathlib import Path

__all__ = ["machine_code_in"]


@contextmanager
def machine_code_in(folder):
    """Make numba keep code that is compiled inside the block in `folder`, and look for it there.

    Functions that were compiled in this process before stay as they are.
    """
    from numba.core import config

    before = config.CACHE_DIR, getattr(config, "CACHE_LOCATOR_CLASSES", "")
    config.CACHE_DIR = str(Path(folder).resolve())
    config.CACHE_LOCATOR_CLASSES = "mallorn.runtime.locator.Locator"
    try:
        yield
    finally:
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before
