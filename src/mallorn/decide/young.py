"""Young objects: the models that score them, and how these give way to models of whole light curves.

The age of an object is the days from its trigger to its last point: years of forced photometry before the trigger make
it no older. There are two ages, `passes`. Below the first, models of young objects alone score an object; from the
second on, models of whole light curves do; in between the score is a weighted mean of both. The weight changes
smoothly, and also with the number of points, since an old light curve of few points is unlike whole ones. Scores
therefore do not jump as an object grows.
"""

import numpy as np

from mallorn.survey.as_of import USUAL, Trigger

__all__ = ["rising", "share_of_whole", "trigger_of"]

_MANY = 1.5
"""Multiple of the fewest points that models of whole light curves know; from it on they score alone."""


def trigger_of(domain):
    """Return the `Trigger` from which ages are counted, from the content of domain.json."""
    return Trigger(**domain["young"]["trigger"]) if "young" in domain else USUAL


def share_of_whole(domain, seen, whole):
    """Return the weight (n,), 0 to 1, of the models of whole light curves in the scores of `Observed` objects.

    domain: content of domain.json; its block "young" has "passes", two ages in days. whole: name of the training set of
    these models. They alone score an object without a trigger, whose age is unknown.
    """
    of = domain["scorers"][whole]
    fewest = 10.0 ** of["low"][of["quantities"].index("n_points")]
    old = rising(np.where(np.isnan(seen.age), np.inf, seen.age), *domain["young"]["passes"])
    return old * rising(np.asarray(seen.n_points, dtype=float), fewest, _MANY * fewest)


def rising(values, low, high):
    """Return 0 up to `low`, 1 from `high` on, and between them a cubic that is level at both."""
    x = np.clip((values - low) / (high - low), 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
