"""Write the catalogue of all features."""

from mallorn.families.catalogue import catalogue
from mallorn.io.files import write_text


def main(output, settings):
    """Write the catalogue of the families in `settings`, the block `features` of the configuration, to `output`."""
    write_text(output, catalogue(settings))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(snakemake.output[0], snakemake.params.settings)
