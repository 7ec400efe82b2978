"""Helpers of the families that read the multi-band posterior at its knots: names, positions, straight lines."""

import numpy as np

from mallorn.errors import ConfigError

__all__ = ["fit_line", "knot_positions", "phase_name"]


def phase_name(phase):
    """Return the name of a rest-frame phase in days: p20 for +20, m40 for -40."""
    return f"{'m' if phase < 0 else 'p'}{abs(phase):g}"


def knot_positions(knots, phases, field):
    """Return the indices of the rest-frame `phases` among the posterior's `knots`, both in days.

    Raises ConfigError if a phase is no knot; `field` is the field of the configuration that asks for it.
    """
    knots = list(np.asarray(knots, dtype=float))
    missing = [phase for phase in phases if phase not in knots]
    if missing:
        have = ", ".join(f"{k:g}" for k in knots)
        raise ConfigError(
            f"{field}: phases must be among posterior.knots ({have}), got {missing}; add them there or drop them here"
        )
    return np.array([knots.index(phase) for phase in phases], dtype=np.intp)


def fit_line(x, y, err):
    """Fit straight lines to rows of points by weighted least squares; points with y or error NaN do not count.

    x: (K,). y, err: (..., K). Returns slope, its error, the weighted mean of y, and the weighted standard deviation
    about that mean, each (...); slope and deviation are NaN with fewer than two points, the mean with none.
    """
    weight = np.where(np.isfinite(y) & (err > 0), 1.0 / np.where(err > 0, err, 1.0) ** 2, 0.0)
    y = np.where(weight > 0, y, 0.0)
    enough = (weight > 0).sum(-1) >= 2
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weight.sum(-1)
        mean = (weight * y).sum(-1) / total
        dx = x - ((weight * x).sum(-1) / total)[..., None]
        sxx = (weight * dx**2).sum(-1)
        slope = np.where(enough, (weight * dx * y).sum(-1) / sxx, np.nan)
        slope_err = np.where(enough, 1.0 / np.sqrt(sxx), np.nan)
        scatter = np.sqrt((weight * (y - mean[..., None]) ** 2).sum(-1) / total)
    return slope, slope_err, mean, np.where(enough, scatter, np.nan)
