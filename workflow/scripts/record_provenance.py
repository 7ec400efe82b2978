"""Record what the results were made from."""

import json

from mallorn.io.files import write_text
from mallorn.runs.provenance import record


def main(project, config, data, results, output):
    """Write the JSON file `output`; see `mallorn.runs.provenance.record` for the other arguments."""
    write_text(output, json.dumps(record(project, config, data, results), indent=2) + "\n")


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
