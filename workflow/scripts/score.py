"""Score all out-of-fold predictions: results/evaluation/scores.csv."""

from operator import attrgetter, itemgetter

from mallorn.decide.predictions import read_out_of_fold
from mallorn.evaluate.scores import SCORE_COLUMNS, cross_fitted_score
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of

ABOUT = ("protocol", "model", "repeat")
SERVED = {"photoz": "photometric", "photoz_averaged": "photometric, averaged"}
"""Value of the column redshift for predictions of copies of the objects, by the name of their files."""
SCORED = ("spectroscopic", *SERVED.values(), "none")


def main(out_of_fold, others, folds, output, settings):
    """Write one row for each file of predictions: protocol, model, repeat, scores and their intervals, and redshift.

    out_of_fold: paths of predictions. others: {"photoz", "photoz_averaged", "no_redshift": paths} of predictions of the
    same objects. The first two are by the same models as if redshifts were photometric, taken as given or averaged over
    draws; maps and thresholds of out_of_fold decide them. The last are by models trained without redshifts, with maps
    and thresholds of their own. The column redshift says which was scored. folds, output: paths.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of the configuration}.
    """
    table, rows, key = read_columns(folds), [], attrgetter(*ABOUT)
    served = {kind: {key(p): p for p in map(read_out_of_fold, others.get(name, []))} for name, kind in SERVED.items()}
    for p in map(read_out_of_fold, out_of_fold):
        labels = fold_of(table, p.protocol, p.repeat, p.object_id)
        rows.append({**_about(p, "spectroscopic"), **cross_fitted_score(labels, p.probability, p.fold, settings)})
        for kind, found in served.items():
            if key(p) in found:
                probability = _aligned(found[key(p)], p.object_id)
                scores = cross_fitted_score(labels, p.probability, p.fold, settings, probability)
                rows.append({**_about(p, kind), **scores})
    for p in map(read_out_of_fold, others.get("no_redshift", [])):
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
            {name: snakemake.input.get(name, []) for name in (*SERVED, "no_redshift")},
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
        )
