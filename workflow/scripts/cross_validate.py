"""Train one model on the folds of one training set; predict what was held out, and the objects kept apart."""

import logging
from typing import NamedTuple

import numpy as np

from mallorn.decide.predictions import write_predictions
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.cross_validation import Copies, cross_validate
from mallorn.learning.folds import fold_of
from mallorn.learning.model_files import Fits, mean_probability, write_fits
from mallorn.learning.parameters import read_best
from mallorn.learning.training import classify, feature_groups, importance_weights, read_features, rows_of
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.metrics import average_precision
from mallorn.seeds import derived_seed


class Inputs(NamedTuple):
    """Paths: feature tables of training and test objects, and the folds; "" for what is not used of the others."""

    train: str
    test: str
    folds: str
    photoz: str = ""
    jitter: str = ""
    weights: str = ""
    parameters: str = ""


class Outputs(NamedTuple):
    """Paths: out-of-fold predictions, those of the objects kept apart, importances; "" without `photoz` inputs.

    models: the folder of the fits, which only those to all training objects are written to.
    """

    out_of_fold: str
    held_out: str
    importance: str
    photoz: str = ""
    models: str = ""


def main(inputs, outputs, about, settings, threads):
    """Write out-of-fold predictions, those of the objects kept apart (mean over the folds' models), and importances.

    about: {"training", "protocol", "repeat", "model"}; the training set says what is kept apart: see
    `mallorn.learning.training_sets`. settings: {"seed", and the blocks "training", "selection" and "model" (the one of
    `models` to train) of the configuration}. threads: models trained at a time; the results are the same.
    """
    training, model = settings["training"], settings["model"]
    if inputs.parameters:
        model = {**model, "params": read_best(inputs.parameters)}

    table = read_features(inputs.train, training)
    labels = fold_of(read_columns(inputs.folds), about["protocol"], about["repeat"], table.object_id)
    inside, held_out = training_rows(about["training"], labels["fold"])
    pseudo_labels = training["pseudo_labels"] if training["pseudo_labels"]["enabled"] else None
    apart = None  # the test table is not to be in memory as a whole
    if about["training"] != FINAL:
        apart = table.rows(held_out)
    elif pseudo_labels:
        apart = read_features(inputs.test, training)
    labels = {name: values[inside] for name, values in labels.items()}
    table = table.rows(inside)
    classes, names, kinds = classify(labels, model["classes"], training)

    def copies(path):
        if not path:
            return None
        copied = read_features(path, training)
        row = rows_of(copied.object_id, table.object_id)
        return Copies(copied.values[row >= 0], row[row >= 0])

    photoz = copies(inputs.photoz)
    predictions = cross_validate(
        *(table.values, classes, len(names), labels["source"], labels["fold"], model),
        seed=derived_seed(settings["seed"], "cross_validate", *(about[k] for k in ("training", "protocol", "repeat"))),
        threads=threads,
        outside=None if apart is None else apart.values,
        selection=settings["selection"] if model["selection"] else None,
        weight=importance_weights(inputs.weights, table.object_id) if inputs.weights else None,
        trained_copies=copies(inputs.jitter),
        predicted_copies=photoz,
        pseudo_labels=pseudo_labels,
        kinds=kinds,
        keep=about["training"] == FINAL,
    )
    fits = Fits(table.columns, names, predictions.fits)
    if outputs.models:
        write_fits(outputs.models, fits)
    write_predictions(outputs.out_of_fold, table.object_id, predictions.inside, names, about, labels["fold"])
    if apart is None:
        write_predictions(outputs.held_out, *_predict_table(inputs.test, fits), names, about)
    else:
        write_predictions(outputs.held_out, apart.object_id, predictions.outside, names, about)
    if photoz is not None:
        ids, fold = table.object_id[photoz.row], labels["fold"][photoz.row]
        write_predictions(outputs.photoz, ids, predictions.copied, names, about, fold)
    order = np.argsort(-predictions.importance, kind="stable")
    columns = np.array(table.columns, dtype=object)
    write_table(outputs.importance, {"feature": columns[order], "importance": predictions.importance[order]})
    ap = average_precision(labels["target"], predictions.inside[:, 0])
    message = "%s, %s, %s folds, repeat %s: average precision %.3f with %d features of %d objects"
    values = (*(about[k] for k in ("model", "training", "protocol", "repeat")), ap, len(columns), len(inside))
    logging.getLogger(__name__).info(message, *values)


def _predict_table(path, fits):
    """Return (object_id (m,), probability (m, C)) of all objects of a feature table, the mean over the `Fits`."""
    parts = [(part.object_id, mean_probability(fits, part.values)) for part in feature_groups(path, fits.columns)]
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            Inputs(**{name: str(snakemake.input.get(name, "")) for name in Inputs._fields}),
            Outputs(**{name: str(snakemake.output.get(name, "")) for name in Outputs._fields}),
            {key: snakemake.wildcards[key] for key in ("training", "protocol", "repeat", "model")},
            snakemake.params.settings,
            snakemake.threads,
        )
