"""Fit the multi-band Matern-3/2 process to every object of a split."""

from mallorn.gp.engines import choose_engine, load_engine
from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import MultibandMatern32
from mallorn.lightcurves import lightcurve_groups
from mallorn.tables import read_columns, table_writer


def main(points, objects, output, settings, engine="celerite2", folder=None):
    """engine, folder: see `mallorn.gp.engines`."""
    n_points = read_columns(objects, columns=["n_points"])["n_points"].sum()
    innovations = load_engine(choose_engine(engine, MultibandMatern32, n_points), folder)
    with table_writer(output, fit_units(MultibandMatern32), sorted_by=("object_id",)) as write:
        for _, lightcurves in lightcurve_groups(points, objects):
            write(fit_lightcurves(MultibandMatern32, lightcurves.dereddened(), settings, innovations))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given, output, params = snakemake.input, snakemake.output[0], snakemake.params
        main(given.points, given.objects, output, params.settings, params.gp["engine"], given.get("engine"))
