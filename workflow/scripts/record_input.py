"""Record the data behind the results: name, digest and files."""

from mallorn.runs.inputs import record_input, write_first


def main(name, folder, paths, output):
    """Write the JSON file `output`; see `mallorn.runs.inputs.record_input` for the other arguments."""
    write_first(output, record_input(name, folder, paths))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.params.called, snakemake.params.folder, snakemake.input, snakemake.output[0])
