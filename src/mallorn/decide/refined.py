"""Probabilities on a tree that agree with the submitted model's: each of its classes is shared out among leaves.

The submitted model tells a few classes apart, of which each holds some leaves of the tree. A class keeps the
probability that the submitted model gives it. Its leaves have theirs in the proportions of the tree's own model: the
probability of a leaf is P(class) P(leaf | class), and that of a class of the tree the sum over its leaves. So no table
says two things of one class. Both are out of fold on the same folds, or of objects that neither model has learned from.

Classes that share a leaf are taken together. Objects that the submitted model does not score keep what the tree says.
"""

import logging
from typing import NamedTuple

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.decide.classes import rescaled, shared_out
from mallorn.errors import ConfigError, DataError
from mallorn.learning.classes import class_names, encode_classes
from mallorn.learning.tree import nodes_of, summed_up
from mallorn.survey.taxonomy import Taxonomy

__all__ = ["KEPT", "Refinement", "refined_predictions", "refinement"]

KEPT = ("classes", "target", "none")
"""What of the submitted model a tree keeps: all its classes, the class sought alone, or nothing."""

_MIXED = "the tree has no leaf that is of %s alone: it does not keep the probabilities of the submitted model"


class Refinement(NamedTuple):
    """How the classes of a submitted model are shared out among the leaves of `tree`.

    of_class (C,) int: the group of each class, 0 that of the class sought, -1 where it has no leaf. of_leaf (L,) int:
    the group of each leaf.
    """

    tree: Taxonomy
    of_class: np.ndarray
    of_leaf: np.ndarray

    def apply(self, probability, classes):
        """Return the probabilities (n, N) of the tree that agree with those of the submitted model.

        probability (n, N): by the tree's own model. classes (n, C): by the submitted one; rows of NaN keep the former.
        What a class without a leaf has goes to the others but the one sought, in their proportions.
        """
        probability, scored = np.asarray(probability, dtype=float), np.isfinite(classes).all(axis=1)
        groups = np.arange(self.of_leaf.max() + 1)
        given = classes @ (self.of_class[:, None] == groups)
        if len(groups) > 1:
            given = shared_out(given[:, 0], given[:, 1:])
        leaves = np.array([self.tree.names.index(name) for name in self.tree.leaves])
        own = probability[:, leaves]
        whole = own @ (self.of_leaf[:, None] == groups)
        equal = 1.0 / np.bincount(self.of_leaf)[self.of_leaf]
        share = np.divide(
            own, whole[:, self.of_leaf], out=np.tile(equal, (len(own), 1)), where=whole[:, self.of_leaf] > 0
        )
        stops = np.zeros(probability.shape)
        stops[:, leaves] = given[:, self.of_leaf] * share
        return np.where(scored[:, None], summed_up(self.tree, stops), probability)


def refinement(kept, tree, labels, names, settings):
    """Return the `Refinement` of a tree, None where it keeps nothing, or where no leaf is of the class sought alone.

    kept: one of `KEPT`. labels: {"spec_type", "target"} (n,) of training objects, which say whose leaf a leaf is; those
    of inner classes say nothing. names: of the classes of the submitted model, the class sought first. settings:
    {"target", "training"} of the configuration. Raises ConfigError if `kept` is none of these.
    """
    if kept not in KEPT:
        raise ConfigError(f"evaluation.tree.from_submission: expected one of {', '.join(KEPT)}, found {kept!r}")
    if kept == "none":
        return None
    scheme = (
        "binary" if tuple(names) == class_names("binary", settings["training"], settings["target"]) else "multiclass"
    )
    classes, _, _ = encode_classes(labels, scheme, settings["training"], settings["target"])
    of_class = np.arange(len(names)) if kept == "classes" else np.minimum(np.arange(len(names)), 1)
    nodes, members = nodes_of(tree, labels["spec_type"]), []
    for leaf in tree.leaves:  # classes that share a leaf are one group
        members.append(np.unique(classes[nodes == tree.names.index(leaf)]))
        together = of_class[members[-1]]
        of_class = np.where(np.isin(of_class, together), together.min(initial=len(names)), of_class)
    of_leaf = np.array([of_class[found[0]] if len(found) else -1 for found in members])
    return _numbered(tree, of_class, of_leaf, names[0])


def refined_predictions(found, submitted, labels, settings):
    """Return (predictions on the tree that agree with the submitted model's, their `Refinement`).

    They are `found` as it is, and None, where nothing is kept: see `refinement`.

    found: `mallorn.decide.tree_files.TreePredictions`. submitted: the `mallorn.decide.predictions.OutOfFold` of the
    same protocol and repeat. labels: as of `refinement`, of the objects of `found`. settings: {"kept", "target", and
    the blocks "training", "calibration" and "threshold" of the configuration}. An object's probability is calibrated
    by the folds that it is not in.
    Raises DataError if an object is in another fold of `submitted`.
    """
    how = refinement(settings["kept"], found.tree, labels, submitted.names, settings)
    if how is None:
        return found, None
    place = {name: k for k, name in enumerate(submitted.object_id)}
    rows = np.array([place.get(name, -1) for name in found.object_id], dtype=int)
    mine = np.flatnonzero(rows >= 0)
    fold, classes = found.fold[mine], submitted.classes[rows[mine]]
    if not np.array_equal(fold, submitted.fold[rows[mine]]):
        raise DataError(
            f"predictions on the tree: expected the folds of {submitted.model}, {submitted.protocol}, repeat "
            f"{submitted.repeat}, found others. Next step: delete results/tree and run again."
        )
    method = settings["calibration"]["method"]
    calibrated, _ = cross_fitted(method, settings["threshold"], labels["target"][mine], classes[:, 0], fold)
    given = np.full((len(rows), len(submitted.names)), np.nan)
    given[mine] = rescaled(classes, calibrated)
    refined = {way: how.apply(probability, given) for way, probability in found.probability.items()}
    return found._replace(probability=refined), how


def _numbered(tree, of_class, of_leaf, target):
    """Return the `Refinement` with groups from 0 on; None if that of the class sought is not its own."""
    mixed = np.any(of_class[1:] == of_class[0]) or of_class[0] not in of_leaf or np.any(of_leaf < 0)
    if mixed:
        logging.getLogger(__name__).warning(_MIXED, target)
        return None
    groups = np.unique(of_leaf)
    places = np.searchsorted(groups, of_class).clip(max=len(groups) - 1)
    numbers = np.where(groups[places] == of_class, places, -1)
    return Refinement(tree, numbers, np.searchsorted(groups, of_leaf))
