"""Train one model on the folds of one training set; predict the held-out objects and the objects kept apart."""

import logging
import shutil
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mallorn.decide.predictions import write_predictions
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Augmented, Options, cross_validate, train_predict
from mallorn.learning.dataset import Labelled, concatenate
from mallorn.learning.folds import fold_of
from mallorn.learning.model_files import Fits, predict_mean, write_fits
from mallorn.learning.parameters import read_best
from mallorn.learning.pipeline import needs_of, with_selection, with_start
from mallorn.learning.tables import (
    DatasetFiles,
    dataset_groups,
    has_redshift,
    importance_weights,
    read_dataset,
    rows_of,
)
from mallorn.learning.training_sets import (
    COPIES,
    EARLY,
    EARLY_WITHOUT_REDSHIFT,
    FINAL,
    WITHOUT_REDSHIFT,
    training_rows,
)
from mallorn.metrics import average_precision
from mallorn.seeds import derived_seed
from mallorn.survey.copies import copies_of_each, originals
from mallorn.survey.taxonomy import Taxonomy

DRAWN = ("photoz_draws", "test_draws")
_CHECKPOINTS = "checkpoints"  # a folder that is no output: a failed job leaves it in place


class Inputs(NamedTuple):
    """Paths: feature tables of training and test objects, and the folds; the others are "" if they are not used.

    photoz_draws, test_draws: feature tables of the same objects, one for each draw of their redshifts.
    pretrained: folder of the network from which a pretrained model begins.
    views: {"survey", or one of the tables above: (light curves, objects, posteriors)}, paths of all splits each, for
    learners that need them; see `DatasetFiles`. A table without an entry has objects of the survey.
    """

    train: str
    test: str
    folds: str
    photoz: str = ""
    jitter: str = ""
    photoz_draws: tuple = ()
    test_draws: tuple = ()
    weights: str = ""
    parameters: str = ""
    pretrained: str = ""
    views: dict = MappingProxyType({})

    def files(self, table):
        """Return the `DatasetFiles` of the objects of a feature table."""
        own = self.views.get(table, ())
        return DatasetFiles(getattr(self, table), *(own if any(own) else self.views.get("survey", ())))

    def draws(self, table):
        """Return the `DatasetFiles` of each draw of the photometric redshifts of the objects of a feature table."""
        tables, views = getattr(self, f"{table}_draws"), self.views.get(f"{table}_draws", ())
        return [
            DatasetFiles(
                path, *(paths[k * len(paths) // len(tables) : (k + 1) * len(paths) // len(tables)] for paths in views)
            )
            for k, path in enumerate(tables)
        ]


class Outputs(NamedTuple):
    """Paths: out-of-fold predictions, predictions of the objects kept apart, importances; "" without `photoz` inputs.

    photoz_averaged: the mean over draws of their redshifts, "" without draws. models: the folder of the fits; only fits
    to all training objects are written. once: the folder of one fit to all objects of the training set.
    """

    out_of_fold: str
    held_out: str
    importance: str
    photoz: str = ""
    models: str = ""
    photoz_averaged: str = ""
    once: str = ""


def main(inputs, outputs, about, settings, threads):
    """Write out-of-fold predictions, predictions of objects kept apart (mean over the folds' models), and importances.

    about: {"training", "protocol", "repeat", "model"}; the training set says what is kept apart: see
    `mallorn.learning.training_sets`. settings: {"seed", "target", and the blocks "training", "selection" and "model"
    (the one of `models` to train) of the configuration, "predicts", whether test objects are predicted, and "taxonomy"
    for a loss on it}. threads: models trained at a time; the results are the same.
    """
    training, model = settings["training"], settings["model"]
    final, of_copies = about["training"] == FINAL, about["training"] in COPIES
    if inputs.parameters:
        model = {**model, "params": read_best(inputs.parameters)}
    needs = needs_of(model)
    dataset = read_dataset(inputs.files("train"), training, needs)
    labels = fold_of(read_columns(inputs.folds), about["protocol"], about["repeat"], dataset.object_id)
    inside, held_out = training_rows(about["training"], labels["fold"], has_redshift(inputs.train))
    # the whole test table must not be in memory
    apart = None if final or of_copies else dataset.take(held_out)
    # test objects are not seen like copies: models of copies cannot learn from them
    pseudo_labels = training["pseudo_labels"] if training["pseudo_labels"]["enabled"] and not of_copies else None
    if final and pseudo_labels:
        apart = read_dataset(inputs.files("test"), training, needs)
    labels, dataset = {name: values[inside] for name, values in labels.items()}, dataset.take(inside)
    classes, names, kinds = encode_classes(labels, model["classes"], training, settings["target"])
    weight = _weights(inputs.weights, about["training"], originals(dataset.object_id))
    made = {kind: _augmented(inputs, kind, training, needs, dataset.object_id) for kind in ("photoz", "jitter")}
    labelled = Labelled.of(dataset, classes, len(names), labels["event"], kinds, weight)
    if "taxonomy" in settings:
        labelled = labelled.on_tree(labels["spec_type"], Taxonomy(settings["taxonomy"]))
    spec = with_start(with_selection(model, settings["selection"]), inputs.pretrained, about["protocol"])
    seed = derived_seed(settings["seed"], "cross_validate", *(about[k] for k in ("training", "protocol", "repeat")))
    further = str(Path(outputs.importance).parent / _CHECKPOINTS), training["oversample"]
    options = Options(apart, made["jitter"], made["photoz"], pseudo_labels, final or of_copies, *further)
    predictions = cross_validate(labelled, labels["fold"], spec, seed, threads, options)
    columns = dataset.features.columns if "features" in needs else ()
    fits = Fits(columns, names, needs, predictions.fits)
    if outputs.models:
        write_fits(outputs.models, fits)
    if outputs.once:
        write_fits(outputs.once, fits._replace(fits=_fitted_once(labelled, spec, seed, threads, options)))
    write_predictions(outputs.out_of_fold, dataset.object_id, predictions.inside, names, about, labels["fold"])
    if apart is None:
        held_out = _predict_test(inputs, fits, about["training"]) if settings["predicts"] else _nothing(fits)
        write_predictions(outputs.held_out, *held_out, names, about)
    else:
        write_predictions(outputs.held_out, apart.object_id, predictions.outside, names, about)
    if made["photoz"] is not None:
        # copies as they are, then those of each draw
        times = 1 + len(inputs.photoz_draws)
        row = made["photoz"].row[: len(made["photoz"].row) // times]
        copies = predictions.augmented.reshape(times, len(row), len(names))
        _write_photoz(outputs, dataset.object_id[row], copies, names, about, labels["fold"][row])
    order = np.argsort(-predictions.importance, kind="stable")
    columns = np.array(columns, dtype=object)
    write_table(outputs.importance, {"feature": columns[order], "importance": predictions.importance[order]})
    shutil.rmtree(further[0], ignore_errors=True)
    ap = average_precision(labels["target"], predictions.inside[:, 0])
    message = "%s, %s, %s folds, repeat %s: average precision %.3f with %d features of %d objects"
    values = (*(about[k] for k in ("model", "training", "protocol", "repeat")), ap, len(columns), len(inside))
    logging.getLogger(__name__).info(message, *values)


def _fitted_once(labelled, spec, seed, threads, options):
    """Return the fits to all objects of the training set."""
    everything = [(np.arange(len(labelled.dataset)), np.empty(0, dtype=int))]
    alone = options._replace(predicted=None, keep=True)
    return train_predict(labelled, everything, spec, derived_seed(seed, "once"), threads, alone).fits


def _weights(path, training, original):
    """Return weights (n,) of the objects behind copies (n,), None for equal ones.

    path: of importance weights, "" for none. The copies of one object at several ages share its weight: all copies
    weigh as much as their objects would, and penalties of learners keep their meaning.
    """
    weight = importance_weights(path, original) if path else None
    if training not in (EARLY, EARLY_WITHOUT_REDSHIFT):
        return weight
    copies = copies_of_each(original)
    weight = (1.0 if weight is None else weight) / copies
    return weight * np.sum(1.0 / copies) / weight.sum()


def _write_photoz(outputs, object_id, copies, names, about, fold):
    """Write predictions (times, n, C) of copies with photometric redshifts: as given, and the mean over draws."""
    write_predictions(outputs.photoz, object_id, copies[0], names, about, fold)
    if len(copies) > 1:
        write_predictions(outputs.photoz_averaged, object_id, copies[1:].mean(axis=0), names, about, fold)


def _augmented(inputs, kind, training, needs, object_id):
    """Return the `Augmented` objects of a kind that come from the objects `object_id`; None if there are none.

    For photoz, the same objects follow in each draw of their redshifts.
    """
    if not getattr(inputs, kind):
        return None
    parts = []
    for files in [inputs.files(kind), *(inputs.draws(kind) if kind == "photoz" else [])]:
        dataset = read_dataset(files, training, needs)
        row = rows_of(dataset.object_id, object_id)
        parts.append((dataset.take(np.flatnonzero(row >= 0)), row[row >= 0]))
    datasets, rows = zip(*parts, strict=True)
    return Augmented(datasets[0] if len(parts) == 1 else concatenate(datasets), np.concatenate(rows))


def _predict_test(inputs, fits, training):
    """Return `_predict_table` of test objects; photometric ones get the mean over draws, if there are any.

    training: the training set, which decides which of them it predicts.
    """
    chosen = None if training == FINAL else ~has_redshift(inputs.test) & (training == WITHOUT_REDSHIFT)
    object_id, probability = _predict_table(inputs.files("test"), fits, chosen)
    draws = [_predict_table(files, fits) for files in inputs.draws("test")]
    if draws:
        probability[rows_of(draws[0][0], object_id)] = np.mean([p for _, p in draws], axis=0)
    return object_id, probability


def _predict_table(files, fits, chosen=None):
    """Return (object_id (m,), probability (m, C)) of a feature table's objects, the mean over the `Fits`.

    chosen: (n,) bool, which of the table's objects; all by default.
    """
    parts, begin = [_nothing(fits)], 0
    for part in dataset_groups(files, fits.columns, fits.needs):
        wanted = part if chosen is None else part.take(np.flatnonzero(chosen[begin : begin + len(part)]))
        begin += len(part)
        if len(wanted):
            parts.append((wanted.object_id, predict_mean(fits, wanted)))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def _nothing(fits):
    """Return (object_id, probability) of no objects."""
    return np.empty(0, dtype=object), np.empty((0, len(fits.classes)))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        tables = {name: str(given.get(name, "")) for name in Inputs._fields if name != "views"}
        prefixes = {"survey": ""} | {name: f"{name}_" for name in ("train", "photoz", "jitter", *DRAWN)}
        tables |= {name: tuple(given.get(name, ())) for name in DRAWN}
        kinds = ("lightcurves", "objects", "posterior")
        main(
            Inputs(**tables, views={k: [given.get(p + kind, []) for kind in kinds] for k, p in prefixes.items()}),
            Outputs(**{name: str(snakemake.output.get(name, "")) for name in Outputs._fields}),
            {key: snakemake.wildcards[key] for key in ("training", "protocol", "repeat", "model")},
            snakemake.params.settings,
            snakemake.threads,
        )
