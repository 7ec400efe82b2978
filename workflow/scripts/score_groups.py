"""Score groups of objects, the confusion of types, and the reliability of probabilities."""

from collections import defaultdict

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.decide.predictions import read_out_of_fold
from mallorn.evaluate.reliability import RELIABILITY_COLUMNS, reliability
from mallorn.evaluate.subgroups import GROUP_COLUMNS, bin_groups, confusion, score_groups, type_groups
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of


def main(out_of_fold, folds, objects, by_type, confused, calibration, settings):
    """Write three CSV files with rows for each protocol and model; repeats are averaged.

    by_type: columns of `mallorn.evaluate.subgroups.score_groups`, by SpecType, redshift, number of points, signal to
    noise and magnitude. confused: columns of `mallorn.evaluate.subgroups.confusion`. calibration: columns of
    `mallorn.evaluate.reliability.reliability`.

    out_of_fold: paths of predictions. folds: path. objects: path of the table of `describe_objects`.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of the configuration}.
    """
    table, properties, paths = read_columns(folds), read_columns(objects), defaultdict(list)
    for path in out_of_fold:
        p = read_out_of_fold(path)
        paths[p.protocol, p.model].append((p.repeat, str(path)))
    tables = {"by_type": [], "confusion": [], "calibration": []}
    for protocol, model in sorted(paths, key=lambda key: (PROTOCOLS.index(key[0]), key[1])):
        repeats = [_repeat(path, table, settings) for _, path in sorted(paths[protocol, model])]
        for name, rows in _score(repeats, properties, settings).items():
            tables[name] += [{"protocol": protocol, "model": model, **row} for row in rows]
    columns = {
        "by_type": GROUP_COLUMNS,
        "confusion": ("spec_type", "predicted", "objects", "fraction"),
        "calibration": RELIABILITY_COLUMNS,
    }
    for name, path in (("by_type", by_type), ("confusion", confused), ("calibration", calibration)):
        names = ("protocol", "model", *columns[name])
        write_csv(path, {column: [row[column] for row in tables[name]] for column in names})


def _repeat(path, table, settings):
    """Return the predictions of one repeat in the order of the object ids, with labels and cross-fitted decisions."""
    p = read_out_of_fold(path)
    order = np.argsort(p.object_id.astype(str), kind="stable")
    labels = fold_of(table, p.protocol, p.repeat, p.object_id[order])
    probability, fold = p.probability[order], p.fold[order]
    method = settings["calibration"]["method"]
    calibrated, threshold = cross_fitted(method, settings["threshold"], labels["target"], probability, fold)
    return {
        **labels,
        "object_id": p.object_id[order],
        "probability": probability,
        "calibrated": calibrated,
        "decision": calibrated >= threshold,
        "names": p.names,
        "classes": p.classes[order],
    }


def _score(repeats, properties, settings):
    first, options, seed = repeats[0], settings["evaluation"], settings["seed"]
    together = {name: np.stack([r[name] for r in repeats]) for name in ("calibrated", "decision", "classes")}
    place = {name: k for k, name in enumerate(properties["object_id"])}
    rows = [place[name] for name in first["object_id"]]
    groups = type_groups(first["spec_type"])
    for name in ("redshift", "points", "snr", "magnitude"):
        groups += bin_groups(name, properties[name][rows], options["bins"][name])
    labels = (first["target"], first["event"])
    parts = [(r["probability"], r["fold"]) for r in repeats]
    return {
        "by_type": score_groups(groups, *labels, together["calibrated"], together["decision"], options, seed),
        "confusion": confusion(first["spec_type"], together["decision"], together["classes"], first["names"]),
        "calibration": reliability(*labels, parts, options, seed),
    }


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.folds,
            snakemake.input.objects,
            snakemake.output.by_type,
            snakemake.output.confusion,
            snakemake.output.calibration,
            snakemake.params.settings,
        )
