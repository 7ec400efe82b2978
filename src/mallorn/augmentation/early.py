"""Copies of training objects as they were known at some ages. Models learn from them to score young objects.

An age is days since the trigger, when the survey first reported the object (`mallorn.survey.as_of`). What came later is
not in a copy, so that features of it are those that a stream of alerts would have had by then.

Copies are made at some ages, the same for all objects, and at random ones, as in ORACLE (Shah et al. 2025, arXiv
2501.01496): 2^x days after the first detection, x drawn evenly, or once a random share of the points is there.
"""

from dataclasses import replace

import numpy as np

from mallorn.seeds import generator
from mallorn.survey.as_of import Trigger, ages, as_of, detection_times, trigger_times
from mallorn.survey.copies import copy_name
from mallorn.survey.lightcurves import lightcurve_groups
from mallorn.survey.observed import enough, observed

__all__ = ["WHOLE", "age_name", "known_ages", "known_at_ages"]

WHOLE = "all"
"""Name of the age of a whole light curve."""


def age_name(age):
    """Return the name of an age in days since the trigger: "20 d"."""
    return f"{age:g} d"


def known_ages(points, objects, trigger):
    """Return {object id: days from trigger to last point} of the light curves in two files, NaN without a trigger."""
    found = {}
    for _, lc in lightcurve_groups(points, objects):
        found |= dict(zip(lc.object_id.astype(str), ages(lc, trigger).tolist(), strict=True))
    return found


def known_at_ages(lightcurves, options, minimum, seed):
    """Return copies of training objects at each age, at random ages, and whole, as a list of `LightCurves`.

    options: block `augmentations.early`. minimum: block `domain`; copies with less are left out, and so is a copy that
    shows what another of the same history shows, which stands before it in the list. A copy is called as
    `mallorn.survey.copies` says, by `age_name`, `WHOLE` or, of random ages, "days 1", "share 1" and so on. Draws depend
    on the seed, the object and that name alone.
    """
    trigger, history = Trigger(**options["trigger"]), options["history"]
    reported, found = trigger_times(lightcurves, trigger), []
    taken = [set() for _ in range(len(lightcurves))]  # a copy is all points until a time: their number tells which
    times = [(age_name(age), reported + age, history) for age in sorted(options["ages"])] + [(WHOLE, None, history)]
    of_random = options["random"]["history"] or history
    drawn = _random_times(lightcurves, options["random"], trigger, seed)
    for name, mjd, how in [*times, *((name, mjd, of_random) for name, mjd in drawn)]:
        lc = lightcurves if mjd is None else as_of(lightcurves, mjd, trigger, how)
        new = np.array([(how, n) not in own for n, own in zip(lc.n_points, taken, strict=True)], dtype=bool)
        rows = np.flatnonzero((lc.n_points > 0) & enough(observed(lc), minimum) & new)
        for n, own in zip(lc.n_points, taken, strict=True):
            own.add((how, n))
        names = np.array([copy_name(one, name) for one in lc.object_id[rows]], dtype=object)
        found.append(replace(lc.take(rows), object_id=names))
    return found


def _random_times(lc, options, trigger, seed):
    """Yield (name, MJD (n,)) of random copies of `LightCurves`; NaN of an object without a detection or trigger."""
    low, high = options["exponents"]
    first, reported = detection_times(lc, 1, trigger), trigger_times(lc, trigger)
    for k in range(options["days"]):
        name = f"days {k + 1}"
        drawn = [generator(seed, "early", name, one).uniform(low, high) for one in lc.object_id]
        yield name, first + 2.0 ** np.array(drawn)
    for k in range(options["shares"]):
        name, times = f"share {k + 1}", np.full(len(lc), np.nan)
        for row in np.flatnonzero(np.isfinite(reported)):
            mjd = np.sort(lc.mjd[lc.start[row] : lc.start[row + 1]])
            mjd = mjd[mjd >= reported[row]]
            times[row] = mjd[int(generator(seed, "early", name, lc.object_id[row]).random() * len(mjd))]
        yield name, times
