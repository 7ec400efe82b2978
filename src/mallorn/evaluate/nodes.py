"""Scores of each class and level of a tree, with intervals over events, and confusions.

An object labelled with an inner class counts for all classes except those below it: nobody knows which it is of these.
"""

import numpy as np

from mallorn.learning.tree import above
from mallorn.metrics import (
    average_precision,
    bootstrap,
    brier,
    calibration_table,
    decision_scores,
    expected_calibration_error,
    interval,
)
from mallorn.seeds import derived_seed

__all__ = [
    "CONFUSION_COLUMNS",
    "GAIN_COLUMNS",
    "NODE_COLUMNS",
    "NODE_SCORES",
    "Objects",
    "confusion_by_level",
    "decided",
    "gains",
    "score_class",
    "score_nodes",
]

NODE_SCORES = ("average_precision", "precision", "recall", "f1", "brier", "expected_calibration_error")
NODE_COLUMNS = (
    *("node", "level", "n", "events"),
    *(name for score in NODE_SCORES for name in (score, f"{score}_low", f"{score}_high")),
)
"""Columns of the rows of `score_nodes`."""
GAIN_COLUMNS = ("node", "level", "score", "first", "second", "value_of_first", "value_of_second", "gain", "low", "high")
"""Columns of the rows of `gains`."""
CONFUSION_COLUMNS = ("level", "true", "predicted", "objects", "of_true", "of_predicted")
"""Columns of the rows of `confusion_by_level`."""

_DECISIONS = ("precision", "recall", "f1")


class Objects:
    """n labelled objects on a tree of N classes: what is known of each, and how events are drawn.

    nodes (n,) int: positions of their labels in `tree.names`. event (n,) str. target (n,) 0 or 1: the class sought. Its
    events are drawn apart from the others, as in `mallorn.evaluate.scores`.
    """

    def __init__(self, tree, nodes, event, target):
        self.tree, self.nodes, self.event, self.target = tree, nodes, event, target
        over = above(tree)
        self.member = over[:, nodes]
        """(N, n) bool: whether the object is of the class."""
        self.known = ~over.T[:, nodes] | self.member
        """(N, n) bool: whether it is known that the object is, or is not, of the class."""

    def place(self, names):
        """Return the positions of the classes `names`."""
        return np.array([self.tree.names.index(name) for name in names])


def decided(tree, probability, level):
    """Return the positions (n,) in `tree.names` of the most probable classes of a level; leaves above it take part."""
    places = np.array([tree.names.index(name) for name in tree.frontier(level)])
    return places[np.argmax(probability[:, places], axis=1)]


def score_nodes(objects, probability, options, seed):
    """Return (rows, drawn): {column: value} for `NODE_COLUMNS`, and {(node, level, score): (rounds,)} by bootstraps.

    Each class except the root has a row: average precision, Brier score and calibration error of its probability, and
    precision, recall and F1 of the decision for the most probable class of its level (see `decided`). The rows "macro"
    and "weighted" of a level are means over the classes that divide all objects there, with equal weights and weighted
    by their objects. The row "hierarchical" has precision, recall and F1 over all classes on the paths of labels and
    decisions (Kiritchenko et al. 2005), as far down as an object is known. Intervals are over events (see
    `mallorn.evaluate.scores`); the probabilities are held fixed.

    objects: `Objects`. probability (n, N). options: block `evaluation` of the configuration.
    """

    def statistics(weight):
        return _statistics(objects, probability, weight, options["bins"]["probability"])

    value = {key: float(v[0]) for key, v in statistics(np.ones((1, len(objects.nodes)))).items()}
    drawn = bootstrap(statistics, objects.event, objects.target, options["rounds"], derived_seed(seed, "scores"))
    rows = []
    for node, level in dict.fromkeys(key[:2] for key in value):
        row = {"node": node, "level": level, **_counts(objects, node, level)}
        for score in NODE_SCORES:
            low, high = interval(drawn[node, level, score], options["level"])
            row |= {score: value[node, level, score], f"{score}_low": float(low), f"{score}_high": float(high)}
        rows.append(row)
    return rows, drawn


def score_class(objects, node, probability, options, seed):
    """Return (rows, drawn) as `score_nodes`, of one class and without decisions.

    node: position of the class in `tree.names`. probability (n,) of the class. The others are as for `score_nodes`.
    """
    name, level = objects.tree.names[node], objects.tree.level(objects.tree.names[node])
    edges = np.linspace(0.0, 1.0, options["bins"]["probability"] + 1)

    def statistics(weight):
        return {(name, level, score): v for score, v in _of_class(objects, node, probability, weight, edges).items()}

    row = {"node": name, "level": level}
    row |= {key[2]: float(v[0]) for key, v in statistics(np.ones((1, len(objects.nodes)))).items()}
    drawn = bootstrap(statistics, objects.event, objects.target, options["rounds"], derived_seed(seed, "scores"))
    return [row], drawn


def gains(first, second, names, level):
    """Return rows of `GAIN_COLUMNS`: what the scores of `second` gain over those of `first`, on the same draws.

    first, second: (rows, drawn) as from `score_nodes` or `score_class`, of the same objects. names: of the two. level:
    share of the bootstraps that an interval holds.
    """
    values = [{(r["node"], r["level"]): r for r in rows} for rows, _ in (first, second)]
    found = []
    for node, depth in values[0]:
        if (node, depth) not in values[1]:
            continue
        for score in NODE_SCORES:
            a, b = (of[node, depth].get(score, np.nan) for of in values)
            if np.isnan(a) or np.isnan(b):
                continue
            low, high = interval(second[1][node, depth, score] - first[1][node, depth, score], level)
            found.append(
                dict(zip(GAIN_COLUMNS, (node, depth, score, *names, a, b, b - a, float(low), float(high)), strict=True))
            )
    return found


def confusion_by_level(objects, probability):
    """Return rows {"level", "true", "predicted", "objects", "of_true", "of_predicted"} for each level of the tree.

    objects: number of objects of class "true" taken for "predicted". of_true, of_predicted: their share of all objects
    of the first class, and of all that are taken for the second (NaN if there are none). Objects that are not known at
    a level are in none of its rows.

    objects: `Objects`. probability (n, N).
    """
    tree, rows = objects.tree, []
    for level in range(1, tree.depth + 1):
        names = tree.frontier(level)
        places, chosen = objects.place(names), decided(tree, probability, level)
        counts = np.array([[np.sum(objects.member[t] & (chosen == p)) for p in places] for t in places], dtype=float)
        with np.errstate(invalid="ignore"):
            shares = counts / counts.sum(axis=1, keepdims=True), counts / counts.sum(axis=0, keepdims=True)
        for i, true in enumerate(names):
            for j, predicted in enumerate(names):
                row = {"level": level, "true": true, "predicted": predicted, "objects": int(counts[i, j])}
                rows.append({**row, "of_true": float(shares[0][i, j]), "of_predicted": float(shares[1][i, j])})
    return rows


def _statistics(objects, probability, weight, bins):
    """Return {(node, level, score): (b,)} under weights (b, n)."""
    tree, found = objects.tree, {}
    edges, none = np.linspace(0.0, 1.0, bins + 1), np.full(len(weight), np.nan)
    chosen = {level: decided(tree, probability, level) for level in range(1, tree.depth + 1)}
    for level in range(1, tree.depth + 1):
        names, sizes = tree.frontier(level), []
        for k in objects.place(names):
            of_class = _of_class(objects, k, probability[:, k], weight, edges, chosen[level] == k)
            found |= {(tree.names[k], level, score): values for score, values in of_class.items()}
            sizes.append(weight @ objects.member[k])
        sizes = np.array(sizes)
        for score in NODE_SCORES:
            values = np.array([found[name, level, score] for name in names])
            counted = ~np.isnan(values) & (sizes > 0)
            for row, share in (("macro", counted.astype(float)), ("weighted", sizes * counted)):
                with np.errstate(invalid="ignore"):
                    found[row, level, score] = np.sum(share * np.where(counted, values, 0.0), axis=0) / share.sum(
                        axis=0
                    )
    found |= {("hierarchical", tree.depth, score): none for score in NODE_SCORES}
    found |= _hierarchical(objects, chosen[tree.depth], weight)
    # a leaf also counts at the levels below, where it is one of the classes that divide all objects: its own row is the
    # first
    return {key: v for key, v in found.items() if key[0] not in tree or tree.level(key[0]) == key[1]}


def _of_class(objects, k, probability, weight, edges, chosen=None):
    """Return {score: (b,)} of one class by `probability` (n,) and, if given, decisions `chosen` (n,) bool."""
    rows = np.flatnonzero(objects.known[k])
    target, p, w = objects.member[k][rows], probability[rows], weight[:, rows]
    scores = {
        "average_precision": average_precision(target, p, w),
        "brier": brier(target, p, w),
        "expected_calibration_error": expected_calibration_error(calibration_table(target, p, edges, w)),
        **(decision_scores(target, chosen[rows], w) if chosen is not None else {}),
    }
    empty = w @ target == 0
    return {score: np.where(empty, np.nan, values) for score, values in scores.items()}


def _hierarchical(objects, chosen, weight):
    """Return precision, recall and F1 (b,) over the classes on the paths of labels and decisions, without the root."""
    over, level = above(objects.tree), objects.tree.depth
    of_decision = over[1:, chosen] & objects.known[1:]
    of_label = objects.member[1:]
    hits, said, true = (weight @ x.sum(axis=0) for x in (of_decision & of_label, of_decision, of_label))
    with np.errstate(invalid="ignore"):
        scores = {"precision": hits / said, "recall": hits / true, "f1": 2.0 * hits / (said + true)}
    return {("hierarchical", level, score): scores[score] for score in _DECISIONS}


def _counts(objects, node, level):
    if node in objects.tree:
        rows = objects.member[objects.tree.names.index(node)]
    else:
        rows = objects.member[objects.place(objects.tree.frontier(level))].any(axis=0)
    return {"n": int(rows.sum()), "events": len(set(objects.event[rows]))}
