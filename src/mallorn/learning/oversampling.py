"""Artificial objects of the rarer classes, made from those in training: SMOTE (Chawla et al. 2002, JAIR 16, 321)."""

import numpy as np

from mallorn.errors import ConfigError
from mallorn.learning.dataset import of_values

__all__ = ["METHODS", "oversampled"]

METHODS = ("none", "smote")
"""Allowed values of `training.oversample`."""

_NEIGHBOURS = 5
_LIMIT = 3.0  # largest absolute score
_MARK = 1e-6  # score of a missing value: too little to count in a distance


def oversampled(part, method, seed):
    """Return the `Labelled` objects `part`, followed by artificial ones, until all kinds have equal numbers.

    method: one of `METHODS`; with "none" the same objects are returned. "smote" draws a point on the line between an
    object and one of the five nearest of its kind, by imbalanced-learn. It works in the space of normal scores, which
    no feature with a long tail dominates; the quantiles of the objects turn scores back into values. A value that one
    of the two objects lacks is that of the other, or missing if the other is farther away. An artificial object has
    weight 1 and the event of the most similar object. Kinds with a single object stay as they are. All is fitted to
    `part` alone: call it with the training data of a fit.
    seed: integer. Raises ConfigError if imbalanced-learn is not installed.
    """
    if method == "none":
        return part
    from mallorn.learning.transforms.normal_scores import fit_scaling

    values = part.dataset.features.values
    scaling = fit_scaling(values)
    points = np.hstack([scaling.transform(values), np.isnan(values) * np.float32(_MARK)])
    made, kinds = _smote(points, part.kinds, seed)
    if not len(made):
        return part
    scores, absent = np.split(made, 2, axis=1)
    absent = absent / _MARK  # 0: both have a value, 1: neither has; in between, one has the score 0 for a missing value
    table = _values(scaling, scores / np.maximum(1.0 - absent, 0.5))
    table = np.where(absent > 0.5, np.nan, table).astype(values.dtype)
    nearest = _nearest(points, part.kinds, made, kinds)
    names = np.array([f"smote {k}" for k in range(len(made))], dtype=object)
    dataset = of_values(table, part.dataset.features.columns, names)
    new = part.take(nearest)._replace(dataset=dataset, weight=np.ones(len(made)))
    return part.and_also(new)


def _smote(points, kinds, seed):
    """Return artificial points (m, p) and their kinds (m,)."""
    try:
        from imblearn.over_sampling import SMOTE
    except ImportError:
        raise ConfigError(
            "training.oversample: smote needs the package imbalanced-learn: pip install 'mallorn[oversampling]'"
        ) from None
    number = {kind: n for kind, n in zip(*np.unique(kinds, return_counts=True), strict=True) if n > 1}
    wanted = {kind: max(number.values()) for kind in number}
    used = np.flatnonzero(np.isin(kinds, list(number)))
    sampler = SMOTE(
        sampling_strategy=wanted, k_neighbors=min(_NEIGHBOURS, min(number.values()) - 1), random_state=seed % 2**32
    )
    made, of = sampler.fit_resample(points[used], kinds[used])
    return made[len(used) :], of[len(used) :]


def _values(scaling, scores):
    """Return the values of features from their scores (m, p)."""
    from scipy.special import ndtri

    at = np.clip(ndtri(np.linspace(0.0, 1.0, len(scaling.quantiles))), -_LIMIT, _LIMIT)
    ranked = scores + scaling.mean
    return np.array([np.interp(s, at, q) for s, q in zip(ranked.T, scaling.quantiles.T, strict=True)]).T


def _nearest(points, kinds, made, kinds_made):
    """Return the index (m,) of the nearest object of the same kind for each artificial one."""
    nearest = np.empty(len(made), dtype=np.int64)
    for kind in np.unique(kinds_made):
        rows, new = np.flatnonzero(kinds == kind), np.flatnonzero(kinds_made == kind)
        own = points[rows].astype(float)
        square = (own**2).sum(axis=1) - 2.0 * made[new].astype(float) @ own.T
        nearest[new] = rows[square.argmin(axis=1)]
    return nearest
