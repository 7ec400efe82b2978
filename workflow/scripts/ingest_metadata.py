"""Check what the survey's files say about each object, and write it as one table."""

import numpy as np

from mallorn.ingest.metadata import write_logs
from mallorn.plugins import load


def main(source, folder, survey, output, settings):
    """Write what the source called `source` reads in the survey in `folder`; see `mallorn.sources.source`.

    survey: {"splits", "sets", "suffix"}; the suffix, if any, distinguishes the splits from those of another survey.
    settings: block `ingest` of the configuration.
    """
    table = load("sources", source, "read_metadata").read_metadata(folder, survey["splits"], survey["sets"], settings)
    if survey["suffix"]:
        table["split"] = np.array([name + survey["suffix"] for name in table["split"]], dtype=object)
    write_logs(output, table)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        params = snakemake.params
        main(params.source, params.folder, params.survey, snakemake.output[0], params.settings)
