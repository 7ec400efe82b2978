import numpy as np
import pytest
from hypothetical_events import hypothesis

from mallorn.hypotheses.models import HYPOTHESES, LIGHT_CURVES, REFERENCE, SEDS, blackbody_ratio
from mallorn.survey.blackbody import planck

NAMES = [h.name for h in HYPOTHESES]


@pytest.mark.parametrize("h", HYPOTHESES, ids=NAMES)
def test_parameters_are_those_of_light_curve_and_sed(h):
    assert tuple(h.parameter_names) == LIGHT_CURVES[h.light_curve].parameters + SEDS[h.sed][1]


@pytest.mark.parametrize("h", HYPOTHESES, ids=NAMES)
def test_priors_and_starts_are_inside_the_bounds(h):
    for p in h.parameters:
        assert p.low <= p.mean <= p.high
        assert p.sd > 0
        assert all(p.low <= start <= p.high for start in p.starts)


def test_parents_come_before_their_children():
    for k, h in enumerate(HYPOTHESES):
        assert not h.parent or h.parent in NAMES[:k]


@pytest.mark.parametrize("h", HYPOTHESES, ids=NAMES)
def test_seds_are_one_at_the_reference_wavelength(h):
    d = np.array([-20.0, 0.0, 30.0, 150.0])
    values = np.array([p.mean for p in h.parameters])[:, None]
    np.testing.assert_allclose(h.shape(d, np.full(4, REFERENCE), values), h.light_curve_shape(d, values), rtol=1e-12)


def test_blackbody_is_plancks():
    for temperature in (4000.0, 20000.0):
        expected = planck(2500.0, temperature) / planck(REFERENCE, temperature)
        assert blackbody_ratio(2500.0, temperature) == pytest.approx(expected, rel=1e-6)


def test_flare_by_hand():
    # 27.5 d after the peak with tau = 55 d: (1 + 0.5)^(-5/3) = 0.50876; 15 d before it with rise = 15 d: e^-0.5
    h = hypothesis("tde_fixed")
    values = np.log([15.0, 55.0, 5 / 3, 20000.0])[:, None]
    out = h.shape(np.array([27.5, -15.0]), np.full(2, REFERENCE), values)
    np.testing.assert_allclose(out, [0.508764, 0.606531], rtol=1e-5)


def test_second_flare_by_hand():
    # at the peak of the second, half as strong, the first has fallen to (1 + 110/55)^-1 = 1/3
    h = hypothesis("tde_double")
    values = np.array([np.log(15.0), np.log(55.0), 0.0, np.log(0.5), 110.0, np.log(20000.0)])[:, None]
    assert h.light_curve_shape(np.array([110.0]), values)[0] == pytest.approx(1 / 3 + 0.5)


def test_cooling_supernova_by_hand():
    # at d = 0 the temperature lies midway: 5500 (1 + 1/2) K, and at 2000 A blanketing takes (1/2)^2
    h = hypothesis("supernova")
    values = np.array([np.log(5.0), np.log(25.0), np.log(5500.0), np.log(2.0), np.log(12.0), 2.0])[:, None]
    expected = 0.5 * 0.25 * planck(2000.0, 8250.0) / planck(REFERENCE, 8250.0)
    assert h.shape(np.zeros(1), np.array([2000.0]), values)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("h", HYPOTHESES, ids=NAMES)
def test_peak_is_where_the_light_curve_is_highest(h):
    values = np.array([p.mean for p in h.parameters])
    d = np.arange(-60.0, 60.0, 0.01)
    highest = d[np.argmax(h.light_curve_shape(d, values[:, None]))]
    assert h.peak(values[:, None])[0] == pytest.approx(highest, abs=0.011)
