"""Predict the multi-band light curve of every object of a split about its peak."""

from mallorn.gp.posterior import UNITS, predict_posterior
from mallorn.lightcurves import read_lightcurves
from mallorn.tables import read_columns, write_table


def main(points, objects, fits, output, settings):
    table = predict_posterior(read_lightcurves(points, objects), read_columns(fits), settings)
    write_table(output, table, UNITS, sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.points, given.objects, given.fits, snakemake.output[0], snakemake.params.settings)
