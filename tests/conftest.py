"""One thread for linear algebra: small matrices only lose by more, and the workers of pytest-xdist share the cores."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
