"""Fit the multi-band Matern-3/2 process to every object of a split."""

from mallorn.gp.engines import find_engine
from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import MultibandMatern32
from mallorn.lightcurves import read_lightcurves
from mallorn.tables import write_table


def main(points, objects, output, settings, engine=None):
    """engine: see `find_engine`."""
    lightcurves = read_lightcurves(points, objects).dereddened()
    fits = fit_lightcurves(MultibandMatern32, lightcurves, settings, find_engine(engine))
    write_table(output, fits, fit_units(MultibandMatern32), sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.points, given.objects, snakemake.output[0], snakemake.params.settings, given.get("engine"))
