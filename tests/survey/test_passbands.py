import numpy as np
import pytest

from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS, slot_index


def test_bands_run_from_blue_to_red():
    assert SLOTS == ("u", "g", "r", "i", "z", "y")
    assert (np.diff(SLOT_WAVELENGTHS) > 0).all()
    assert [slot_index(name) for name in SLOTS] == list(range(6))


@pytest.mark.parametrize("name", ["U", "", "ug", None])
def test_unknown_band(name):
    with pytest.raises(ValueError, match="expected one of u, g, r, i, z, y"):
        slot_index(name)


def test_wavelengths_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        SLOT_WAVELENGTHS[0] = 1.0
