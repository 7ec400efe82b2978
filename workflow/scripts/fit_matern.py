"""Fit Matern-3/2 processes to each passband of every object of a split."""

from contextlib import ExitStack

from mallorn.bands import BANDS
from mallorn.gp.engines import find_engine
from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import Matern32
from mallorn.lightcurves import lightcurve_groups
from mallorn.tables import table_writer


def main(points, objects, outputs, settings, engine=None):
    """Write the fits of each passband to the path that `outputs` gives for it; engine: see `find_engine`."""
    engine = find_engine(engine)
    with ExitStack() as files:
        writers = {
            band: files.enter_context(table_writer(path, fit_units(Matern32), sorted_by=("object_id",)))
            for band, path in outputs.items()
        }
        for _, lightcurves in lightcurve_groups(points, objects):
            lightcurves = lightcurves.dereddened()
            for band, write in writers.items():
                write(fit_lightcurves(Matern32, lightcurves.in_band(BANDS.index(band)), settings, engine))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given, outputs = snakemake.input, dict(snakemake.output.items())
        main(given.points, given.objects, outputs, snakemake.params.settings, given.get("engine"))
