"""Score the models that learned from copies as other surveys would see them: one row for each cut."""

import numpy as np

from mallorn.decide.predictions import read_out_of_fold
from mallorn.evaluate.scores import SCORE_COLUMNS, cross_fitted_score
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.survey.copies import cuts_of


def main(predictions, folds, output, settings):
    """Write one row for each file of predictions and cut (see `mallorn.survey.copies`).

    Each cut has its own thresholds, chosen on the other folds, as in the exported model.

    predictions: {"spectroscopic" or "none": paths}, by what is known about the redshifts. folds, output: paths.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of the configuration}.
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
            snakemake.output[0],
            snakemake.params.settings,
        )
