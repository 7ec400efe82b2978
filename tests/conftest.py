"""One thread for linear algebra: small matrices only lose by more, and the workers of pytest-xdist share the cores."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

LONGEST = ("test_faults", "test_redshifts", "test_passbands", "test_fit_hypotheses")
"""Files that take longest, the longest first."""


def pytest_configure():
    """Compile the kernels of the hypotheses once for all: workers would at collection, each for itself."""
    from mallorn.hypotheses.cache import use_kernels

    use_kernels()


def pytest_collection_modifyitems(items):
    """Put long files first, then those that run the workflow: one at the end would leave other workers without work."""
    place = {name: k for k, name in enumerate(LONGEST)}
    others = {"extending": len(place), "workflow": len(place)}
    items.sort(key=lambda item: place.get(item.path.stem, others.get(item.path.parent.name, len(place) + 1)))
