"""Score the predictions of outer folds by their training sets: results/evaluation/nested.csv."""

from mallorn.decide.predictions import read_held_out, read_out_of_fold
from mallorn.evaluate.nested import nested_score
from mallorn.evaluate.scores import SCORE_COLUMNS
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of


def main(out_of_fold, held_out, folds, output, settings):
    """Write a row for each protocol, model and repeat, with the columns of `mallorn.evaluate.scores.score`.

    out_of_fold, held_out: paths of the predictions of all outer training sets, models, protocols and repeats, in the
    same order. folds, output: paths.
    settings: {"seed", and the blocks "threshold", "calibration" and "evaluation" of the configuration}.
    """
    table, outer = read_columns(folds), {}
    for inside_path, outside_path in zip(out_of_fold, held_out, strict=True):
        p, q = read_out_of_fold(inside_path), read_held_out(outside_path)
        known, apart = (fold_of(table, p.protocol, p.repeat, x.object_id) for x in (p, q))
        inside = (known["target"], p.probability, p.fold)
        part = {"inside": inside, "inside_event": known["event"], "probability": q.probability}
        part |= {name: apart[name] for name in ("target", "event")}
        outer.setdefault((p.protocol, p.model, p.repeat), []).append(part)
    keys = sorted(outer, key=lambda key: (PROTOCOLS.index(key[0]), *key[1:]))
    scores = [nested_score(outer[key], settings) for key in keys]
    about = {name: [key[k] for key in keys] for k, name in enumerate(("protocol", "model", "repeat"))}
    columns = (*SCORE_COLUMNS[:6], "redshift", *SCORE_COLUMNS[6:])
    scored = {name: [row.get(name, "spectroscopic") for row in scores] for name in columns}
    write_csv(output, {**about, **scored})


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.held_out,
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
        )
