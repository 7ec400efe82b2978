"""Links to archives and brokers for an object, by its position or its ZTF name.

A page has them as links to click. Nothing contacts these sites before.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

__all__ = ["SITES", "Site", "links_of", "sexagesimal"]

_ZTF_NAME = re.compile(r"ZTF\d\d[a-z]{7}", re.ASCII)


class Site(NamedTuple):
    """A site: its name, and its address by position ({ra} and {dec}, degrees; {signed_dec} with its sign).

    If it has an address by ZTF name ({name}), that one is used for objects with such a name."""

    name: str
    by_position: str
    by_name: str = ""


SITES = (
    Site(
        "Legacy Survey",
        "https://www.legacysurvey.org/viewer?ra={ra}&dec={dec}&layer=ls-dr10&zoom=16&mark={ra},{dec}",
    ),
    Site(
        "ALeRCE ZTF",
        "https://alerce.online/?ra={ra}&dec={dec}&radius=5",
        "https://alerce.online/object/{name}",
    ),
    Site("ALeRCE LSST", "https://lsst.alerce.online/?ra={ra}&dec={dec}&radius=5"),
    Site(
        "Lasair ZTF",
        "https://lasair-ztf.lsst.ac.uk/conesearch/?ra={ra}&dec={dec}&radius=5",
        "https://lasair-ztf.lsst.ac.uk/objects/{name}/",
    ),
    Site("Lasair LSST", "https://lasair.lsst.ac.uk/conesearch/?ra={ra}&dec={dec}&radius=5"),
    Site(
        "Fink ZTF",
        "https://ztf.fink-portal.org/?action=conesearch&ra={ra}&dec={dec}&radius=5",
        "https://ztf.fink-portal.org/{name}",
    ),
    Site("Fink LSST", "https://lsst.fink-portal.org/?action=conesearch&ra={ra}&dec={dec}&radius=5"),
    Site("TNS", "https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=5&coords_unit=arcsec"),
    Site(
        "NED",
        "https://ned.ipac.caltech.edu/cgi-bin/objsearch?search_type=Near+Position+Search&in_csys=Equatorial"
        "&in_equinox=J2000.0&lon={ra}d&lat={dec}d&radius=0.5",
    ),
    Site(
        "SIMBAD",
        "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}d{signed_dec}d&CooFrame=ICRS&Radius=10"
        "&Radius.unit=arcsec",
    ),
)
"""The sites in the order on the page. A broker that does not know a parameter of an address opens its search."""


def links_of(object_id, ra, dec):
    """Return [(name of the site, address)] for an object.

    ra, dec: degrees (ICRS). If they are NaN, there are only addresses by ZTF name, if `object_id` is one.
    """
    parts = {}
    if np.isfinite(ra) and np.isfinite(dec):
        parts = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "signed_dec": f"{dec:+.6f}"}
    if _ZTF_NAME.fullmatch(object_id):
        parts["name"] = object_id
    parts = {key: quote(text, safe="") for key, text in parts.items()}
    links = []
    for site in SITES:
        if site.by_name and "name" in parts:
            links.append((site.name, site.by_name.format(**parts)))
        elif "ra" in parts:
            links.append((site.name, site.by_position.format(**parts)))
    return links


def sexagesimal(ra, dec):
    """Return a position in degrees as text in hours and degrees, "12:51:26.28 +27:07:41.7"; "" if unknown."""
    if not (np.isfinite(ra) and np.isfinite(dec)):
        return ""
    from astropy.coordinates import Angle

    hours = Angle(ra, "deg").to_string("hourangle", sep=":", precision=2, pad=True)
    return f"{hours} {Angle(dec, 'deg').to_string('deg', sep=':', precision=1, pad=True, alwayssign=True)}"
