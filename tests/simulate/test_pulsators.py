import numpy as np
import pytest

from mallorn.simulate.physics import absolute_flux
from mallorn.simulate.pulsators import TYPES, draw, mean_flux, pulsator_flux, pulse
from mallorn.simulate.streams import stream

NAMES = list(TYPES)
UGRIZ = np.array([3641.0, 4704.0, 6155.0, 7504.0, 8695.0])


def magnitudes(flux):
    return 23.9 - 2.5 * np.log10(flux)


def test_pulse_by_hand():
    np.testing.assert_allclose(pulse(np.array([0.0, 0.4, 0.8, 0.9, 1.0]), 0.2), [0.5, 0.0, -0.5, 0.0, 0.5], atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_v_changes_by_the_amplitude_and_repeats_after_a_period(name):
    for number in range(20):
        p = draw(name, stream(2, name, number), 1.0)
        time = p["epoch"] + p["period"] * np.linspace(0.0, 1.0, 501)
        v = magnitudes(pulsator_flux(p, None, time, np.array([5500.0])))[:, 0]
        assert np.ptp(v) == pytest.approx(p["amplitude"], rel=0.05)
        assert np.argmin(v) in (0, 500)
        np.testing.assert_allclose(v[0], v[-1], atol=1e-6)
        assert np.argmax(v) / 500.0 == pytest.approx(1.0 - p["rising"], abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_hotter_and_vary_more_in_the_blue_when_bright(name):
    p = draw(name, stream(2, name, 3), 1.0)
    time = p["epoch"] + p["period"] * np.linspace(0.0, 1.0, 200)
    m = magnitudes(pulsator_flux(p, None, time, UGRIZ))
    amplitude = np.ptp(m, axis=0)
    assert (np.diff(amplitude[1:]) < 0.0).all()
    colour = m[:, 1] - m[:, 2]
    assert colour[0] == colour.min()


@pytest.mark.parametrize("name", NAMES)
def test_the_mean_is_that_of_a_period(name):
    p = draw(name, stream(2, name, 4), 1.0)
    time = p["period"] * np.arange(5000) / 5000.0
    np.testing.assert_allclose(pulsator_flux(p, None, time, UGRIZ).mean(axis=0), mean_flux(p, UGRIZ), rtol=1e-3)


def test_colours_of_rr_lyrae_stars():
    """Sesar et al. (2010): u - g of 1.0 to 1.3, g - r of 0 to 0.35."""
    m = magnitudes(np.array([mean_flux(draw("RRL", stream(2, "colour", k), 1.0), UGRIZ) for k in range(50)]))
    assert 1.0 < np.median(m[:, 0] - m[:, 1]) < 1.3
    assert 0.1 < np.median(m[:, 1] - m[:, 2]) < 0.35


def test_periods_and_magnitudes_follow_their_relations():
    lyrae = [draw("RRL", stream(2, "lyrae", k), 1.0) for k in range(400)]
    slow = np.array([p["period"] > 0.42 for p in lyrae])
    assert slow.mean() == pytest.approx(0.75, abs=0.08)
    assert np.mean([p["magnitude"] for p in lyrae]) == pytest.approx(0.585, abs=0.03)
    cepheids = [draw("Cepheid", stream(2, "cepheid", k), 1.0) for k in range(400)]
    slope, zero = np.polyfit([np.log10(p["period"]) - 1.0 for p in cepheids], [p["magnitude"] for p in cepheids], 1)
    assert slope == pytest.approx(-2.43, abs=0.1)
    assert zero == pytest.approx(-4.05, abs=0.05)
    scuti = [draw("d-Sct", stream(2, "scuti", k), 1.0) for k in range(100)]
    assert max(p["period"] for p in scuti) <= 0.25


def test_mean_temperature_gives_the_magnitude():
    p = {"magnitude": 1.0, "period": 1.0, "amplitude": 1e-6, "rising": 0.3, "temperature": 7000.0, "epoch": 0.0}
    assert mean_flux(p, np.array([5500.0]))[0] == pytest.approx(absolute_flux(1.0), rel=1e-5)
