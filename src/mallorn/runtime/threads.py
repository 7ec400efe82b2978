"""Run linear algebra in one thread: its sums then do not depend on the number of cores."""

import sys
from functools import lru_cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


def one_thread(user_api=None):
    """Return a context in which the libraries of linear algebra use one thread; user_api: only those, such as "blas".

    Like `threadpoolctl.threadpool_limits`, which searches for the libraries each time and takes some milliseconds. Here
    the search is repeated only if modules have been imported since.
    """
    return _libraries(len(sys.modules)).limit(limits=1, user_api=user_api)


@lru_cache(maxsize=1)
def _libraries(n_modules):
    return ThreadpoolController()
