"""One smooth rest-frame curve per object from several bands: enough for peaks, times above a level and trends.

The bands' fluxes are taken to share one shape, f_b(t) = a_b s(t). With the factors a_b held, s is the local constant
estimate with Epanechnikov weights K (Fan & Gijbels 1996, eq. 2.12) of half-width h,

    s(t) = sum_j K((t_j - t) / h) a_j f_j / e_j^2  /  sum_j K((t_j - t) / h) a_j^2 / e_j^2,

and with s held, a_b is its least-squares value, drawn towards 1 by a prior; both are repeated a few times.
"""

from typing import NamedTuple

import numpy as np

from mallorn.curves.segments import Segments, divide, rest_days
from mallorn.survey.passbands import SLOTS

__all__ = ["SmoothCurves", "smooth_curves"]


class SmoothCurves(NamedTuple):
    """The smoothed curves of n objects at their own epochs.

    segments: the points of each object among all N. time: (N,) rest-frame days since the object's first point of any
    band. raw, raw_error: (N,) fluxes and errors divided by the factor of their band, in microjansky of the reference
    band.
    flux, error: (N,) the smoothed curve at the points' times and its standard error.
    """

    segments: Segments
    time: np.ndarray
    raw: np.ndarray
    raw_error: np.ndarray
    flux: np.ndarray
    error: np.ndarray

    def peak(self, sigma):
        """Return the index (n,) of each object's point with the largest flux less `sigma` errors, -1 without points."""
        return self.segments.argmax(self.flux - sigma * self.error)


def smooth_curves(lightcurves, bands, half_width, factor_sd, rounds):
    """Return the `SmoothCurves` of de-reddened `lightcurves` by slot (see `LightCurves.in_slots`).

    bands: names of the slots to combine; the first that the survey has is the reference, with factor 1.
    half_width: of the smoothing weights, rest-frame days. factor_sd: standard deviation of the factors' prior about 1.
    rounds: how often curve and factors are fitted in turn.
    """
    there = [name for name in bands if name in lightcurves.passbands.slots]
    indices = [SLOTS.index(name) for name in there or bands]
    chosen = np.isin(lightcurves.band, indices)
    lc, time = lightcurves.where(chosen), rest_days(lightcurves)[chosen]
    segments = Segments(lc.start)
    i, j = segments.pairs(time, half_width)
    i, j = np.concatenate([i, j, np.arange(len(time))]), np.concatenate([j, i, np.arange(len(time))])
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    kernel = 1.0 - ((time[j] - time[i]) / half_width) ** 2
    around = Segments(np.searchsorted(i, np.arange(len(time) + 1)))

    factor = np.ones(len(time))
    for _ in range(rounds):
        flux, _ = _curve(lc, factor, kernel, around, j)
        factor = _factors(lc, segments, indices, flux, factor_sd)
    flux, error = _curve(lc, factor, kernel, around, j)
    return SmoothCurves(segments, time, lc.flux / factor, lc.flux_err / factor, flux, error)


def _curve(lc, factor, kernel, around, j):
    """Return the local constant estimate and its standard error at all points."""
    weight = (factor / lc.flux_err) ** 2
    weighted = kernel * weight[j]
    total = around.sum(weighted)
    flux = divide(around.sum(weighted * (lc.flux / factor)[j]), total)
    return flux, divide(np.sqrt(around.sum(kernel * weighted)), total)


def _factors(lc, segments, indices, flux, factor_sd):
    """Return each point's band factor; the reference band, the first of `indices`, has 1."""
    snr, model = lc.flux / lc.flux_err, flux / lc.flux_err
    table = np.ones((len(segments), len(SLOTS)))
    for index in indices:
        here = lc.band == index
        in_band = segments.where(here)
        precision = factor_sd**-2
        top = in_band.sum((snr * model)[here]) + precision
        table[:, index] = top / (in_band.sum(model[here] ** 2) + precision)
    least = 1.0 / (1.0 + 10.0 * factor_sd)
    table = np.clip(table, least, 1.0 / least)
    return (table / table[:, indices[:1]])[segments.owner, lc.band]
