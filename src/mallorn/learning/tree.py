"""Probabilities, labels and weights on a tree of classes, as arrays in the order of its names.

N is the number of classes of a `mallorn.survey.taxonomy.Taxonomy`; the root is the first of its names.
"""

import numpy as np

from mallorn.errors import DataError

__all__ = ["above", "class_levels", "node_weights", "nodes_of", "product_down", "summed_up", "supported_tree"]


def above(tree):
    """Return (N, N) bool, in the order of `tree.names`: whether the first class is the second one or above it."""
    place = {name: k for k, name in enumerate(tree.names)}
    found = np.zeros((len(tree), len(tree)), dtype=bool)
    for name in tree.names:
        found[[place[other] for other in tree.path(name)], place[name]] = True
    return found


def nodes_of(tree, labels):
    """Return the position (n,) in `tree.names` of the class that each of `labels` (n,) str stands for.

    It is 0, the root, for labels that the tree does not know and for None: nothing is known about such an object.
    """
    place = {name: k for k, name in enumerate(tree.names)}
    return np.array([place[tree.node_of(label) or tree.root] for label in labels], dtype=int)


def supported_tree(tree, labels, event, fewest):
    """Return the tree with only the classes that have at least `fewest` events. labels, event (n,) str.

    See `mallorn.survey.taxonomy.Taxonomy.supported`. Raises DataError if fewer than two classes are left.
    """
    nodes, over = nodes_of(tree, labels), above(tree)
    events = {name: len(set(event[over[k][nodes]])) for k, name in enumerate(tree.names)}
    kept = tree.supported(events, fewest)
    if len(kept.leaves) < 2:
        raise DataError(
            f"taxonomy: expected two classes with {fewest} events or more among the labels, found {kept.leaves[0]!r} "
            "alone; give a tree that knows these labels, or lower evaluation.tree.fewest"
        )
    return kept


def summed_up(tree, stops):
    """Return the probabilities (n, N) of all classes from those (n, N) of the classes that labels name.

    The probability of an inner class itself is divided among its children in their proportions, or equally if these are
    0.
    """
    total = np.asarray(stops, dtype=float) @ above(tree).T
    place = {name: k for k, name in enumerate(tree.names)}
    shares = {}
    for name in tree.parents:
        targets = [place[child] for child in tree.children(name)]
        parts = total[:, targets]
        whole = parts.sum(axis=1, keepdims=True)
        equal = np.full(parts.shape, 1.0 / len(targets))
        shares[name] = (targets, np.divide(parts, whole, out=equal, where=whole > 0))
    return product_down(tree, shares, len(total))


def product_down(tree, shares, n):
    """Return the probabilities (n, N) of all classes: the product of the shares along each path.

    shares: {class: (positions (k,) of children in `tree.names`, share (n, k) of each)} for each class with children; a
    child without a share has probability 0.
    """
    probability = np.zeros((n, len(tree)))
    probability[:, 0] = 1.0
    for k, name in enumerate(tree.names):  # parents come before their children
        if name in shares:
            targets, share = shares[name]
            probability[:, targets] = probability[:, [k]] * share
    return probability


def node_weights(tree, nodes, balance, depth):
    """Return a weight for each object, with mean 1: the product over the classes on the path of its label.

    A class has n objects, and m objects of its parent are known one level further down, in k classes. Its factor is (m
    / (k n))^(balance depth^l), where l is the level of the parent. A balance of 0 is for equal objects, 1 for equal
    classes. With a depth below 1, lower levels are balanced less.

    nodes (n,) int: positions in `tree.names`.
    """
    over, weight = above(tree), np.ones(len(nodes))
    place = {name: k for k, name in enumerate(tree.names)}
    for name in tree.parents:
        members = [over[place[child]][nodes] for child in tree.children(name)]
        counts = np.array([member.sum() for member in members])
        for member, count in zip(members, counts, strict=True):
            if not count:
                continue
            factor = counts.sum() / (np.count_nonzero(counts) * count)
            weight[member] *= factor ** (balance * depth ** tree.level(name))
    return weight / weight.mean()


def class_levels(types, tree):
    """Return (D, C) int: the group of each of C classes at each level of a tree, from top to bottom.

    Each class is placed at the lowest class of the tree that contains all of its types; labels that the tree does not
    know are at its root. Below the end of its path a class is a group of its own, and so is each class at the last
    level. Groups are numbered from 0 at each level. A level that divides no more than the one above is left out.

    types: for each class the labels, str, of its objects; a class without any is at the root.
    """
    paths = []
    for labels in types:
        nodes = [tree.node_of(label) or tree.root for label in labels]
        paths.append(tree.path(tree.common(nodes or [tree.root])))
    levels, before = [], 1
    for depth in range(1, max(map(len, paths)) + 2):
        groups = {}
        ended = [(*path[:depth], k if depth > len(path) else None) for k, path in enumerate(paths)]
        level = [groups.setdefault(key, len(groups)) for key in ended]
        if len(groups) > before:
            levels.append(level)
            before = len(groups)
    return np.array(levels, dtype=int)
