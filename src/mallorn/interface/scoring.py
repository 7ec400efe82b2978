"""Make a table of scores from files of light curves, a few hundred objects at a time, in one or several processes."""

import gc
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context

import numpy as np

from mallorn.ingest.batches import pack
from mallorn.ingest.positions import is_further
from mallorn.interface.model import load_model
from mallorn.plugins import use
from mallorn.runtime.threads import one_thread
from mallorn.survey.lightcurves import joined, redshift_kind

__all__ = ["in_processes", "model_of_process", "score_batch", "score_curves", "score_read"]

_AHEAD = 2  # batches that wait for each process


def score_curves(model, curves, known=None, reasons=3):
    """Return a `pandas.DataFrame` of all that mallorn says about `LightCurves`, one row for each object.

    Objects without a score have a row too. model: a `Model`. known: {column: (n,)} of what else is known about the
    objects (ra, dec, redshift_kind, label, host_...). reasons: number of features to name that drive the probability.

    Columns: object_id; ra, dec (degrees), redshift, redshift_err, redshift_kind; those of `Model.predict`, with
    decision 1, 0, or empty if it cannot say; those of `Model.describe`; reasons; label and host_... if they are known.
    """
    import pandas

    known, n = dict(known or {}), len(curves)
    unknown = np.full(n, np.nan)
    kind = redshift_kind(curves.redshift, curves.redshift_err)
    table = {
        "object_id": np.asarray(curves.object_id, dtype=object),
        "ra": known.pop("ra", unknown),
        "dec": known.pop("dec", unknown),
        "redshift": curves.redshift,
        "redshift_err": curves.redshift_err,
        "redshift_kind": known.pop("redshift_kind", kind),
    }
    with one_thread():
        predicted = model.predict(curves, tell=False)
        scored = np.flatnonzero(predicted["probability"].notna().to_numpy())
        named = _reasons(model, curves, scored, reasons)
        described = model.describe(curves)
    table |= {name: _numbered(predicted[name]) for name in predicted if name not in table}
    table |= {**{name: described[name].array for name in described}, "reasons": named}
    return pandas.DataFrame({**table, **known})


def score_read(model, found, ingest, passbands, reasons):
    """Return `score_curves` of the objects in (file name, `mallorn.sources.canonical.Batch`) pairs.

    ingest: that block of the configuration. passbands: see `mallorn.ingest.batches.pack`. The order is by object id.
    """
    parts = []
    _, known = pack(found, (0, 1), ingest, passbands, parts.append)
    curves = joined(parts)
    place = {str(name): k for k, name in enumerate(known["object_id"])}
    rows = np.array([place[str(name)] for name in curves.object_id], dtype=int)
    told = {name: values[rows] for name, values in known.items() if is_further(name) or name == "redshift_kind"}
    return score_curves(model, curves, told, reasons)


def _numbered(column):
    """Return a column; truth values become 1, 0 and empty."""
    return column.array.astype("Int8") if column.dtype in ("bool", "boolean") else column.array


def _reasons(model, curves, rows, number):
    """Return the reasons (n,) str for the probabilities of the objects `rows`: "feature = value (+SHAP); ..."."""
    told = np.full(len(curves), "", dtype=object)
    if number and len(rows) and model.can_explain:
        table = model.explain(curves, number, rows)
        for k, row in enumerate(rows):
            mine = table.iloc[k * number : (k + 1) * number]
            told[row] = "; ".join(
                f"{feature} = {value:.4g} ({shap:+.2f})"
                for feature, value, shap in zip(mine["feature"], mine["value"], mine["shap"], strict=True)
            )
    return told


def score_batch(folder, plugins, batch, reasons):
    """Return `score_curves` of a `Batch` by the model in `folder`, which a process reads once.

    plugins: plug-in files that the model needs.
    """
    if plugins:
        use(plugins)
    frame = score_curves(model_of_process(str(folder)), batch.lightcurves(), batch.known, reasons)
    gc.collect()  # parts of the results refer to each other
    return frame


@lru_cache(maxsize=1)
def model_of_process(folder):
    """Return the `Model` in a folder, which a process reads once."""
    return load_model(folder)


def in_processes(function, batches, jobs):
    """Yield (batch, function(batch)) for each of an iterable of batches, in order; `jobs` processes work on them.

    function: at the top of a module, or a `functools.partial` of such a function. With one job this process does the
    work. Results do not depend on `jobs`. Batches are taken only when the processes are about to need them.
    """
    if jobs == 1:
        for batch in batches:
            yield batch, function(batch)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        waiting = deque()
        try:
            for batch in batches:
                waiting.append((batch, pool.submit(function, batch)))
                if len(waiting) >= _AHEAD * jobs:
                    batch, done = waiting.popleft()
                    yield batch, done.result()
            while waiting:
                batch, done = waiting.popleft()
                yield batch, done.result()
        finally:
            for _, one in waiting:
                one.cancel()
