"""Draw the pages of several objects at once."""

import json
import logging
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from mallorn.ingest.positions import known_of
from mallorn.io.tables import read_columns
from mallorn.learning.classes import is_target
from mallorn.report.drivers import read_context
from mallorn.report.names import page_name
from mallorn.report.object_page import ALL_ENDINGS, write_object_page
from mallorn.report.objects import read_views
from mallorn.runs.inputs import line, read_input
from mallorn.runtime.progress import progress

__all__ = ["draw_pages", "remove_others"]


def draw_pages(store, log, paths, folder, settings, wanted, listed, threads=1):
    """Write the pages of the objects `wanted` to `folder`; return their {object_id: `ObjectView`}.

    Figures of the same objects that are there stay where they would be drawn from the same; see `remove_others`.

    store: `Store`. log: table of metadata. paths: {"candidates", "train", "test", "threshold", "source": path,
    "metadata", "importance": paths, "explanations": path of SHAP values, or None}; with two tables of metadata the
    candidates are new objects. settings: blocks "posterior", "features", "training" and "report" of the configuration,
    and "code", the digest of the code that draws, or None to draw all anew.
    wanted: {object_id: {column: value}}, values that its page shows beside those of the tables; the first `listed`
    pages link to each other.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    if not wanted:
        return {}
    options, names = settings["report"], list(wanted)
    listed_id = read_columns(paths["candidates"], ["object_id"])["object_id"].astype(str)
    table = read_columns(paths["candidates"], rows=np.flatnonzero(np.isin(listed_id, names)))
    decision = json.loads(Path(paths["threshold"]).read_text(encoding="utf-8"))
    drivers = {
        "features": settings["features"],
        "compared": options["compared_features"],
        "drivers": options["drivers"],
    }
    labels = {
        "object_id": log["object_id"],
        "target": is_target(log["spec_type"], decision["target"], settings["training"]),
    }
    context = read_context(names, paths, labels, drivers, decision)
    context.data, context.code = line(read_input(paths["source"])), settings["code"]
    context.called = "new objects" if len(paths["metadata"]) > 1 else context.called
    near = {object_id: context.neighbours(object_id, options["neighbours"]) for object_id in names}
    drawing = {
        "posterior": settings["posterior"],
        "blackbody": settings["features"]["blackbody"],
        "phases": options["sed_phases"],
    }
    views = read_views(store, log, names, drawing)
    others = read_views(
        store, log, sorted({other for found in near.values() for other, _ in found}), drawing, fits=False
    )
    place = {str(object_id): k for k, object_id in enumerate(table["object_id"])}
    known = known_of(log, names)
    context = context.without_training_objects()
    jobs = []
    for k, object_id in enumerate(names):
        row = {column: values[k] for column, values in known.items()}
        if object_id in place:
            row |= {column: values[place[object_id]] for column, values in table.items()}
        neighbours = [(others[other], distance) for other, distance in near[object_id]]
        before = names[k - 1] if 0 < k < listed else None
        after = names[k + 1] if k + 1 < listed else None
        jobs.append(
            (folder, views[object_id], row | wanted[object_id], context, neighbours, "../", before, after),
        )
    with ProcessPoolExecutor(max(1, min(threads, len(jobs)))) as pool:
        for _ in progress(pool.map(write_object_page, *zip(*jobs, strict=True)), len(jobs), "pages"):
            pass
    logging.getLogger(__name__).info("%d pages in %s", len(jobs), folder)
    return views


def remove_others(folder, wanted):
    """Remove the files of `folder` that are of no page of the objects `wanted`."""
    own = {f"{page_name(object_id)}{ending}" for object_id in wanted for ending in ALL_ENDINGS}
    for path in Path(folder).iterdir():
        if path.name not in own:
            path.unlink()
