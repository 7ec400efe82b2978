"""Skip imports that take as long as scoring an object and are not needed for it."""

import sys
from contextlib import contextmanager

__all__ = ["lightgbm_alone", "without"]


@contextmanager
def without(name):
    """Make imports of the package `name` fail inside the block, as if it were not installed, unless it is loaded.

    This is for optional packages: LightGBM looks for scikit-learn at its import and loads all of scipy.stats with it,
    for classes that no model here uses.
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


def lightgbm_alone(learners, plugins):
    """Import LightGBM without scikit-learn, if it is among the names `learners`, for predictions alone.

    plugins: the user's; with any of them, nothing is imported here, since they may want all of LightGBM.
    """
    if "lightgbm" in learners and not plugins:
        with without("sklearn"):
            import lightgbm  # noqa: F401
