import numpy as np
from astropy.cosmology import Planck18

from mallorn.survey.cosmology import MIN_REDSHIFT, clip_redshift, luminosity_distance


def test_distances_are_those_of_astropy():
    z = np.concatenate([np.geomspace(MIN_REDSHIFT, 20.0, 300), [0.0301, 0.30955, 1.5]])
    np.testing.assert_allclose(luminosity_distance(z), Planck18.luminosity_distance(z).value, rtol=1e-9)


def test_a_distance_does_not_depend_on_its_company():
    z = np.random.default_rng(1).uniform(0.005, 3.0, 301)
    np.testing.assert_array_equal(luminosity_distance(z)[17:40], luminosity_distance(z[17:40]))


def test_distance_is_the_integral_over_the_expansion_rate():
    z = np.array([0.01, 0.1, 0.5, 1.0, 3.0, 5.0])
    hubble, light = 67.66, 299792.458  # km/s/Mpc, km/s
    matter, radiation = 0.30966 + 0.0014, 7.9e-5  # with one neutrino of 0.06 eV; photons and two massless neutrinos
    for redshift, distance in zip(z, luminosity_distance(z), strict=True):
        grid = np.linspace(0, redshift, 20001)
        rate = np.sqrt(matter * (1 + grid) ** 3 + radiation * (1 + grid) ** 4 + 1 - matter - radiation)
        expected = (1 + redshift) * light / hubble * np.trapezoid(1 / rate, grid)
        np.testing.assert_allclose(distance, expected, rtol=1e-4)


def test_low_redshifts_are_clipped():
    np.testing.assert_array_equal(clip_redshift(np.array([-0.3, 0.0, 0.004, 0.2])), [*[MIN_REDSHIFT] * 3, 0.2])
    np.testing.assert_array_equal(luminosity_distance(np.array([-0.02, 0.0])), luminosity_distance(MIN_REDSHIFT))


def test_shapes():
    assert luminosity_distance(0.3).shape == ()
    assert luminosity_distance(np.full((2, 3), 0.3)).shape == (2, 3)
