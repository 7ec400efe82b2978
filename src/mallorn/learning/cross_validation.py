"""Cross-validation: out-of-fold probabilities of the training objects, and of further objects by the same models."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from mallorn.learning.dataset import Dataset, Labelled
from mallorn.learning.oversampling import oversampled
from mallorn.learning.pipeline import fit_pipeline, fit_shared, forget_states, needs_of
from mallorn.runtime.progress import progress
from mallorn.seeds import derived_seed

__all__ = ["Augmented", "Options", "Predictions", "cross_validate", "train_predict"]


class Augmented(NamedTuple):
    """Altered copies of training objects: their `dataset`, and for each the `row` (c,) of its object."""

    dataset: Dataset
    row: np.ndarray


class Options(NamedTuple):
    """What `train_predict` and `cross_validate` do besides predicting held-out objects.

    outside: a `Dataset` of further objects to predict with every fit.
    trained: `Augmented` objects that are trained on along with their objects; all copies of an object together weigh as
        much as the object.
    predicted: `Augmented` objects that are predicted along with their held-out objects.
    pseudo_labels: {"confidence", "weight"}: a second fit also learns from objects `outside` whose most probable class
        has at least this probability, as if they were of that class, with this weight (self-training; Lee 2013).
        Held-out objects play no part in it. Their kinds are unknown. None for a single fit.
    keep: whether to return the fitted models.
    checkpoints: path of a folder for the states of fits of learners that resume; None for none. They are removed when
        all fits are done.
    oversample: the method to make artificial objects of rarer classes, see `mallorn.learning.oversampling`.
    """

    outside: Dataset | None = None
    trained: Augmented | None = None
    predicted: Augmented | None = None
    pseudo_labels: dict | None = None
    keep: bool = False
    checkpoints: str | None = None
    oversample: str = "none"


class Predictions(NamedTuple):
    """Results of `train_predict` and `cross_validate`: probabilities of C classes and importances of p features.

    inside (n, C): of the training objects when they were held out, NaN for those that never were. outside (m, C): of
    the objects outside, mean over all fits; None without any. importance (p,): mean over all fits of the importances,
    each fit's summing to one. augmented (c, C): of the augmented objects, by the models that held their objects out;
    None without any.
    fits: a `Pipeline` for each part and member, if they are kept.
    """

    inside: np.ndarray
    outside: np.ndarray | None
    importance: np.ndarray
    augmented: np.ndarray | None
    fits: tuple = ()


def cross_validate(objects, fold, spec, seed, threads, options=None):
    """Return the `Predictions` of a model that is trained, for each fold, on all other folds.

    fold (n,) int. The other arguments are those of `train_predict`.
    """
    parts = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in np.unique(fold)]
    return train_predict(objects, parts, spec, seed, threads, options)


def train_predict(objects, parts, spec, seed, threads, options=None):
    """Return the `Predictions` of the `Labelled` objects that `parts` hold out, and of the objects of `options`.

    parts: list of (train, predict), row numbers; a fit sees only the objects `train`, and objects that are predicted
        more than once get the mean.
    spec: the model's block of config.yaml: learner, balance, params, transforms, and `seeds`, the number of members
        averaged.
    threads: fits at a time, each on one thread; results do not depend on it.
    options: `Options`; None for none of them.
    """
    options = options or Options()
    reads_features = "features" in needs_of(spec)
    seeds = [derived_seed(seed, "part", k) for k in range(len(parts))]
    sums = _Sums(objects, options, len(objects.dataset.features.columns) if reads_features else 0)
    tasks = [(k, member) for k in range(len(parts)) for member in range(spec["seeds"])]

    def share(k):
        return fit_shared(spec, objects.take(parts[k][0]), seeds[k])

    def state_of(task):
        own = derived_seed(seeds[task[0]], "member", task[1])
        return own, None if options.checkpoints is None else f"{options.checkpoints}/{own}.safetensors"

    def fit(task):
        k = task[0]
        train, held = parts[k]
        own, checkpoint = state_of(task)
        pipeline = _fit(objects, train, spec, own, shared[k], options, checkpoint)
        return held, pipeline, _predict(pipeline, objects, held, options)

    # in a thread of the pool, a learner must not set the number of threads of linear algebra for the whole process
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        shared = list(pool.map(share, range(len(parts))))
        # results are added in the order of the tasks, whichever task ends first
        for result in progress(pool.map(fit, tasks), len(tasks), "fits"):
            sums.add(*result)
    for _, checkpoint in map(state_of, tasks if options.checkpoints else ()):
        forget_states(checkpoint)
    return sums.predictions(len(tasks))


def _fit(objects, train, spec, seed, shared, options, checkpoint):
    """Return the `Pipeline` of one member, fitted to the objects at the indices `train`.

    checkpoint: path of a file for the state of a fit that resumes; None for none.
    """
    part = objects.take(train)
    if options.trained is not None:
        part = part.and_also(_augmented(objects, train, options.trained))
    part = oversampled(part, options.oversample, seed)
    pipeline = fit_pipeline(spec, part, seed, shared=shared, checkpoint=checkpoint)
    if options.pseudo_labels is None or options.outside is None:
        return pipeline
    part = part.and_also(_pseudo_labelled(pipeline, options))
    return fit_pipeline(spec, part, seed, shared=shared, checkpoint=checkpoint)


def _augmented(objects, train, augmented):
    """Return the `Labelled` copies of the objects at the indices `train`."""
    kept = np.flatnonzero(np.isin(augmented.row, train))
    of = augmented.row[kept]
    weight = objects.weight[of] / np.bincount(of, minlength=len(objects.dataset))[of]
    made = objects.take(of)
    return made._replace(dataset=augmented.dataset.take(kept), weight=weight)


def _pseudo_labelled(pipeline, options):
    """Return the objects outside about which the model is sure, `Labelled` by it."""
    guess = pipeline.predict(options.outside)
    sure = np.flatnonzero(guess.max(axis=1) >= options.pseudo_labels["confidence"])
    dataset, unknown = options.outside.take(sure), np.full(len(sure), -1)
    weight = np.full(len(sure), options.pseudo_labels["weight"])
    return Labelled(dataset, guess[sure].argmax(axis=1), guess.shape[1], unknown, dataset.object_id, weight)


def _predict(pipeline, objects, held, options):
    """Return probabilities of the held-out objects, of those outside, and (rows, probabilities) of augmented ones."""
    outside = None if options.outside is None else pipeline.predict(options.outside)
    augmented = None
    if options.predicted is not None:
        rows = np.flatnonzero(np.isin(options.predicted.row, held))
        augmented = rows, pipeline.predict(options.predicted.dataset.take(rows))
    return pipeline.predict(objects.dataset.take(held)), outside, augmented


class _Sums:
    """Sums of the predictions of all fits."""

    def __init__(self, objects, options, n_features):
        n_classes, self._keep, self._fits = objects.n_classes, options.keep, []
        self._inside = _Mean(len(objects.dataset), n_classes)
        self._outside = None if options.outside is None else np.zeros((len(options.outside), n_classes))
        self._augmented = None if options.predicted is None else _Mean(len(options.predicted.row), n_classes)
        self._importance = np.zeros(n_features)

    def add(self, held, pipeline, predicted):
        inside, outside, augmented = predicted
        self._inside.add(held, inside)
        gain = pipeline.importance()
        if gain is not None:
            self._importance += gain / max(gain.sum(), np.finfo(float).tiny)
        if outside is not None:
            self._outside += outside
        if augmented is not None:
            self._augmented.add(*augmented)
        if self._keep:
            self._fits.append(pipeline)

    def predictions(self, n):
        """Return the `Predictions` by `n` fits."""
        outside = None if self._outside is None else self._outside / n
        augmented = None if self._augmented is None else self._augmented.values()
        return Predictions(self._inside.values(), outside, self._importance / n, augmented, tuple(self._fits))


class _Mean:
    """Running mean of rows; each may be added any number of times."""

    def __init__(self, n, width):
        self._total, self._times = np.zeros((n, width)), np.zeros(n)

    def add(self, rows, values):
        self._total[rows] += values
        self._times[rows] += 1

    def values(self):
        """Return the means, NaN for rows that were never added."""
        with np.errstate(invalid="ignore"):
            return self._total / self._times[:, None]
