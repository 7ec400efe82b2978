"""Probabilities of all classes of a tree, by any learner, in two ways.

- "flat": one model of the classes that labels name; its probabilities are summed up the tree.
- "conditional": a model for each class with others below it, which divides the class among its children, given that the
  object belongs to it; the probability of a class is the product along its path.

In both ways children sum to their parent, and the root has probability 1. A label may name an inner class. In the
conditional way, such an object trains only the models above its class. In the flat way it belongs to a class of its
own, whose probability goes to the children in their proportions.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from mallorn.errors import ConfigError, DataError
from mallorn.learning.dataset import Labelled
from mallorn.learning.pipeline import fit_pipeline
from mallorn.learning.tree import above, class_levels, node_weights, product_down, summed_up
from mallorn.runtime.progress import progress
from mallorn.seeds import derived_seed
from mallorn.survey.taxonomy import Taxonomy

__all__ = ["WAYS", "TreeModel", "cross_validate_tree", "fit_tree"]

WAYS = ("flat", "conditional")


class TreeModel(NamedTuple):
    """A fitted model of the N classes of a `tree`, in one of `WAYS`.

    fits: for each class with a decision, (targets, pipelines): positions (k,) in `tree.names` of its targets, and the
    `Pipeline` of each member; without any, shares are equal. The flat way has one fit, of the root.
    """

    way: str
    tree: Taxonomy
    fits: dict

    def predict(self, dataset):
        """Return the probabilities (n, N) of the classes `tree.names` for the n objects of a `Dataset`."""
        shares = {name: (fit[0], _shares(*fit, dataset)) for name, fit in self.fits.items()}
        if self.way == "conditional":
            return product_down(self.tree, shares, len(dataset))
        targets, probability = shares[self.tree.root]
        stops = np.zeros((len(dataset), len(self.tree)))
        stops[:, targets] = probability
        return summed_up(self.tree, stops)


def fit_tree(way, tree, part, spec, options, seed):
    """Return the `TreeModel` of a training part.

    way: one of `WAYS`. part: `Labelled`, whose classes are positions in `tree.names`; objects at the root teach
    nothing. spec: a block of `models`; its members are averaged. options: {"balance", "depth"}: see `node_weights`;
    balance None for that of `spec`.
    Raises ConfigError if there is no such way, DataError if no object of the part is below the root.
    """
    if way not in WAYS:
        raise ConfigError(f"a tree: expected one of {', '.join(WAYS)}, found {way!r}")
    part = part.take(np.flatnonzero(part.classes > 0))
    if not len(part.classes):
        raise DataError("a training part has no object of a class below the root of the taxonomy; add labels")
    balance = spec["balance"] if options["balance"] is None else options["balance"]
    if way == "flat":
        if options["balance"] is not None:
            weight = node_weights(tree, part.classes, balance, options["depth"])
            part, balance = part._replace(weight=part.weight * weight), 0.0
        spec = {**spec, "balance": balance}
        return TreeModel(way, tree, {tree.root: _fit(part, part.classes, tree, spec, seed, "flat")})
    over, place, fits = above(tree), {name: k for k, name in enumerate(tree.names)}, {}
    for name in tree.parents:
        children = [place[child] for child in tree.children(name)]
        inside = over[children][:, part.classes]
        rows = np.flatnonzero(inside.any(axis=0))
        if not len(rows):  # no child has an object: all are alike
            fits[name] = (np.array(children), ())
            continue
        which = np.array(children)[np.argmax(inside[:, rows], axis=0)]
        block = {**spec, "balance": balance * options["depth"] ** tree.level(name)}
        fits[name] = _fit(part.take(rows), which, tree, block, seed, name)
    return TreeModel(way, tree, fits)


def cross_validate_tree(way, tree, objects, fold, spec, options, seed, threads):
    """Return the probabilities (n, N) of all classes, for each fold by models that were fitted to the other folds.

    objects: `Labelled`, whose classes are positions in `tree.names`. fold (n,) int. threads: folds at a time; results
    do not depend on it. The others are as for `fit_tree`.
    """
    folds, probability = np.unique(fold), np.empty((len(fold), len(tree)))

    def predict(k):
        part = objects.take(np.flatnonzero(fold != k))
        model = fit_tree(way, tree, part, spec, options, derived_seed(seed, "tree", way, int(k)))
        return model.predict(objects.dataset.take(np.flatnonzero(fold == k)))

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for k, found in zip(folds, progress(pool.map(predict, folds), len(folds), "folds"), strict=True):
            probability[fold == k] = found
    return probability


def _fit(part, which, tree, spec, seed, name):
    """Return (targets (k,), pipelines) of models that tell the classes `which` (n,) apart."""
    targets, classes = np.unique(which, return_inverse=True)
    if len(targets) == 1:
        return targets, ()
    compact = Labelled.of(part.dataset, classes, len(targets), part.event, None, part.weight)
    compact = compact._replace(levels=class_levels([[tree.names[k]] for k in targets], tree))
    seeds = [derived_seed(seed, name, member) for member in range(spec["seeds"])]
    return targets, tuple(fit_pipeline(spec, compact, one) for one in seeds)


def _shares(targets, pipelines, dataset):
    """Return the share (n, k) of each target: equal ones without a pipeline."""
    if not pipelines:
        return np.full((len(dataset), len(targets)), 1.0 / len(targets))
    return np.mean([pipeline.predict(dataset) for pipeline in pipelines], axis=0)
