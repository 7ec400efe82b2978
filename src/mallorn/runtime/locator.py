"""Make numba look for compiled code by the name of the module, not by the path of its file.

numba identifies code by the content of its source file, but stores it under that file's folder: a copy of the same
source would be compiled again. The folders of `mallorn.hypotheses.cache` hold code of one state only.
"""

from pathlib import Path

from numba.core.caching import UserProvidedCacheLocator

__all__ = ["Locator"]


class Locator(UserProvidedCacheLocator):
    """Like numba's own for a given folder (`numba.config.CACHE_DIR`), with a name that is the same in any checkout."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file):
        """Return the name of the folder for the source file `py_file`."""
        return Path(py_file).stem
