"""Fit damped random walks to each passband of every object of a split."""

from contextlib import ExitStack

from mallorn.bands import BANDS
from mallorn.gp.engines import choose_engine, load_engine
from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import DRW
from mallorn.lightcurves import lightcurve_groups
from mallorn.tables import read_columns, table_writer


def main(points, objects, outputs, settings, engine="celerite2", folder=None):
    """Write the fits of each passband to the path that `outputs` gives; engine, folder: see `mallorn.gp.engines`."""
    n_points = read_columns(objects, columns=["n_points"])["n_points"].sum()
    innovations = load_engine(choose_engine(engine, DRW, n_points), folder)
    with ExitStack() as files:
        writers = {
            band: files.enter_context(table_writer(path, fit_units(DRW), sorted_by=("object_id",)))
            for band, path in outputs.items()
        }
        for _, lightcurves in lightcurve_groups(points, objects):
            lightcurves = lightcurves.dereddened()
            for band, write in writers.items():
                write(fit_lightcurves(DRW, lightcurves.in_band(BANDS.index(band)), settings, innovations))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given, outputs, params = snakemake.input, dict(snakemake.output.items()), snakemake.params
        main(given.points, given.objects, outputs, params.settings, params.gp["engine"], given.get("engine"))
