"""Score a model trained on fewer events of the class sought."""

from mallorn.evaluate.learning_curve import learning_curve
from mallorn.evaluate.scores import METRICS, cross_fitted_score
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.classes import encode_classes
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.pipeline import needs_of
from mallorn.learning.tables import DatasetFiles, read_dataset
from mallorn.seeds import derived_seed

SCORES = ("average_precision", "f1")


def main(files, folds, output, settings, threads):
    """Write protocol, repeat, draw, fraction and number of events trained on; average precision and F1, intervals.

    files: `DatasetFiles` of the training objects. folds, output: paths. settings: {"seed", "target", and
    the blocks "training", "threshold", "calibration", "evaluation", "learning_curve" and "model" (the one to train, a
    block of `models`) of the configuration}.
    """
    training, model, options = settings["training"], settings["model"], settings["learning_curve"]
    dataset = read_dataset(files, training, needs_of(model))
    folds, rows = read_columns(folds), []
    for protocol in PROTOCOLS:
        for repeat in range(options["repeats"]):
            labels = fold_of(folds, protocol, repeat, dataset.object_id)
            classes, names, kinds = encode_classes(labels, model["classes"], training, settings["target"])
            seed = derived_seed(settings["seed"], protocol, repeat)
            objects = Labelled.of(dataset, classes, len(names), labels["event"], kinds)
            for fraction, draw, events, probability in learning_curve(objects, labels, model, options, seed, threads):
                about = {"protocol": protocol, "repeat": repeat, "draw": draw, "fraction": fraction}
                rows.append({**about, "target_events": events, **_scores(labels, probability, settings)})
    write_csv(output, {name: [row[name] for row in rows] for name in rows[0]})


def _scores(labels, probability, settings):
    scores = cross_fitted_score(labels, probability, labels["fold"], settings)
    names = [name for name in METRICS if name in SCORES]
    return {f"{name}{end}": scores[f"{name}{end}"] for name in names for end in ("", "_low", "_high")}


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(
            DatasetFiles(given.train, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.threads,
        )
