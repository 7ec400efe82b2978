"""Reductions over the points of many objects at once: each object is a segment of flat arrays.

A result depends on the points of its own segment alone, to the last bit: a batch equals its objects one by one. Empty
segments give NaN (0 for sums and counts).
"""

from functools import cached_property

import numpy as np

__all__ = ["Segments", "divide", "rest_days"]


def rest_days(lightcurves):
    """Return the rest-frame time of each point since its object's first one, shape (N,), days: dt / (1 + z)."""
    lc = lightcurves
    owner = lc.owner
    return (lc.mjd - lc.mjd[lc.start[owner]]) / (1.0 + lc.rest_redshift[owner])


def divide(a, b):
    """Return a / b with NaN where b is zero, and no warning."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(np.equal(b, 0), np.nan, np.asarray(a, dtype=float) / b)


class Segments:
    """Segments of flat arrays: segment k is start[k]:start[k + 1], with `start` (n + 1,) ascending."""

    def __init__(self, start):
        self.start = np.asarray(start, dtype=np.int64)

    def __len__(self):
        return len(self.start) - 1

    @cached_property
    def count(self):
        """Number of points of each segment, shape (n,)."""
        return np.diff(self.start)

    @cached_property
    def owner(self):
        """Number of the segment that each point belongs to, shape (N,)."""
        return np.repeat(np.arange(len(self)), self.count)

    @cached_property
    def _filled(self):
        return self.count > 0

    @cached_property
    def _all_filled(self):
        return bool(self._filled.all())

    def where(self, keep):
        """Return the segments of the points where `keep` (N,) is true."""
        return Segments(np.searchsorted(np.flatnonzero(keep), self.start))

    def sum(self, values):
        """Return the sum of `values` (N,) over each segment, 0 if empty, shape (n,)."""
        return self._reduce(np.add, np.asarray(values, dtype=float), 0.0)

    def mean(self, values, weights=None):
        """Return the mean of `values` (N,), weighted by `weights` (N,) if given, shape (n,)."""
        if weights is None:
            return divide(self.sum(values), self.count)
        return divide(self.sum(values * weights), self.sum(weights))

    def minimum(self, values):
        """Return the least of `values` (N,) in each segment, shape (n,)."""
        return self._reduce(np.minimum, np.asarray(values, dtype=float), np.nan)

    def maximum(self, values):
        """Return the largest of `values` (N,) in each segment, shape (n,)."""
        return self._reduce(np.maximum, np.asarray(values, dtype=float), np.nan)

    def argmax(self, values):
        """Return the index into `values` (N,) of each segment's first largest value, -1 if empty, shape (n,)."""
        top = self.maximum(values)[self.owner]
        index = np.where(values == top, np.arange(len(values)), len(values))
        return self._reduce(np.minimum, index, -1)

    def quantile(self, values, q):
        """Return the `q` quantile of `values` (N,), interpolated linearly between order statistics, shape (n,)."""
        if not len(values):
            return np.full(len(self), np.nan)
        ordered = np.asarray(values, dtype=float)[np.lexsort((values, self.owner))]
        at = np.maximum(self.count - 1, 0) * q
        low = np.floor(at).astype(np.int64)
        last = np.maximum(self.start[1:] - 1, 0)
        first = np.minimum(self.start[:-1] + low, last)
        second = np.minimum(first + 1, last)
        value = ordered[first] + (at - low) * (ordered[second] - ordered[first])
        return np.where(self._filled, value, np.nan)

    def span(self, times, keep):
        """Return the time from the first to the last point where `keep` (N,), 0 if there is none, shape (n,)."""
        kept = self.where(keep)
        return np.nan_to_num(kept.maximum(times[keep]) - kept.minimum(times[keep]))

    def padded(self, values, fill=np.nan):
        """Return `values` (N,) as rows of equal length, one for each segment, filled on the right, shape (n, most)."""
        rows = np.full((len(self), self.count.max(initial=0)), fill, dtype=float)
        rows[self.owner, np.arange(self.start[-1]) - self.start[self.owner]] = values
        return rows

    def successive(self):
        """Return the indices i of all points that have a follower i + 1 in the same segment, and their segments."""
        last = np.zeros(self.start[-1], dtype=bool)
        last[self.start[1:][self._filled] - 1] = True
        return np.flatnonzero(~last), self.where(~last)

    def pairs(self, times, max_lag):
        """Return index arrays (i, j) of all pairs i < j in a segment with times[j] - times[i] <= `max_lag`.

        times: (N,) ascending within a segment. Pairs are ordered by i, then j, hence by segment.
        """
        end = self.start[1:][self.owner]
        first, followers, ahead = np.arange(len(times)), np.zeros(len(times), dtype=np.int64), 1
        while first.size:
            first = first[first + ahead < end[first]]
            first = first[times[first + ahead] - times[first] <= max_lag]
            followers[first] = ahead
            ahead += 1
        i = np.repeat(np.arange(len(times)), followers)
        before = np.cumsum(followers) - followers
        return i, np.arange(len(i)) - before[i] + i + 1

    def of_pairs(self, i):
        """Return the segments of pairs whose first members `i` are ascending."""
        return Segments(np.searchsorted(i, self.start))

    def _reduce(self, function, values, empty):
        if self._all_filled and len(self):
            return function.reduceat(values, self.start[:-1])
        result = np.full(len(self), empty, dtype=values.dtype if isinstance(empty, int) else float)
        if self._filled.any():
            result[self._filled] = function.reduceat(values, self.start[:-1][self._filled])
        return result
