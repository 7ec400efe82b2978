"""Leave one class after another out of training, and score what models say about it: results/evaluation/unknown.csv."""

from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

from mallorn.evaluate.unknown import UNKNOWN_COLUMNS, left_out
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import fold_of
from mallorn.learning.pipeline import needs_of, with_selection
from mallorn.learning.tables import DatasetFiles, has_redshift, read_dataset
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.learning.tree import nodes_of, supported_tree
from mallorn.survey.taxonomy import Taxonomy


def main(files, folds, output, settings, threads):
    """Write a row for each leaf of the tree, on grouped folds of the first repeat: model, and the result of `left_out`.

    files: `DatasetFiles` of the training objects. folds, output: paths. settings: {"seed", "target", "name" of the
    model, "taxonomy" (see `mallorn.survey.taxonomy.Taxonomy`), and the blocks "training", "selection", "model",
    "outliers" and "tree" (evaluation.tree) of the configuration}. threads: classes at a time; the results are the same.
    """
    options, spec = (
        {**settings["tree"], "outliers": settings["outliers"]},
        with_selection(settings["model"], settings["selection"]),
    )
    dataset = read_dataset(files, settings["training"], needs_of(spec))
    labels = fold_of(read_columns(folds), "grouped", 0, dataset.object_id)
    wanted = None if options["without_redshift"] else has_redshift(files.features)
    rows, _ = training_rows(FINAL, labels["fold"], wanted)
    dataset, labels = dataset.take(rows), {name: values[rows] for name, values in labels.items()}
    tree = supported_tree(Taxonomy(settings["taxonomy"]), labels["spec_type"], labels["event"], options["fewest"])
    objects = Labelled.of(dataset, nodes_of(tree, labels["spec_type"]), len(tree), labels["event"])
    leaves = [tree.names.index(name) for name in tree.leaves]

    def score(leaf):
        return left_out(tree, objects, labels["fold"], leaf, spec, options, settings["seed"])

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        found = [{"model": settings["name"], **row} for row in pool.map(score, leaves)]
    write_csv(output, {name: [row[name] for row in found] for name in ("model", *UNKNOWN_COLUMNS)})


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
            snakemake.params.settings,
            snakemake.threads,
        )
