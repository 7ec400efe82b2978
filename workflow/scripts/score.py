"""Score all out-of-fold predictions: results/evaluation/scores.csv."""

from operator import attrgetter, itemgetter

from mallorn.decide.predictions import read_out_of_fold
from mallorn.evaluate.scores import SCORE_COLUMNS, cross_fitted_score
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of

ABOUT = ("protocol", "model", "repeat")
SCORED = ("spectroscopic", "photometric", "none")


def main(out_of_fold, photoz, without, folds, output, settings):
    """Write one row for each file of predictions: protocol, model, repeat, scores and their intervals, and redshift.

    out_of_fold: paths of predictions. photoz: paths of predictions of the same objects by the same models as if their
    redshifts were photometric, or none; they are decided by the maps and thresholds of the former. without: paths of
    predictions of the same objects by models that were trained without redshifts, or none; they are decided by their
    own. The column redshift says which was scored, spectroscopic, photometric or none. folds, output: paths.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of the configuration}.
    """
    table, rows, key = read_columns(folds), [], attrgetter(*ABOUT)
    other = {key(p): p for p in map(read_out_of_fold, photoz)}
    for p in map(read_out_of_fold, out_of_fold):
        labels = fold_of(table, p.protocol, p.repeat, p.object_id)
        rows.append({**_about(p, "spectroscopic"), **cross_fitted_score(labels, p.probability, p.fold, settings)})
        if key(p) in other:
            served = _aligned(other[key(p)], p.object_id)
            rows.append(
                {**_about(p, "photometric"), **cross_fitted_score(labels, p.probability, p.fold, settings, served)}
            )
    for p in map(read_out_of_fold, without):
        labels = fold_of(table, p.protocol, p.repeat, p.object_id)
        rows.append({**_about(p, "none"), **cross_fitted_score(labels, p.probability, p.fold, settings)})
    rows.sort(key=itemgetter("model", "repeat"))
    rows.sort(key=lambda row: (SCORED.index(row["redshift"]), PROTOCOLS.index(row["protocol"])))
    names = (*ABOUT, *SCORE_COLUMNS[:6], "redshift", *SCORE_COLUMNS[6:])
    write_csv(output, {name: [row[name] for row in rows] for name in names})


def _about(p, redshift):
    return {"protocol": p.protocol, "model": p.model, "repeat": p.repeat, "redshift": redshift}


def _aligned(p, object_id):
    """Return the probabilities of the objects `object_id` in their order."""
    place = {name: k for k, name in enumerate(p.object_id)}
    return p.probability[[place[name] for name in object_id]]


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.get("photoz", []),
            snakemake.input.get("without", []),
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
        )
