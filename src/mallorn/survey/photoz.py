"""Draws of photometric redshifts, over which features and probabilities are averaged.

A photometric redshift z +- e stands for the normal distribution about z with standard deviation e, cut off below
`MIN_REDSHIFT` and above the largest believable redshift.
"""

import numpy as np

from mallorn.seeds import generator
from mallorn.survey.cosmology import MIN_REDSHIFT

__all__ = ["drawn_redshifts", "is_photometric"]


def is_photometric(redshift, redshift_err):
    """Return whether (n,) bool each redshift has a distribution to draw from: a value, and an error above 0."""
    return np.isfinite(redshift) & (np.nan_to_num(redshift_err) > 0)


def drawn_redshifts(object_id, redshift, redshift_err, draws, largest, seed):
    """Return draws of photometric redshifts, shape (draws, n).

    Each draw of an object lies at a random place in another of `draws` equally probable parts of its distribution: a
    few draws then stand for the whole. They depend on the seed and on the object's id, redshift and error, and on no
    other object. object_id, redshift, redshift_err: (n,), of objects that `is_photometric`. largest: redshift.
    """
    from scipy.stats import truncnorm

    redshift, error = np.asarray(redshift, dtype=float), np.asarray(redshift_err, dtype=float)
    places = np.array([generator(seed, "photoz", name).random(draws) for name in object_id]).reshape(-1, draws).T
    share = (np.arange(draws)[:, None] + places) / draws
    low, high = (MIN_REDSHIFT - redshift) / error, (max(largest, MIN_REDSHIFT) - redshift) / error
    return np.clip(truncnorm.ppf(share, low, high, redshift, error), MIN_REDSHIFT, max(largest, MIN_REDSHIFT))
