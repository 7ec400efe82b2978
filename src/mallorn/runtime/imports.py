"""Imports that take as long as scoring an object, and are not needed for it."""

import sys
from contextlib import contextmanager

__all__ = ["without"]


@contextmanager
def without(name):
    """Let imports of the package `name` fail inside the block, as if it were not installed, unless it is loaded.

    For packages that others use where they find them: LightGBM looks for scikit-learn when it is imported, and loads
    all of scipy.stats with it, for classes that no model here is of.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None
    try:
        yield
    finally:
        if sys.modules.get(name, name) is None:
            del sys.modules[name]
