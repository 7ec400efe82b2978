"""Galactic reddening from a dust map that the user has, through the package `dustmaps`.

Everywhere in mallorn, E(B-V) is the colour excess that `mallorn.survey.dust` turns into extinction: that of the law of
Fitzpatrick (1999) with R_V = 3.1. Maps on the scale of Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525) give 1/0.86 of
it: Schlafly & Finkbeiner (2011, ApJ 737, 103) measured 0.86 times SFD for this very law. Values from such a map are
therefore multiplied by 0.86. An E(B-V) from a survey's files is taken as it is.
"""

import logging
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import ConfigError, DataError

__all__ = ["MAPS", "MUCH_DUST", "SFD_SCALE", "DustMap", "fill_reddening", "map_files", "reddening"]

SFD_SCALE = 0.86
"""E(B-V) over that of SFD, for Fitzpatrick (1999) with R_V = 3.1 (Schlafly & Finkbeiner 2011)."""

MUCH_DUST = 1.5
"""E(B-V) above which an object is told: surveys of other galaxies look elsewhere, and A_V is mistaken for it."""

_log = logging.getLogger(__name__)


class DustMap(NamedTuple):
    """A map that `dustmaps` reads: files in its folder, the ratio of E(B-V) to its values, a function to open it."""

    files: tuple
    scale: float
    open: Callable


def _open_sfd(folder):
    from dustmaps.sfd import SFDQuery

    return SFDQuery(map_dir=str(folder))


def _open_csfd(folder):
    from dustmaps.csfd import CSFDQuery

    return CSFDQuery(*(str(folder / name) for name in MAPS["csfd"].files))


MAPS = {
    "sfd": DustMap(("SFD_dust_4096_ngp.fits", "SFD_dust_4096_sgp.fits"), SFD_SCALE, _open_sfd),
    "csfd": DustMap(("csfd_ebv.fits", "mask.fits"), SFD_SCALE, _open_csfd),
}
"""The maps by name: SFD, and SFD without the galaxies that it mistook for dust (Chiang 2023, ApJ 958, 118)."""


def map_files(dust_map):
    """Return the paths of the files of a map, [] for None.

    dust_map: {"name": one of `MAPS`, "folder"}, as in the block `ingest` of the configuration, or None. Raises
    DataError, with the next step, if a file is missing.
    """
    if dust_map is None:
        return []
    paths = [Path(dust_map["folder"], name) for name in MAPS[dust_map["name"]].files]
    for path in paths:
        if not path.is_file():
            expected = f"a file of the dust map {dust_map['name']}"
            fix = f"set ingest.dust_map.folder to the folder of the map, which {_fetch(dust_map['name'])} gets"
            raise DataError.at(path, expected=expected, found="nothing", fix=fix)
    return [str(path) for path in paths]


def reddening(ra, dec, dust_map):
    """Return E(B-V) (n,), magnitudes, NaN without a position.

    ra, dec (n,): degrees (ICRS), NaN where unknown. dust_map: {"name", "folder"}, see `map_files` also for errors.
    Raises ConfigError if `dustmaps` is not installed and DataError if it cannot read the map.
    """
    import numpy as np
    from astropy.coordinates import SkyCoord

    ra, dec = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
    ebv, known = np.full(len(ra), np.nan), np.isfinite(ra) & np.isfinite(dec)
    if known.any():
        coordinates = SkyCoord(ra[known], dec[known], unit="deg", frame="icrs").galactic
        opened = _opened(dust_map["name"], str(dust_map["folder"]))
        ebv[known] = MAPS[dust_map["name"]].scale * np.asarray(opened.query(coordinates), dtype=float)
    return ebv


def fill_reddening(ebv, ra, dec, settings):
    """Return E(B-V) (n,), magnitudes, without gaps: from the map where `ebv` is NaN, 0 where the map has none.

    ebv (n,): magnitudes, NaN where not given. ra, dec (n,): degrees (ICRS), NaN where unknown, or None for no
    positions. settings: the block `ingest` of the configuration; "dust_map" and "ebv" count. A warning tells how many
    objects are taken to have no dust. Raises DataError for a value of the map outside the configuration's limits, and
    as `reddening` does.
    """
    import numpy as np

    ebv, dust_map = np.array(ebv, dtype=float), settings["dust_map"]
    missing, n_from_map = np.isnan(ebv), 0
    if missing.any() and dust_map is not None and ra is not None:
        ebv[missing] = reddening(np.asarray(ra)[missing], np.asarray(dec)[missing], dust_map)
        _check(ebv, ra, dec, missing, settings)
        n_from_map = int((missing & ~np.isnan(ebv)).sum())
        _log.info("E(B-V) of %d of %d objects is from the dust map %s", n_from_map, len(ebv), dust_map["name"])
    n_without = int(np.isnan(ebv).sum())
    if n_without:
        why = (
            "and there is no dust map: set ingest.dust_map"
            if dust_map is None
            else f"and no position to look it up in the dust map {dust_map['name']}: give ra and dec"
        )
        message = "%d of %d objects have no E(B-V) %s; they are taken to have no Galactic dust, E(B-V) = 0"
        _log.warning(message, n_without, len(ebv), why)
    return np.where(np.isnan(ebv), 0.0, ebv)


def _check(ebv, ra, dec, filled, settings):
    believed = settings["ebv"]
    for k, value in enumerate(ebv):
        if filled[k] and not believed["min"] <= value <= believed["max"] and value == value:
            where = f"dust map {settings['dust_map']['name']}, at ra {ra[k]:.5f}, dec {dec[k]:.5f}"
            expected = f"an E(B-V) between {believed['min']:g} and {believed['max']:g}"
            fix = "remove the object, which so much dust hides, or raise ingest.ebv.max"
            raise DataError.at(where, expected=expected, found=f"{value:.2f}", fix=fix)


@lru_cache(maxsize=2)
def _opened(name, folder):
    """Return the object by which `dustmaps` looks values up in the map `name` in `folder`."""
    map_files({"name": name, "folder": folder})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that dustmaps has no configuration file: the folder is given
            return MAPS[name].open(Path(folder))
    except ImportError:
        fix = "pip install dustmaps, or set ingest.dust_map to null"
        raise ConfigError(f"ingest.dust_map: the package dustmaps is not installed. Next step: {fix}.") from None
    except (OSError, LookupError, ValueError, TypeError) as error:
        expected, fix = f"the dust map {name} as FITS files", f"get the map again with {_fetch(name)}"
        raise DataError.at(folder, expected=expected, found=str(error), fix=fix) from None


def _fetch(name):
    return f"dustmaps.{name}.fetch()"
