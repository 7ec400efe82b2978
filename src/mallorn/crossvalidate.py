"""Cross-validation: out-of-fold probabilities of the training objects, and the test set's from the same models."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mallorn.seeds import derived_seed
from mallorn.selection import select_features, selection_frequency
from mallorn.training import fit_member

__all__ = ["Predictions", "cross_validate", "train_predict"]


class Predictions(NamedTuple):
    """What `train_predict` and `cross_validate` return: probabilities of C classes and importances of p features.

    inside (n, C): of the training table's rows that were held out, NaN for those that never were.
    outside (m, C): of the other table's rows, mean over all fits; None without one.
    importance (p,): mean over all fits of the gain, each fit's summing to one; 0 for features selected away.
    """

    inside: np.ndarray
    outside: np.ndarray | None
    importance: np.ndarray


def cross_validate(values, classes, n_classes, source, fold, spec, seed, threads, outside=None, selection=None):
    """Return the `Predictions` of a model trained, for each fold, on all other folds.

    values (n, p) float32; classes (n,) int below n_classes; source (n,) str; fold (n,) int; outside: (m, p) float32,
    further rows to predict with every fold's model. The other arguments are those of `train_predict`.
    """
    parts = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in np.unique(fold)]
    return train_predict(values, classes, n_classes, source, parts, spec, seed, threads, outside, selection)


def train_predict(values, classes, n_classes, source, parts, spec, seed, threads, outside=None, selection=None):
    """Return the `Predictions` of the rows held out in `parts`, and of the rows `outside`.

    parts: list of (train, predict), row numbers; a fit sees the rows `train` and nothing else, and rows that are
        predicted more than once get the mean.
    spec: the model's block of config.yaml: learner, balance, params, and `seeds`, the number of members averaged.
    selection: block `selection` of config.yaml to choose features inside each `train` (see `mallorn.selection`); None
        for all features.
    threads: fits at a time, each on one thread, so that results do not depend on it.
    """
    seeds = [derived_seed(seed, "part", k) for k in range(len(parts))]

    def columns_of(k):
        if selection is None:
            return np.arange(values.shape[1])
        train = parts[k][0]
        frequency = selection_frequency(values[train], classes[train], n_classes, source[train], selection, seeds[k])
        return select_features(frequency, selection)

    def fit(task):
        k, member = task
        (train, held), columns = parts[k], chosen[k]
        predict, gain = fit_member(
            values[np.ix_(train, columns)], classes[train], n_classes, spec, derived_seed(seeds[k], "member", member)
        )
        share = np.zeros(values.shape[1])
        share[columns] = gain / max(gain.sum(), np.finfo(float).tiny)
        further = None if outside is None else predict(outside[:, columns])
        return held, predict(values[np.ix_(held, columns)]), further, share

    inside, times = np.zeros((len(values), n_classes)), np.zeros(len(values))
    total = None if outside is None else np.zeros((len(outside), n_classes))
    importance = np.zeros(values.shape[1])
    tasks = [(k, member) for k in range(len(parts)) for member in range(spec["seeds"])]
    with ThreadPoolExecutor(threads) as pool:
        chosen = list(pool.map(columns_of, range(len(parts))))
        # results are added in the order of the tasks, whichever ends first
        for held, probability, further, share in pool.map(fit, tasks):
            inside[held] += probability
            times[held] += 1
            importance += share
            if total is not None:
                total += further
    with np.errstate(invalid="ignore"):
        inside = inside / times[:, None]
    return Predictions(inside, None if total is None else total / len(tasks), importance / len(tasks))
