"""Train a model of the tree on all training objects; list the most probable test objects of each class."""

import logging
from pathlib import Path

import numpy as np

from mallorn.decide.by_redshift import decided_by_redshift
from mallorn.decide.predictions import read_out_of_fold
from mallorn.decide.refined import refined_predictions
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


def main(files, test, known, decisions, outputs, settings):
    """Write {"table": all test objects as Parquet, "lists": a folder with a CSV file for each class}.

    files, test: `DatasetFiles` of training and test objects. known: {"folds", "tree": the out-of-fold predictions on
    the tree, grouped folds, which calibrate sets and intervals, "submitted": those of the submitted model on the same
    folds, [path] or []}. decisions: as for write_submission, read if there are any. outputs: {"table", "lists"}, paths.
    settings: {"seed", "number" of objects of a list, "refined" (see `mallorn.decide.refined`), and the blocks
    "training", "selection", "model" and "tree" (evaluation.tree) of the configuration}.

    If training objects have redshifts, test objects without one are left out, unless `without_redshift` of the tree
    includes them. Test objects have the probabilities of the submission if the tree keeps them.
    """
    found, options = read_tree_predictions(known["tree"]), settings["tree"]
    tree, spec = found.tree, with_selection(settings["model"], settings["selection"])
    dataset = read_dataset(files, settings["training"], needs_of(spec))
    dataset = dataset.take(rows_of(found.object_id, dataset.object_id))
    labels = fold_of(read_columns(known["folds"]), found.protocol, found.repeat, dataset.object_id)
    nodes = nodes_of(tree, labels["spec_type"])
    objects = Labelled.of(dataset, nodes, len(tree), labels["event"])
    model = fit_tree(options["way"], tree, objects, spec, options, derived_seed(settings["seed"], "rank_classes"))
    object_id, probability, left_out = _predicted(model, dataset, files, test, settings)
    for path in known["submitted"]:
        found, how = refined_predictions(found, read_out_of_fold(path), labels, settings["refined"])
        if how is not None:
            probability = how.apply(probability, _submitted(decisions, test.features, object_id))
    calibration = {"probability": found.probability[options["way"]], "nodes": nodes, "event": labels["event"]}
    table = class_table(tree, object_id, probability, calibration, options["coverage"])
    write_table(outputs["table"], table)
    Path(outputs["lists"]).mkdir(parents=True, exist_ok=True)
    for name, called in list_names(tree.names[1:]).items():
        write_csv(Path(outputs["lists"], f"{called}.csv"), first_of_class(table, name, settings["number"]))
    message = "%d test objects on a tree of %d leaves; %d without redshift are left out"
    logging.getLogger(__name__).info(message, len(table["object_id"]), len(tree.leaves), left_out)


def _predicted(model, dataset, files, test, settings):
    """Return (object_id (n,), probability (n, N)) of test objects, and the number of objects left out."""
    columns = dataset.features.columns if "features" in dataset.views else ()
    all_of_them = settings["tree"]["without_redshift"] or not has_redshift(files.features).any()
    wanted = has_redshift(test.features) | all_of_them
    ids, probability, begin = [], [], 0
    for part in dataset_groups(test, columns, needs_of(settings["model"])):
        part, begin = part.take(np.flatnonzero(wanted[begin : begin + len(part)])), begin + len(part)
        ids.append(part.object_id)
        probability.append(model.predict(part))
    return np.concatenate(ids), np.concatenate(probability), int(np.sum(~wanted))


def _submitted(decisions, features, object_id):
    """Return the probabilities (n, C) of the submitted model's classes, as in the table of candidates."""
    log = read_columns(features, ["object_id", "Z"])
    found = decided_by_redshift(**decisions, unknown=set(log["object_id"][~np.isfinite(log["Z"])]))
    return found.probability[rows_of(object_id, found.object_id)]


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
            {name: given[name] for name in ("folds", "tree", "submitted")},
            {
                "predictions": given.get("predictions", []),
                "threshold": "".join(given.get("threshold", [])),
                "without": given.get("without", []),
                "without_threshold": "".join(given.get("without_threshold", [])),
            },
            {name: snakemake.output[name] for name in ("table", "lists")},
            snakemake.params.settings,
        )
