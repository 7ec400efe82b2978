"""Audit of label leakage: a model trained on shuffled labels must do no better than chance."""

import numpy as np

from mallorn.evaluate.audits.verdict import verdict
from mallorn.metrics import roc_auc
from mallorn.seeds import generator

__all__ = ["audit_labels", "chance_spread", "shuffled_events"]


def shuffled_events(target, event, rng):
    """Return labels (n,): those of the events dealt anew to the events, all copies of one getting the same.

    target (n,) 0 or 1, event (n,) str.
    """
    events, first, event = np.unique(np.asarray(event, dtype=str), return_index=True, return_inverse=True)
    return np.asarray(target)[first][rng.permutation(len(events))][event]


def chance_spread(target, event, probability, rounds, rng):
    """Return the standard deviation of the ROC AUC of `probability` with labels shuffled between events."""
    return float(np.std([roc_auc(shuffled_events(target, event, rng), probability) for _ in range(rounds)]))


def audit_labels(predict, target, event, shuffles, rounds, seed, limit=4.0):
    """Return the verdict: fail if the mean ROC AUC for shuffled labels is more than `limit` errors above 0.5.

    What passes: predictions that know nothing of the labels they are scored with. What fails: anything before or in
    training that saw the labels of the objects predicted, such as features chosen on all of them, or folds that part
    the copies of an event, each of which carries the event's shuffled label.

    predict: function of labels (n,) that returns out-of-fold probabilities (n,), the whole training chain with folds
    that keep events together. shuffles: times that labels are shuffled. rounds: shuffles of labels against
    predictions that give the spread of chance.
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
