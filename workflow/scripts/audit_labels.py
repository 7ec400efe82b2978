"""Audit leakage of labels: train on shuffled labels."""

import numpy as np

from mallorn.evaluate.audits.labels import audit_labels
from mallorn.evaluate.audits.verdict import write_verdict
from mallorn.io.tables import read_columns
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Dataset, Labelled
from mallorn.learning.folds import fold_of
from mallorn.learning.tables import read_features
from mallorn.seeds import derived_seed

ROUNDS = 200


def main(train, folds, output, settings, threads):
    """Write the verdict of `mallorn.evaluate.audits.labels`, on the grouped folds of the first repeat.

    train, folds, output: paths. settings: {"seed", "training", "audits"} of the configuration. threads: fits at a time.
    """
    training, audits = settings["training"], settings["audits"]
    table = read_features(train, training)
    dataset = Dataset(table.object_id, features=table)
    labels = fold_of(read_columns(folds), "grouped", 0, table.object_id)
    seed = derived_seed(settings["seed"], "audit_labels")

    def predict(target):
        classes = np.where(target == 1, 0, 1)
        spec = {"seeds": 1, **audits["model"]}
        objects = Labelled.of(dataset, classes, 2, labels["event"])
        return cross_validate(objects, labels["fold"], spec, seed, threads).inside[:, 0]

    write_verdict(output, audit_labels(predict, labels["target"], labels["event"], audits["shuffles"], ROUNDS, seed))


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
