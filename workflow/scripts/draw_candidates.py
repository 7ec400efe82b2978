"""Make a page for each of the first candidates and of the most unusual objects, or for one that was asked for."""

import json
import logging
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mallorn.errors import DataError
from mallorn.ingest.known import joined_metadata
from mallorn.ingest.positions import known_of
from mallorn.io.tables import read_columns
from mallorn.learning.classes import is_target
from mallorn.report.candidates import with_pages
from mallorn.report.drivers import read_context
from mallorn.report.names import page_name
from mallorn.report.object_page import write_object_page
from mallorn.report.objects import read_views
from mallorn.report.store import Store
from mallorn.runs.inputs import line, read_input
from mallorn.runtime.progress import progress


def main(store, paths, folder, settings, name=None, threads=1):
    """Write pages to `folder`: of the first candidates and the most unusual ones, or of the object with that `name`.

    store: `Store`. paths: {"candidates", "train", "test", "threshold", "source": path, "metadata", "importance": paths,
    "explanations": path of SHAP values, or None}; with two tables of metadata the candidates are new objects. settings:
    blocks "posterior", "features", "training" and "report" of the configuration.
    """
    table, options = read_columns(paths["candidates"]), settings["report"]
    log = joined_metadata(read_columns(path) for path in paths["metadata"])
    wanted = with_pages(table, options) if name is None else [_named(log["object_id"], name)]
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
    context = read_context(wanted, paths, labels, drivers, decision)
    context.data = line(read_input(paths["source"]))
    context.called = "new objects" if len(paths["metadata"]) > 1 else context.called
    near = {object_id: context.neighbours(object_id, options["neighbours"]) for object_id in wanted}
    drawing = {
        "posterior": settings["posterior"],
        "blackbody": settings["features"]["blackbody"],
        "phases": options["sed_phases"],
    }
    views = read_views(store, log, wanted, drawing)
    others = read_views(
        store, log, sorted({other for found in near.values() for other, _ in found}), drawing, fits=False
    )
    place = {str(object_id): k for k, object_id in enumerate(table["object_id"])}
    known = known_of(log, wanted)
    context = context.without_training_objects()
    jobs = []
    for k, object_id in enumerate(wanted):
        row = {column: values[k] for column, values in known.items()}
        if object_id in place:
            row |= {column: values[place[object_id]] for column, values in table.items()}
        last = min(len(wanted), options["candidates"])  # the unusual ones come after, in no row with these
        listed = name is None and k < last
        jobs.append(
            (
                folder,
                views[object_id],
                row,
                context,
                [(others[other], distance) for other, distance in near[object_id]],
                "../",
                wanted[k - 1] if listed and k else None,
                wanted[k + 1] if listed and k + 1 < last else None,
            )
        )
    Path(folder).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(max(1, min(threads, len(jobs)))) as pool:
        for _ in progress(pool.map(write_object_page, *zip(*jobs, strict=True)), len(jobs), "pages of candidates"):
            pass
    logging.getLogger(__name__).info("%d pages in %s", len(jobs), folder)


def _named(object_id, name):
    found = [str(one) for one in object_id if page_name(one) == name]
    if not found:
        raise DataError(f"no object of the survey has a page called {name!r}; a page is called as its object")
    return found[0]


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given, output, name = snakemake.input, snakemake.output[0], snakemake.wildcards.get("object")
        main(
            Store.of(snakemake.params.splits, *(given[field] for field in Store.FIELDS)),
            {
                **{key: given[key] for key in ("candidates", "train", "test", "threshold", "source", "importance")},
                "metadata": [given.metadata, *given.get("new_metadata", [])],
                "explanations": next(iter(given.get("explanations", [])), None),
            },
            output if name is None else Path(output).parent,
            snakemake.params.settings,
            name,
            snakemake.threads,
        )
