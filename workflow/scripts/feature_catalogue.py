"""Write the catalogue of all features."""

from pathlib import Path

from mallorn.catalogue import catalogue


def main(output, settings):
    """Write the catalogue of the families in `settings`, the block `features` of the configuration, to `output`."""
    Path(output).write_text(catalogue(settings), encoding="utf-8")


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.output[0], snakemake.params.settings)
