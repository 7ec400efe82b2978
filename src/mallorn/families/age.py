"""The age of an event, and whether its peak has been seen: features that tell a young light curve from a whole one.

All features are as of the last point. The event begins with the first detection, counted as for the survey's trigger
(`mallorn.survey.as_of`). Its peak is that of the multi-band posterior, which later points may move. Fluxes are
de-reddened; those of the posterior are summed over the slots `bands`.
"""

import numpy as np

from mallorn.curves.segments import Segments, divide
from mallorn.families.family import Feature, columns
from mallorn.survey.as_of import Trigger, detection_times
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves", "posterior")

_OWN = ""


def features(config):
    """Return the features: times, counts, and the smooth curve at its end."""
    back = f"{config['back']:g} rest-frame days"
    return [
        Feature("since_first", "d", "rest-frame days from the first detection to the last point", _OWN),
        Feature("since_trigger", "d", "rest-frame days from the detection that triggers to the last point", _OWN),
        Feature("since_peak", "d", "rest-frame days from the posterior's peak to the last point", _OWN),
        Feature("first_to_peak", "d", "rest-frame days from the first detection to the posterior's peak", _OWN),
        Feature("dark", "d", "rest-frame days from the last point on a night before the first detection to it", _OWN),
        Feature("ln_nights", "", "ln of the number of nights with points from the first detection on", _OWN),
        Feature("ln_nights_after_peak", "", "ln (1 + nights with points after the peak's own)", _OWN),
        Feature("now", "", "posterior flux at the last point over that at peak", _OWN),
        Feature("fall_snr", "", "fall of the posterior flux from peak to the last point, over its error there", _OWN),
        Feature("slope", "", f"change of the posterior flux over the last {back}, over the peak flux", _OWN),
        Feature("start", "", "posterior flux at the first detection over that at peak", _OWN),
    ]


def extract(inputs, config):
    """Return the columns; NaN without a detection, or, where a feature needs the peak, without a posterior."""
    lc, posterior = inputs.lightcurves.dereddened(), inputs.tables["posterior"]
    trigger = Trigger(config["detections"], config["snr"])
    first, reported = (detection_times(lc, number, trigger) for number in (1, trigger.detections))
    segments, stretch, peak = Segments(lc.start), 1.0 + lc.rest_redshift, posterior.peak_mjd
    last = segments.maximum(lc.mjd)
    day, begin = np.floor(lc.mjd), np.floor(first)[lc.owner]
    quiet = segments.where(day < begin).maximum(lc.mjd[day < begin])
    with np.errstate(divide="ignore"):
        ln_nights = np.log(_nights(segments, day, day >= begin))
    found = {
        "since_first": (last - first) / stretch,
        "since_trigger": (last - reported) / stretch,
        "since_peak": (last - peak) / stretch,
        "first_to_peak": (peak - first) / stretch,
        "dark": (first - quiet) / stretch,
        "ln_nights": np.where(np.isfinite(first), ln_nights, np.nan),
        "ln_nights_after_peak": np.where(
            np.isfinite(peak), np.log1p(_nights(segments, day, day > np.floor(peak)[lc.owner])), np.nan
        ),
    }
    found |= _smooth(posterior, (last - peak) / stretch, (first - peak) / stretch, config)
    return {name: found[name.removeprefix("age__")] for name in columns("age", features(config))}


def _nights(segments, day, keep):
    """Return the number (n,) of distinct `day` (N,) where `keep` (N,) is true; days ascend in each segment."""
    kept, day = segments.where(keep), day[keep]
    before, pairs = kept.successive()
    return pairs.sum(day[before + 1] > day[before]) + (kept.count > 0)


def _smooth(posterior, last, first, config):
    """Return what the posterior says about the curve's ends. last, first (n,): phases, rest-frame days from peak.

    Outside the phases of the posterior, the nearest one counts.
    """
    bands = [SLOTS.index(name) for name in config["bands"]]
    mean = posterior.mean[:, bands].sum(axis=1, dtype=float)
    spread = np.sqrt((posterior.sd[:, bands].astype(float) ** 2).sum(axis=1))
    at = {"peak": np.zeros(len(last)), "now": last, "back": last - config["back"], "start": first}
    flux = {name: _at(posterior.phase, mean, phase) for name, phase in at.items()}
    top = np.where(flux["peak"] > 0.0, flux["peak"], np.nan)
    return {
        "now": flux["now"] / top,
        "fall_snr": divide(flux["peak"] - flux["now"], _at(posterior.phase, spread, last)),
        "slope": (flux["now"] - flux["back"]) / top,
        "start": flux["start"] / top,
    }


def _at(phase, values, wanted):
    """Return `values` (n, G) at the phases `wanted` (n,), interpolated linearly; NaN where `wanted` is NaN."""
    step = phase[1] - phase[0]
    place = np.clip((np.nan_to_num(wanted) - phase[0]) / step, 0.0, len(phase) - 1.0)
    low = np.minimum(place.astype(int), len(phase) - 2)
    rows, part = np.arange(len(values)), place - low
    found = (1.0 - part) * values[rows, low] + part * values[rows, low + 1]
    return np.where(np.isfinite(wanted), found, np.nan)
