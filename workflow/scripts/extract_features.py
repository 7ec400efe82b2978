"""Compute the feature families of one split."""

from mallorn.families.stored import write_families


def main(objects, families, outputs):
    """objects: path. families: {family: what makes it}, see `write_families`. outputs: paths, in the same order."""
    asked = zip(families.items(), outputs, strict=True)
    write_families(objects, {family: {**made, "output": path} for (family, made), path in asked})


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(snakemake.input.objects, snakemake.params.families, snakemake.output)
