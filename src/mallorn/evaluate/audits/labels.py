"""Audit leakage of labels: a model trained on shuffled labels must do no better than chance."""

import numpy as np

from mallorn.evaluate.audits.verdict import verdict
from mallorn.metrics import roc_auc
from mallorn.seeds import generator

__all__ = ["audit_labels", "chance_spread", "shuffled_events"]


def shuffled_events(target, event, rng):
    """Return labels (n,), shuffled between events; all copies of an event get the same label.

    target (n,) 0 or 1, event (n,) str.
    """
    events, first, event = np.unique(np.asarray(event, dtype=str), return_index=True, return_inverse=True)
    return np.asarray(target)[first][rng.permutation(len(events))][event]


def chance_spread(target, event, probability, rounds, rng):
    """Return the standard deviation of the ROC AUC of `probability` for labels shuffled between events."""
    return float(np.std([roc_auc(shuffled_events(target, event, rng), probability) for _ in range(rounds)]))


def audit_labels(predict, target, event, shuffles, rounds, seed, limit=4.0):
    """Return the verdict: fail if the mean ROC AUC for shuffled labels is more than `limit` errors above 0.5.

    Predictions pass if they know nothing of the labels that they are scored with. They fail if any step before or in
    training saw the labels of the predicted objects. Examples are features chosen on all objects, or folds that
    separate the copies of an event, since each copy carries the event's shuffled label.

    predict: function of labels (n,) that returns out-of-fold probabilities (n,): the whole training chain, with folds
    that keep events together. shuffles: number of times that it is trained on shuffled labels. rounds: number of
    shuffles that give the spread of chance for fixed predictions.
    """
    auc, spread = [], []
    for k in range(shuffles):
        rng = generator(seed, "shuffled labels", k)
        shuffled = shuffled_events(target, event, rng)
        probability = predict(shuffled)
        auc.append(roc_auc(shuffled, probability))
        spread.append(chance_spread(shuffled, event, probability, rounds, rng))
    error = float(np.sqrt(np.mean(np.square(spread)) / shuffles))
    excess = (float(np.mean(auc)) - 0.5) / error
    leaks = excess > limit
    finding = (
        f"trained on labels shuffled between events, the mean ROC AUC of {shuffles} trials is {np.mean(auc):.3f} "
        f"+- {error:.3f}: {'labels reach the predictions they score' if leaks else 'chance level'}"
    )
    numbers = {"roc_auc": auc, "mean": float(np.mean(auc)), "error": error, "excess": excess, "limit": limit}
    return verdict("shuffled labels", "fail" if leaks else "pass", finding, **numbers)
