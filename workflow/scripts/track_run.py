"""Log this run to MLflow."""

import json
import logging

from mallorn.io.files import write_text
from mallorn.report.tables import read_csv
from mallorn.runs.history import read_history, runs, summarise_scores
from mallorn.runs.tracking import track_run


def main(scores, history, files, output, settings):
    """Log the run; write its id as JSON to `output`.

    scores, history: paths. files: {folder among the artifacts: path}. settings: block "tracking" of the configuration.
    """
    run = runs(read_history(history))[-1]
    digests = {name: run[f"{name}_digest"] for name in ("config", "code", "data")}
    name = f"run {run['run']}"
    logged = track_run(settings, name, run["config"], digests, summarise_scores(read_csv(scores)), files)
    write_text(output, json.dumps({"run": run["run"], "mlflow_run": logged, "uri": settings["uri"]}) + "\n")
    logging.getLogger(__name__).info("%s logged to %s as %s", name, settings["uri"], logged)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(
            given.scores,
            given.history,
            {"figures": given.figures, "tables": given.scores, "model": given.model},
            snakemake.output[0],
            snakemake.params.settings,
        )
