"""Where numba keeps what it compiles: in a folder that is named, whatever the path of the source."""

from contextlib import contextmanager
from pathlib import Path

__all__ = ["machine_code_in"]


@contextmanager
def machine_code_in(folder):
    """Let numba keep what is compiled inside the block in `folder`, and look for it there.

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
