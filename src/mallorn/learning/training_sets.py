"""Training sets: all training objects, all but one outer fold, or all without redshifts, through one chain.

The chain (cross-validation, ensembles, calibration, threshold) is run with a training set's name. `final` trains on all
training objects and predicts the test set. `outer_k` knows nothing of fold k: it trains on the other folds, which are
its inner folds, and predicts the objects of fold k. So what is scored on outer folds is made exactly as what is
submitted (nested cross-validation; Varma & Simon 2006, BMC Bioinformatics 7, 91), with one fold less to learn from.

These learn from objects with a redshift, and score such objects. `no_redshift` trains on copies of all training objects
from which the redshift was taken away, and predicts the test objects that have none.
"""

import numpy as np

from mallorn.errors import ConfigError

__all__ = ["FINAL", "WITHOUT_REDSHIFT", "study_of", "training_rows"]

FINAL = "final"
WITHOUT_REDSHIFT = "no_redshift"
"""The training set without redshifts, and the augmentation that it is made of."""


def study_of(training, protocol, repeat):
    """Return the name of the study that looks for parameters for a training set: see `mallorn.learning.tuning`."""
    return FINAL if training in (FINAL, WITHOUT_REDSHIFT) else f"{training}_{protocol}_{repeat}"


def training_rows(training, fold, has_redshift=None):
    """Return (inside, held_out), numbers of the objects that a training set trains on and of those it predicts.

    training: "final" or "no_redshift", which hold none of the objects out, or "outer_k"; fold (n,) int of one repeat.
    has_redshift: (n,) bool, all by default. Objects without are taken by "no_redshift" alone, unless no object has one.
    Raises ConfigError on another name, or if no object is in the outer fold.
    """
    fold = np.asarray(fold)
    taken = np.ones(len(fold), dtype=bool)
    if training != WITHOUT_REDSHIFT and np.any(has_redshift):
        taken = np.asarray(has_redshift, dtype=bool)
    if training in (FINAL, WITHOUT_REDSHIFT):
        return np.flatnonzero(taken), np.empty(0, dtype=int)
    prefix, _, number = training.partition("_")
    if prefix != "outer" or not number.isdigit():
        raise ConfigError(f"training set: expected {FINAL} or outer_0, outer_1, ..., found {training!r}")
    held_out = taken & (fold == int(number))
    if not held_out.any():
        raise ConfigError(f"training set {training}: no object is in fold {number}; see folds.number")
    return np.flatnonzero(taken & ~held_out), np.flatnonzero(held_out)
