"""Losses and links of the boosters: probabilities from margins, and the focal loss for two classes."""

import numpy as np
from scipy.special import expit, softmax

__all__ = ["focal", "probabilities"]


def focal(margin, target, gamma):
    """Return (gradient (n,), hessian (n,)) in the margin of the focal loss -(1 - q)^gamma ln q.

    q is the probability of an object's own class: the logistic function of `margin` (n,) for targets, and of its
    negative for others. Objects that are already classified well count less; gamma = 0 is the log loss (Lin et al.
    2017, ICCV, arXiv:1708.02002, equation 4). The hessian is negative where the loss is concave; it is kept above 1e-6,
    since boosters take Newton steps.

    target: (n,) bool or 0 and 1; gamma: >= 0.
    """
    sign = np.where(np.asarray(target) > 0, 1.0, -1.0)
    q = np.clip(expit(sign * np.asarray(margin, dtype=float)), 1e-12, 1 - 1e-12)
    inner = gamma * q * np.log(q) - (1 - q)
    gradient = (1 - q) ** gamma * inner
    hessian = q * (1 - q) ** gamma * ((1 - q) * (gamma * np.log(q) + gamma + 1) - gamma * inner)
    return sign * gradient, np.maximum(hessian, 1e-6)


def probabilities(margin):
    """Return class probabilities (n, C) from margins: (n,) for class 0 of two, or (n, C)."""
    margin = np.asarray(margin, dtype=float)
    if margin.ndim > 1:
        return softmax(margin, axis=1)
    return np.column_stack([expit(margin), expit(-margin)])
