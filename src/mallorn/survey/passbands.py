"""The six passbands of Rubin/LSST and their order in every array of this package."""

import numpy as np

__all__ = ["BANDS", "WAVELENGTHS", "band_index"]

BANDS = ("u", "g", "r", "i", "z", "y")

WAVELENGTHS = np.array([3641.0, 4704.0, 6155.0, 7504.0, 8695.0, 10056.0])
"""Effective wavelengths, shape (6,), angstrom, as used to make the MALLORN survey."""
WAVELENGTHS.flags.writeable = False


def band_index(name):
    """Return the position of passband `name` in `BANDS`; raise ValueError if there is none."""
    try:
        return BANDS.index(name)
    except ValueError:
        raise ValueError(f"unknown passband {name!r}: expected one of {', '.join(BANDS)}") from None
