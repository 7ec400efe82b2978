"""Reddening by the dust of the Milky Way.

E(B-V) is that of the law of Fitzpatrick (1999) with R_V = 3.1, the scale of Schlafly & Finkbeiner (2011, ApJ 737, 103):
0.86 times the values of Schlegel, Finkbeiner & Davis (1998). `mallorn.survey.dust_map` converts the values of maps to
it.
"""

import numpy as np

__all__ = ["R_V", "extinction_per_ebv", "transmission"]

R_V = 3.1


def extinction_per_ebv(wavelength):
    """Return A / E(B-V), shape (B,), magnitudes, at `wavelength` (B,) angstrom.

    The law of Fitzpatrick (1999, PASP 111, 63) with R_V = 3.1, as in the package `extinction`, from 910 to 60,000
    angstrom.
    """
    import extinction

    return extinction.fitzpatrick99(np.array(wavelength, dtype=float), R_V, R_V)


def transmission(ebv, per_ebv):
    """Return the fraction (..., B) of the flux that passes the dust.

    ebv: E(B-V) in magnitudes, on the scale of this module, any shape. per_ebv: A / E(B-V) of the passbands (B,), as
    from `extinction_per_ebv`.
    """
    return 10.0 ** (-0.4 * np.asarray(ebv, dtype=float)[..., None] * per_ebv)
