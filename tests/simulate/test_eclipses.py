import numpy as np
import pytest

from mallorn.simulate.eclipses import binary_flux, draw, mean_flux, overlap
from mallorn.simulate.physics import photosphere_flux
from mallorn.simulate.streams import stream

WAVELENGTH = np.array([4704.0, 7504.0])


def pair(**further):
    return {"mass": 1.0, "mass_ratio": 0.7, "period": 20.0, "inclination": 90.0, "epoch": 3.0} | further


def test_overlap_of_discs():
    assert overlap(np.array([3.0]), 1.0, 1.5)[0] == pytest.approx(0.0, abs=1e-9)
    assert overlap(np.array([0.2]), 1.0, 0.5)[0] == pytest.approx(np.pi * 0.25)
    # two discs of radius 1 whose centres are 1 apart: 2 pi / 3 - sqrt(3) / 2
    assert overlap(np.array([1.0]), 1.0, 1.0)[0] == pytest.approx(2.0 * np.pi / 3.0 - np.sqrt(3.0) / 2.0)


def test_depths_of_both_eclipses_by_hand():
    """The small star covers (R2 / R1)^2 of the large one, and is hidden whole half a period later."""
    p = pair()
    flux = binary_flux(p, None, np.array([3.0, 8.0, 13.0]), WAVELENGTH)
    first, second = (photosphere_flux(WAVELENGTH, 5772.0 * m**0.55, m**0.8) for m in (1.0, 0.7))
    both = first + second
    np.testing.assert_allclose(flux[1] / both, 1.0, rtol=2e-4)  # tides do little at this distance
    np.testing.assert_allclose(flux[0] / both, (first * (1.0 - 0.7**1.6) + second) / both, rtol=2e-4)
    np.testing.assert_allclose(flux[2] / both, first / both, rtol=2e-4)
    assert flux[0, 0] < flux[2, 0] < flux[1, 0]


def test_an_eclipse_lasts_as_long_as_the_radii_say():
    p = pair()
    time = 3.0 + np.linspace(-1.0, 1.0, 20001)
    flux = binary_flux(p, None, time, WAVELENGTH[:1])[:, 0]
    dark = time[flux < 0.999 * flux.max()]
    distance = 4.208 * (1.7 * 400.0) ** (1.0 / 3.0)  # 37.0 solar radii
    expected = 20.0 / np.pi * np.arcsin((1.0 + 0.7**0.8) / distance)
    assert np.ptp(dark) == pytest.approx(expected, rel=0.03)


def test_no_eclipse_from_above():
    flux = binary_flux(pair(inclination=60.0), None, np.linspace(0.0, 20.0, 400), WAVELENGTH)
    assert np.ptp(flux[:, 0]) / flux[:, 0].max() < 0.002


def test_close_pairs_bulge():
    p = pair(period=0.5, inclination=70.0, mass_ratio=1.0)
    flux = binary_flux(p, None, 3.0 + 0.5 * np.array([0.1666, 0.25, 0.75]), WAVELENGTH)[:, 0]
    assert flux[1] == pytest.approx(flux[2])
    assert flux[1] > 1.01 * flux[0]


def test_the_mean_is_that_of_a_period():
    p = pair(period=1.5)
    mean = binary_flux(p, None, 1.5 * np.arange(20000) / 20000.0, WAVELENGTH).mean(axis=0)
    np.testing.assert_allclose(mean_flux(p, WAVELENGTH), mean, rtol=2e-3)


def test_all_that_are_drawn_eclipse_and_keep_apart():
    for number in range(200):
        p = draw(stream(3, "pair", number), 1.0)
        phase = p["epoch"] + p["period"] * np.linspace(0.0, 1.0, 201)
        flux = binary_flux(p, None, phase, WAVELENGTH)[:, 0]
        assert flux.min() > 0.0
        assert flux[0] < 0.995 * flux.max()
        distance = 4.208 * (p["mass"] * (1.0 + p["mass_ratio"]) * p["period"] ** 2) ** (1.0 / 3.0)
        assert p["mass"] ** 0.8 + (p["mass"] * p["mass_ratio"]) ** 0.8 < 0.75 * distance
