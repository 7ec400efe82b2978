"""Train one model on the tree of classes in all ways; write out-of-fold probabilities of all classes."""

import logging

from mallorn.decide.tree_files import TreePredictions, write_tree_predictions
from mallorn.io.tables import read_columns
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import fold_of
from mallorn.learning.hierarchy import WAYS, cross_validate_tree
from mallorn.learning.pipeline import needs_of, with_selection
from mallorn.learning.tables import DatasetFiles, has_redshift, read_dataset
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.learning.tree import nodes_of, supported_tree
from mallorn.seeds import derived_seed
from mallorn.survey.copies import copies_of_each, originals
from mallorn.survey.taxonomy import Taxonomy


def main(files, folds, output, about, settings, threads):
    """Write the predictions of `mallorn.decide.tree_files`.

    files: `DatasetFiles` of the training objects, or of their copies at several ages, which share the object's weight.
    folds, output: paths. about: {"model", "protocol", "repeat"}. settings: {"seed", "target", "taxonomy" (see
    `mallorn.survey.taxonomy.Taxonomy`), "tree" ({"fewest", "balance", "depth", "without_redshift"} of evaluation.tree),
    and the blocks "training", "selection" and "model" of the configuration}. threads: folds at a time; the results are
    the same.
    """
    model, protocol, repeat = about["model"], about["protocol"], int(about["repeat"])
    dataset = read_dataset(files, settings["training"], needs_of(settings["model"]))
    labels = fold_of(read_columns(folds), protocol, repeat, dataset.object_id)
    wanted = None if settings["tree"]["without_redshift"] else has_redshift(files.features)
    rows, _ = training_rows(FINAL, labels["fold"], wanted)
    dataset, labels = dataset.take(rows), {name: values[rows] for name, values in labels.items()}
    whole = Taxonomy(settings["taxonomy"])
    tree = supported_tree(whole, labels["spec_type"], labels["event"], settings["tree"]["fewest"])
    weight = 1.0 / copies_of_each(originals(dataset.object_id))
    nodes = nodes_of(tree, labels["spec_type"])
    objects = Labelled.of(dataset, nodes, len(tree), labels["event"], weight=weight / weight.mean())
    spec = with_selection(settings["model"], settings["selection"])
    seed = derived_seed(settings["seed"], "cross_validate_tree", protocol, repeat)
    options = settings["tree"]
    probability = {
        way: cross_validate_tree(way, tree, objects, labels["fold"], spec, options, seed, threads) for way in WAYS
    }
    found = TreePredictions(model, protocol, repeat, tree, dataset.object_id, labels["fold"], probability)
    write_tree_predictions(output, found)
    unknown = sorted({str(label) for label in labels["spec_type"] if whole.node_of(label) is None})
    values = (model, protocol, repeat, len(tree.leaves), len(tree), ", ".join(unknown) or "none")
    message = "%s, %s folds, repeat %s: %d leaves of %d classes; labels that the taxonomy does not know: %s"
    logging.getLogger(__name__).info(message, *values)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(
            DatasetFiles(given.train, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            given.folds,
            snakemake.output[0],
            {name: snakemake.wildcards[name] for name in ("model", "protocol", "repeat")},
            snakemake.params.settings,
            snakemake.threads,
        )
