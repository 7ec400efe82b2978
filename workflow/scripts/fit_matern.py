"""Fit Matern-3/2 processes to one passband of every object of a split."""

from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import Matern32
from mallorn.lightcurves import read_lightcurves
from mallorn.tables import write_table


def main(points, objects, output, band, settings):
    lightcurves = read_lightcurves(points, objects, band).dereddened()
    fits = fit_lightcurves(Matern32, lightcurves, settings)
    write_table(output, fits, fit_units(Matern32), sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given, band = snakemake.input, snakemake.wildcards.band
        main(given.points, given.objects, snakemake.output[0], band, snakemake.params.settings)
