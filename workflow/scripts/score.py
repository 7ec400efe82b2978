"""Score all out-of-fold predictions: results/evaluation/scores.csv."""

from mallorn.csvtables import write_csv
from mallorn.folds import PROTOCOLS, fold_of
from mallorn.predictions import read_out_of_fold
from mallorn.scores import SCORE_COLUMNS, score
from mallorn.tables import read_columns


def main(out_of_fold, folds, output, settings):
    """Write one row for each model, protocol and repeat: protocol, model, repeat, and `SCORE_COLUMNS`.

    out_of_fold: paths of predictions; folds, output: paths. settings: {"threshold": block of the configuration}.
    """
    table = read_columns(folds)
    rows = []
    for path in out_of_fold:
        p = read_out_of_fold(path)
        target = fold_of(table, p.protocol, p.repeat, p.object_id)["target"]
        scores = score(target, p.probability, p.fold, settings["threshold"])
        rows.append({"protocol": p.protocol, "model": p.model, "repeat": p.repeat, **scores})
    rows.sort(key=lambda row: (PROTOCOLS.index(row["protocol"]), row["model"], row["repeat"]))
    names = ("protocol", "model", "repeat", *SCORE_COLUMNS)
    write_csv(output, {name: [row[name] for row in rows] for name in names})


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
        )
