import numpy as np
import pytest

from mallorn.simulate.changing_look import brightening, changing_flux, draw
from mallorn.simulate.streams import stream


def test_brightening_by_hand():
    factor = brightening(np.array([-1e4, 0.0, 1e4]), np.array([4000.0]), 2.0, 50.0)[:, 0]
    np.testing.assert_allclose(factor, [1.0, 10.0**0.4, 10.0**0.8])  # half of two magnitudes in the middle


def test_it_brightens_more_in_the_blue():
    blue, red = brightening(np.array([500.0]), np.array([3000.0, 8000.0]), 1.5, 50.0)[0]
    assert blue > red > 2.0


def test_a_nucleus_is_quiet_and_then_bright():
    before, after = [], []
    for number in range(40):
        p = draw(stream(8, "nucleus", number))
        phase = 1.6 * np.arange(1000) - 800.0
        flux = changing_flux(p, stream(8, "walk", number), phase, np.array([4000.0]))[:, 0]
        mean = 10.0 ** (0.4 * (23.9 - p["magnitude"] - 2.5 * np.log10(3.0))) * (4000.0 / 2500.0) ** 0.44
        before.append(flux[phase < -2.5 * p["turn"]].mean() / mean)
        after.append(flux[phase > 2.5 * p["turn"]].mean() / mean)
        assert 1.0 <= p["change"] <= 2.5
    assert np.median(before) == pytest.approx(0.0, abs=0.25)
    assert 1.5 < np.median(after) < 9.0  # 10^(0.4 c) - 1
