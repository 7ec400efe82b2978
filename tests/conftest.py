"""One thread for linear algebra: small matrices only lose by more, and the workers of pytest-xdist share the cores."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def pytest_collection_modifyitems(items):
    """Put the files that run the workflow first: one of them at the end would leave all other workers without work."""
    items.sort(key=lambda item: item.path.parent.name not in ("extending", "workflow"))
