"""Find the training objects most like an object, by distances between robustly scaled features."""

import numpy as np

__all__ = ["Scaler", "nearest"]

_LIMIT = 4.0


class Scaler:
    """Robust scaling of features (p,): zero at the median, half of the central 68% as unit, clipped at 4.

    A feature that does not vary counts as zero everywhere.
    """

    def __init__(self, values):
        """values: (n, p), NaN where unknown."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # features that no object has
            quantiles = np.nanpercentile(values, [16.0, 50.0, 84.0], axis=0) if values.shape[1] else np.zeros((3, 0))
        low, middle, high = quantiles
        half = 0.5 * (high - low)
        self._fine = half > 0
        self._middle = np.where(self._fine, middle, 0.0)
        self._half = np.where(self._fine, half, 1.0)

    def __call__(self, values):
        """Return scaled `values` (m, p), NaN where unknown."""
        scaled = np.clip((values - self._middle) / self._half, -_LIMIT, _LIMIT)
        return np.where(self._fine, scaled, np.where(np.isnan(values), np.nan, 0.0))


def nearest(values, others, number):
    """Return (rows (m, number), distances (m, number)) of the `others` nearest to each row of `values`.

    values: (m, p) and others: (n, p), both scaled. The distance is the root mean squared difference of features. A
    feature that one object lacks counts as one unit, a feature that both lack as zero.
    """
    number = min(number, len(others))
    rows = np.empty((len(values), number), dtype=int)
    distances = np.empty((len(values), number))
    unknown = np.isnan(others)
    for k, value in enumerate(values):
        lacks = np.isnan(value)
        difference = np.where(unknown | lacks, np.where(unknown & lacks, 0.0, 1.0), others - value)
        distance = np.sqrt(np.mean(difference**2, axis=1))
        rows[k] = np.argsort(distance, kind="stable")[:number]
        distances[k] = distance[rows[k]]
    return rows, distances
