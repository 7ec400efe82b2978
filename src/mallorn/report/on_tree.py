"""Results for single objects on the tree of classes, for their pages and for the table of candidates."""

from pathlib import Path

import numpy as np

from mallorn.io.tables import read_columns
from mallorn.report.candidates import TREE_PREFIX
from mallorn.report.render import as_table

__all__ = ["on_tree_columns", "read_on_tree"]

_TEXTS = {"class_path": "path", "class_given": "by_class", "class_set": "leaves"}
_PROBABILITY = "probability__"


def read_on_tree(path, wanted):
    """Return {object id: {"path", "marginal", "by_class", "leaves": text, "table"}} of the objects `wanted`.

    table: for the macro `table`: the classes on the path with their probabilities, and for the last one, if it is a
    leaf, the interval. path: of the table of `mallorn.decide.tree_candidates`, which `snakemake tree` makes; {} without
    one. Objects that it lacks, such as training objects, are left out.
    """
    if not path or not Path(path).is_file():
        return {}
    table, found = read_columns(path), {}
    place = {str(object_id): k for k, object_id in enumerate(table["object_id"])}
    for object_id in filter(place.__contains__, map(str, wanted)):
        row = {name: values[place[object_id]] for name, values in table.items()}
        steps = row["path"].split(" > ")
        lines = [(name, f"{row[f'{_PROBABILITY}{name}']:.3f}", _interval(row, name)) for name in steps]
        texts = {name: row[name] for name in ("path", "marginal", "by_class")}
        found[object_id] = {**texts, "leaves": row["leaves"] or "none", "table": as_table(_HEADS, lines)}
    return found


def on_tree_columns(path, object_id):
    """Return {column: (n,)} of the objects `object_id` (n,) for a table of candidates: see its `COLUMNS`.

    class_path, class_given and class_set, and class__CLASS, the probability of each class; "" and NaN for objects that
    the tree's table lacks. path: as for `read_on_tree`; {} without a table.
    """
    if not path or not Path(path).is_file():
        return {}
    table = read_columns(path)
    place = {str(name): k for k, name in enumerate(table["object_id"])}
    rows = np.array([place.get(str(name), -1) for name in object_id], dtype=int)
    found = {}
    for name, of_table in _TEXTS.items():
        found[name] = np.append(np.asarray(table[of_table], dtype=object), "")[rows]
    for name, values in table.items():
        if name.startswith(_PROBABILITY):
            found[TREE_PREFIX + name.removeprefix(_PROBABILITY)] = np.append(values, np.nan)[rows]
    return found


_HEADS = ("Class", "Probability", "Interval")


def _interval(row, name):
    return f"{row[f'low__{name}']:.3f}–{row[f'high__{name}']:.3f}" if f"low__{name}" in row else ""
