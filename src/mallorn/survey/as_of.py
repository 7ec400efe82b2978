"""Light curves as they were known at a time: what a survey had shown by then, and nothing of what came later.

A survey reports an object once it triggers, by its first few detections. Of the time before, a stream of alerts tells
the last non-detection alone; a service of forced photometry, which is asked for once the object is known, tells all.
Cuts are made at days since the trigger, at a number of detections, or at a phase about the peak. The last is known with
hindsight: it is for training and for scores, never for an object that is still unfolding.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["DETECTION_SNR", "USUAL", "Trigger", "ages", "as_of", "detection_times", "peak_times", "trigger_times"]


DETECTION_SNR = 5.0
"""Flux over error above which a point counts as a detection."""


class Trigger(NamedTuple):
    """What makes a survey report an object: so many `detections`, points above `snr` times their error.

    A point that the file itself calls a detection, or none, is taken at its word.
    """

    detections: int = 2
    snr: float = DETECTION_SNR


USUAL = Trigger()


def as_of(lightcurves, mjd, trigger=USUAL, history="alerts"):
    """Return the same objects with the points that were known at a time.

    lightcurves: `LightCurves`. mjd: days, one for all or (n,); NaN is before everything. history: "alerts", of the
    points before the first detection only the last is known; "forced", all are.

    An object that had not triggered by then has no points. Nothing about a cut depends on later points: neither which
    points it has, nor what they are. Raises ValueError for another history.
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
    """Return the MJD (n,) at which each object triggers, NaN where it never does."""
    return detection_times(lightcurves, trigger.detections, trigger)


def ages(lightcurves, trigger=USUAL):
    """Return the days (n,) from the trigger of each object to its last point, NaN where it never triggers."""
    last = np.full(len(lightcurves), -np.inf)
    np.maximum.at(last, lightcurves.owner, lightcurves.mjd)
    return last - trigger_times(lightcurves, trigger)


def detection_times(lightcurves, number, trigger=USUAL):
    """Return the MJD (n,) of the detection of this `number`, from 1 on, of each object; NaN where it has fewer."""
    lc, times = lightcurves, np.full(len(lightcurves), np.nan)
    detected = _detected(lc, trigger)
    before = np.cumsum(detected)
    of_earlier = np.concatenate([[0], before])[lc.start[:-1]]
    place = np.flatnonzero(detected & (before - of_earlier[lc.owner] == number))
    times[lc.owner[place]] = lc.mjd[place]
    return times


def peak_times(lightcurves, phase=0.0, trigger=USUAL):
    """Return the MJD (n,) at a phase, rest-frame days about the brightest detection; NaN of an object without any.

    An object without a redshift counts its own days. The brightest is not known before the object has faded.
    """
    lc, times = lightcurves, np.full(len(lightcurves), np.nan)
    place = np.flatnonzero(_detected(lc, trigger))
    order = place[np.lexsort((-place, lc.flux[place], lc.owner[place]))]  # of equals the first is the last here
    last = np.append(np.diff(lc.owner[order]) > 0, True)[: len(order)]
    times[lc.owner[order[last]]] = lc.mjd[order[last]]
    return times + phase * (1.0 + lc.rest_redshift)


def _detected(lc, trigger):
    """Return whether each point (N,) is a detection."""
    return ~lc.limit & np.where(lc.detected >= 0, lc.detected == 1, lc.flux > trigger.snr * lc.flux_err)
