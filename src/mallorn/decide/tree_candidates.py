"""What a model of a tree says about new objects: probabilities, intervals, sets, and candidates of each class."""

import re

import numpy as np

from mallorn.decide.class_calibration import fit, intervals
from mallorn.decide.conformal import KINDS, calibrate, sets

__all__ = ["class_table", "first_of_class", "list_names"]


def class_table(tree, object_id, probability, known, coverage):
    """Return {column: (n,)} of n new objects with probabilities (n, N) of the classes of `tree`.

    Columns: object_id; path: the most probable class of each level from the top, "A > B"; marginal and by_class: the
    class that conformal sets of each kind give; leaves: the leaves in the set by class, "A; B", "" for none;
    probability__CLASS of all classes below the root; low__LEAF and high__LEAF: the Venn-Abers interval of a leaf.

    known: {"probability" (m, N), "nodes", "event"} (m,): labelled objects that their models never saw; they calibrate
    sets and intervals. coverage: the chance of the sets.
    """
    columns = {"object_id": object_id, "path": _paths(tree, probability)}
    for kind in KINDS:
        bounds = calibrate(kind, tree, known["probability"], known["nodes"], known["event"], coverage)
        found = sets(kind, tree, bounds, probability)
        columns[kind] = np.array(tree.names, dtype=object)[found.node]
    names = np.array(tree.leaves, dtype=object)
    columns["leaves"] = np.array(["; ".join(names[row]) for row in found.leaves], dtype=object)
    columns |= {f"probability__{name}": p for name, p in zip(tree.names[1:], probability.T[1:], strict=True)}
    places = np.array([tree.names.index(name) for name in tree.leaves])
    rows = np.isin(known["nodes"], places)
    leaf = np.searchsorted(places, known["nodes"][rows])
    parameters = fit("venn_abers", known["probability"][rows][:, places], leaf)
    for end, values in zip(("low", "high"), intervals(parameters, probability[:, places]), strict=True):
        columns |= {f"{end}__{name}": v for name, v in zip(tree.leaves, values.T, strict=True)}
    return columns


def first_of_class(table, name, number):
    """Return {column: (m,)} of the `number` most probable objects of a class, from a `class_table`.

    Columns: rank, object_id, probability, low and high (of a leaf), path, marginal, by_class, leaves. Equally probable
    objects are in the order of their ids.
    """
    probability = table[f"probability__{name}"]
    order = np.lexsort((table["object_id"].astype(str), -probability))[:number]
    ends = {end: table[f"{end}__{name}"][order] for end in ("low", "high") if f"{end}__{name}" in table}
    columns = {"rank": np.arange(1, len(order) + 1), "object_id": table["object_id"][order]}
    columns |= {"probability": probability[order], **ends}
    return columns | {key: table[key][order] for key in ("path", *KINDS, "leaves")}


def list_names(classes):
    """Return {class: name of its list}: names of letters, digits, _, + and -, all different."""
    found = {}
    for name in classes:
        plain = re.sub(r"[^A-Za-z0-9+-]+", "_", name).strip("_-") or "class"
        taken = {one.lower() for one in found.values()}
        names = (plain, *(f"{plain}_{k}" for k in range(2, len(classes) + 2)))
        found[name] = next(one for one in names if one.lower() not in taken)
    return found


def _paths(tree, probability):
    """Return the most probable class at each step down, "A > B", (n,) str."""
    place = {name: k for k, name in enumerate(tree.names)}
    paths, here = [[] for _ in probability], np.zeros(len(probability), dtype=int)
    for name in tree.parents:  # parents come before their children
        children = np.array([place[child] for child in tree.children(name)])
        rows = np.flatnonzero(here == place[name])
        here[rows] = children[np.argmax(probability[rows][:, children], axis=1)]
        for row in rows:
            paths[row].append(tree.names[here[row]])
    return np.array([" > ".join(path) for path in paths], dtype=object)
