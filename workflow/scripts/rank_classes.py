"""Train a model of the tree on all training objects; list the most probable test objects of each class."""

import logging
from pathlib import Path

import numpy as np

from mallorn.decide.tree_candidates import class_table, first_of_class, list_names
from mallorn.decide.tree_files import read_tree_predictions
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import fold_of
from mallorn.learning.hierarchy import fit_tree
from mallorn.learning.pipeline import needs_of, with_selection
from mallorn.learning.tables import DatasetFiles, dataset_groups, has_redshift, read_dataset, rows_of
from mallorn.learning.tree import nodes_of
from mallorn.seeds import derived_seed


def main(files, test, folds, predictions, outputs, settings):
    """Write {"table": all test objects as Parquet, "lists": a folder with a CSV file for each class}.

    files, test: `DatasetFiles` of training and test objects. folds: path. predictions: path of the out-of-fold
    predictions on the tree, grouped folds, which calibrate sets and intervals. outputs: {"table", "lists"}, paths.
    settings: {"seed", "target", "number" of objects in a list, and the blocks "training", "selection", "model" and
    "tree" (evaluation.tree) of the configuration}.

    If training objects have redshifts, test objects without one are left out, unless `without_redshift` of the tree
    includes them.
    """
    known, options = read_tree_predictions(predictions), settings["tree"]
    tree, spec = known.tree, with_selection(settings["model"], settings["selection"])
    dataset = read_dataset(files, settings["training"], needs_of(spec))
    dataset = dataset.take(rows_of(known.object_id, dataset.object_id))
    labels = fold_of(read_columns(folds), known.protocol, known.repeat, dataset.object_id)
    nodes = nodes_of(tree, labels["spec_type"])
    objects = Labelled.of(dataset, nodes, len(tree), labels["event"])
    model = fit_tree(options["way"], tree, objects, spec, options, derived_seed(settings["seed"], "rank_classes"))
    columns = dataset.features.columns if "features" in dataset.views else ()
    all_of_them = options["without_redshift"] or not has_redshift(files.features).any()
    wanted = has_redshift(test.features) | all_of_them
    ids, probability, begin = [], [], 0
    for part in dataset_groups(test, columns, needs_of(spec)):
        part, begin = part.take(np.flatnonzero(wanted[begin : begin + len(part)])), begin + len(part)
        ids.append(part.object_id)
        probability.append(model.predict(part))
    calibration = {"probability": known.probability[options["way"]], "nodes": nodes, "event": labels["event"]}
    table = class_table(tree, np.concatenate(ids), np.concatenate(probability), calibration, options["coverage"])
    write_table(outputs["table"], table)
    Path(outputs["lists"]).mkdir(parents=True, exist_ok=True)
    for name, called in list_names(tree.names[1:]).items():
        write_csv(Path(outputs["lists"], f"{called}.csv"), first_of_class(table, name, settings["number"]))
    message = "%d test objects on a tree of %d leaves; %d without redshift are left out"
    logging.getLogger(__name__).info(message, len(table["object_id"]), len(tree.leaves), np.sum(~wanted))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        views = [given.get(name, []) for name in ("lightcurves", "objects", "posterior")]
        main(
            DatasetFiles(given.train, *views),
            DatasetFiles(given.test, *views),
            given.folds,
            given.predictions,
            {name: snakemake.output[name] for name in ("table", "lists")},
            snakemake.params.settings,
        )
