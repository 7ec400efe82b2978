"""Tiny dust maps in the formats of the real ones."""

import numpy as np
from astropy.io import fits
from astropy.table import Table

SIZE = 64
"""Pixels along an edge of a map of a hemisphere; the real ones have 4096."""


def write_sfd(folder, north, south):
    """Write a map in the format of SFD whose hemispheres have the values `north` and `south` everywhere.

    Lambert's zenithal equal-area projections of the galactic hemispheres, as SFD's: x grows with cos(l) in the north.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scale = 90.0 * np.sqrt(2.0) * 2.0 / np.pi / (SIZE / 2)  # degrees a pixel at the pole
    for pole, value, latitude in (("ngp", north, 90.0), ("sgp", south, -90.0)):
        data = np.full((SIZE, SIZE), value, dtype=">f4")
        hdu = fits.PrimaryHDU(data)
        hdu.header.update(
            {"CTYPE1": "GLON-ZEA", "CTYPE2": "GLAT-ZEA", "CRVAL1": 0.0, "CRVAL2": latitude, "LONPOLE": 180.0}
        )
        hdu.header.update({"CRPIX1": SIZE / 2 + 0.5, "CRPIX2": SIZE / 2 + 0.5, "CDELT1": -scale, "CDELT2": scale})
        hdu.writeto(folder / f"SFD_dust_4096_{pole}.fits")
    return folder


def write_csfd(folder, value):
    """Write a map in the format of the corrected SFD (HEALPix, ring order) with one value everywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in (("csfd_ebv.fits", np.full(48, value)), ("mask.fits", np.zeros(48))):
        hdu = fits.BinTableHDU(Table({"T": pixels.astype(">f4")}), name="xtension")
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(folder / name)
    return folder
