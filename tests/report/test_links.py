"""Addresses of other sites, written out by hand, and positions as text."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from mallorn.report.links import SITES, links_of, sexagesimal

RA, DEC = 192.859481, -7.5
Z, NAME = "ztf.fink-portal.org", "ZTF20abcdefg"


def test_addresses_by_position():
    assert dict(links_of("x", RA, DEC)) == {
        "Legacy Survey": "https://www.legacysurvey.org/viewer?ra=192.859481&dec=-7.500000&layer=ls-dr10&zoom=16"
        "&mark=192.859481,-7.500000",
        "ALeRCE ZTF": "https://alerce.online/?ra=192.859481&dec=-7.500000&radius=5",
        "ALeRCE LSST": "https://lsst.alerce.online/?ra=192.859481&dec=-7.500000&radius=5",
        "Lasair ZTF": "https://lasair-ztf.lsst.ac.uk/conesearch/?ra=192.859481&dec=-7.500000&radius=5",
        "Lasair LSST": "https://lasair.lsst.ac.uk/conesearch/?ra=192.859481&dec=-7.500000&radius=5",
        "Fink ZTF": "https://ztf.fink-portal.org/?action=conesearch&ra=192.859481&dec=-7.500000&radius=5",
        "Fink LSST": "https://lsst.fink-portal.org/?action=conesearch&ra=192.859481&dec=-7.500000&radius=5",
        "TNS": "https://www.wis-tns.org/search?ra=192.859481&decl=-7.500000&radius=5&coords_unit=arcsec",
        "NED": "https://ned.ipac.caltech.edu/cgi-bin/objsearch?search_type=Near+Position+Search&in_csys=Equatorial"
        "&in_equinox=J2000.0&lon=192.859481d&lat=-7.500000d&radius=0.5",
        "SIMBAD": "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=192.859481d-7.500000d&CooFrame=ICRS&Radius=10"
        "&Radius.unit=arcsec",
    }


def test_a_plus_is_no_blank_in_an_address():
    assert "Coord=192.859481d%2B7.500000d&" in dict(links_of("x", RA, -DEC))["SIMBAD"]
    query = parse_qs(urlsplit(dict(links_of("x", RA, -DEC))["SIMBAD"]).query)
    assert query["Coord"] == ["192.859481d+7.500000d"]


def test_ztf_names_lead_to_the_object_itself():
    found = dict(links_of(NAME, RA, DEC))
    assert found["ALeRCE ZTF"] == "https://alerce.online/object/ZTF20abcdefg"
    assert found["Lasair ZTF"] == "https://lasair-ztf.lsst.ac.uk/objects/ZTF20abcdefg/"
    assert found["Fink ZTF"] == "https://ztf.fink-portal.org/ZTF20abcdefg"
    assert list(found) == [site.name for site in SITES]
    assert list(dict(links_of(NAME, np.nan, np.nan))) == ["ALeRCE ZTF", "Lasair ZTF", "Fink ZTF"]


@pytest.mark.parametrize(
    "name", ["ZTF20abcdef", "ZTF20abcdefgh", "ztf20abcdefg", "ZTF20abcdefG", "ZTF२०abcdefg", "", "x/../y"]
)
def test_other_names_become_no_part_of_an_address(name):
    assert links_of(name, np.nan, np.nan) == []
    assert all(name not in url or not name for _, url in links_of(name, RA, DEC))


@pytest.mark.parametrize(("ra", "dec"), [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)])
def test_half_a_position_is_none(ra, dec):
    assert links_of("x", ra, dec) == []
    assert sexagesimal(ra, dec) == ""


def test_positions_as_text():
    assert sexagesimal(192.859481, -7.5) == "12:51:26.28 -07:30:00.0"
    assert sexagesimal(0.0, 0.0) == "00:00:00.00 +00:00:00.0"
