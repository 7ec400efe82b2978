"""Gather what the files of a format tell of each object to one table."""

import numpy as np

from mallorn.ingest.known import metadata_of
from mallorn.ingest.metadata import write_logs


def main(known, survey, output, settings):
    """Write the table of the objects of all splits.

    known: paths, in the order of the splits. survey: {"splits", "sets", "suffix"}; the suffix, if any, tells the splits
    from those of another survey. settings: block `ingest` of the configuration.
    """
    table = metadata_of(dict(zip(survey["splits"], known, strict=True)), survey["sets"], settings)
    table["split"] = np.array([name + survey["suffix"] for name in table["split"]], dtype=object)
    write_logs(output, table)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        params = snakemake.params
        main(list(snakemake.input), params.survey, snakemake.output[0], params.settings)
