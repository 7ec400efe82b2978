"""Append this run to the history: how it was made, and its scores."""

import logging
from datetime import UTC, datetime

from mallorn.report.tables import read_csv
from mallorn.runs.history import append_run, data_digest, summarise_scores


def main(scores, data, history, config, modules):
    """Append a run. scores: path of scores.csv. data: paths of the ingested files. history: path.

    config: the configuration. modules: {module: digest of its code}.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    run = append_run(history, now, config, modules, data_digest(data), summarise_scores(read_csv(scores)))
    logging.getLogger(__name__).info("run %d recorded", run)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.scores,
            snakemake.input.data,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.params.modules,
        )
