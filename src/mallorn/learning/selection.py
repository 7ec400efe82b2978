"""Stability selection: the features that a model keeps choosing, whichever events of a training part it sees."""

import numpy as np

from mallorn.learning.training import fit_member
from mallorn.seeds import derived_seed, generator

__all__ = ["select_features", "selection_frequency"]


def selection_frequency(values, classes, n_classes, source, options, seed):
    """Return how often each feature is among the best of a model fitted to a random part, shape (p,), 0 to 1.

    Stability selection (Meinshausen & Buehlmann 2010, JRSS B 72, 417): `rounds` times, the `ranker` is fitted to the
    objects of a random `fraction` of the source events, and the `top` features by importance are counted. Whole events
    are drawn, so that a feature that only tells the copies of one event apart comes and goes.

    values (n, p) float32, classes (n,) int, source (n,) str: of the training part only.
    options: block `selection` of config.yaml.
    """
    events, event = np.unique(np.asarray(source, dtype=str), return_inverse=True)
    positive = np.unique(event[classes == 0])
    negative = np.setdiff1d(np.arange(len(events)), positive)
    count = np.zeros(values.shape[1])
    for k in range(options["rounds"]):
        rng = generator(seed, "selection", k)
        # targets and others are drawn apart, since a part without targets teaches nothing
        parts = [
            rng.permutation(group)[: max(1, round(options["fraction"] * len(group)))] for group in (positive, negative)
        ]
        rows = np.flatnonzero(np.isin(event, np.concatenate(parts)))
        member = derived_seed(seed, "ranker", k)
        _, gain = fit_member(values[rows], classes[rows], n_classes, options["ranker"], member)
        best = np.argsort(-gain, kind="stable")[: options["top"]]
        count[best[gain[best] > 0]] += 1
    return count / options["rounds"]


def select_features(frequency, options):
    """Return the numbers of the features to keep, ascending: those with `frequency` at least `options["frequency"]`.

    If fewer than `options["fewest"]` reach it, the most frequent ones. frequency: (p,) as from `selection_frequency`.
    """
    kept = np.flatnonzero(frequency >= options["frequency"])
    if len(kept) < options["fewest"]:
        kept = np.sort(np.argsort(-frequency, kind="stable")[: options["fewest"]])
    return kept
