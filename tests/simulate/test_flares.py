import numpy as np
import pytest

from mallorn.simulate.flares import draw, flare, flare_list, flaring_flux, quiet_flux
from mallorn.simulate.physics import photosphere_flux
from mallorn.simulate.streams import stream

UGRIZY = np.array([3641.0, 4704.0, 6155.0, 7504.0, 8695.0, 10056.0])


def test_template_by_hand():
    value = flare(np.array([-1.5, -1.0, -0.5, 0.0, 1.0]))
    # 1 - 1.941 - 0.175 + 2.246 - 1.125 at -1; 1 - 0.9705 - 0.04375 + 0.28075 - 0.0703125 at -0.5;
    # 0.689 e^-1.6 + 0.303 e^-0.2783 at 1
    np.testing.assert_allclose(value, [0.0, 0.005, 0.1962, 0.992, 0.3685], atol=1e-3)


def test_width_at_half_of_the_peak_is_one():
    time = np.linspace(-1.0, 3.0, 40001)
    assert np.ptp(time[flare(time) >= 0.5]) == pytest.approx(1.0, abs=0.15)


def test_flares_follow_their_law_and_do_not_depend_on_the_end():
    peak, part, width = flare_list(3.0, stream(5, "flares"), 2500.0)
    assert (np.diff(peak) >= 0.0).all()
    assert np.sum(peak < 2500.0) == pytest.approx(7500, rel=0.05)
    share = [np.mean(part > x) for x in (4e-4, 2e-3)]
    assert share == pytest.approx([0.5, 0.1], rel=0.1)
    assert part.max() <= 0.05
    np.testing.assert_allclose(width, 2.0 / 1440.0 * (part / 2e-4) ** 0.4)
    early = flare_list(3.0, stream(5, "flares"), 500.0)
    np.testing.assert_array_equal(early[0], peak[: len(early[0])])
    np.testing.assert_array_equal(early[1], part[: len(early[1])])


def test_light_at_the_peak_of_a_large_flare():
    p = draw(stream(5, "star"), 1.0)
    peak, part, width = flare_list(p["rate"], stream(5, "light"), 1000.0)
    k = int(np.argmax(np.where(peak < 900.0, part, 0.0)))
    time = peak[k] + width[k] * np.array([0.0, 2.0, -5000.0])
    flux = flaring_flux(p, stream(5, "light"), time, UGRIZY) - quiet_flux(p, UGRIZY)
    expected = 0.992 * part[k] * photosphere_flux(UGRIZY, 9500.0, p["radius"])
    assert (flux[0] >= expected * 0.999).all()  # others may overlap
    assert (flux[0] <= expected * 1.3).all()
    assert (flux[1] < 0.5 * flux[0]).all()


def test_flares_are_blue_and_seldom():
    p = draw(stream(5, "blue"), 1.0)
    time = np.random.default_rng(1).uniform(0.0, 2000.0, 20000)
    excess = flaring_flux(p, stream(5, "seldom"), time, UGRIZY) / quiet_flux(p, UGRIZY) - 1.0
    brightest = excess[np.argmax(excess[:, 0])]
    assert (np.diff(brightest) < 0.0).all()
    assert brightest[0] > 50.0 * brightest[5]
    assert 0.001 < np.mean(excess[:, 1] > 0.1) < 0.1
