"""How objects were observed: number of points, depth, length, passbands. Nothing here says what they are."""

from typing import NamedTuple

import numpy as np

from mallorn.survey.as_of import DETECTION_SNR, USUAL, ages
from mallorn.survey.passbands import MICROJANSKY_ZERO_POINT, NO_SLOT, SLOTS

__all__ = ["FAINT_SNR", "Observed", "enough", "observed", "seen_in_slots", "too_few"]


FAINT_SNR = 3.0
"""Signal to noise below which archives of alerts have no points."""


class Observed(NamedTuple):
    """How n objects were observed; all arrays but `slots` are (n,).

    Without any point, counts are 0 and all else is NaN.

    n_points, n_detections: points, and those above `DETECTION_SNR`. nights: whole days of MJD with points. span: days
    from the first point to the last. detected: share of the points that are detections. median_error, peak: median
    error and largest flux, microjansky. snr: largest flux over its error. baseline: median flux over the largest.
    redshift, and absolute_magnitude (AB) of the largest flux: NaN if unknown. slots: (n, 6) bool, whether there are
    points in each of `SLOTS`. age: days from the trigger to the last point, NaN without a trigger. faint: share of the
    points within `FAINT_SNR` times their error of zero.
    """

    n_points: np.ndarray
    n_detections: np.ndarray
    nights: np.ndarray
    span: np.ndarray
    detected: np.ndarray
    median_error: np.ndarray
    peak: np.ndarray
    snr: np.ndarray
    baseline: np.ndarray
    redshift: np.ndarray
    absolute_magnitude: np.ndarray
    slots: np.ndarray
    age: np.ndarray
    faint: np.ndarray

    def take(self, rows):
        """Return the objects at the indices `rows` (m,), in that order."""
        return Observed(*(values[rows] for values in self))

    @property
    def passbands(self):
        """Names (n,) str of the slots with points in a row, such as "gr"."""
        return np.array(["".join(name for name, has in zip(SLOTS, row, strict=True) if has) for row in self.slots])


def observed(lightcurves, trigger=USUAL):
    """Return how each object of `LightCurves` was `Observed`. trigger: the `Trigger` from which ages are counted."""
    lc, n = lightcurves, len(lightcurves)
    ratio = lc.flux / lc.flux_err
    counts = {"n_points": lc.n_points, "n_detections": np.bincount(lc.owner, ratio > DETECTION_SNR, n).astype(int)}
    found = {name: np.full(n, np.nan) for name in ("span", "median_error", "peak", "snr", "baseline")}
    counts["nights"] = np.zeros(n, dtype=int)
    some = np.flatnonzero(lc.n_points)
    if len(some):
        first, last = lc.start[some], lc.start[some + 1] - 1
        night = np.floor(lc.mjd)
        begins = np.append(True, night[1:] != night[:-1])
        begins[first] = True
        counts["nights"][some] = np.add.reduceat(begins.astype(int), first)
        found["span"][some] = lc.mjd[last] - lc.mjd[first]
        found["peak"][some], found["snr"][some] = (np.maximum.reduceat(values, first) for values in (lc.flux, ratio))
    for k in some:
        s = slice(lc.start[k], lc.start[k + 1])
        found["median_error"][k] = _median(lc.flux_err[s])
        found["baseline"][k] = _median(lc.flux[s]) / found["peak"][k] if found["peak"][k] > 0 else np.nan
    with np.errstate(invalid="ignore"):
        detected = counts["n_detections"] / lc.n_points
        faint = np.bincount(lc.owner, np.abs(ratio) < FAINT_SNR, n) / lc.n_points
    slot = lc.passbands.slot[lc.band]
    slots = np.zeros((n, len(SLOTS)), dtype=bool)
    slots[lc.owner[slot != NO_SLOT], slot[slot != NO_SLOT]] = True
    parsecs = np.where(found["peak"] > 0, lc.luminosity_distance * 1e5, np.nan)  # distance over 10 pc
    with np.errstate(invalid="ignore", divide="ignore"):
        magnitude = MICROJANSKY_ZERO_POINT - 2.5 * np.log10(found["peak"] / (1.0 + lc.rest_redshift) * parsecs**2)
    found |= {"detected": detected, "redshift": lc.redshift, "absolute_magnitude": magnitude}
    return Observed(**counts, **found, slots=slots, age=ages(lc, trigger), faint=faint)


def _median(values):
    """Return the median of values (n,), which takes numpy's ten times as long for a hundred of them."""
    ascending, half = np.sort(values), len(values) // 2
    return (ascending[half] + ascending[~half]) / 2


def enough(seen, minimum):
    """Return whether (n,) bool each `Observed` object has as much as `minimum`, the block `domain`, requires."""
    return (
        (seen.n_points >= minimum["points"])
        & (seen.n_detections >= minimum["detections"])
        & (seen.nights >= minimum["nights"])
    )


def seen_in_slots(lightcurves, minimum):
    """Return the same `LightCurves` without points in passbands that belong to no slot, such as UVW2.

    It is for models that have learned from no such points. An object that would not have `enough` left keeps all of
    its points. If there is nothing to leave out, the argument itself comes back.
    """
    lc = lightcurves
    inside = lc.passbands.slot[lc.band] != NO_SLOT
    if inside.all():
        return lc
    whole = ~enough(observed(lc.where(inside)), minimum)
    return lc.where(inside | whole[lc.owner])


def too_few(seen, minimum):
    """Return in words, (n,) str, what each `Observed` object lacks of `minimum`, "" if it has `enough`."""
    words = {"points": "n_points", "detections": "n_detections", "nights": "nights"}
    lacking = [
        ", ".join(
            f"{getattr(seen, name)[k]} of {minimum[what]} {what}"
            for what, name in words.items()
            if getattr(seen, name)[k] < minimum[what]
        )
        for k in range(len(seen.n_points))
    ]
    return np.array([f"too few points: {text}" if text else "" for text in lacking], dtype=object)
