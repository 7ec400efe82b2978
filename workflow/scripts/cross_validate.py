"""Train one model on the folds of one protocol and repeat; predict what was held out, and the test set."""

import logging

import numpy as np

from mallorn.crossvalidate import cross_validate
from mallorn.folds import fold_of
from mallorn.metrics import average_precision
from mallorn.predictions import write_predictions
from mallorn.seeds import derived_seed
from mallorn.tables import read_columns, write_table
from mallorn.training import classify, read_features


def main(train, test, folds, out_of_fold, test_predictions, importance, about, settings, threads):
    """Write out-of-fold predictions, the test set's (mean over the folds' models), and importances of the features.

    train, test, folds: paths of both feature tables and of the folds; the next three: paths of the outputs.
    about: {"model", "protocol", "repeat"}. settings: {"seed", and the blocks "training", "selection" and "model" (the
    one of `models` to train) of the configuration}. threads: models trained at a time; the results are the same.
    """
    training, model = settings["training"], settings["model"]
    inside = read_features(train, training["log_columns"], training["exclude"])
    outside = read_features(test, training["log_columns"], training["exclude"])
    labels = fold_of(read_columns(folds), about["protocol"], about["repeat"], inside.object_id)
    classes, names = classify(
        labels["spec_type"], labels["target"], model["classes"], training["groups"], training["rest"]
    )
    predictions = cross_validate(
        *(inside.values, classes, len(names), labels["source"], labels["fold"], model),
        seed=derived_seed(settings["seed"], "cross_validate", about["protocol"], about["repeat"]),
        threads=threads,
        outside=outside.values,
        selection=settings["selection"] if model["selection"] else None,
    )
    write_predictions(out_of_fold, inside.object_id, predictions.inside, names, about, labels["fold"])
    write_predictions(test_predictions, outside.object_id, predictions.outside, names, about)
    order = np.argsort(-predictions.importance, kind="stable")
    columns = np.array(inside.columns, dtype=object)
    write_table(importance, {"feature": columns[order], "importance": predictions.importance[order]})
    ap = average_precision(labels["target"], predictions.inside[:, 0])
    message = "%s, %s folds, repeat %s: average precision %.3f with %d features of %d objects"
    values = (about["model"], about["protocol"], about["repeat"], ap, len(columns), len(inside.object_id))
    logging.getLogger(__name__).info(message, *values)


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.train,
            snakemake.input.test,
            snakemake.input.folds,
            snakemake.output.out_of_fold,
            snakemake.output.test,
            snakemake.output.importance,
            {key: snakemake.wildcards[key] for key in ("model", "protocol", "repeat")},
            snakemake.params.settings,
            snakemake.threads,
        )
