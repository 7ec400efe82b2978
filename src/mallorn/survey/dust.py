"""Reddening by the dust of the Milky Way."""

from functools import cache

import numpy as np

from mallorn.survey.passbands import WAVELENGTHS

__all__ = ["R_V", "extinction_per_ebv", "transmission"]

R_V = 3.1


@cache
def extinction_per_ebv():
    """Return A_band / E(B-V), shape (6,), magnitudes: Fitzpatrick (1999, PASP 111, 63) with R_V = 3.1."""
    import extinction

    return extinction.fitzpatrick99(np.array(WAVELENGTHS), R_V, R_V)


def transmission(ebv):
    """Return the fraction of the flux that passes the dust, shape (..., 6), for E(B-V) `ebv` in magnitudes."""
    return 10.0 ** (-0.4 * np.asarray(ebv, dtype=float)[..., None] * extinction_per_ebv())
