"""Fit a Gaussian process to the objects of a split, from files to files."""

from contextlib import ExitStack

from mallorn.gp.engines import choose_engine, load_engine
from mallorn.gp.fit import fit_lightcurves, fit_slots, fit_units
from mallorn.io.tables import read_columns, table_writer
from mallorn.survey.lightcurves import lightcurve_groups

__all__ = ["fit_split"]


def fit_split(model, points, objects, outputs, settings, engine="celerite2", folder=None):
    """Write the table of `fit_lightcurves` of each slot of passbands to the path that `outputs` gives.

    model: of `mallorn.gp.models`. points, objects: paths of the light curves. outputs: {slot: path}, or {None: path}
    for a fit to all passbands. A slot without a passband of the survey gives the rows of objects without points.
    settings: the model's block of config.yaml `fits`. engine, folder: see `mallorn.gp.engines`.
    """
    n_points = read_columns(objects, columns=["n_points"])["n_points"].sum()
    innovations = load_engine(choose_engine(engine, model, n_points), folder)
    with ExitStack() as files:
        writers = {
            slot: files.enter_context(table_writer(path, fit_units(model), sorted_by=("object_id",)))
            for slot, path in outputs.items()
        }
        for _, lightcurves in lightcurve_groups(points, objects):
            lightcurves = lightcurves.dereddened()
            if None in writers:
                tables = {None: fit_lightcurves(model, lightcurves, settings, innovations)}
            else:
                tables = fit_slots(model, lightcurves.in_slots(), settings, innovations)
            for slot, write in writers.items():
                write(tables[slot])
