"""Record what the results were made from."""

from mallorn.runs.inputs import read_input, write_first
from mallorn.runs.provenance import record


def main(project, config, data, results, output):
    """Write the JSON file `output`. data: path of what record_input wrote; for others see `mallorn.runs.provenance`."""
    write_first(output, record(project, config, read_input(data), results))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.params.project,
            snakemake.config,
            snakemake.input.data,
            snakemake.input.results,
            snakemake.output[0],
        )
