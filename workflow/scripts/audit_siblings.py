"""Audit duplicates and siblings."""

import numpy as np

from mallorn.evaluate.audits.siblings import audit_siblings, curve_digests, shared_spans
from mallorn.evaluate.audits.verdict import write_verdict
from mallorn.io.tables import read_columns
from mallorn.survey.events import grid_steps, rest_spans
from mallorn.survey.lightcurves import lightcurve_groups


def main(metadata, folds, lightcurves, objects, output, settings):
    """Write the verdict of `mallorn.evaluate.audits.siblings`, with duplicates among training and test objects.

    metadata, folds, output: paths; lightcurves, objects: paths of all splits, in the same order.
    settings: {"folds": block of the configuration}.
    """
    grid, log = settings["folds"]["grid"], read_columns(metadata, ["object_id", "set", "Z", "spec_type"])
    train = np.flatnonzero(log["set"] == "train")
    place = {name: k for k, name in enumerate(log["object_id"][train])}
    digest, names, steps = [], [], np.full((2, len(train)), np.nan)
    for points_path, objects_path in zip(lightcurves, objects, strict=True):
        for _, lc in lightcurve_groups(points_path, objects_path):
            digest.append(curve_digests(lc))
            names.append(lc.object_id)
            known = [k for k, name in enumerate(lc.object_id) if name in place]
            steps[:, [place[name] for name in lc.object_id[known]]] = grid_steps(lc.take(known), **grid)
    spans = rest_spans(*steps, log["Z"][train], **grid)
    shared = shared_spans(log["object_id"][train], log["spec_type"][train], *spans)
    write_verdict(output, audit_siblings(np.concatenate(names), np.concatenate(digest), read_columns(folds), shared))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.folds,
            snakemake.input.lightcurves,
            snakemake.input.objects,
            snakemake.output[0],
            snakemake.params.settings,
        )
