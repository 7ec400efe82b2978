"""Gather what the files of a format say about each object into one table."""

import numpy as np

from mallorn.ingest.known import metadata_of
from mallorn.ingest.metadata import write_logs
from mallorn.ingest.unusable import refuse_unusable_tables


def main(known, set_aside, survey, output, settings):
    """Write the table of the objects of all splits.

    known: paths, in the order of the splits. set_aside: paths of the rows not kept, likewise. survey: {"splits",
    "sets", "suffix"}; the suffix, if any, distinguishes the splits from those of another survey. settings: block
    `ingest` of the configuration.
    """
    refuse_unusable_tables(set_aside)
    table = metadata_of(dict(zip(survey["splits"], known, strict=True)), survey["sets"], settings)
    table["split"] = np.array([name + survey["suffix"] for name in table["split"]], dtype=object)
    write_logs(output, table)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given, params = snakemake.input, snakemake.params
        main(list(given.metadata), list(given.set_aside), params.survey, snakemake.output[0], params.settings)
