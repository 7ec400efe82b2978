"""Distances, from astropy's Planck18 cosmology."""

import numpy as np

__all__ = ["MIN_REDSHIFT", "clip_redshift", "luminosity_distance"]

MIN_REDSHIFT = 0.005
"""Photometric redshifts scatter below zero; distances and time dilation take at least this."""


def clip_redshift(redshift):
    """Return `redshift` with everything below `MIN_REDSHIFT` raised to it."""
    return np.maximum(redshift, MIN_REDSHIFT)


def luminosity_distance(redshift):
    """Return luminosity distances in Mpc (Planck 2018, flat LCDM), same shape as `redshift`, which is clipped first.

    Imports astropy when called (about a second): call it once a job, over all objects.
    """
    from astropy.cosmology import Planck18

    return Planck18.luminosity_distance(clip_redshift(np.asarray(redshift, dtype=float))).value
