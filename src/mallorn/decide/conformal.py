"""Conformal sets on a tree of classes: the smallest class that contains the true one with a stated chance.

The chance is over new events: events are exchangeable, objects of one event are not. Each event therefore counts once
in the calibration, however many objects it has (hierarchical conformal prediction; Lee, Barber & Willett 2023,
arXiv:2306.06342, equation 5). One object of a new event is then covered with at least the stated chance. With one
object for each event this is split conformal prediction.

- "marginal": the chance is over all events. From the root down, each step goes to the most probable child, as long as
  its probability is above a bound.
- "by_class": the chance is over the events of each leaf, rare leaves too (Vovk 2012, Mondrian). Each leaf has its own
  bound, and the set holds all leaves whose probability reaches it. The class given is the lowest that contains the set.
  If the set is empty, the object is like no class, and the class given is the most probable leaf. A leaf with too few
  events for the chance takes the bound of the nearest class above that has enough; the chance is then over the events
  of that class.

Objects whose label is an inner class take no part in the calibration and are not counted.
"""

from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError
from mallorn.learning.tree import above

__all__ = ["KINDS", "TreeSets", "calibrate", "cross_fitted_sets", "event_quantile", "sets"]

KINDS = ("marginal", "by_class")


class TreeSets(NamedTuple):
    """Sets of n objects: `node` (n,), positions in `tree.names`; `leaves` (n, L) bool, in the order of the leaves."""

    node: np.ndarray
    leaves: np.ndarray


def event_quantile(score, event, coverage):
    """Return the smallest score such that at least `coverage` of the weight is not above it; infinity if there is none.

    Each of K events has the weight 1 / (K + 1), shared by its objects; the rest lies at infinity. K events therefore
    allow a coverage of at most K / (K + 1).

    score (n,), event (n,) str. coverage: 0 to 1.
    """
    if not len(score):
        return np.inf
    _, which, count = np.unique(np.asarray(event, dtype=str), return_inverse=True, return_counts=True)
    order = np.argsort(score, kind="stable")
    reached = np.cumsum(1.0 / ((len(count) + 1) * count[which[order]]))
    enough = np.flatnonzero(reached >= coverage - 1e-12)
    return float(score[order[enough[0]]]) if len(enough) else np.inf


def calibrate(kind, tree, probability, nodes, event, coverage):
    """Return the bounds of sets, {class: score}, from labelled objects that their models never saw.

    kind: one of `KINDS`. probability (n, N); nodes (n,): positions of labels in `tree.names`; event (n,) str.
    Raises ConfigError if there is no such kind.
    """
    _check(kind)
    places = _leaves(tree)
    known = np.isin(nodes, places)
    probability, nodes, event = probability[known], nodes[known], event[known]
    if kind == "marginal":
        return {tree.root: event_quantile(_first_wrong(tree, probability, nodes), event, coverage)}
    score = 1.0 - probability[np.arange(len(nodes)), nodes]
    over, bounds = above(tree), {}
    for leaf in tree.leaves:
        for name in reversed(tree.path(leaf)):  # up to the first class of enough events
            mine = over[tree.names.index(name)][nodes]
            bounds[leaf] = event_quantile(score[mine], event[mine], coverage)
            if np.isfinite(bounds[leaf]):
                break
    return bounds


def sets(kind, tree, bounds, probability):
    """Return the `TreeSets` of objects with `probability` (n, N), by the bounds that `calibrate` returned."""
    _check(kind)
    over, places = above(tree), _leaves(tree)
    if kind == "marginal":
        path, p = _steepest(tree, probability)
        steps = np.sum(p > bounds[tree.root], axis=1)  # probability falls along a path
        node = path[np.arange(len(path)), np.maximum(steps, 1) - 1]
        return TreeSets(node, over[node][:, places])
    bound = np.array([bounds[tree.names[k]] for k in places])
    leaves = 1.0 - probability[:, places] <= bound
    shown = leaves.copy()
    empty = ~shown.any(axis=1)
    shown[empty, np.argmax(probability[empty][:, places], axis=1)] = True
    holds = ~np.any(shown[:, None, :] & ~over[:, places], axis=2)  # (n, N): whether the class holds the whole set
    level = np.array([tree.level(name) for name in tree.names])
    return TreeSets(np.argmax(np.where(holds, level, -1), axis=1), leaves)


def cross_fitted_sets(kind, tree, probability, labels, coverage):
    """Return the `TreeSets` of objects, each by bounds from its other folds.

    probability (n, N). labels: {"nodes", "event", "fold"} (n,) each.
    """
    node, leaves = np.empty(len(probability), dtype=int), np.empty((len(probability), len(tree.leaves)), dtype=bool)
    for k in np.unique(labels["fold"]):
        mine = labels["fold"] == k
        others = probability[~mine], labels["nodes"][~mine], labels["event"][~mine]
        found = sets(kind, tree, calibrate(kind, tree, *others, coverage), probability[mine])
        node[mine], leaves[mine] = found
    return TreeSets(node, leaves)


def _check(kind):
    if kind not in KINDS:
        raise ConfigError(f"conformal sets: expected one of {', '.join(KINDS)}, found {kind!r}")


def _leaves(tree):
    return np.array([tree.names.index(name) for name in tree.leaves])


def _steepest(tree, probability):
    """Return (path, p), (n, depth + 1) each: classes from the root down, at each step the most probable child.

    p is the probability of each class on the path: infinite for the root, below 0 where the path has ended.
    """
    n, place = len(probability), {name: k for k, name in enumerate(tree.names)}
    path, p = np.zeros((n, tree.depth + 1), dtype=int), np.full((n, tree.depth + 1), -1.0)
    p[:, 0] = np.inf
    for name in tree.parents:  # parents come before their children
        level = tree.level(name)
        here = np.flatnonzero((path[:, level] == place[name]) & (p[:, level] >= 0.0))
        children = np.array([place[child] for child in tree.children(name)])
        best = children[np.argmax(probability[here][:, children], axis=1)]
        path[here, level + 1], p[here, level + 1] = best, probability[here, best]
    return path, p


def _first_wrong(tree, probability, nodes):
    """Return the probability (n,) of the first class on the steepest path that does not hold `nodes` (n,), or 0."""
    path, p = _steepest(tree, probability)
    wrong = (p >= 0.0) & ~above(tree)[path, nodes[:, None]]
    first = np.argmax(wrong, axis=1)
    return np.where(wrong.any(axis=1), p[np.arange(len(p)), first], 0.0)
