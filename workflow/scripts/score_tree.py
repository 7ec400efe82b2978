"""Score all classes of the tree, compare the ways to predict them, and check the coverage of conformal sets."""

from typing import NamedTuple

import numpy as np

from mallorn.decide.predictions import read_out_of_fold
from mallorn.decide.refined import refined_predictions
from mallorn.decide.tree_files import read_tree_predictions
from mallorn.evaluate.class_calibration import CLASS_CALIBRATION_COLUMNS, class_calibration
from mallorn.evaluate.coverage import COVERAGE_COLUMNS, coverage
from mallorn.evaluate.nodes import (
    CONFUSION_COLUMNS,
    GAIN_COLUMNS,
    NODE_COLUMNS,
    Objects,
    confusion_by_level,
    gains,
    score_class,
    score_nodes,
)
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.tree import nodes_of

ABOUT = ("protocol", "model", "way", "repeat")
SUBMITTED = "submitted"
"""What the table of gains calls the submitted model, on the classes of training.classes."""
ALONE = "alone"
"""Follows the way in the table of gains where the tree keeps nothing of the submitted model."""


class Outputs(NamedTuple):
    """Paths of the tables."""

    nodes: str
    nodes_confusion: str
    nodes_gains: str
    nodes_calibration: str
    coverage: str


COLUMNS = Outputs(NODE_COLUMNS, CONFUSION_COLUMNS, GAIN_COLUMNS, CLASS_CALIBRATION_COLUMNS, COVERAGE_COLUMNS)


def main(tree, submitted, folds, outputs, settings):
    """Write all tables as CSV; protocol, model, way and repeat come before the columns of each.

    nodes: see `mallorn.evaluate.nodes.score_nodes`; nodes_confusion: `confusion_by_level`; nodes_gains: see `_gains`;
    nodes_calibration: see `mallorn.evaluate.class_calibration`; coverage: see `mallorn.evaluate.coverage`.

    tree: paths of predictions on the tree. submitted: paths of predictions of the submitted model on the same folds,
    with which those of the tree are made to agree; none if the tree keeps nothing of it. folds: path. settings:
    {"seed", "coverage" of evaluation.tree, "refined" (see `mallorn.decide.refined`), and the block "evaluation" of the
    configuration}.
    """
    table, tables = read_columns(folds), Outputs(*([] for _ in Outputs._fields))
    beside = {(p.protocol, p.repeat): p for p in map(read_out_of_fold, submitted)}
    found = sorted(map(read_tree_predictions, tree), key=lambda p: (PROTOCOLS.index(p.protocol), p.model, p.repeat))
    for p in found:
        labels = fold_of(table, p.protocol, p.repeat, p.object_id)
        objects = Objects(p.tree, nodes_of(p.tree, labels["spec_type"]), labels["event"], labels["target"])
        made = _tables(objects, p, beside.get((p.protocol, p.repeat)), labels, settings)
        for all_rows, rows in zip(tables, made, strict=True):
            about = {"protocol": p.protocol, "model": p.model, "repeat": p.repeat}
            all_rows += [{**about, **row} for row in rows]
    for path, rows, columns in zip(outputs, tables, COLUMNS, strict=True):
        names = [name for name in ABOUT if name != "way" or columns is not GAIN_COLUMNS]
        write_csv(path, {name: [row[name] for row in rows] for name in (*names, *columns)})


def _tables(objects, alone, submitted, labels, settings):
    """Return the rows of all tables for one file of predictions."""
    options, seed = settings["evaluation"], settings["seed"]
    made, scored, how, p = Outputs(*([] for _ in Outputs._fields)), {}, None, alone
    if submitted is not None:
        p, how = refined_predictions(alone, submitted, labels, settings["refined"])
    for way, probability in p.probability.items():
        scored[way] = score_nodes(objects, probability, options, seed)
        sets = coverage(objects, probability, p.fold, {**options, "coverage": settings["coverage"]}, seed)
        reliable = class_calibration(objects, probability, p.fold, options, seed)
        parts = (scored[way][0], confusion_by_level(objects, probability), [], reliable, sets)
        for all_rows, rows in zip(made, parts, strict=True):
            all_rows += [{"way": way, **row} for row in rows]
    first, second = p.probability
    made.nodes_gains.extend(gains(scored[first], scored[second], (first, second), options["level"]))
    if how is not None:
        made.nodes_gains.extend(_gains(objects, alone, scored, submitted, settings))
    return made


def _gains(objects, alone, scored, submitted, settings):
    """Return what each way gains by agreeing with the submitted model, and what it gains over it with and without that.

    The latter is of the class sought. scored: {way: as from `score_nodes`}, of what agrees.
    """
    options, seed, rows = settings["evaluation"], settings["seed"], []
    for way, probability in alone.probability.items():
        before = score_nodes(objects, probability, options, seed)
        rows += gains(before, scored[way], (f"{way}, {ALONE}", way), options["level"])
        scored[f"{way}, {ALONE}"] = before
    sought = _sought(objects, alone.tree, settings["refined"]["target"])
    place = {name: k for k, name in enumerate(submitted.object_id)}
    if sought is None or not all(name in place for name in alone.object_id):
        return rows
    probability = submitted.probability[[place[name] for name in alone.object_id]]
    as_submitted = score_class(objects, sought, probability, options, seed)
    for way, found in scored.items():
        rows += gains(as_submitted, found, (SUBMITTED, way), options["level"])
    return rows


def _sought(objects, tree, target):
    """Return the position of the class sought in `tree.names`; None if it is no class of the tree."""
    name = tree.node_of(target)
    place = None if name is None else objects.place([name])[0]
    return place if place is not None and np.array_equal(objects.member[place], objects.target == 1) else None


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.tree,
            snakemake.input.submitted,
            snakemake.input.folds,
            Outputs(**{name: snakemake.output[name] for name in Outputs._fields}),
            snakemake.params.settings,
        )
