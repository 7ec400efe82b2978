"""Fit damped random walks to one passband of every object of a split."""

from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import DRW
from mallorn.lightcurves import read_lightcurves
from mallorn.tables import write_table


def main(points, objects, output, band, settings):
    lightcurves = read_lightcurves(points, objects, band).dereddened()
    fits = fit_lightcurves(DRW, lightcurves, settings)
    write_table(output, fits, fit_units(DRW), sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given, band = snakemake.input, snakemake.wildcards.band
        main(given.points, given.objects, snakemake.output[0], band, snakemake.params.settings)
