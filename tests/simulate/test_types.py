"""What every type of simulated object keeps to."""

import numpy as np
import pytest

from mallorn.settings.survey import TYPES as SETTINGS
from mallorn.simulate.kinds import Event, Star
from mallorn.simulate.streams import stream
from mallorn.simulate.types import TYPES

EVENTS = sorted(name for name, kind in TYPES.items() if isinstance(kind, Event))
STARS = sorted(name for name, kind in TYPES.items() if isinstance(kind, Star))
SPAN = 3652.5
WAVELENGTH = np.array([2000.0, 3641.0, 6155.0, 10056.0])
TIME = np.concatenate([[0.0, SPAN], stream(4, "times").uniform(0.0, SPAN, 400)])
PHASE = 1.5 * np.arange(1000) - 400.0


def drawn(name, number=0):
    kind, rng = TYPES[name], stream(4, name, number)
    return kind.draw(rng) if isinstance(kind, Event) else kind.draw(rng, SPAN)


def test_settings_know_the_same_types():
    assert set(SETTINGS) == set(TYPES)
    assert all(meaning for _, meaning in SETTINGS.values())


def test_a_parameter_has_one_unit():
    units = {}
    for kind in TYPES.values():
        for parameter, unit in kind.parameters.items():
            assert units.setdefault(parameter, unit) == unit, parameter


@pytest.mark.parametrize("name", TYPES)
def test_parameters_are_those_that_are_told_and_all_finite(name):
    for number in range(30):
        p = drawn(name, number)
        assert list(p) == list(TYPES[name].parameters)
        assert all(isinstance(value, float) for value in p.values())
        assert np.isfinite(list(p.values())).all()


@pytest.mark.parametrize("name", TYPES)
def test_drawing_again_gives_the_same_and_another_number_another(name):
    assert drawn(name) == drawn(name)
    assert drawn(name) != drawn(name, 1)


@pytest.mark.parametrize("name", EVENTS)
def test_light_of_events(name):
    for number in range(10):
        p = drawn(name, number)
        flux = TYPES[name].flux(p, stream(4, "walk", number), PHASE, WAVELENGTH)
        assert flux.shape == (1000, 4)
        assert np.isfinite(flux).all()
        assert flux.max() > 0.0
        np.testing.assert_array_equal(flux, TYPES[name].flux(p, stream(4, "walk", number), PHASE, WAVELENGTH))


@pytest.mark.parametrize("name", STARS)
def test_light_of_stars_is_a_function_of_each_time_alone(name):
    for number in range(10):
        p, kind = drawn(name, number), TYPES[name]
        flux = kind.flux(p, stream(4, "star", number), TIME, WAVELENGTH)
        assert flux.shape == (len(TIME), 4)
        assert np.isfinite(flux).all()
        assert (flux > 0.0).all()
        reference = kind.reference(p, WAVELENGTH)
        assert reference.shape == (4,)
        assert (reference > 0.0).all()
        some = [300, 7, 12]
        few = kind.flux(p, stream(4, "star", number), TIME[some], WAVELENGTH)
        np.testing.assert_array_equal(few, flux[some])
        assert kind.flux(p, stream(4, "star", number), TIME[:0], WAVELENGTH).shape == (0, 4)


@pytest.mark.parametrize("name", STARS)
def test_there_are_stars_somewhere_and_ever_fewer_far_away(name):
    density = TYPES[name].density(np.array([8.2, 60.0, 6000.0]))
    assert density.max() > 0.0
    assert (np.isfinite(density) & (density >= 0.0)).all()
    assert density[2] <= density[1]
