"""Light curves as they were known at a time: what a survey had shown by then, and nothing later.

A survey reports an object once it triggers, by its first few detections. About the time before, a stream of alerts
tells only the last non-detection. A service of forced photometry, which one asks once the object is known, tells all.
Cuts are made at days since the trigger, at a number of detections, or at a phase from the peak. A phase is known only
in hindsight: it is for training and for scores, never for an object that is still unfolding.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["DETECTION_SNR", "USUAL", "Trigger", "ages", "as_of", "detection_times", "peak_times", "trigger_times"]


DETECTION_SNR = 5.0
"""A point with a larger flux over error counts as a detection."""


class Trigger(NamedTuple):
    """The condition for a survey to report an object: a number of `detections`, points above `snr` times their error.

    If the file itself says whether a point is a detection, that counts.
    """

    detections: int = 2
    snr: float = DETECTION_SNR


USUAL = Trigger()


def as_of(lightcurves, mjd, trigger=USUAL, history="alerts"):
    """Return the same objects with the points that were known at a time.

    lightcurves: `LightCurves`. mjd: days, one for all or (n,); NaN is before everything. trigger: when the survey
    reports an object, by default at the second detection above five sigma. history: with "alerts" only the last of the
    points before the first detection is known; with "forced" all are.

    An object that had not triggered by then has no points. A cut does not depend on later points: neither its choice of
    points, nor their values. Raises ValueError for another history.
    """
    if history not in ("alerts", "forced"):
        raise ValueError(f'history: expected "alerts" or "forced", found {history!r}')
    lc, owner = lightcurves, lightcurves.owner
    time = np.broadcast_to(np.asarray(mjd, dtype=float), len(lc))
    with np.errstate(invalid="ignore"):
        reported = trigger_times(lc, trigger) <= time
        keep = reported[owner] & (lc.mjd <= time[owner])
    if history == "alerts":
        number = np.arange(len(lc.mjd))
        first = np.full(len(lc), len(number))
        detected = _detected(lc, trigger)
        np.minimum.at(first, owner[detected], number[detected])
        keep &= number >= first[owner] - 1
    return lc.where(keep)


def trigger_times(lightcurves, trigger=USUAL):
    """Return the MJD (n,) at which each object triggers, NaN if it never does."""
    return detection_times(lightcurves, trigger.detections, trigger)


def ages(lightcurves, trigger=USUAL):
    """Return the days (n,) from the trigger of each object to its last point, NaN if it never triggers."""
    last = np.full(len(lightcurves), -np.inf)
    np.maximum.at(last, lightcurves.owner, lightcurves.mjd)
    return last - trigger_times(lightcurves, trigger)


def detection_times(lightcurves, number, trigger=USUAL):
    """Return the MJD (n,) of each object's detection with this `number`, from 1 on; NaN if it has fewer."""
    lc, times = lightcurves, np.full(len(lightcurves), np.nan)
    detected = _detected(lc, trigger)
    before = np.cumsum(detected)
    of_earlier = np.concatenate([[0], before])[lc.start[:-1]]
    place = np.flatnonzero(detected & (before - of_earlier[lc.owner] == number))
    times[lc.owner[place]] = lc.mjd[place]
    return times


def peak_times(lightcurves, phase=0.0, trigger=USUAL):
    """Return the MJD (n,) at a phase, rest-frame days from the brightest detection; NaN without a detection.

    For an object without a redshift, days are observed ones. The brightest detection is not known before it has faded.
    """
    lc, times = lightcurves, np.full(len(lightcurves), np.nan)
    place = np.flatnonzero(_detected(lc, trigger))
    order = place[np.lexsort((-place, lc.flux[place], lc.owner[place]))]  # the first of equals is the last here
    last = np.append(np.diff(lc.owner[order]) > 0, True)[: len(order)]
    times[lc.owner[order[last]]] = lc.mjd[order[last]]
    return times + phase * (1.0 + lc.rest_redshift)


def _detected(lc, trigger):
    """Return whether each point (N,) is a detection."""
    return ~lc.limit & np.where(lc.detected >= 0, lc.detected == 1, lc.flux > trigger.snr * lc.flux_err)
