"""Check both logs of the survey and write them as one table."""

from mallorn.ingest.metadata import read_logs, write_logs


def main(train, test, submission, splits, output, config):
    """Write the objects of the logs `train` and `test`; see `read_logs`. submission: path or None."""
    write_logs(output, read_logs(train, test, submission, splits, config))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.train,
            snakemake.input.test,
            snakemake.input.submission or None,
            snakemake.params.settings["splits"],
            snakemake.output[0],
            snakemake.params.settings["ingest"],
        )
