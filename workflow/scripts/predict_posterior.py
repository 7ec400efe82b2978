"""Predict the multi-band light curve of every object of a split about its peak."""

from mallorn.gp.posterior import UNITS, predict_posterior
from mallorn.io.tables import read_columns, table_writer
from mallorn.survey.lightcurves import lightcurve_groups


def main(points, objects, fits, output, settings):
    with table_writer(output, UNITS, sorted_by=("object_id",)) as write:
        for group, lightcurves in lightcurve_groups(points, objects):
            write(predict_posterior(lightcurves, read_columns(fits, group=group), settings))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.points, given.objects, given.fits, snakemake.output[0], snakemake.params.settings)
