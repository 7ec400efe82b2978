"""Features on one scale, for learners that need it: normal scores of ranks, missing values at the middle."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

__all__ = ["Scaling", "fit_scaling"]

_LIMIT = 3.0
"""Largest absolute score: the lowest and the highest value that a feature was fitted to have infinite ones."""


class Scaling(NamedTuple):
    """Of p features, `quantiles` (K, p) at equal steps from 0 to 1, and the `mean` (p,) of the scores fitted to.

    NaN for a feature that was never known.
    """

    quantiles: np.ndarray
    mean: np.ndarray

    def transform(self, features):
        """Return features (n, p) as normal scores of their rank less the mean, 0 where missing: (n, p) float64.

        The normal quantile of the share of values below, half of the share of equal values being below; values beyond
        those that were fitted to have the score of the lowest or highest.
        """
        return np.nan_to_num(_scores(self.quantiles, features) - self.mean)


def fit_scaling(features, n_quantiles=200):
    """Return the `Scaling` of features (n, p), NaN where missing."""
    at = np.linspace(0, 1, n_quantiles)
    quantiles = np.full((n_quantiles, features.shape[1]), np.nan)
    for k, column in enumerate(features.T):
        known = column[~np.isnan(column)]
        if len(known):
            quantiles[:, k] = np.quantile(known.astype(float), at)
    scores = _scores(quantiles, features)
    known = ~np.isnan(scores)
    count = known.sum(axis=0)
    mean = np.divide(np.where(known, scores, 0).sum(axis=0), count, out=np.zeros(len(count)), where=count > 0)
    return Scaling(quantiles, mean)


def _scores(quantiles, features):
    rank = np.linspace(0, 1, len(quantiles))
    scores = np.empty(features.shape)
    for k, column in enumerate(features.T):
        ascending, values = quantiles[:, k], column.astype(float)
        # from the left and from the right: a run of equal quantiles is met at either end
        share = np.interp(values, ascending, rank) - np.interp(-values, -ascending[::-1], -rank[::-1])
        scores[:, k] = np.clip(ndtri(share / 2), -_LIMIT, _LIMIT)
    return scores
