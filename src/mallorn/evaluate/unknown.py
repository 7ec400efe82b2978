"""Unknown classes: how sure models are about objects of a class that was left out of training."""

from collections import Counter

import numpy as np

from mallorn.decide.conformal import calibrate, sets
from mallorn.decide.outliers import find_outliers, grow_forest, learn_outliers
from mallorn.learning.hierarchy import fit_tree
from mallorn.learning.tree import above
from mallorn.seeds import derived_seed

__all__ = ["UNKNOWN_COLUMNS", "left_out"]

UNKNOWN_COLUMNS = (
    *("class", "objects", "events", "taken_for", "taken_for_share", "confident", "confident_and_single"),
    *("confident_and_usual", "confident_single_and_usual", "single", "several", "empty", "usual", "holds"),
)
"""Columns of the rows of `left_out`."""

_UNUSUAL = -np.log10(0.05)
"""Outlier score that one in twenty objects reaches."""


def left_out(tree, objects, fold, leaf, spec, options, seed):
    """Return a row {column: value} of `UNKNOWN_COLUMNS`: what models that never saw a class say about its objects.

    Models are fitted flat, without the class and without the object's fold. Sets of leaves ("by_class", see
    `mallorn.decide.conformal`) are calibrated on their predictions for the known classes of the other folds.

    taken_for: the leaf that is most often the most probable one, and its share. confident: share with a leaf of
    probability `options["confident"]` or more, which is always wrong. confident_and_single: those among them whose set
    is one leaf, so that the sets do not give them away. usual: share with an outlier score below that of one in twenty
    known objects (see `mallorn.decide.outliers`), NaN for models that read no features. confident_and_usual,
    confident_single_and_usual: those among the confident ones that this score, or this score and the sets, do not give
    away. single, several, empty: shares of sets by their number of leaves. holds: share for which the class given by
    the sets contains the true class, as a class above it may. Shares are means over events.

    objects: `Labelled`, whose classes are positions in `tree.names`; fold (n,). leaf: position of the class left out.
    options: {"balance", "depth", "coverage", "confident"}, and "outliers", a block of the configuration.
    """
    known = ~above(tree)[leaf][objects.classes]
    rows = np.flatnonzero(known)
    probability = np.zeros((len(fold), len(tree)))
    for k in np.unique(fold):
        part = objects.take(rows[fold[rows] != k])
        model = fit_tree("flat", tree, part, spec, options, derived_seed(seed, "unknown", tree.names[leaf], int(k)))
        mine = np.flatnonzero(fold == k)
        probability[mine] = model.predict(objects.dataset.take(mine))
    places = np.array([tree.names.index(name) for name in tree.leaves])
    strange = np.flatnonzero(~known)
    given, size = np.empty(len(strange), dtype=int), np.empty(len(strange), dtype=int)
    for k in np.unique(fold[strange]):
        others = rows[fold[rows] != k]
        labels = probability[others], objects.classes[others], objects.event[others]
        bounds = calibrate("by_class", tree, *labels, options["coverage"])
        mine = fold[strange] == k
        found = sets("by_class", tree, bounds, probability[strange[mine]])
        leaves = found.leaves & (places != leaf)  # nothing of the class left out may calibrate
        given[mine], size[mine] = found.node, leaves.sum(axis=1)
    usual = np.full(len(strange), np.nan)
    if "features" in objects.dataset.views:
        table, leaves = objects.dataset.features, places[places != leaf]
        forest = grow_forest(table.object_id[rows], table.columns, table.values[rows], options["outliers"], seed)
        detector = learn_outliers(forest, probability[rows][:, leaves])
        usual = find_outliers(detector, table.values[strange], probability[strange][:, leaves]) < _UNUSUAL
    said = {"probability": probability[strange], "given": given, "size": size, "usual": usual}
    return _row(tree, objects, strange, places, said, options["confident"])


def _row(tree, objects, strange, places, said, confident):
    probability, given, size, usual = (said[name] for name in ("probability", "given", "size", "usual"))
    event = objects.event[strange].astype(str)
    _, which, count = np.unique(event, return_inverse=True, return_counts=True)
    share = 1.0 / (len(count) * count[which])  # each event counts once
    best, sure = np.argmax(probability[:, places], axis=1), probability[:, places].max(axis=1) >= confident
    taken = Counter()
    for name, weight in zip(best, share, strict=True):
        taken[tree.leaves[name]] += weight
    name, most = taken.most_common(1)[0]
    values = {"confident": sure, "confident_and_single": sure & (size == 1)}
    values |= {"confident_and_usual": sure * usual, "confident_single_and_usual": (sure & (size == 1)) * usual}
    values |= {
        "single": size == 1,
        "several": size > 1,
        "empty": size == 0,
        "usual": usual,
        "holds": above(tree)[given, objects.classes[strange]],
    }
    row = {"class": tree.names[objects.classes[strange[0]]], "objects": len(strange), "events": len(count)}
    row |= {"taken_for": name, "taken_for_share": float(most)}
    return row | {name: float(share @ value) for name, value in values.items()}
