"""The learning curve: train on fewer events of targets, to see what more of them would bring."""

import numpy as np

from mallorn.learning.cross_validation import train_predict
from mallorn.seeds import derived_seed, generator

__all__ = ["learning_curve", "thinned_parts"]


def thinned_parts(target, event, fold, fraction, rng):
    """Return (parts, events): rows (train, predict) of each fold, with a `fraction` of the targets' events.

    Each training part keeps at least one event of targets, and all other objects. For the same state of `rng`, the
    events of a smaller fraction are among those of a larger one. events: mean number of events kept.

    target (n,) 0 or 1; event (n,) str; fold (n,) int.
    """
    events = np.unique(np.asarray(event, dtype=str)[target == 1])
    order = events[rng.permutation(len(events))]
    parts, kept = [], []
    for k in np.unique(fold):
        train = np.flatnonzero(fold != k)
        present = order[np.isin(order, event[train].astype(str))]
        chosen = present[: max(1, round(fraction * len(present)))]
        keep = (target[train] == 0) | np.isin(event[train].astype(str), chosen)
        parts.append((train[keep], np.flatnonzero(fold == k)))
        kept.append(len(chosen))
    return parts, float(np.mean(kept))


def learning_curve(objects, labels, spec, options, seed, threads):
    """Yield (fraction, draw, events, probability (n,)) for each fraction and draw, on the folds of one repeat.

    objects: `Labelled`; labels: {"target", "event", "fold"} (n,) each; spec: a block of `models`; options:
    {"fractions", "draws"}. events: mean number of target events in training. The smallest class may lose its last
    object; its probability is then 0.
    """
    for draw in range(options["draws"]):
        for fraction in sorted(options["fractions"]):
            rng = generator(seed, "learning_curve", draw)
            parts, events = thinned_parts(labels["target"], labels["event"], labels["fold"], fraction, rng)
            member = derived_seed(seed, "learning_curve", draw)
            predictions = train_predict(objects, parts, spec, member, threads)
            yield fraction, draw, events, predictions.inside[:, 0]
