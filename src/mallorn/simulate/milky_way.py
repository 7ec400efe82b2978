"""Density of stars: relative numbers per unit of volume at distances, kpc, along a line of sight from the Sun."""

import numpy as np

__all__ = ["bulge", "disc", "halo", "near_galaxies"]

_CENTRE = 8.2  # kpc: GRAVITY Collaboration (2019, A&A 625, L10)


def disc(kpc):
    """Return the thin and the thick disc at 30 degrees from the plane.

    Scale heights are 300 and 900 pc; near the Sun the thick disc has 12% as many stars: Juric et al. (2008, ApJ 673,
    864).
    """
    height = 0.5 * kpc
    return np.exp(-height / 0.3) + 0.12 * np.exp(-height / 0.9)


def halo(kpc):
    """Return (D^2 + (8.2 kpc)^2)^(-1.4): r^-2.8 of Juric et al. (2008, ApJ 673, 864), at right angles to the centre."""
    return (kpc**2 + _CENTRE**2) ** -1.4


def bulge(kpc):
    """Return a normal distribution around the centre, one kiloparsec wide."""
    return np.exp(-0.5 * (kpc - _CENTRE) ** 2)


def near_galaxies(kpc):
    """Return a constant from the distance of the Magellanic Clouds on."""
    return (kpc >= 50.0).astype(float)
