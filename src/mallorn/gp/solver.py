r"""Factorise the covariances of a whole batch exactly, in O(N), with one call of celerite2.

In celerite2 the diagonal and the generators U, V may differ from row to row; only the decay rates c are shared. Each
object's time is therefore measured in units of its own decay time, x = w t. Then c = 1 for all, and the objects can
follow one another on one axis. After an object's last point the axis jumps up by `_UP`, where exp(-_UP) is exactly 0:
nothing is remembered, and the covariance is block diagonal. Blank rows (no signal, see `Batch`) then bring the axis
down again, by at most `_DOWN` each, where exp(_DOWN) is still finite. Objects thus lie around x = 0 with full precision
instead of drifting away along the axis, and results do not depend on what else is in the batch.
"""

from typing import NamedTuple

import numpy as np
from celerite2 import driver

from mallorn.gp.batch import BLANKS

__all__ = ["Factor", "factorise", "innovations"]

_UP = 750.0
_DOWN = 700.0


class Factor(NamedTuple):
    """K = L diag(d) L^T of a batch: axis (N,), U and W (N, rank), pivots d (N,)."""

    axis: np.ndarray
    U: np.ndarray
    W: np.ndarray
    d: np.ndarray

    def solve(self, columns):
        """Return L^-1 `columns`, shape (N, p), C-contiguous; `columns` is overwritten."""
        return driver.solve_lower(self.axis, np.ones(self.U.shape[1]), self.U, self.W, columns, columns)

    def solve_transposed(self, columns):
        """Return L^-T `columns`, shape (N, p), C-contiguous; `columns` is overwritten."""
        return driver.solve_upper(self.axis, np.ones(self.U.shape[1]), self.U, self.W, columns, columns)


def factorise(model, batch, theta):
    """Return the `Factor` of the covariances of `batch` under `model` with log parameters `theta` (m, k).

    Raises numpy.linalg.LinAlgError if the covariance of any object is not positive definite to rounding.
    """
    x = np.repeat(model.rate(theta), np.diff(batch.start)) * batch.time
    a, U, V = model.generators(batch, theta, x)
    axis, d, W = _axis(batch, x), np.empty(len(x)), np.empty(U.shape)
    try:
        driver.factor(axis, np.ones(U.shape[1]), a + batch.noise, U, V, d, W)
    except driver.LinAlgError:
        raise np.linalg.LinAlgError("covariance matrix not positive definite") from None
    return Factor(axis, U, W, d)


def innovations(model, batch, theta):
    """Return Z = L^-1 [y, 1] (N, 2), zero in blanks, and the pivots d (N,), one in blanks.

    Fits reach the numerical code through this function alone: another engine offers one with the same signature. An
    object whose covariance is not positive definite to rounding gets NaN.
    """
    try:
        factor = factorise(model, batch, theta)
    except np.linalg.LinAlgError:
        return _innovations_of_halves(model, batch, theta)
    return factor.solve(np.stack([batch.y, batch.live], axis=1)), factor.d


def _innovations_of_halves(model, batch, theta):
    if len(batch) == 1:
        return np.full((len(batch.y), 2), np.nan), np.full(len(batch.y), np.nan)
    parts = np.array_split(np.arange(len(batch)), 2)
    Z, d = zip(*(innovations(model, batch.take(part), theta[part]) for part in parts), strict=True)
    return np.concatenate(Z), np.concatenate(d)


def _axis(batch, x):
    """Lay the scaled times `x` of the objects one after the other on one axis, as the module's docstring describes."""
    first, last = batch.start[:-1], batch.start[1:] - BLANKS - 1
    begin, end = x[first], x[last]
    # The middle of an object lies at 0, or, if its predecessors are too long to come back, as low as it can:
    # o[k + 1] = max(0, o[k] + step[k]), written without a loop.
    step = end[:-1] - begin[1:] + _UP - BLANKS * _DOWN
    walk = np.concatenate([[0.0], np.cumsum(step)])
    middle = walk - np.minimum.accumulate(walk)
    axis = x + middle[batch.owner]
    top = middle + end + _UP
    follower = np.append(middle[1:] + begin[1:], top[-1])
    axis[last + 1] = top
    axis[last + 2] = 0.5 * (top + follower)
    return axis
