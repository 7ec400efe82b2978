"""Fit semi-parametric hypotheses to all passbands of every object of a split."""

from mallorn.hypotheses.cache import use_kernels
from mallorn.hypotheses.semi import fit_semi_parametric, semi_units
from mallorn.io.tables import read_columns, table_writer
from mallorn.survey.lightcurves import lightcurve_groups


def main(points, objects, hypotheses, kernels, output, settings):
    use_kernels(kernels)
    epoch = f"{settings['epoch']}_t0"
    with table_writer(output, semi_units(settings["models"]), sorted_by=("object_id",)) as write:
        for group, lightcurves in lightcurve_groups(points, objects):
            write(fit_semi_parametric(lightcurves, read_columns(hypotheses, [epoch], group=group)[epoch], settings))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(
            given.points,
            given.objects,
            given.hypotheses,
            given.kernels,
            snakemake.output[0],
            snakemake.params.settings,
        )
