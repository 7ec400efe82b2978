"""Copies of training objects as they were known at some ages. Models learn from them to score young objects.

An age is the days since the trigger, when the survey first reported the object (`mallorn.survey.as_of`). A copy holds
nothing from later, and its features are those that a stream of alerts would have had by then.
"""

from dataclasses import replace

import numpy as np

from mallorn.survey.as_of import Trigger, ages, as_of, trigger_times
from mallorn.survey.copies import copy_name
from mallorn.survey.lightcurves import lightcurve_groups
from mallorn.survey.observed import enough, observed

__all__ = ["WHOLE", "age_name", "known_ages", "known_at_ages"]

WHOLE = "all"
"""What the age of a whole light curve is called."""


def age_name(age):
    """Return the name of an age in days since the trigger: "20 d"."""
    return f"{age:g} d"


def known_ages(points, objects, trigger):
    """Return {object id: days from trigger to last point} of the light curves in two files, NaN without a trigger."""
    found = {}
    for _, lc in lightcurve_groups(points, objects):
        found |= dict(zip(lc.object_id.astype(str), ages(lc, trigger).tolist(), strict=True))
    return found


def known_at_ages(lightcurves, options, minimum):
    """Return copies of training objects at each age, and their whole light curves, as a list of `LightCurves`.

    options: block `augmentations.early`. minimum: block `domain`; copies with less are left out, and so is a copy that
    shows no more than the one before. `mallorn.survey.copies` names a copy, by `age_name` or `WHOLE`.
    """
    trigger = Trigger(**options["trigger"])
    reported = trigger_times(lightcurves, trigger)
    before, found = np.zeros(len(lightcurves), dtype=int), []
    for age in [*sorted(options["ages"]), None]:
        lc = lightcurves if age is None else as_of(lightcurves, reported + age, trigger, options["history"])
        rows = np.flatnonzero(enough(observed(lc), minimum) & (lc.n_points > before))
        before = np.maximum(before, lc.n_points)
        name = WHOLE if age is None else age_name(age)
        names = np.array([copy_name(one, name) for one in lc.object_id[rows]], dtype=object)
        found.append(replace(lc.take(rows), object_id=names))
    return found
