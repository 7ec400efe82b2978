"""The points of many objects in one layout that a single call of celerite2 solves."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mallorn.errors import DataError

__all__ = ["BLANKS", "Batch", "pack"]

BLANKS = 2
"""Number of rows without signal after each object; see `mallorn.gp.solver`."""


@dataclass(frozen=True, eq=False)
class Batch:
    """The points of m objects, each followed by `BLANKS` blank rows; N rows in all.

    start: (m + 1,) int; object k owns the rows start[k]:start[k + 1], the last `BLANKS` of them blank.
    owner: (N,) int, object of each row. live: (N,) float, 1 for a point and 0 for a blank.
    time: (N,) days from the middle of the object's span, sorted within an object, 0 in blanks.
    band: (N,) int. y: (N,) flux over the object's `scale`, 0 in blanks.
    noise: (N,) variance of y, 1 in blanks: with these values a blank adds exactly nothing to any sum of the likelihood.
    middle: (m,) MJD of time 0. scale: (m,) flux unit, the larger of the standard deviation and the median error.
    wavelength: (B,) effective wavelengths, angstrom, of the passbands that `band` counts.
    """

    start: np.ndarray
    owner: np.ndarray
    live: np.ndarray
    time: np.ndarray
    band: np.ndarray
    y: np.ndarray
    noise: np.ndarray
    middle: np.ndarray
    scale: np.ndarray
    wavelength: np.ndarray

    def __len__(self):
        return len(self.scale)

    @property
    def n_points(self):
        """Points of each object, without the blanks, shape (m,)."""
        return np.diff(self.start) - BLANKS

    @cached_property
    def own_band(self):
        """One-hot passbands, shape (N, B), zero in blanks."""
        return np.eye(len(self.wavelength))[self.band] * self.live[:, None]

    def sum(self, rows):
        """Sum `rows` (..., N) over each object: (..., m)."""
        return np.add.reduceat(rows, self.start[:-1], axis=-1)

    def take(self, objects):
        """Return the batch of the objects at the indices `objects` (p,), in that order; they may repeat."""
        sizes = np.diff(self.start)[objects]
        start = np.concatenate([[0], np.cumsum(sizes)])
        rows = np.arange(start[-1]) + np.repeat(self.start[objects] - start[:-1], sizes)
        names = ("live", "time", "band", "y", "noise")
        return replace(
            self,
            start=start,
            owner=np.repeat(np.arange(len(objects)), sizes),
            middle=self.middle[objects],
            scale=self.scale[objects],
            **{name: getattr(self, name)[rows] for name in names},
        )


def pack(mjd, band, flux, flux_err, start=None, object_id=None, *, wavelength):
    """Return the `Batch` of the objects start[k]:start[k + 1] of flat arrays (N,); of one object if `start` is None.

    wavelength: (B,) effective wavelengths, angstrom, of the passbands that `band` counts.
    Points of an object may come in any order: they are sorted by time, and ties keep their order. Every object needs a
    point. Raises DataError, naming the object, for a missing value or an error that is not positive.
    """
    mjd, flux, flux_err = (np.asarray(values, dtype=float) for values in (mjd, flux, flux_err))
    band, wavelength = np.asarray(band, dtype=np.intp), np.asarray(wavelength, dtype=float)
    start = np.array([0, len(mjd)]) if start is None else np.asarray(start)
    counts = np.diff(start)
    m = len(counts)
    owner = np.repeat(np.arange(m), counts)
    _refuse_bad(mjd, band, flux, flux_err, owner, object_id, len(wavelength))
    if (counts < 1).any():
        raise DataError(f"object {_name(np.argmin(counts), object_id)}: no points; leave it out of the batch")

    order = np.lexsort((mjd, owner))
    mjd, band, flux, flux_err = mjd[order], band[order], flux[order], flux_err[order]
    first = start[:-1]
    middle = 0.5 * (mjd[first] + mjd[start[1:] - 1])
    mean = np.add.reduceat(flux, first) / counts
    deviation = np.sqrt(np.add.reduceat((flux - mean[owner]) ** 2, first) / counts)
    scale = np.maximum(deviation, _medians(flux_err, owner, start))

    rows = np.arange(len(mjd)) + BLANKS * owner
    n_rows = len(mjd) + BLANKS * m

    def spread(values, blank):
        out = np.full(n_rows, blank, dtype=values.dtype)
        out[rows] = values
        return out

    return Batch(
        start=start - start[0] + BLANKS * np.arange(m + 1),
        owner=np.repeat(np.arange(m), counts + BLANKS),
        live=spread(np.ones(len(mjd)), 0.0),
        time=spread(mjd - middle[owner], 0.0),
        band=spread(band, 0),
        y=spread(flux / scale[owner], 0.0),
        noise=spread((flux_err / scale[owner]) ** 2, 1.0),
        middle=middle,
        scale=scale,
        wavelength=wavelength,
    )


def _medians(values, owner, start):
    ranked = values[np.lexsort((values, owner))]
    counts = np.diff(start)
    return 0.5 * (ranked[start[:-1] + (counts - 1) // 2] + ranked[start[:-1] + counts // 2])


def _refuse_bad(mjd, band, flux, flux_err, owner, object_id, n_bands):
    checks = {
        "a time that is not a finite number": ~np.isfinite(mjd),
        "a flux that is not a finite number": ~np.isfinite(flux),
        "a flux error that is not positive and finite": ~(np.isfinite(flux_err) & (flux_err > 0.0)),
        f"a passband outside 0..{n_bands - 1}": (band < 0) | (band >= n_bands),
    }
    for what, bad in checks.items():
        if bad.any():
            point = int(np.argmax(bad))
            raise DataError(
                f"object {_name(owner[point], object_id)}: {what} (point {point}: time {mjd[point]}, "
                f"flux {flux[point]}, error {flux_err[point]}); drop or mend such points before the fit"
            )


def _name(k, object_id):
    return repr(str(object_id[k])) if object_id is not None else f"number {k}"
