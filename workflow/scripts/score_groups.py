"""Score groups of objects, the confusion of types, and the reliability of probabilities."""

from collections import defaultdict

import numpy as np

from mallorn.decide.predictions import read_out_of_fold
from mallorn.evaluate.reliability import RELIABILITY_COLUMNS, reliability
from mallorn.evaluate.subgroups import GROUP_COLUMNS, confusion, decided, property_groups, score_groups, type_groups
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS

PROPERTIES = ("redshift", "points", "snr", "magnitude")


def main(out_of_fold, no_redshift, folds, objects, by_type, confused, calibration, settings):
    """Write three CSV files with rows for each protocol and model; repeats are averaged.

    by_type: columns of `mallorn.evaluate.subgroups.score_groups`, by SpecType, redshift, number of points, signal to
    noise and magnitude; and redshift, "spectroscopic" or "none": what the models knew. The rows of "none" are grouped
    by the true redshifts all the same. confused: columns of `mallorn.evaluate.subgroups.confusion`. calibration:
    columns of `mallorn.evaluate.reliability.reliability`. Both are of the models that knew redshifts.

    out_of_fold: paths of predictions; no_redshift: of those by models trained without redshifts, perhaps none.
    folds: path. objects: path of the table of `describe_objects`.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of the configuration}.
    """
    table, properties = read_columns(folds), read_columns(objects)
    tables = {"by_type": [], "confusion": [], "calibration": []}
    for redshift, paths in (("spectroscopic", out_of_fold), ("none", no_redshift)):
        for (protocol, model), found in _of_models(paths):
            repeats = [decided(read_out_of_fold(path), table, settings) for path in found]
            about = {"protocol": protocol, "model": model, "redshift": redshift}
            tables["by_type"] += [{**about, **row} for row in _groups(repeats, properties, settings)]
            if redshift == "spectroscopic":
                for name, rows in _classes(repeats, settings).items():
                    tables[name] += [{**about, **row} for row in rows]
    columns = {
        "by_type": ("redshift", *GROUP_COLUMNS),
        "confusion": ("spec_type", "predicted", "objects", "fraction"),
        "calibration": RELIABILITY_COLUMNS,
    }
    for name, path in (("by_type", by_type), ("confusion", confused), ("calibration", calibration)):
        names = ("protocol", "model", *columns[name])
        write_csv(path, {column: [row[column] for row in tables[name]] for column in names})


def _of_models(paths):
    """Return [((protocol, model), paths of its repeats)] in the order of the tables."""
    found = defaultdict(list)
    for path in paths:
        p = read_out_of_fold(path)
        found[p.protocol, p.model].append((p.repeat, str(path)))
    of_models = sorted(found.items(), key=lambda item: (PROTOCOLS.index(item[0][0]), item[0][1]))
    return [(key, [path for _, path in sorted(repeats)]) for key, repeats in of_models]


def _groups(repeats, properties, settings):
    first, options = repeats[0], settings["evaluation"]
    bins = {name: options["bins"][name] for name in PROPERTIES}
    groups = type_groups(first["spec_type"]) + property_groups(properties, first["object_id"], bins)
    decisions = (np.stack([r[name] for r in repeats]) for name in ("calibrated", "decision"))
    return score_groups(groups, first["target"], first["event"], *decisions, options, settings["seed"])


def _classes(repeats, settings):
    first = repeats[0]
    decision, classes = (np.stack([r[name] for r in repeats]) for name in ("decision", "classes"))
    parts = [(r["probability"], r["fold"]) for r in repeats]
    scored = (first["target"], first["event"], parts, settings["evaluation"], settings["seed"])
    return {
        "confusion": confusion(first["spec_type"], decision, classes, first["names"]),
        "calibration": reliability(*scored),
    }


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.no_redshift,
            snakemake.input.folds,
            snakemake.input.objects,
            snakemake.output.by_type,
            snakemake.output.confusion,
            snakemake.output.calibration,
            snakemake.params.settings,
        )
