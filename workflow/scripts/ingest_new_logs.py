"""Check the log of new objects without labels and write it as a table."""

from mallorn.ingest.metadata import read_unlabelled, write_logs


def main(log, splits, suffix, output, config):
    """Write the objects of the file `log`; see `read_unlabelled`."""
    write_logs(output, read_unlabelled(log, splits, suffix, config))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input[0],
            snakemake.params.settings["splits"],
            snakemake.params.settings["suffix"],
            snakemake.output[0],
            snakemake.params.settings["ingest"],
        )
