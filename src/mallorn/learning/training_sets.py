"""Training sets: all training objects, all but one outer fold, or copies of all, in one chain.

The chain (cross-validation, ensembles, calibration, threshold) runs with a training set's name. `final` trains on all
training objects and predicts the test set. `outer_k` knows nothing of fold k: it trains on the other folds, its inner
folds, and predicts the objects of fold k. Predictions of outer folds are thus made exactly like the submission (nested
cross-validation; Varma & Simon 2006, BMC Bioinformatics 7, 91), with one fold less to learn from.

These sets learn from objects with a redshift, and score such objects. The others train on copies of the training
objects. `no_redshift` has copies without their redshift and predicts the test objects that have none. `other_surveys`
has copies as other surveys would have seen them, and `early` copies as objects were known at some ages;
`other_surveys_no_redshift` and `early_no_redshift` have the same without redshift. These four predict new objects only.
"""

import numpy as np

from mallorn.errors import ConfigError

__all__ = [
    "COPIES",
    "EARLY",
    "EARLY_WITHOUT_REDSHIFT",
    "FINAL",
    "KNOWING_NO_REDSHIFT",
    "OTHER_SURVEYS",
    "OTHER_SURVEYS_WITHOUT_REDSHIFT",
    "WITHOUT_REDSHIFT",
    "study_of",
    "training_rows",
]

FINAL = "final"
COPIES = ("no_redshift", "other_surveys", "other_surveys_no_redshift", "early", "early_no_redshift")
"""The training sets of copies; each has the name of the augmentation that makes it."""
WITHOUT_REDSHIFT, OTHER_SURVEYS, OTHER_SURVEYS_WITHOUT_REDSHIFT, EARLY, EARLY_WITHOUT_REDSHIFT = COPIES
KNOWING_NO_REDSHIFT = (WITHOUT_REDSHIFT, OTHER_SURVEYS_WITHOUT_REDSHIFT, EARLY_WITHOUT_REDSHIFT)


def study_of(training, protocol, repeat):
    """Return the name of the study that searches parameters for a training set: see `mallorn.learning.tuning`."""
    return FINAL if training in (FINAL, *COPIES) else f"{training}_{protocol}_{repeat}"


def training_rows(training, fold, has_redshift=None):
    """Return (inside, held_out): indices of the objects that a training set trains on, and of those it predicts.

    training: "final" or one of `COPIES`, which hold no objects out, or "outer_k"; fold (n,) int of one repeat.
    has_redshift: (n,) bool, all true by default. Only `KNOWING_NO_REDSHIFT` take objects without one, unless no object
    has a redshift. Raises ConfigError for another name, or if no object is in the outer fold.
    """
    fold = np.asarray(fold)
    taken = np.ones(len(fold), dtype=bool)
    if training not in KNOWING_NO_REDSHIFT and np.any(has_redshift):
        taken = np.asarray(has_redshift, dtype=bool)
    if training in (FINAL, *COPIES):
        return np.flatnonzero(taken), np.empty(0, dtype=int)
    prefix, _, number = training.partition("_")
    if prefix != "outer" or not number.isdigit():
        raise ConfigError(f"training set: expected {FINAL} or outer_0, outer_1, ..., found {training!r}")
    held_out = taken & (fold == int(number))
    if not held_out.any():
        raise ConfigError(f"training set {training}: no object is in fold {number}; see folds.number")
    return np.flatnonzero(taken & ~held_out), np.flatnonzero(held_out)
