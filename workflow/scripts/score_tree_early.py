"""Score all classes of the tree at each age of the objects: results/evaluation/nodes_early.csv."""

from mallorn.augmentation.early import WHOLE, age_name
from mallorn.decide.tree_files import read_tree_predictions
from mallorn.evaluate.early import known_by
from mallorn.evaluate.nodes import NODE_COLUMNS, Objects, score_nodes
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import fold_of
from mallorn.learning.tree import nodes_of
from mallorn.survey.copies import cuts_of, originals

ABOUT = ("protocol", "model", "way", "repeat", "age")


def main(tree, folds, output, settings):
    """Write a CSV table with protocol, model, way, repeat and age before the columns of `score_nodes`.

    An object without a new point keeps its younger copy; an object without any copy yet is left out. age: days since
    the trigger, "20 d", or "all" for whole light curves.

    tree: paths of predictions of copies on the tree. folds, output: paths. settings: {"seed", "target", "ages", and the
    block "evaluation" of the configuration}.
    """
    table, rows = read_columns(folds), []
    ages = [age_name(age) for age in sorted(settings["ages"])] + [WHOLE]
    for p in map(read_tree_predictions, tree):
        labels = fold_of(table, p.protocol, p.repeat, p.object_id)
        nodes = nodes_of(p.tree, labels["spec_type"])
        copies, known = known_by(originals(p.object_id), cuts_of(p.object_id), ages)
        for age in ages:
            here = copies[known == age]
            objects = Objects(p.tree, nodes[here], labels["event"][here], labels["target"][here])
            for way, probability in p.probability.items():
                about = dict(zip(ABOUT, (p.protocol, p.model, way, p.repeat, age), strict=True))
                found, _ = score_nodes(objects, probability[here], settings["evaluation"], settings["seed"])
                rows += [{**about, **row} for row in found]
    write_csv(output, {name: [row[name] for row in rows] for name in (*ABOUT, *NODE_COLUMNS)})


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input.tree, snakemake.input.folds, snakemake.output[0], snakemake.params.settings)
