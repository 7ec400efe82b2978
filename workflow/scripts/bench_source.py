"""Measure what reading the files of the configured surveys costs."""

import logging

from mallorn.benchmarks.sources import ALL, Survey, costs
from mallorn.io.csv_tables import write_csv


def main(surveys, output):
    """surveys: {key of the configuration: (fields of a `Survey`, names of its splits)}."""
    log, table = logging.getLogger(__name__), {}
    for key, (fields, splits) in surveys.items():
        found = costs(Survey(**fields), splits)
        found = {"survey": [key] * len(found["split"])} | found
        table = {name: table.get(name, []) + values for name, values in found.items()}
    for key, split, part, rows, cpu in zip(
        *(table[n] for n in ("survey", "split", "part", "rows", "cpu_s")), strict=True
    ):
        if split == ALL:
            log.info("%s, %s: %d rows in %.1f s of CPU", key, part, rows, cpu)
    write_csv(output, table, digits=4)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(snakemake.params.surveys, snakemake.output[0])
