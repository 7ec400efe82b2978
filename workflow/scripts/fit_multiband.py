"""Fit the multi-band Matern-3/2 process to every object of a split."""

from mallorn.gp.engines import find_engine
from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import MultibandMatern32
from mallorn.lightcurves import lightcurve_groups
from mallorn.tables import table_writer


def main(points, objects, output, settings, engine=None):
    """engine: see `find_engine`."""
    engine = find_engine(engine)
    with table_writer(output, fit_units(MultibandMatern32), sorted_by=("object_id",)) as write:
        for _, lightcurves in lightcurve_groups(points, objects):
            write(fit_lightcurves(MultibandMatern32, lightcurves.dereddened(), settings, engine))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.points, given.objects, snakemake.output[0], snakemake.params.settings, given.get("engine"))
