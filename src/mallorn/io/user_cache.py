"""The folder of mallorn in the user's cache."""

import os
from pathlib import Path

__all__ = ["user_cache"]


def user_cache():
    """Return the folder that MALLORN_CACHE names, else `mallorn` in the user's cache (XDG_CACHE_HOME or ~/.cache)."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mallorn")
    return Path(os.environ.get("MALLORN_CACHE") or usual)
