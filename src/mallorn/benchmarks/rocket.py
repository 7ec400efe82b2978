"""Measure what the columns of ROCKET cost: CPU and memory by number of objects, each in a process of its own.

The objects of the run are taken over and over, batch by batch as models see them, and the columns of a batch are
dropped. The machine code is compiled before the clock starts.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from mallorn.io.tables import read_columns
from mallorn.learning.dataset import Dataset, Features, Labelled
from mallorn.learning.tables import read_grid
from mallorn.learning.transforms import rocket
from mallorn.runtime.usage import now, peak

__all__ = ["COLUMNS", "rocket_costs"]

COLUMNS = ("kind", "objects", "columns", "fit_cpu_s", "cpu_s", "cpu_ms_per_object", "peak_mb")

_BATCH = 1000
_LEARNED = 2000
"""Objects that the kernels are fitted to, at most."""


def rocket_costs(posteriors, sizes, seed, kinds=("minirocket", "multirocket")):
    """Return one row {column: value} of `COLUMNS` for each kind of `mallorn.learning.transforms.rocket` and size.

    posteriors: paths. sizes: numbers of objects. cpu_s: of all objects' columns; fit_cpu_s: of the fit to 2,000.
    peak_mb: of the process, imports and all, MB (2^20 bytes).
    """
    rows = []
    for kind in kinds:
        for size in sizes:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                rows.append(process.submit(_costs, posteriors, kind, size, seed).result())
    return rows


def _costs(posteriors, kind, size, seed):
    dataset = _objects(posteriors)
    learned = dataset.take(np.arange(min(len(dataset), _LEARNED)))
    classes = np.arange(len(learned)) % 2
    part = Labelled.of(learned, classes, 2, learned.object_id)
    rocket.apply(rocket.fit(part.take(np.arange(1)), {"kind": kind}, seed, 1), learned.take([0]))
    begun = now()
    state = rocket.fit(part, {"kind": kind}, seed, 1)
    fitted, columns = now(), 0
    for begin in range(0, size, _BATCH):
        batch = dataset.take(np.arange(begin, min(begin + _BATCH, size)) % len(dataset))
        columns = rocket.apply(state, batch).features.values.shape[1]
    used = now() - fitted
    return dict(zip(COLUMNS, (kind, size, columns, fitted - begun, used, 1e3 * used / size, peak()), strict=True))


def _objects(posteriors):
    """Return the `Dataset` of the objects of all files, with a table of no features."""
    object_id = np.concatenate([read_columns(path, ["object_id"])["object_id"] for path in posteriors])
    table = Features(object_id, (), np.empty((len(object_id), 0), dtype=np.float32))
    return Dataset(object_id, features=table, grid=read_grid(posteriors, object_id))
