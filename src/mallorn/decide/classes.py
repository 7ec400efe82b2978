"""Probabilities of several classes, where the class sought is known better or members know different classes."""

import numpy as np

from mallorn.errors import DataError

__all__ = ["finest", "rescaled", "shared_out"]


def rescaled(classes, probability):
    """Return the probabilities `classes` (n, C) with `probability` (n,) for class 0; the others share the rest.

    The others keep their proportions; where all of them are 0, they have equal parts.
    """
    return shared_out(probability, np.asarray(classes, dtype=float)[:, 1:])


def shared_out(probability, others):
    """Return (n, 1 + C): `probability` (n,) of class 0, and the rest of 1 in proportion to `others` (n, C)."""
    probability, total = np.asarray(probability, dtype=float), others.sum(axis=1, keepdims=True)
    share = np.divide(others, total, out=np.full(others.shape, 1.0 / others.shape[1]), where=total > 0)
    return np.column_stack([probability, (1.0 - probability)[:, None] * share])


def finest(names):
    """Return (names of the finest classes, (m,) bool of members that know them) from the class names of m members.

    Raises DataError if members differ in the class sought, or if two have equally many classes that are not the same.
    """
    best = max(names, key=len)
    for other in names:
        if other[0] != best[0] or (len(other) == len(best) and tuple(other) != tuple(best)):
            raise DataError(
                f"ensembles: the members' classes do not fit together: {', '.join(best)}, and {', '.join(other)}; "
                "delete results/predictions and run again"
            )
    return tuple(best), np.array([tuple(other) == tuple(best) for other in names])
