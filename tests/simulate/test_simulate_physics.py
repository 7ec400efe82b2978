import numpy as np
import pytest

from mallorn.simulate.physics import absolute_flux, blackbody_ratio, dimming, luminous_flux, photosphere_flux
from mallorn.survey.cosmology import luminosity_distance


def test_absolute_magnitude_of_the_zero_point_is_one_microjansky():
    assert absolute_flux(23.9) == pytest.approx(1.0)
    assert absolute_flux(18.9) == pytest.approx(100.0)


def test_dimming_at_negligible_redshift_is_the_distance_modulus():
    # 100 Mpc: distance modulus 5 log10(1e8 / 10) = 35
    assert -2.5 * np.log10(dimming(0.0, 100.0)) == pytest.approx(35.0)


def test_supernova_at_redshift_one_tenth():
    # Planck 2018: d_L(0.1) = 475.8 Mpc, distance modulus 38.39; minus 2.5 log10(1.1) = 0.10
    magnitude = 23.9 - 2.5 * np.log10(absolute_flux(-19.3) * dimming(0.1, luminosity_distance(0.1)))
    assert magnitude == pytest.approx(-19.3 + 38.39 - 0.103, abs=0.01)


def test_blackbody_ratio_by_hand():
    # 10,000 K: h c / (lambda k T) is 3.5969 at 4000 A and 1.7985 at 8000 A
    expected = 8.0 * (np.exp(1.79847) - 1.0) / (np.exp(3.59694) - 1.0)
    assert blackbody_ratio(4000.0, 8000.0, 10_000.0) == pytest.approx(expected, rel=1e-4)


def test_blackbody_of_high_temperature_follows_rayleigh_and_jeans():
    assert blackbody_ratio(4000.0, 8000.0, 1e8) == pytest.approx(4.0, rel=1e-3)


def test_blackbody_far_in_the_ultraviolet_is_dark_without_overflow():
    with np.errstate(all="raise"):
        assert blackbody_ratio(np.array([60.0]), 4400.0, 4000.0)[0] < 1e-200


def test_the_sun_as_a_blackbody():
    # M_AB 4.8 in V (Willmer 2018, ApJS 236, 47); a blackbody of 5772 K is within a tenth
    flux = photosphere_flux(5500.0, 5772.0, 1.0)
    assert 23.9 - 2.5 * np.log10(flux) == pytest.approx(4.8, abs=0.1)
    assert luminous_flux(5500.0, 5772.0, 3.828e33) == pytest.approx(flux, rel=1e-3)


def test_all_light_of_a_luminosity_arrives():
    wavelength = np.geomspace(300.0, 1e6, 20001)  # angstrom
    flux = luminous_flux(wavelength, 9000.0, 1e40)
    total = np.trapezoid(flux * 1e-29 * 2.99792458e18 / wavelength**2, wavelength)  # erg / (s cm^2)
    assert total * 4.0 * np.pi * 3.0857e19**2 == pytest.approx(1e40, rel=1e-3)
