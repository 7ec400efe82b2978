"""Parent events: find siblings, objects made from one real event, by the time grid that the simulation left.

Each object of the MALLORN survey was sampled from the light curve of a real event on a grid of equally spaced epochs
and stretched by its redshift. With d the step of the grid, all times of an object differ by whole multiples
of d, and `span = (epochs - 1) d / (1 + z)` is the same for all siblings of one event, up to the rounding of z.

The step is an artefact of how the survey was made. It serves honest folds and audits, and is never a feature.
"""

import logging
from itertools import pairwise

import numpy as np

__all__ = ["grid_step", "grid_steps", "parent_events", "redshift_rounding", "rest_spans"]

log = logging.getLogger(__name__)

MIN_TIMES = 4
"""Fewest distinct times that can show a grid: with three, chance finds one too often."""


def grid_step(mjd, epochs, rounding):
    """Return the step, days, of the grid on which the times lie; NaN if they lie on none.

    The step is the largest d such that all time differences are whole multiples of d within the rounding. The shortest
    difference is k steps for some k, and the steps of the others follow from it. A straight line of time against the
    number of steps gives d, to about `rounding` over the number of steps, and the misfit.

    mjd: (N,) times, days, in any order, repeats allowed.
    epochs: number of epochs of the grid; times that span more than `epochs - 1` steps lie on none.
    rounding: unit of the last digit of the times, days.
    """
    t = np.unique(mjd)
    if len(t) < MIN_TIMES:
        return np.nan
    t = t - t[0]
    gaps = np.diff(t)
    shortest = gaps.min()
    most = int((epochs - 1) * (shortest + rounding) / (t[-1] - rounding))
    for k in range(1, most + 1):
        if shortest / k <= 10.0 * rounding:  # any times would lie on such a fine grid
            break
        steps = np.rint(gaps * k / shortest)
        steps = np.rint(gaps * (steps @ steps) / (steps @ gaps))
        number = np.concatenate([[0.0], np.cumsum(steps)])
        centred = number - number.mean()
        step = (centred @ t) / (centred @ centred)
        if number[-1] < epochs and np.ptp(t - step * number) <= 1.5 * rounding:
            return step
    return np.nan


def grid_steps(lightcurves, epochs, rounding):
    """Return (step, duration) of each object, days, (n,) each: the `grid_step`, and last minus first time."""
    times = [lightcurves.mjd[begin:end] for begin, end in pairwise(lightcurves.start)]
    step = np.array([grid_step(mjd, epochs, rounding) for mjd in times], dtype=float)
    duration = np.array([np.ptp(mjd) if len(mjd) else np.nan for mjd in times], dtype=float)
    return step, duration


def redshift_rounding(redshift):
    """Return half a unit of the last written digit of each redshift, shape (n,); NaN for NaN.

    A trailing zero is not written. Redshifts of one decade (0.01 to 0.1, 0.1 to 1, ...) are therefore taken to have as
    many decimals as most of them show.
    """
    redshift = np.asarray(redshift, dtype=float)
    decimals = np.array([_decimals(z) for z in redshift], dtype=float)
    decade = np.floor(np.log10(np.maximum(np.abs(redshift), 1e-9)))
    half = np.full(len(redshift), np.nan)
    for value in np.unique(decade[np.isfinite(decade)]):
        members = decade == value
        half[members] = 0.5 * 10.0 ** -np.ceil(np.median(decimals[members]))
    return half


def rest_spans(step, duration, redshift, epochs, rounding):
    """Return (span, half_width) of each object's grid, days, shape (n,) each: NaN without a grid.

    span = (epochs - 1) d / (1 + z); half_width bounds the effect of rounding z and the times. All objects of a survey
    belong in one call, since the rounding of the redshifts is read from all of them.

    step, duration (n,) days as from `grid_steps`; redshift (n,) spectroscopic, as written in the log.
    """
    half = redshift_rounding(redshift)
    span = (epochs - 1) * step / (1.0 + redshift)
    return span, span * (half / (1.0 + redshift - half) + rounding / duration)


def parent_events(object_id, label, span, half_width):
    """Return the event of each object, shape (n,) str: the smallest object id among its siblings.

    Objects are siblings if they have the same `label` and their intervals span +- half_width overlap, directly or
    through others. Siblings are therefore never separated. Events of one label whose spans agree by chance are joined,
    which only costs the folds a little freedom. An object without a grid (span NaN) is its own event.

    object_id (n,) str, label (n,) str (SpecType), span and half_width (n,) days as from `rest_spans`.
    """
    object_id, label = np.asarray(object_id, dtype=object), np.asarray(label, dtype=object)
    event = object_id.copy()
    on_grid = np.flatnonzero(np.isfinite(span))
    for name in sorted(set(label[on_grid])):
        members = on_grid[label[on_grid] == name]
        members = members[np.argsort((span - half_width)[members], kind="stable")]
        reach = np.maximum.accumulate((span + half_width)[members])
        apart = np.flatnonzero((span - half_width)[members][1:] > reach[:-1]) + 1
        for siblings in np.split(members, apart):
            event[siblings] = min(object_id[siblings])
    if len(on_grid) == 0:
        log.warning("the times of no object lie on a grid of epochs: every object is taken as its own event")
    else:
        sizes = np.unique(event.astype(str), return_counts=True)[1]
        message = "%d of %d objects lie on a grid of epochs: %d events, the largest with %d objects"
        log.info(message, len(on_grid), len(object_id), len(sizes), sizes.max())
    return event


def _decimals(value, most=12):
    """Return the fewest decimals that write `value` exactly, at most `most`."""
    return next((n for n in range(most) if round(value, n) == value), most)
