"""Fit damped random walks to each passband of every object of a split."""

from mallorn.bands import BANDS
from mallorn.gp.engines import find_engine
from mallorn.gp.fit import fit_lightcurves, fit_units
from mallorn.gp.models import DRW
from mallorn.lightcurves import read_lightcurves
from mallorn.tables import write_table


def main(points, objects, outputs, settings, engine=None):
    """Write the fits of each passband to the path that `outputs` gives for it; engine: see `find_engine`."""
    engine = find_engine(engine)
    lightcurves = read_lightcurves(points, objects).dereddened()
    for band, path in outputs.items():
        fits = fit_lightcurves(DRW, lightcurves.in_band(BANDS.index(band)), settings, engine)
        write_table(path, fits, fit_units(DRW), sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        given, outputs = snakemake.input, dict(snakemake.output.items())
        main(given.points, given.objects, outputs, snakemake.params.settings, given.get("engine"))
