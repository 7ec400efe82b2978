"""What is said of single objects on the tree of classes, for their pages."""

from pathlib import Path

from mallorn.io.tables import read_columns
from mallorn.report.render import as_table

__all__ = ["read_on_tree"]


def read_on_tree(path, wanted):
    """Return {object id: {"path", "marginal", "by_class", "leaves": text, "table"}} of the objects `wanted`.

    table: what the macro `table` shows: the classes on the path with their probabilities, and of the last, where it is
    a leaf, the interval. path: of the table of `mallorn.decide.tree_candidates`; {} without one, which `snakemake tree`
    makes. Objects that it does not hold, such as training objects, are left out.
    """
    if not path or not Path(path).is_file():
        return {}
    table, found = read_columns(path), {}
    place = {str(object_id): k for k, object_id in enumerate(table["object_id"])}
    for object_id in filter(place.__contains__, map(str, wanted)):
        row = {name: values[place[object_id]] for name, values in table.items()}
        steps = row["path"].split(" > ")
        lines = [(name, f"{row[f'probability__{name}']:.3f}", _interval(row, name)) for name in steps]
        texts = {name: row[name] for name in ("path", "marginal", "by_class")}
        found[object_id] = {**texts, "leaves": row["leaves"] or "none", "table": as_table(_HEADS, lines)}
    return found


_HEADS = ("Class", "Probability", "Interval")


def _interval(row, name):
    return f"{row[f'low__{name}']:.3f}–{row[f'high__{name}']:.3f}" if f"low__{name}" in row else ""
