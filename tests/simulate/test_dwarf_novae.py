import numpy as np
import pytest

from mallorn.simulate.dwarf_novae import draw, erupting_flux, outburst, outburst_times, quiet_flux
from mallorn.simulate.streams import stream

V = np.array([5500.0])


def test_outburst_by_hand():
    # a magnitude in 0.3 d before; 0.1 a day for five days; then one in two days
    fainter = -2.5 * np.log10(outburst(np.array([-0.3, 0.0, 3.0, 9.0]), 5.0, 2.0))
    np.testing.assert_allclose(fainter, [1.0, 0.0, 0.3, 2.5], atol=1e-12)
    assert outburst(np.array([-5.0, 100.0]), 5.0, 2.0).tolist() == [0.0, 0.0]


def test_outbursts_recur_and_do_not_depend_on_the_end():
    times = outburst_times(40.0, stream(9, "times"), 4000.0)
    gaps = np.diff(times)
    assert gaps.mean() == pytest.approx(40.0, rel=0.1)
    assert gaps.std() == pytest.approx(40.0 / np.sqrt(11.0), rel=0.2)
    assert times[0] <= 0.0
    assert times[-1] > 4000.0
    few = outburst_times(40.0, stream(9, "times"), 10.0)
    np.testing.assert_array_equal(few, times[: len(few)])


def test_maximum_amplitude_and_quiescence():
    for number in range(30):
        p = draw(stream(9, "star", number), 1.0)
        time = np.arange(0.0, 3.0 * p["recurrence"] + 40.0, 0.02)
        m = 23.9 - 2.5 * np.log10(erupting_flux(p, stream(9, "light", number), time, V))[:, 0]
        assert m.min() == pytest.approx(p["magnitude"], abs=0.2)
        faint = p["magnitude"] + p["outburst"]
        assert 23.9 - 2.5 * np.log10(quiet_flux(p, V)[0]) == pytest.approx(faint)
        assert m.max() <= faint + 1e-6
        assert 1.5 < p["outburst"] < 7.0


def test_decline_takes_the_time_that_the_orbit_sets():
    p = draw(stream(9, "decline"), 1.0) | {"recurrence": 400.0, "outburst": 6.0}
    first = outburst_times(400.0, stream(9, "fall"), 1000.0)[1]
    time = first + p["plateau"] + np.array([1.0, 2.0])
    flux = erupting_flux(p, stream(9, "fall"), time, V)[:, 0] - quiet_flux(p, V)[0]
    assert -2.5 * np.log10(flux[1] / flux[0]) == pytest.approx(1.0 / p["fading"], rel=1e-6)


def test_outbursts_are_blue():
    p = draw(stream(9, "blue"), 1.0)
    quiet = quiet_flux(p, np.array([4000.0, 8000.0]))
    time = np.arange(0.0, 1000.0, 0.5)
    flux = erupting_flux(p, stream(9, "light"), time, np.array([4000.0, 8000.0]))
    bright = flux[np.argmax(flux[:, 0])]
    assert bright[0] / bright[1] > 1.3 * quiet[0] / quiet[1]
