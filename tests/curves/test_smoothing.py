import numpy as np
import pytest
from feature_inputs import pack

from mallorn.curves.smoothing import smooth_curves


def curve(points, bands=("r", "g"), half_width=10.0, factor_sd=0.5, rounds=2):
    return smooth_curves(pack(points, redshift=0.0 * len(points) + 1.0), bands, half_width, factor_sd, rounds)


def test_two_points_of_one_band_by_hand():
    """Rest-frame lag 5 d of half-width 10 d: weight 1 - 1/4, so s = (4 + 0.75 x 8) / 1.75 at the first point."""
    made = curve([([0.0, 10.0], "rr", [4.0, 8.0], 2.0)])
    np.testing.assert_allclose(made.time, [0.0, 5.0])
    np.testing.assert_allclose(made.flux, [10.0 / 1.75, 11.0 / 1.75])
    np.testing.assert_allclose(made.error, 2.0 * np.sqrt(1 + 0.75**2) / 1.75)


def test_points_beyond_the_half_width_do_not_count():
    made = curve([([0.0, 21.0], "rr", [4.0, 8.0], 2.0)])
    np.testing.assert_allclose(made.flux, [4.0, 8.0])


def test_bands_are_brought_to_the_scale_of_the_first():
    mjd = np.repeat(np.arange(0.0, 600.0, 30.0), 2)
    shape = 50 * np.exp(-0.5 * ((mjd - 300) / 80) ** 2)
    band = list("rg" * 20)
    flux = np.where(np.array(band) == "g", 2.0 * shape, shape)
    made = curve([(mjd, band, flux, 0.1)], rounds=20)
    np.testing.assert_allclose(made.flux, shape, atol=0.05)
    assert np.ptp(made.raw - made.flux) < 0.1


def test_bands_that_are_not_asked_for_do_not_count():
    made = curve([([0.0, 0.0], "ry", [4.0, 100.0], 2.0)])
    assert made.flux.tolist() == [4.0]


@pytest.mark.parametrize("sigma", [0.0, 3.0])
def test_peak_prefers_what_is_certain(sigma):
    made = curve([([0.0, 100.0], "rr", [10.0, 12.0], [0.1, 2.0]), ([], [], [], [])])
    assert made.peak(sigma).tolist() == [0 if sigma else 1, -1]
