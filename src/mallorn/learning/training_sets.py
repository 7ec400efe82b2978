"""Training sets: all training objects, or all but one outer fold, through one and the same chain.

The chain (cross-validation, ensembles, calibration, threshold) is run with a training set's name. `final` trains on all
training objects and predicts the test set. `outer_k` knows nothing of fold k: it trains on the other folds, which are
its inner folds, and predicts the objects of fold k. So what is scored on outer folds is made exactly as what is
submitted (nested cross-validation; Varma & Simon 2006, BMC Bioinformatics 7, 91), with one fold less to learn from.
"""

import numpy as np

from mallorn.errors import ConfigError

__all__ = ["FINAL", "study_of", "training_rows"]

FINAL = "final"


def study_of(training, protocol, repeat):
    """Return the name of the study that looks for parameters for a training set: see `mallorn.learning.tuning`."""
    return FINAL if training == FINAL else f"{training}_{protocol}_{repeat}"


def training_rows(training, fold):
    """Return (inside, held_out), numbers of the objects that a training set trains on and of those it predicts.

    training: "final", which trains on all and holds none of them out, or "outer_k"; fold (n,) int of one repeat.
    Raises ConfigError on another name, or if no object is in the outer fold.
    """
    fold = np.asarray(fold)
    if training == FINAL:
        return np.arange(len(fold)), np.empty(0, dtype=int)
    prefix, _, number = training.partition("_")
    if prefix != "outer" or not number.isdigit():
        raise ConfigError(f"training set: expected {FINAL} or outer_0, outer_1, ..., found {training!r}")
    held_out = fold == int(number)
    if not held_out.any():
        raise ConfigError(f"training set {training}: no object is in fold {number}; see folds.number")
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
