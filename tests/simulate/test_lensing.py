import numpy as np
import pytest

from mallorn.simulate.lensing import draw, lensed_flux, magnification, unlensed_flux
from mallorn.simulate.streams import stream


def test_magnification_by_hand():
    # Paczynski: 3 / sqrt(5) = 1.342 at one Einstein radius, 1 / u for small u
    assert magnification(1.0) == pytest.approx(3.0 / np.sqrt(5.0))
    assert magnification(0.01) == pytest.approx(100.0, rel=1e-3)
    assert magnification(10.0) == pytest.approx(1.0, abs=3e-4)


def test_light_curve_by_hand():
    p = draw(stream(1, "lens"), 3000.0) | {"impact": 0.6, "einstein_time": 20.0, "peak": 1000.0, "share": 0.5}
    wavelength = np.array([4704.0, 8695.0])
    flux = lensed_flux(p, None, np.array([1000.0, 1016.0, 984.0, 2900.0]), wavelength) / unlensed_flux(p, wavelength)
    expected = [1.0 + 0.5 * (magnification(u) - 1.0) for u in (0.6, 1.0, 1.0)]  # 16 days: u = sqrt(0.36 + 0.64)
    np.testing.assert_allclose(flux[:3], np.array(expected)[:, None] * np.ones(2))
    np.testing.assert_allclose(flux[3], 1.0, atol=1e-5)


def test_times_scales_and_peaks():
    events = [draw(stream(1, "many", k), 3000.0) for k in range(500)]
    assert np.median([p["einstein_time"] for p in events]) == pytest.approx(22.0, rel=0.1)
    assert all(0.0 <= p["peak"] <= 3000.0 for p in events)
