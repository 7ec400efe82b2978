"""Logistic regression, L2 penalty, on more columns than objects (scikit-learn); left-out events choose its strength.

The penalty is the one with the least log loss for objects of left-out events: recognising siblings gains nothing. The
columns are those of `mallorn.learners.gram`.
"""

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from threadpoolctl import threadpool_limits

from mallorn.learners.gram import (
    LinearModel,
    centred,
    contributions,
    event_folds,
    gram_matrix,
    importance,
    load,
    predict,
    save,
)

__all__ = [
    "BY_EVENT",
    "NEEDS",
    "PARAMETERS",
    "RESOURCES",
    "SEARCH_SPACE",
    "contributions",
    "fit",
    "importance",
    "load",
    "predict",
    "save",
]

NEEDS = ("features",)

BY_EVENT = True

PARAMETERS = ("C", "parts", "max_iter", "tol")

SEARCH_SPACE = {"C": {"low": 1e-2, "high": 1e3, "log": True}}

RESOURCES = {"memory_mb": 1500}

_STRENGTHS = tuple(10.0 ** (k / 2) for k in range(-2, 6))
_DEFAULTS = {"parts": 5, "max_iter": 300, "tol": 1e-3}
_JITTER = 1e-5
"""Added to the diagonal of the Gram matrix, as a share of its mean: it is then positive definite."""


@threadpool_limits.wrap(limits=1, user_api="blas")
def fit(dataset, classes, weight, n_classes, params, seed, threads, event=None):
    """Return a fitted `LinearModel`; see `mallorn.learners.learner` for the arguments. The seed is not used.

    params: from `PARAMETERS`. `C` is the inverse penalty for columns whose squares sum to 1 in the average object; if
    it is left out, it is chosen among powers of 10. `parts` is the number of parts that events are dealt to for that
    choice. The others are those of scikit-learn's LogisticRegression.
    """
    from sklearn.linear_model import LogisticRegression  # imported only here: predictions do without it

    params = {**_DEFAULTS, **params}
    strength, parts = params.pop("C", None), params.pop("parts")
    columns, mean = centred(dataset.features.values)
    reduced, factor, size = _reduced(columns)
    if strength is None:
        strength = _chosen(reduced, classes, weight, event_folds(event, classes, parts), params)
    regression = LogisticRegression(C=strength, **params).fit(reduced, classes, sample_weight=weight)
    weights = regression.coef_.T.astype(float)
    if factor is not None:
        weights = columns.T @ solve_triangular(factor, weights, lower=True, trans="T").astype(np.float32)
    return LinearModel.of(weights / size, regression.intercept_, mean)


def _reduced(columns):
    """Return (columns (n, min(n, p)) in place of `columns` (n, p), Cholesky factor of their products, their size).

    The factor is None if these are the columns themselves. They are divided by size, the root mean square length of an
    object.
    """
    n, p = columns.shape
    size = max(np.sqrt(np.mean(np.sum(columns**2, axis=1, dtype=float))), np.finfo(np.float32).tiny)
    if p <= n:
        return columns / np.float32(size), None, size
    gram, jitter = gram_matrix(columns) / size**2, _JITTER
    while True:
        try:
            factor = cholesky(gram + jitter * np.eye(n), lower=True)
            # weights v for the rows of F are weights X^T F^-T v, over the size, for X over its size
            return factor.astype(np.float32), factor * size, size
        except LinAlgError:
            jitter *= 10.0


def _chosen(columns, classes, weight, part, params):
    """Return the inverse penalty with the least log loss on left-out parts.

    Once the loss has risen twice, weaker penalties are not tried, since they take longest.
    """
    from sklearn.linear_model import LogisticRegression

    parts = [(part != k, part == k) for k in np.unique(part)]
    parts = [(train, held) for train, held in parts if len(np.unique(classes[train])) > 1]
    models = [LogisticRegression(warm_start=True, **params) for _ in parts]
    losses = []
    for strength in _STRENGTHS:
        loss = 0.0
        for (train, held), model in zip(parts, models, strict=True):
            model.set_params(C=strength).fit(columns[train], classes[train], sample_weight=weight[train])
            found = np.zeros((np.count_nonzero(held), classes.max() + 1))
            found[:, model.classes_] = model.predict_proba(columns[held])
            p = np.clip(found[np.arange(len(found)), classes[held]], 1e-12, 1.0)
            loss -= np.sum(weight[held] * np.log(p))
        losses.append(loss)
        if len(losses) - 1 - int(np.argmin(losses)) >= 2:
            break
    return _STRENGTHS[int(np.argmin(losses))]
