import numpy as np
import pytest

from mallorn.survey.dust import extinction_per_ebv, transmission
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS


def test_extinction_follows_table_3_of_fitzpatrick_1999():
    from scipy.interpolate import CubicSpline

    wavelength = np.array([np.inf, 26500, 12200, 6000, 5470, 4670, 4110, 2700, 2600])  # angstrom
    per_ebv = np.array([0.0, 0.265, 0.829, 2.688, 3.055, 3.806, 4.315, 6.265, 6.591])  # for R_V = 3.1
    expected = CubicSpline(1e4 / wavelength, per_ebv, bc_type="natural")(1e4 / SLOT_WAVELENGTHS)
    np.testing.assert_allclose(extinction_per_ebv(SLOT_WAVELENGTHS), expected, atol=0.01)


def test_transmission_worked_by_hand():
    # one magnitude per unit of E(B-V) is a factor 10^-0.4 = 0.398107
    ebv = 1 / LSST.extinction
    np.testing.assert_allclose(np.diagonal(transmission(ebv, LSST.extinction)), 0.39810717, rtol=1e-8)
    np.testing.assert_array_equal(transmission(0.0, LSST.extinction), np.ones(6))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_shapes(shape):
    assert transmission(np.zeros(shape), LSST.extinction).shape == (*shape, 6)
