"""Draw the folds of both protocols, after finding the event of each training object."""

import numpy as np

from mallorn.io.tables import read_columns, write_table
from mallorn.learning.classes import is_target
from mallorn.learning.folds import draw_folds
from mallorn.survey.events import grid_steps, parent_events, rest_spans
from mallorn.survey.lightcurves import lightcurve_groups


def main(metadata, lightcurves, objects, output, settings):
    """Write the long table of `mallorn.learning.folds.draw_folds` for the objects of the training log.

    metadata, output: paths; lightcurves, objects: paths of all splits, in the same order.
    settings: {"seed", "target", and the blocks "folds" and "training" of the configuration}.
    """
    folds = settings["folds"]
    log = read_columns(metadata, ["object_id", "set", "Z", "spec_type"])
    train = np.flatnonzero(log.pop("set") == "train")
    log = {name: values[train] for name, values in log.items()}
    step, duration = _steps(log["object_id"], lightcurves, objects, folds["grid"])
    spans = rest_spans(step, duration, log["Z"], **folds["grid"])
    event = parent_events(log["object_id"], log["spec_type"], *spans)
    target = is_target(log["spec_type"], settings["target"], settings["training"])
    table = draw_folds(
        *(log["object_id"], log["spec_type"], target.astype(np.int8), event),
        *(folds["number"], folds["repeats"], folds["rare"], settings["seed"]),
    )
    write_table(output, table, sorted_by=("protocol", "repeat", "object_id"))


def _steps(object_id, lightcurves, objects, grid):
    """Return step and duration of the objects `object_id` (n,), from any split; NaN for objects in no split."""
    place = {name: k for k, name in enumerate(object_id)}
    found = np.full((2, len(object_id)), np.nan)
    for points_path, objects_path in zip(lightcurves, objects, strict=True):
        for _, lc in lightcurve_groups(points_path, objects_path):
            lc = lc.take([k for k, name in enumerate(lc.object_id) if name in place])
            found[:, [place[name] for name in lc.object_id]] = grid_steps(lc, **grid)
    return found


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.lightcurves,
            snakemake.input.objects,
            snakemake.output[0],
            snakemake.params.settings,
        )
