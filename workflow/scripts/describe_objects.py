"""Measure what the training objects are scored by: redshift, points, signal to noise and magnitude."""

import numpy as np

from mallorn.evaluate.subgroups import light_curve_properties
from mallorn.io.tables import read_columns, write_table
from mallorn.survey.lightcurves import lightcurve_groups


def main(metadata, lightcurves, objects, output):
    """Write object_id and `mallorn.evaluate.subgroups.light_curve_properties` of the training objects.

    metadata, output: paths; lightcurves, objects: paths of all splits, in the same order.
    """
    log = read_columns(metadata, ["object_id", "set"])
    train = log["object_id"][log["set"] == "train"]
    parts = []
    for points_path, objects_path in zip(lightcurves, objects, strict=True):
        for _, lc in lightcurve_groups(points_path, objects_path):
            parts.append({"object_id": lc.object_id, **light_curve_properties(lc)})
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    keep = np.flatnonzero(np.isin(columns["object_id"].astype(str), train.astype(str)))
    order = keep[np.argsort(columns["object_id"][keep].astype(str), kind="stable")]
    write_table(output, {name: values[order] for name, values in columns.items()}, sorted_by=("object_id",))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.lightcurves,
            snakemake.input.objects,
            snakemake.output[0],
        )
