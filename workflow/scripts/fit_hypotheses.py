"""Fit physical hypotheses to all passbands of every object of a split."""

from mallorn.hypotheses.cache import use_kernels
from mallorn.hypotheses.fit import fit_hypotheses, units
from mallorn.lightcurves import read_lightcurves
from mallorn.tables import write_table


def main(points, objects, kernels, output, settings):
    use_kernels(kernels)
    fits = fit_hypotheses(read_lightcurves(points, objects), settings)
    write_table(output, fits, units(settings["models"]), sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.points, given.objects, given.kernels, snakemake.output[0], snakemake.params.settings)
