import numpy as np
import pytest
from scipy.integrate import quad

from mallorn.simulate.physics import absolute_flux
from mallorn.simulate.radioactive import (
    TYPES,
    diffused,
    diffusion_time,
    kilonova_flux,
    nickel_flux,
    nickel_heating,
    process_heating,
)
from mallorn.simulate.streams import stream

AT2017GFO = {"blue_mass": 0.02, "red_mass": 0.05, "blue_speed": 78e3, "red_speed": 45e3}


def magnitude(flux):
    return 23.9 - 2.5 * np.log10(flux)


def test_steady_heat_comes_out_after_the_diffusion_time():
    time = np.array([0.0, 2.0, 5.0, 10.0, 40.0])
    expected = 7.0 * -np.expm1(-((time / 5.0) ** 2))  # the integral by hand
    np.testing.assert_allclose(diffused(time, lambda t: np.full(len(t), 7.0), 5.0), expected, rtol=2e-3, atol=1e-4)


def test_heat_of_nickel_comes_out_as_the_integral_says():
    scale = 12.0
    for t in (3.0, 15.0, 60.0):

        def integrand(s, t=t):
            return nickel_heating(s, 0.1, 40.0) * np.exp((s * s - t * t) / scale**2) * 2.0 * s / scale**2

        expected = quad(integrand, 0.0, t, epsrel=1e-9)[0]
        found = diffused(np.array([t]), lambda s: nickel_heating(s, 0.1, 40.0), scale)[0]
        assert found == pytest.approx(expected, rel=2e-3)


def test_light_at_its_peak_equals_the_heat():
    """Arnett's rule."""
    time = np.linspace(1.0, 100.0, 4000)
    light = diffused(time, lambda t: nickel_heating(t, 0.6, 1e6), 15.0)
    peak = np.argmax(light)
    assert nickel_heating(time[peak], 0.6, 1e6) == pytest.approx(light[peak], rel=0.02)  # the grid's peak


def test_nothing_shines_before_the_explosion():
    assert diffused(np.array([-1.0]), lambda t: 1.0 + 0.0 * t, 5.0)[0] == 0.0


def test_diffusion_time_by_hand():
    # 2 * 0.1 * 1.98841e33 / (13.7 * 1e9 * 2.998e10) s^2 = 9.683e11 s^2: 9.840e5 s
    assert diffusion_time(0.1, 1.0, 1e4) == pytest.approx(11.39, rel=1e-3)


def test_process_heating_at_one_day():
    # about 2e10 erg / (g s) at one day (Metzger 2019), of which some half becomes heat
    specific = process_heating(np.array([1.0]), 1.0)[0] / 1.98841e33
    assert 0.3e10 < specific < 2e10


def test_kilonova_like_the_one_of_2017():
    day = np.array([0.6, 1.0, 2.0, 4.0, 7.0])
    m = magnitude(kilonova_flux(AT2017GFO, None, day, np.array([4704.0, 7504.0, 10056.0])))
    assert -16.8 < m[:2, 1].min() < -14.8
    assert (m[3, 0] - m[1, 0]) / 3.0 > 0.8  # g fades by about a magnitude a day
    assert 0.2 < (m[3, 1] - m[1, 1]) / 3.0 < (m[3, 0] - m[1, 0]) / 3.0
    colour = m[:, 0] - m[:, 2]
    assert colour[0] < 0.5  # blue on the first day
    assert colour[3] > 1.5  # red on the fourth
    assert (kilonova_flux(AT2017GFO, None, np.array([-0.1]), np.array([5000.0])) == 0.0).all()


@pytest.mark.parametrize(
    ("name", "faint", "bright", "fast", "slow", "redder"),
    [("CART", -14.0, -17.5, 4, 25, 0.9), ("PISN", -16, -22.5, 50, 250, 1.0001)],  # some PISNe are cool at once
)
def test_peaks_and_widths(name, faint, bright, fast, slow, redder):
    phase = np.arange(-400.0, 800.0, 0.5)
    for number in range(20):
        p = TYPES[name].draw(stream(6, name, number))
        flux = nickel_flux(name, p, None, phase, np.array([5000.0, 7500.0]))
        assert abs(phase[np.argmax(flux[:, 0])]) <= 3.0
        assert absolute_flux(faint) < flux[:, 0].max() < absolute_flux(bright)
        above = phase[flux[:, 1] > 0.5 * flux[:, 1].max()]
        assert fast < np.ptp(above) < slow
        early, late = np.searchsorted(phase, [above[0], np.ptp(above)])
        assert flux[late, 0] / flux[late, 1] < redder * flux[early, 0] / flux[early, 1]
