"""Scores of objects over time, as a stream would have given them night after night."""

from dataclasses import replace

import numpy as np

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.survey.as_of import USUAL, as_of, trigger_times
from mallorn.survey.copies import copy_name, originals
from mallorn.survey.lightcurves import joined

__all__ = ["moments", "score_over_time"]

_KEPT = ("probability", "probability_low", "probability_high", "threshold", "scored_as")


def score_over_time(model, curves, most=12):
    """Return a `pandas.DataFrame` with a row for each object and time, of what the model would have said then.

    model: `Model`. curves: `LightCurves` of distinct objects, with all points from before the trigger. most: number of
    times for each object, see `moments`.

    Columns: object_id; mjd of the last point known; age, days from the trigger to it; probability, probability_low,
    probability_high, threshold, scored_as and probability__CLASS as from `Model.predict`. Photometric redshifts are
    taken as they are given. Times with too little data for a score are left out.
    """
    trigger, parts, when = model.trigger, [], {}
    times = moments(curves, most, trigger)
    for k in range(times.shape[1]):
        there = np.flatnonzero(np.isfinite(times[:, k]))
        known = as_of(curves.take(there), times[there, k], trigger, "forced")
        names = np.array([copy_name(name, f"{k:03d}") for name in known.object_id], dtype=object)
        when |= dict(zip(names, times[there, k], strict=True))
        parts.append(replace(known, object_id=names))
    seen = joined(parts) if parts else curves.take([])
    said = model.predict(seen, draws=1, tell=False)
    said = said[said["probability"].notna()]
    reported = dict(zip(curves.object_id, trigger_times(curves, trigger), strict=True))
    said.insert(0, "object_id", originals(said.index))
    said.insert(1, "mjd", [when[name] for name in said.index])
    said.insert(2, "age", said["mjd"] - said["object_id"].map(reported))
    classes = [name for name in said if name.startswith(CLASS_PREFIX)]
    return said[["object_id", "mjd", "age", *_KEPT, *classes]].reset_index(drop=True)


def moments(curves, most, trigger=USUAL):
    """Return MJDs (n, most) at which scores of objects change: ends of nights with points, from the trigger on.

    If there are more nights than `most`, they are chosen evenly in the logarithm of the age in days, with the first and
    the last among them. Rows with fewer nights end in NaN.
    """
    found = np.full((len(curves), most), np.nan)
    for k, first in enumerate(trigger_times(curves, trigger)):
        mjd = curves.mjd[curves.start[k] : curves.start[k + 1]]
        mjd = mjd[mjd >= first]
        ends = mjd[np.append(np.diff(np.floor(mjd)) > 0, True)] if len(mjd) else mjd
        if len(ends) > most:
            ages = np.log1p(ends - first)
            wanted = np.linspace(ages[0], ages[-1], most)
            ends = ends[np.unique(np.abs(ages[:, None] - wanted).argmin(axis=0))]
        found[k, : len(ends)] = ends
    return found
