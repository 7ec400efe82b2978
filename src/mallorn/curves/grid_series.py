"""Posterior light curves of a data set as series on one scale, for models that read their shape."""

from typing import NamedTuple

import numpy as np

__all__ = ["CHANNELS", "Series", "grid_series"]

CHANNELS = ("mean", "mean_sd")


class Series(NamedTuple):
    """`values` (n, C, G) float32 of n objects in C channels at G phases, 0 where `known` (n,) bool is false."""

    values: np.ndarray
    known: np.ndarray


def grid_series(grid, channels):
    """Return the `Series` of a `Grid` of S slots.

    channels: "mean" gives C = S channels arsinh(mean / scale); "mean_sd" gives C = 2 S, the same followed by sd /
    scale. The scale of an object is its highest mean flux over slots. Faint and bright events are then alike, and
    luminosity is lost. An object is known if it has a fit and its posterior is finite. Raises ValueError for other
    `channels`.
    """
    if channels not in CHANNELS:
        raise ValueError(f"channels: expected one of {', '.join(CHANNELS)}, found {channels!r}")
    mean, sd = np.asarray(grid.mean, dtype=np.float32), np.asarray(grid.sd, dtype=np.float32)
    finite = np.isfinite(mean).all(axis=(1, 2)) & np.isfinite(sd).all(axis=(1, 2))
    known = (np.asarray(grid.status) == 0) & finite
    mean, sd = (np.where(known[:, None, None], values, np.float32(0.0)) for values in (mean, sd))
    scale = np.abs(mean.mean(axis=1)).max(axis=1)[:, None, None] if mean.shape[2] else np.ones((len(mean), 1, 1))
    scale = np.maximum(scale, np.finfo(np.float32).tiny)
    values = np.arcsinh(mean / scale)
    if channels == "mean_sd":
        values = np.concatenate([values, sd / scale], axis=1)
    return Series(values.astype(np.float32), known)
