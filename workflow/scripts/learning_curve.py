"""Score a model trained on fewer source events of TDEs."""

from mallorn.evaluate.learning_curve import learning_curve
from mallorn.evaluate.scores import METRICS, crossed_score
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.training import classify, read_features
from mallorn.seeds import derived_seed

SCORES = ("average_precision", "f1")


def main(train, folds, output, settings, threads):
    """Write protocol, repeat, draw, fraction and number of TDE events trained on; average precision and F1, intervals.

    train, folds, output: paths. settings: {"seed", and the blocks "training", "threshold", "calibration", "evaluation",
    "learning_curve" and "model" (the one to train, a block of `models`) of the configuration}.
    """
    training, model, options = settings["training"], settings["model"], settings["learning_curve"]
    table = read_features(train, training)
    folds, rows = read_columns(folds), []
    for protocol in PROTOCOLS:
        for repeat in range(options["repeats"]):
            labels = fold_of(folds, protocol, repeat, table.object_id)
            classes, names, kinds = classify(labels, model["classes"], training)
            seed = derived_seed(settings["seed"], protocol, repeat)
            curve = learning_curve(
                *(table.values, classes, len(names), labels, model),
                *(options["fractions"], options["draws"], seed, threads),
                kinds=kinds,
            )
            for fraction, draw, events, probability in curve:
                about = {"protocol": protocol, "repeat": repeat, "draw": draw, "fraction": fraction}
                rows.append({**about, "tde_events": events, **_scores(labels, probability, settings)})
    write_csv(output, {name: [row[name] for row in rows] for name in rows[0]})


def _scores(labels, probability, settings):
    scores = crossed_score(labels, probability, labels["fold"], settings)
    names = [name for name in METRICS if name in SCORES]
    return {f"{name}{end}": scores[f"{name}{end}"] for name in names for end in ("", "_low", "_high")}


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.input.train,
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.threads,
        )
