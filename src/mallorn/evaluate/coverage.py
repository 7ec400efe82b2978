"""How often conformal sets on a tree contain the true class, by event, for all objects and for each class."""

import numpy as np

from mallorn.decide.conformal import KINDS, cross_fitted_sets
from mallorn.learning.tree import above
from mallorn.metrics import bootstrap, interval
from mallorn.seeds import derived_seed

__all__ = ["COVERAGE_COLUMNS", "coverage"]

_SHARES = ("coverage", "set_coverage", "size", "empty", "at_leaf", "at_root")
_PROMISE = {"marginal": "coverage", "by_class": "set_coverage"}
COVERAGE_COLUMNS = (
    *("kind", "class", "objects", "events", "stated", "finest", "promise"),
    *("coverage", "coverage_low", "coverage_high", "set_coverage", "set_coverage_low", "set_coverage_high"),
    *_SHARES[2:],
)
"""Columns of the rows of `coverage`."""


def coverage(objects, probability, fold, options, seed):
    """Return a row {column: value} of `COVERAGE_COLUMNS` for each kind of set, for all objects and for each leaf.

    coverage: how often the given class contains the true one. set_coverage: how often the set of leaves does; it may be
    smaller, since the lowest class that contains a set may contain more. promise: which of the two is calibrated to the
    stated chance: `coverage` for marginal sets, `set_coverage` for those by class, and for a leaf only in the latter.
    size: leaves in a set. empty: share of sets without a leaf. at_leaf, at_root: shares of given classes that are a
    leaf, or the root, which says nothing. All are means over events, each the mean of its objects. finest: the largest
    chance that the events of a calibration allow, K / (K + 1). An object's other folds calibrate its set; only under
    grouped folds do they hold nothing of its event.

    objects: `mallorn.evaluate.nodes.Objects`. probability (n, N); fold (n,).
    options: {"level", "rounds"} of the block `evaluation`, and "coverage", the chance that is stated.
    """
    tree, nodes, event = objects.tree, objects.nodes, objects.event
    leaves = np.array([tree.names.index(name) for name in tree.leaves])
    counted = np.isin(nodes, leaves)
    _, which, count = np.unique(event[counted].astype(str), return_inverse=True, return_counts=True)
    share = np.zeros(len(nodes))
    share[counted] = 1.0 / count[which]  # its share of its event, which counts once
    groups = {"all": counted, **{name: nodes == k for name, k in zip(tree.leaves, leaves, strict=True)}}
    rows = []
    for kind in KINDS:
        labels = {"nodes": nodes, "event": event, "fold": fold}
        found = cross_fitted_sets(kind, tree, probability, labels, options["coverage"])
        values = {
            "coverage": above(tree)[found.node, nodes],
            "set_coverage": np.any(found.leaves & (leaves == nodes[:, None]), axis=1),
            "size": found.leaves.sum(axis=1),
            "empty": ~found.leaves.any(axis=1),
            "at_leaf": np.isin(found.node, leaves),
            "at_root": found.node == 0,
        }
        values = np.array([values[name] for name in _SHARES], dtype=float)

        def statistics(weight, values=values):
            with np.errstate(invalid="ignore"):
                return {
                    name: (weight * share * mine) @ values.T / (weight @ (share * mine))[:, None]
                    for name, mine in groups.items()
                }

        mean = statistics(np.ones((1, len(nodes))))
        drawn = bootstrap(statistics, event, objects.target, options["rounds"], derived_seed(seed, "scores"))
        for name, mine in groups.items():
            few = min(len(set(event[mine & (fold != k)])) for k in np.unique(fold))
            row = {"kind": kind, "class": name, "objects": int(mine.sum()), "events": len(set(event[mine]))}
            row |= {"stated": options["coverage"], "finest": few / (few + 1), "promise": _PROMISE[kind]}
            row |= _named(mean[name][0])
            low, high = interval(drawn[name], options["level"])
            for k, score in enumerate(_SHARES[:2]):
                row |= {f"{score}_low": float(low[k]), f"{score}_high": float(high[k])}
            rows.append(row)
    return rows


def _named(values):
    return dict(zip(_SHARES, map(float, values), strict=True))
