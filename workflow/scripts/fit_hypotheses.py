"""Fit physical hypotheses to all passbands of every object of a split."""

from mallorn.hypotheses.cache import use_kernels
from mallorn.hypotheses.fit import fit_hypotheses, units
from mallorn.io.tables import table_writer
from mallorn.survey.lightcurves import lightcurve_groups


def main(points, objects, kernels, output, settings):
    use_kernels(kernels)
    with table_writer(output, units(settings["models"]), sorted_by=("object_id",)) as write:
        for _, lightcurves in lightcurve_groups(points, objects):
            write(fit_hypotheses(lightcurves, settings))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(given.points, given.objects, given.kernels, snakemake.output[0], snakemake.params.settings)
