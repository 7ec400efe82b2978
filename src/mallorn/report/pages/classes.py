"""The page of the tree of classes: the objects of each class, and the results of `snakemake tree`."""

from pathlib import Path
from urllib.parse import quote

from mallorn.report.render import as_table, number, render
from mallorn.report.tables import read_csv, read_part

__all__ = ["write_classes_page"]

_COMMAND = "snakemake --cores all tree"
_COMMANDS = {"nodes_early": "snakemake --cores all tree_early"}
"""Commands for tables that `snakemake tree` does not make."""
_INDENT = "\u2003"
_SHOWN = ("average_precision", "precision", "recall", "f1")
_PROMISES = {"marginal": "the class given by marginal sets", "by_class": "the set of leaves by class"}
_PARTS = {
    "nodes": (
        "Scores of all classes",
        "Average precision, Brier score and calibration error of probabilities; precision, recall and F1 of the most "
        "probable class of a level; intervals over events. Macro and weighted rows are means over the classes of a "
        "level; the row hierarchical counts all classes on the paths of labels and decisions.",
    ),
    "nodes_gains": (
        "Flat against conditional",
        "What one model of all classes, summed up the tree, and a model for each class that has others below it gain "
        "over one another; over themselves alone, without what they keep of the submitted model; and over the "
        "submitted model for the target class. All on the same draws of events. An interval that holds 0 says that no "
        "gain is seen.",
    ),
    "nodes_calibration": (
        "Calibration of all classes",
        "Log loss, Brier score and calibration error of each class against the rest and of all together, as they come "
        "and after calibration inside folds; width: mean width of the intervals of Venn-Abers.",
    ),
    "coverage": (
        "Conformal sets",
        "How often the class that is given, and the set of leaves behind it, hold the true class of an object of a new "
        "event, on average and for each class. The column promise names the one that is promised: of sets by class the "
        "set, for each leaf; of marginal ones the class given, for all events together. The class given by sets by "
        "class holds more often. No chance above finest can be stated from so few events.",
    ),
    "nodes_early": (
        "All classes at each age",
        "The same scores at some days since the trigger, by models that learned from copies of the training objects as "
        "they were known then (augmentations.early); age all: whole light curves.",
    ),
    "unknown": (
        "Unknown classes",
        "What models say of a class that was left out of their training: what it is taken for, how often they are sure "
        "of it, and how often a conformal set gives that away by holding several classes, or none.",
    ),
}


def write_classes_page(folder, evaluation, scores, tree, labels, lists=()):
    """Write classes.html from the tables in the folder `evaluation`, if there are any.

    scores: path of scores.csv. tree: a `mallorn.survey.taxonomy.Taxonomy`. labels: {"spec_type", "event"} (n,) of the
    training objects. lists: names of files with the first test objects of a class, in the folder `classes` beside the
    page.
    """
    path = Path(evaluation, "nodes.csv")
    nodes = read_csv(path) if path.is_file() else []
    parts = [
        read_part(title, text, _COMMANDS.get(name, _COMMAND), Path(evaluation, f"{name}.csv"), newer_than=scores)
        for name, (title, text) in _PARTS.items()
    ]
    render(
        Path(folder, "classes.html"),
        "classes.html",
        tree=_tree(tree, labels, nodes),
        unknown=sorted({str(label) for label in labels["spec_type"] if tree.node_of(label) is None}),
        confusions=_confusions(Path(evaluation, "nodes_confusion.csv")),
        promised=_promised(Path(evaluation, "coverage.csv")),
        parts=parts,
        command=_COMMAND,
        lists=[(name.removesuffix(".csv").replace("_", " "), quote(name)) for name in lists],
    )


def _tree(tree, labels, nodes):
    """Return the table of all classes with an object: position, DESC's number, objects, events and scores."""
    known = [(tree.node_of(label), event) for label, event in zip(labels["spec_type"], labels["event"], strict=True)]
    scored = {row["node"]: row for row in nodes if _shown(row, nodes)}
    rows = []
    for name in tree.names:
        below = set(tree.below(name))
        events = [event for node, event in known if node in below]
        if not events:
            continue
        node, row = tree[name], scored.get(name, {})
        title = f"{_INDENT * tree.level(name)}{name}" + (f", {node.title}" if node.title != name else "")
        values = [number(float(row[score])) if row.get(score) else "" for score in _SHOWN]
        rows.append((title, node.broker_id or "", len(events), len(set(events)), *values))
    heads = ("class", "DESC", "objects", "events", "average precision", "precision", "recall", "F1")
    return as_table(heads, rows, [False, *[True] * 7])


def _shown(row, rows):
    """Return whether a row belongs to the first model's first repeat, flat, on grouped folds."""
    return row["protocol"] == "grouped" and all(row[key] == rows[0][key] for key in ("model", "way", "repeat"))


def _confusions(path):
    """Return [(level, shares of the true class, shares of the predicted class)], tables on grouped folds, percent."""
    if not path.is_file():
        return []
    rows = read_csv(path)
    rows = [row for row in rows if _shown(row, rows)]
    found = []
    for level in sorted({int(row["level"]) for row in rows}):
        mine = [row for row in rows if int(row["level"]) == level]
        names = list(dict.fromkeys(row["true"] for row in mine))
        tables = []
        for share in ("of_true", "of_predicted"):
            value = {(row["true"], row["predicted"]): row[share] for row in mine}
            lines = [(name, *(_percent(value[name, other]) for other in names)) for name in names]
            tables.append(as_table(("true", *names), lines, [False, *[True] * len(names)]))
        found.append((level, *tables))
    return found


def _promised(path):
    """Return the table of how often what conformal sets promise holds, for new events; None without one."""
    rows = read_csv(path) if path.is_file() else []
    if not rows or "promise" not in rows[0]:  # made before there was this column
        return None
    lines = []
    for row in rows:
        if _shown(row, rows) and (row["class"] == "all" or row["kind"] == "by_class"):
            what, name = _PROMISES[row["kind"]], row["promise"]
            found = [f"{100 * float(row[key]):.1f}" for key in ("stated", name, f"{name}_low", f"{name}_high")]
            lines.append((what, row["class"], row["events"], found[0], found[1], "–".join(found[2:])))
    return as_table(("promised", "of", "events", "stated", "found", "interval"), lines, [False, False, *[True] * 4])


def _percent(text):
    return "" if text in ("", "nan") else f"{100 * float(text):.0f}"
