"""The views of a data set as arrays for networks: features, the posterior grid, the points.

Light curves are divided by the highest summed mean of their posterior, compressed by arsinh, and cut to a window about
the event. The network also gets this scale as a luminosity, the redshift, and further features if asked.
"""

from fnmatch import fnmatchcase

import numpy as np

from mallorn.curves.grid_series import grid_series
from mallorn.errors import ConfigError

__all__ = ["MOST_POINTS", "SCALARS", "TOKEN", "WINDOW", "arrays_of", "columns_beside", "peaks", "scalars", "tokens"]

MOST_POINTS = 128
"""Most points of an object that a network sees."""

TOKEN = ("phase", "ln_wavelength", "flux", "ln_error")
"""Values for each point: rest-frame days from the peak over 100, ln(rest wavelength / 4500 angstrom), arsinh of the
flux over the scale, ln(error / scale)."""

SCALARS = 3
"""Columns of `scalars`."""

WINDOW = (-100.0, 300.0)
"""Rest-frame days from the peak."""
_HIGHEST = 3.0
"""Largest absolute value of a channel of the grid."""


def columns_beside(columns, patterns):
    """Return the indices (b,) of the features that match one of the `patterns` (fnmatch), separated by spaces.

    Raises ConfigError for a pattern that no feature matches.
    """
    patterns = patterns.split()
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in columns):
            fix = "correct it, or take what leaves that feature out from training.exclude"
            raise ConfigError(f"models: beside: no feature matches {pattern!r}. Next step: {fix}.")
    return np.array([k for k, name in enumerate(columns) if any(fnmatchcase(name, p) for p in patterns)], dtype=int)


def arrays_of(dataset, beside, reads):
    """Return {name: array} of n objects: "features", and those of the others that are in `reads`.

    features (n, 3 + b) float32: see `scalars`, then the columns `beside`. grid (n, 2 S, G) float32: mean and error in S
    slots, 0 without a fit. tokens (n, L, 4) float32 (see `TOKEN`), slot (n, L) int64 and seen (n, L) bool: the points,
    their slots, and whether a position holds a point.
    """
    values = np.nan_to_num(np.take(dataset.features.values, beside, axis=1)).astype(np.float32)
    arrays = {"features": np.hstack([scalars(dataset.points, dataset.grid), values])}
    if "grid" in reads:
        arrays["grid"] = np.clip(grid_series(dataset.grid, "mean_sd").values, -_HIGHEST, _HIGHEST)
    if "tokens" in reads:
        arrays |= tokens(dataset.points, dataset.grid)
    return arrays


def scalars(lightcurves, grid):
    """Return (n, 3) float32 of `LightCurves` with a `Grid`: whether the redshift z is known, and 0 where it is not,
    ln(1 + z) and ln(scale x luminosity distance squared), both about 0 and of order 1."""
    known, (_, scale) = lightcurves.has_redshift, peaks(lightcurves.dereddened(), grid)
    distance = np.where(known, lightcurves.luminosity_distance, 1.0)
    luminosity = np.clip((np.log(scale * distance**2) - 17.5) / 1.5, -4.0, 4.0)
    redshift = 3.0 * (np.log1p(lightcurves.rest_redshift) - 0.3)
    return np.stack([known, np.where(known, redshift, 0.0), np.where(known, luminosity, 0.0)], axis=1).astype("f4")


def tokens(lightcurves, grid):
    """Return {"tokens", "slot", "seen"} of `LightCurves`; their `Grid` gives peaks and scales.

    Objects without a fit peak at their point of highest flux over error, whose flux is their scale. If there are more
    than `MOST_POINTS` points in the window, evenly spaced ones are kept.
    """
    curves = lightcurves.dereddened()
    owner, bands = curves.owner, curves.passbands
    peak, scale = peaks(curves, grid)
    phase = (curves.mjd - peak[owner]) / (1.0 + curves.rest_redshift[owner])
    inside = np.flatnonzero((phase >= WINDOW[0]) & (phase <= WINDOW[1]))
    count = np.bincount(owner[inside], minlength=len(curves))
    rank = np.arange(len(inside)) - np.repeat(np.cumsum(count) - count, count)
    most = np.maximum(count[owner[inside]], MOST_POINTS)
    inside, rank = inside[(rank * MOST_POINTS) // most != ((rank - 1) * MOST_POINTS) // most], None
    count = np.bincount(owner[inside], minlength=len(curves))
    rank = np.arange(len(inside)) - np.repeat(np.cumsum(count) - count, count)
    place, length = (owner[inside], rank), max(int(count.max(initial=0)), 1)
    wavelength = bands.wavelength[curves.band[inside]] / (1.0 + curves.rest_redshift[owner[inside]])
    one = scale[owner[inside]]
    values = (
        phase[inside] / 100.0,
        np.log(wavelength / 4500.0),
        np.arcsinh(curves.flux[inside] / one),
        np.clip(np.log(np.maximum(curves.flux_err[inside], 1e-12) / one), -8.0, 4.0),
    )
    found = np.zeros((len(curves), length, len(TOKEN)), dtype=np.float32)
    found[place] = np.stack(values, axis=1)
    seen, slot = np.zeros((len(curves), length), dtype=bool), np.zeros((len(curves), length), dtype=np.int64)
    seen[place], slot[place] = True, np.maximum(bands.slot[curves.band[inside]], 0)
    return {"tokens": found, "slot": slot, "seen": seen}


def peaks(curves, grid):
    """Return (MJD of the peak, scale in microjansky) of each object, shapes (n,)."""
    mean = np.asarray(grid.mean, dtype=float)
    fitted = (np.asarray(grid.status) == 0) & np.isfinite(mean).all(axis=(1, 2)) & np.isfinite(grid.peak_mjd)
    scale = np.abs(np.where(fitted[:, None, None], mean, 0.0).mean(axis=1)).max(axis=1, initial=0.0)
    peak = np.where(fitted, grid.peak_mjd, 0.0)
    for k in np.flatnonzero(~fitted):
        curve = curves[k]
        if len(curve.mjd):
            best = int(np.argmax(curve.flux / np.maximum(curve.flux_err, 1e-12)))
            peak[k], scale[k] = curve.mjd[best], abs(curve.flux[best])
    return peak, np.where(scale > 0, scale, 1.0)
