"""Write the logs of altered copies of the training objects."""

from mallorn.copies import copied_logs
from mallorn.ingest.logs import write_logs
from mallorn.tables import read_columns


def main(logs, output, name, settings):
    """Write the logs of the copies called `name` of the training objects in `logs`; settings: {"seed"}."""
    write_logs(output, copied_logs(read_columns(logs), name, settings["seed"]))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.logs,
            snakemake.output[0],
            snakemake.wildcards.kind,
            snakemake.params.settings,
        )
