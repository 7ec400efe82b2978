"""Make pages of the training objects that the submitted model gets wrong, and a page that lists them."""

import json
from pathlib import Path

from mallorn.decide.predictions import read_out_of_fold
from mallorn.io.tables import read_columns
from mallorn.report.drawing import draw_pages, remove_others
from mallorn.report.misses import find_misses, write_misses_page
from mallorn.report.render import pages_of
from mallorn.report.store import Store
from mallorn.runs.inputs import line, read_input


def main(store, paths, folder, settings, protocol, threads=1):
    """Write pages and index.html to `folder`.

    store, paths, settings: see `mallorn.report.drawing.draw_pages`. Further paths are "folds" and "out_of_fold" (of the
    submitted model under `protocol`); further settings are the block "threshold".
    """
    log, folds = read_columns(paths["metadata"][0]), read_columns(paths["folds"])
    decision = json.loads(Path(paths["threshold"]).read_text(encoding="utf-8"))
    predictions = [read_out_of_fold(path) for path in paths["out_of_fold"]]
    misses = find_misses(predictions, folds, decision["calibration"]["method"], settings["threshold"])
    shown = {str(name): {"probability": float(misses["probability"][k])} for k, name in enumerate(misses["object_id"])}
    views = draw_pages(store, log, paths, folder, settings, shown, 0, threads)
    remove_others(folder, shown)
    with pages_of(line(read_input(paths["source"]))):
        write_misses_page(folder, misses, views, decision["target"], protocol)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        names = ("candidates", "train", "test", "threshold", "source", "importance", "folds", "out_of_fold")
        main(
            Store.of(snakemake.params.splits, *(given[field] for field in Store.FIELDS)),
            {
                **{key: given[key] for key in names},
                "metadata": [given.metadata],
                "explanations": next(iter(given.get("explanations", [])), None),
            },
            snakemake.output[0],
            {**snakemake.params.settings, "code": snakemake.params.code},
            snakemake.params.protocol,
            snakemake.threads,
        )
