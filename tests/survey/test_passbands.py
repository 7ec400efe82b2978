import numpy as np
import pytest

from mallorn.survey.passbands import BANDS, WAVELENGTHS, band_index


def test_bands_run_from_blue_to_red():
    assert BANDS == ("u", "g", "r", "i", "z", "y")
    assert (np.diff(WAVELENGTHS) > 0).all()
    assert [band_index(name) for name in BANDS] == list(range(6))


@pytest.mark.parametrize("name", ["U", "", "ug", None])
def test_unknown_band(name):
    with pytest.raises(ValueError, match="expected one of u, g, r, i, z, y"):
        band_index(name)


def test_wavelengths_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        WAVELENGTHS[0] = 1.0
