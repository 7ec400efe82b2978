"""Fit models to the light curves of one split, and predict the light curves from the fits."""

from mallorn.families.stored_artifacts import write_artifacts


def main(points, objects, kernels, artifacts, engine):
    """points, objects, kernels: paths. artifacts: {artifact: what makes it}, engine: see `write_artifacts`."""
    write_artifacts(points, objects, artifacts, kernels, engine)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given, params = snakemake.input, snakemake.params
        main(given.points, given.objects, given.kernels, params.artifacts, params.engine)
