"""Score the models that learned from copies as other surveys would see them: by cut, redshift and signal to noise."""

from itertools import product
from operator import attrgetter

import numpy as np

from mallorn.decide.predictions import read_out_of_fold
from mallorn.evaluate.scores import SCORE_COLUMNS, cross_fitted_score
from mallorn.evaluate.subgroups import GROUP_COLUMNS, decided, light_curve_properties, property_groups, score_groups
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.survey.copies import CUTS, cuts_of
from mallorn.survey.lightcurves import lightcurve_groups

ABOUT = ("redshift", "protocol", "model", "cut")


def main(predictions, folds, copies, output, groups, settings):
    """Write one row for each file of predictions and cut (see `mallorn.survey.copies`), and scores by groups of copies.

    Each cut has its own thresholds, chosen on the other folds, as in the exported model.

    groups: rows of `mallorn.evaluate.subgroups.score_groups` of the submitted model, repeats averaged, by the redshift
    that copies were moved to and by their signal to noise. The rows of "none" are grouped by redshift all the same.

    predictions: {"spectroscopic" or "none": paths}, by what is known about the redshifts. folds, output, groups: paths.
    copies: paths of the copies' points and of their objects, with redshifts.
    settings: {"seed", the blocks "threshold", "calibration" and "evaluation" of the configuration, and "model": the
    submitted one}.
    """
    table, rows = read_columns(folds), []
    for redshift, paths in predictions.items():
        for p in map(read_out_of_fold, paths):
            labels, cuts = fold_of(table, p.protocol, p.repeat, p.object_id), cuts_of(p.object_id)
            for cut in dict.fromkeys(cuts):
                rows.append(_row(p, cut, redshift, labels, np.flatnonzero(cuts == cut), settings))
    rows.sort(
        key=lambda row: (row["redshift"] == "none", PROTOCOLS.index(row["protocol"]), row["model"], row["repeat"])
    )
    write_csv(output, {name: [row[name] for row in rows] for name in rows[0]})
    rows = _groups(predictions, table, _described(*copies), settings)
    write_csv(groups, {name: [row[name] for row in rows] for name in (*ABOUT, *GROUP_COLUMNS)})


def _described(points, objects):
    parts = [{"object_id": lc.object_id, **light_curve_properties(lc)} for _, lc in lightcurve_groups(points, objects)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _groups(predictions, table, properties, settings):
    rows, model = [], settings["model"]
    for redshift, paths in predictions.items():
        of_model = [p for p in map(read_out_of_fold, paths) if p.model == model]
        for protocol, cut in product(PROTOCOLS, CUTS):
            found = [p for p in of_model if p.protocol == protocol and cut in cuts_of(p.object_id)]
            repeats = [decided(p, table, settings, cut) for p in sorted(found, key=attrgetter("repeat"))]
            if repeats and 0 < repeats[0]["target"].mean() < 1:
                about = {"redshift": redshift, "protocol": protocol, "model": model, "cut": cut}
                rows += [{**about, **row} for row in _scored(repeats, properties, settings)]
    return rows


def _scored(repeats, properties, settings):
    first, options = repeats[0], settings["evaluation"]
    groups = property_groups(properties, first["object_id"], options["bins"]["other_surveys"])
    decisions = (np.stack([r[name] for r in repeats]) for name in ("calibrated", "decision"))
    return score_groups(groups, first["target"], first["event"], *decisions, options, settings["seed"])


def _row(p, cut, redshift, labels, chosen, settings):
    of_cut = {name: values[chosen] for name, values in labels.items()}
    about = {"redshift": redshift, "protocol": p.protocol, "model": p.model, "repeat": p.repeat, "cut": cut}
    counts = {"objects": len(chosen), "targets": int(of_cut["target"].sum())}
    if not 0 < counts["targets"] < counts["objects"]:
        return {**about, **counts, **dict.fromkeys(SCORE_COLUMNS, np.nan)}
    return {**about, **counts, **cross_fitted_score(of_cut, p.probability[chosen], p.fold[chosen], settings)}


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            {name: list(snakemake.input[name]) for name in ("spectroscopic", "none")},
            snakemake.input.folds,
            (snakemake.input.lightcurves, snakemake.input.objects),
            snakemake.output.cuts,
            snakemake.output.groups,
            snakemake.params.settings,
        )
