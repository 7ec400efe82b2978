r"""Ridge regression of the classes on more columns than objects; leaving out each event chooses its strength.

The targets Y are 1 for an object's own class and 0 for others. Let K be the Gram matrix of the columns and a constant
one, G = (K + lambda I)^-1 and A = G Y. The residuals of the objects g of a left-out event are then exactly

    r_g = (G_gg)^-1 A_g,

without a new fit (the block form of the PRESS residuals of Allen 1974, Technometrics 16, 125). lambda is the one with
the least sum of their squares. A logistic model of the predictions for left-out objects makes probabilities; it is
linear and becomes a part of the weights. The columns are those of `mallorn.learners.gram`.
"""

import numpy as np
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from mallorn.learners.gram import LinearModel, centred, contributions, gram_matrix, importance, load, predict, save

__all__ = [
    "BY_EVENT",
    "NEEDS",
    "PARAMETERS",
    "RESOURCES",
    "SEARCH_SPACE",
    "contributions",
    "fit",
    "importance",
    "left_out",
    "load",
    "predict",
    "save",
]

NEEDS = ("features",)

BY_EVENT = True

PARAMETERS = ("penalty",)

SEARCH_SPACE = {"penalty": {"low": 1e-3, "high": 1e3, "log": True}}

RESOURCES = {"memory_mb": 1500}

_PENALTIES = tuple(10.0 ** (k / 2) for k in range(-6, 7))
_CONSTANT = 1e3
"""Square of the constant column, where the squares of the others sum to 1: the intercept is hardly penalised."""


@threadpool_limits.wrap(limits=1, user_api="blas")
def fit(dataset, classes, weight, n_classes, params, seed, threads, event=None):
    """Return a fitted `LinearModel`; see `mallorn.learners.learner` for the arguments. The seed is not used.

    params: `penalty`, for columns whose squares sum to 1 in the average object. If it is left out, it is chosen among
    powers of 10.
    """
    from sklearn.linear_model import LogisticRegression  # imported only here: predictions do without it

    columns, mean = centred(dataset.features.values)
    root = np.sqrt(weight)[:, None]
    gram = gram_matrix(columns)
    size = max(np.trace(gram) / len(gram), np.finfo(np.float32).tiny)
    gram = (gram / size + _CONSTANT) * root * root.T
    share = np.average(np.eye(n_classes)[classes], axis=0, weights=weight)
    target = (np.eye(n_classes)[classes] - share) * root
    values, vectors = eigh(gram)
    values = np.maximum(values, 0.0)
    groups = _groups(event)
    penalties = [params["penalty"]] if "penalty" in params else _PENALTIES
    residuals = [left_out(values, vectors, target, penalty, groups) for penalty in penalties]
    best = int(np.argmin([np.sum(residual**2) for residual in residuals]))
    dual = root * (vectors @ ((vectors.T @ target) / (values + penalties[best])[:, None]))
    weights, constant = columns.T @ (dual / size).astype(np.float32), _CONSTANT * dual.sum(axis=0)
    told = (target - residuals[best]) / root  # of each object, by a model that has not seen its event
    link = LogisticRegression(C=1.0, max_iter=1000).fit(told, classes, sample_weight=weight)
    return LinearModel.of(weights @ link.coef_.T, constant @ link.coef_.T + link.intercept_, mean)


def left_out(values, vectors, target, penalty, groups):
    """Return the residuals (n, C) of each object by a ridge regression without its group.

    values (n,), vectors (n, n): eigenvalues and eigenvectors of the Gram matrix. target (n, C). groups: list of arrays
    of row numbers.
    """
    inverse = 1.0 / (values + penalty)
    dual = vectors @ (inverse[:, None] * (vectors.T @ target))
    residual = np.empty_like(target)
    for rows in groups:
        block = (vectors[rows] * inverse) @ vectors[rows].T
        residual[rows] = np.linalg.solve(block, dual[rows])
    return residual


def _groups(event):
    """Return the row numbers of the objects of each event."""
    _, which, count = np.unique(np.asarray(event, dtype=str), return_inverse=True, return_counts=True)
    return np.split(np.argsort(which, kind="stable"), np.cumsum(count)[:-1])
