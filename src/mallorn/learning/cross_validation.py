"""Cross-validation: out-of-fold probabilities of the training objects, and of further rows by the same models."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mallorn.learning.selection import select_features, selection_frequency
from mallorn.learning.training import Member, fit_member
from mallorn.runtime.progress import progress
from mallorn.seeds import derived_seed

__all__ = ["Copies", "Fit", "Predictions", "cross_validate", "train_predict"]


class Copies(NamedTuple):
    """Altered copies of training objects: `values` (c, p) float32, `row` (c,) of the object each is a copy of."""

    values: np.ndarray
    row: np.ndarray


class Predictions(NamedTuple):
    """What `train_predict` and `cross_validate` return: probabilities of C classes and importances of p features.

    inside (n, C): of the training table's rows that were held out, NaN for those that never were.
    outside (m, C): of the other table's rows, mean over all fits; None without one.
    importance (p,): mean over all fits of the gain, each fit's summing to one; 0 for features selected away.
    copied (c, C): of the copies to predict, by the models that held their objects out; None without any.
    fits: a `Fit` for each part and member, if they were to be kept.
    """

    inside: np.ndarray
    outside: np.ndarray | None
    importance: np.ndarray
    copied: np.ndarray | None
    fits: tuple = ()


class Fit(NamedTuple):
    """One of the fits of a model: `columns` (q,), the numbers of the features it sees, and the `Member`."""

    columns: np.ndarray
    member: Member


def cross_validate(values, classes, n_classes, source, fold, spec, seed, threads, **options):
    """Return the `Predictions` of a model trained, for each fold, on all other folds.

    values (n, p) float32; classes (n,) int below n_classes; source (n,) str; fold (n,) int. The other arguments are
    those of `train_predict`.
    """
    parts = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in np.unique(fold)]
    return train_predict(values, classes, n_classes, source, parts, spec, seed, threads, **options)


def train_predict(
    values,
    classes,
    n_classes,
    source,
    parts,
    spec,
    seed,
    threads,
    outside=None,
    selection=None,
    weight=None,
    trained_copies=None,
    predicted_copies=None,
    pseudo_labels=None,
    kinds=None,
    keep=False,
):
    """Return the `Predictions` of the rows held out in `parts`, of the rows `outside`, and of `predicted_copies`.

    parts: list of (train, predict), row numbers; a fit sees the rows `train` and nothing else, and rows that are
        predicted more than once get the mean.
    spec: the model's block of config.yaml: learner, balance, params, and `seeds`, the number of members averaged.
    threads: fits at a time, each on one thread, so that results do not depend on it.
    outside: (m, p) float32, further rows to predict with every fit.
    selection: block `selection` of config.yaml to choose features inside each `train` (see
        `mallorn.learning.selection`); None for all features.
    weight: (n,) weights of the rows in training; None for equal ones.
    trained_copies: `Copies` that are trained on along with the rows of `train` that they are copies of, the copies of
        one row together weighing as much as the row.
    predicted_copies: `Copies` that are predicted along with the rows of `predict` that they are copies of.
    pseudo_labels: {"confidence", "weight"}: the rows of `outside` whose most probable class has at least this
        probability are learned from too, as if of that class and with this weight, in a second fit (self-training; Lee
        2013). What is held out plays no part in it. None for a single fit.
    kinds: (n,) int, finer classes for linear starts, which do not learn from pseudo-labels: see
        `mallorn.learning.training.fit_member`. None for `classes`.
    keep: whether to return the fits.
    """
    seeds = [derived_seed(seed, "part", k) for k in range(len(parts))]
    weight = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=float)
    kinds = classes if kinds is None else kinds

    def columns_of(k):
        if selection is None:
            return np.arange(values.shape[1])
        train = parts[k][0]
        frequency = selection_frequency(values[train], classes[train], n_classes, source[train], selection, seeds[k])
        return select_features(frequency, selection)

    def fit(task):
        k, member = task
        (train, held), columns = parts[k], chosen[k]
        rows, labels, of_rows, finer = values[np.ix_(train, columns)], classes[train], weight[train], kinds[train]
        if trained_copies is not None:
            kept = np.flatnonzero(np.isin(trained_copies.row, train))
            of = trained_copies.row[kept]
            rows = np.concatenate([rows, trained_copies.values[np.ix_(kept, columns)]])
            labels, finer = np.concatenate([labels, classes[of]]), np.concatenate([finer, kinds[of]])
            of_rows = np.concatenate([of_rows, weight[of] / np.bincount(of, minlength=len(values))[of]])
        member_seed = derived_seed(seeds[k], "member", member)
        predict, gain = fit_member(rows, labels, n_classes, spec, member_seed, weight=of_rows, kinds=finer)
        if pseudo_labels is not None and outside is not None:
            guess = predict(outside[:, columns])
            sure = np.flatnonzero(guess.max(axis=1) >= pseudo_labels["confidence"])
            rows = np.concatenate([rows, outside[np.ix_(sure, columns)]])
            labels = np.concatenate([labels, guess[sure].argmax(axis=1)])
            of_rows = np.concatenate([of_rows, np.full(len(sure), pseudo_labels["weight"])])
            finer = np.concatenate([finer, np.full(len(sure), -1)])
            predict, gain = fit_member(rows, labels, n_classes, spec, member_seed, weight=of_rows, kinds=finer)
        share = np.zeros(values.shape[1])
        share[columns] = gain / max(gain.sum(), np.finfo(float).tiny)
        further = None if outside is None else predict(outside[:, columns])
        mine, again = None, None
        if predicted_copies is not None:
            mine = np.flatnonzero(np.isin(predicted_copies.row, held))
            again = predict(predicted_copies.values[np.ix_(mine, columns)])
        fitted = Fit(columns, predict) if keep else None
        return held, predict(values[np.ix_(held, columns)]), further, share, mine, again, fitted

    inside, copied = _Mean(len(values), n_classes), None
    if predicted_copies is not None:
        copied = _Mean(len(predicted_copies.row), n_classes)
    total = None if outside is None else np.zeros((len(outside), n_classes))
    importance = np.zeros(values.shape[1])
    fits = []
    tasks = [(k, member) for k in range(len(parts)) for member in range(spec["seeds"])]
    with ThreadPoolExecutor(threads) as pool:
        chosen = list(pool.map(columns_of, range(len(parts))))
        # results are added in the order of the tasks, whichever ends first
        results = progress(pool.map(fit, tasks), len(tasks), "fits")
        for held, probability, further, share, mine, again, fitted in results:
            fits.append(fitted)
            inside.add(held, probability)
            importance += share
            if total is not None:
                total += further
            if copied is not None:
                copied.add(mine, again)
    return Predictions(
        inside.values(),
        None if total is None else total / len(tasks),
        importance / len(tasks),
        None if copied is None else copied.values(),
        tuple(fits) if keep else (),
    )


class _Mean:
    """Running mean of rows, each of which may be added any number of times."""

    def __init__(self, n, width):
        self._total, self._times = np.zeros((n, width)), np.zeros(n)

    def add(self, rows, values):
        self._total[rows] += values
        self._times[rows] += 1

    def values(self):
        """Return the means, NaN for rows that were never added."""
        with np.errstate(invalid="ignore"):
            return self._total / self._times[:, None]
