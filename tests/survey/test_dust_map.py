"""Reddening from a dust map that the user has."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from dust_written import write_csfd, write_sfd

from mallorn.errors import ConfigError, DataError
from mallorn.survey.dust_map import MAPS, SFD_SCALE, fill_reddening, map_files, reddening

POLE = (192.85948, 27.12825)
"""The north galactic pole, ra and dec in degrees."""

SETTINGS = {"ebv": {"min": 0.0, "max": 5.0}, "dust_map": None}


def settings(folder, name="sfd"):
    return SETTINGS | {"dust_map": {"name": name, "folder": str(folder)}}


@pytest.fixture
def sfd(tmp_path):
    return write_sfd(tmp_path / "sfd", north=0.1, south=0.5)


def test_values_are_brought_from_the_scale_of_sfd_to_that_of_the_dust_law(sfd):
    ra, dec = [POLE[0], POLE[0] - 180.0, np.nan, 10.0], [POLE[1], -POLE[1], 5.0, np.nan]
    found = reddening(ra, dec, {"name": "sfd", "folder": sfd})
    np.testing.assert_allclose(found, [0.086, 0.43, np.nan, np.nan], rtol=1e-6)


def test_what_is_read_is_the_place_asked_for(sfd):
    """A value at one pixel of the map, found again by the galactic coordinates that the header gives it."""
    from astropy import wcs
    from astropy.coordinates import SkyCoord

    path = sfd / "SFD_dust_4096_ngp.fits"
    with fits.open(path, mode="update") as file:
        file[0].data[20, 40] = 2.0
        longitude, latitude = wcs.WCS(file[0].header).wcs_pix2world(40, 20, 0)
    place = SkyCoord(float(longitude), float(latitude), unit="deg", frame="galactic").icrs
    (found,) = reddening([place.ra.deg], [place.dec.deg], {"name": "sfd", "folder": sfd})
    assert found == pytest.approx(0.86 * 2.0, rel=1e-3)


def test_csfd_is_on_the_scale_of_sfd(tmp_path):
    folder = write_csfd(tmp_path / "csfd", 0.2)
    np.testing.assert_allclose(reddening([15.0], [-40.0], {"name": "csfd", "folder": folder}), [0.172], rtol=1e-6)


def test_the_dust_law_gives_what_schlafly_and_finkbeiner_measured_for_sfd():
    """Their table 6 has A / E(B-V)_SFD for R_V = 3.1: 3.237 in LSST g, 2.273 in r, 1.684 in i, of wide passbands."""
    from mallorn.survey.passbands import LSST

    of_sfd = SFD_SCALE * LSST.extinction[[1, 2, 3]]
    np.testing.assert_allclose(of_sfd, [3.237, 2.273, 1.684], rtol=0.03)
    assert {about.scale for about in MAPS.values()} == {SFD_SCALE}


def test_only_what_is_missing_comes_from_the_map(sfd, caplog):
    given = np.array([0.3, np.nan, np.nan])
    with caplog.at_level("INFO"):
        found = fill_reddening(given, [10.0, POLE[0], np.nan], [10.0, POLE[1], np.nan], settings(sfd))
    np.testing.assert_allclose(found, [0.3, 0.086, 0.0], rtol=1e-6)
    assert np.isnan(given[1])
    assert "E(B-V) of 1 of 3 objects is from the dust map sfd" in caplog.text
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("1 of 3 objects have no E(B-V) and no position to look it up in the dust map sfd")


def test_without_a_map_there_is_no_dust_and_a_warning(caplog):
    np.testing.assert_array_equal(fill_reddening([np.nan, 0.2, np.nan], [1, 2, 3], [1, 2, 3], SETTINGS), [0, 0.2, 0])
    assert "2 of 3 objects have no E(B-V) and there is no dust map: set ingest.dust_map" in caplog.text
    assert "E(B-V) = 0" in caplog.text


def test_all_given_needs_neither_map_nor_warning(tmp_path, caplog):
    np.testing.assert_array_equal(fill_reddening([0.1, 0.2], [1, 2], [1, 2], settings(tmp_path / "none")), [0.1, 0.2])
    assert caplog.text == ""


def test_dust_beyond_belief_is_an_error(tmp_path):
    folder = write_sfd(tmp_path / "thick", north=40.0, south=0.1)
    with pytest.raises(
        DataError, match=r"ra 192.85948, dec 27.12825: expected .* 0 and 5, found 34.40.*ingest.ebv.max"
    ):
        fill_reddening([np.nan], [POLE[0]], [POLE[1]], settings(folder))


def test_a_map_that_is_not_there(tmp_path, sfd):
    assert map_files(None) == []
    assert map_files({"name": "sfd", "folder": sfd}) == [str(sfd / f"SFD_dust_4096_{p}.fits") for p in ("ngp", "sgp")]
    (sfd / "SFD_dust_4096_sgp.fits").unlink()
    with pytest.raises(DataError, match=r"SFD_dust_4096_sgp.fits: expected a file of the dust map sfd, found nothing"):
        map_files({"name": "sfd", "folder": sfd})
    with pytest.raises(DataError, match=r"mask.fits|csfd_ebv.fits.*dustmaps.csfd.fetch"):
        reddening([1.0], [1.0], {"name": "csfd", "folder": tmp_path})


def test_a_map_that_is_damaged(sfd):
    (sfd / "SFD_dust_4096_ngp.fits").write_text("<html>Sign in</html>")
    with pytest.raises(DataError, match="expected the dust map sfd as FITS files.*Next step: get the map again"):
        reddening([1.0], [80.0], {"name": "sfd", "folder": sfd})


def test_without_the_package_the_error_says_what_to_install(sfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "dustmaps.sfd", None)
    with pytest.raises(ConfigError, match="dustmaps is not installed. Next step: pip install dustmaps"):
        reddening([1.0], [80.0], {"name": "sfd", "folder": sfd})


def test_planning_imports_neither_numpy_nor_astropy():
    code = "import sys, mallorn.survey.dust_map; print({'numpy', 'astropy', 'dustmaps'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "set()", done.stderr
