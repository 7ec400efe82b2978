"""The diverse population: what its types share, its laws, and what it means for a survey."""

import numpy as np
import pytest

from mallorn.io.tables import read_columns
from mallorn.simulate import visibility
from mallorn.simulate.diverse import disruptions, nuclei, shapes, supernovae
from mallorn.simulate.kinds import Event
from mallorn.simulate.logs import write_logs
from mallorn.simulate.objects import draw_objects
from mallorn.simulate.source import source_flux
from mallorn.simulate.streams import stream
from mallorn.simulate.transients import disruption
from mallorn.simulate.types import DIVERSE, TYPES, kind_of
from mallorn.survey.passbands import LSST

NAMES = sorted({**disruptions.TYPES, **supernovae.TYPES, **nuclei.TYPES})
PHASE = 1.5 * np.arange(1000) - 400.0
WAVELENGTH = np.array([2000.0, 3641.0, 6155.0, 10056.0])


@pytest.fixture(scope="module")
def drawn(config):
    """Truth of a small diverse survey, with the units of its columns."""
    few = {"AGN": 2, "SN Ia": 1, "SN II": 1, "SLSN-I": 1, "TDE": 2}
    diverse = config | {"population": "diverse", "sources": few, "siblings": {"train": 1, "test": 1}}
    truth, _, units = draw_objects(diverse, LSST, 7)
    return truth, units, diverse


@pytest.mark.parametrize("name", NAMES)
def test_a_type_keeps_to_what_all_types_keep_to(name):
    kind = DIVERSE[name]
    assert isinstance(kind, Event)
    assert kind is not TYPES[name]
    for number in range(3):
        p = kind.draw(stream(4, name, number))
        assert list(p) == list(kind.parameters)
        assert all(isinstance(value, float) for value in p.values())
        assert p == kind.draw(stream(4, name, number))
        flux = kind.flux(p, stream(4, "walk", number), PHASE, WAVELENGTH)
        assert flux.shape == (1000, 4)
        assert np.isfinite(flux).all()
        assert flux.max() > 0.0
        one = kind.flux(p, stream(4, "walk", number), PHASE, WAVELENGTH[2:3])
        np.testing.assert_allclose(one[:, 0], flux[:, 2], rtol=1e-9, atol=1e-9 * np.abs(flux).max())


def test_stars_are_those_of_the_simple_population():
    assert {name for name in TYPES if DIVERSE[name] is not TYPES[name]} == set(NAMES)
    assert kind_of({"spec_type": "TDE"}) is TYPES["TDE"]
    assert kind_of({"spec_type": "TDE", "population": "diverse"}) is DIVERSE["TDE"]


def test_smoothing_is_a_gaussian_process():
    rng, time = stream(1, "smooth"), 1.7 * np.arange(300)
    epoch = np.sort(rng.choice(300, 60, replace=False))
    night = time[epoch]
    y = np.exp(-0.5 * ((night - 200.0) / 30.0) ** 2) + 0.05 * rng.standard_normal(60)

    def kernel(a, b, length):
        apart = np.sqrt(3.0) * np.abs(np.subtract.outer(a, b)) / length
        return (np.mean(y**2) - 0.05**2) * (1.0 + apart) * np.exp(-apart)

    found = []
    for length in (15.0, 40.0, 100.0, 250.0):
        inverse = np.linalg.inv(kernel(night, night, length) + 0.05**2 * np.eye(60))
        likely = 0.5 * np.linalg.slogdet(inverse)[1] - 0.5 * y @ inverse @ y
        found.append((likely, length, kernel(time, night, length) @ inverse @ y))
    _, length, mean = max(found, key=lambda one: one[0])
    assert length == 100.0
    np.testing.assert_allclose(shapes._smooth(300, 1.7, epoch, y, 0.05), mean, atol=1e-7)


def test_an_earlier_survey_knows_bright_events_well_and_faint_ones_less():
    shape = disruption(PHASE, 15.0, 40.0)
    off = {}
    for limit in (15.0, 19.0):
        known = [shapes.earlier_survey(stream(2, "known", k), PHASE, shape, limit) for k in range(8)]
        off[limit] = np.std(np.array(known)[:, :150])  # long before the event
        assert np.median(np.max(known, axis=1)) == pytest.approx(1.0, abs=0.15)
    assert 0.0 < 4.0 * off[15.0] < off[19.0] < 0.1


def test_a_plain_disruption_by_hand():
    p = dict(rise=10.0, decay=40.0, power=2.0, flat=0.0, plateau=0.0, plateau_length=100.0)
    p |= dict(second=0.0, second_phase=50.0)
    np.testing.assert_allclose(disruptions.law(np.array([-10.0, 0.0, 40.0]), p), [np.exp(-0.5), 1.0, 0.25])
    # a day of the plateau's height after forty of its decays, and a second peak where it is said to be
    flat = disruptions.law(np.array([30.0]), p | {"flat": 30.0})
    assert flat == pytest.approx(0.9)
    again = disruptions.law(np.array([0.0, 50.0]), p | {"second": 0.5})
    assert again[1] == pytest.approx(0.5 + (1.0 + 50.0 / 40.0) ** -2.0)


def test_a_plateau_falls_by_what_is_drawn():
    p = supernovae.draw("SN II", stream(3, "II"))
    p |= dict(tail=0.0, bump=0.0, rise=1.0, plateau=100.0, fall=3.0, fading=1.0)
    early, late, over = supernovae.law(np.array([20.0, 70.0, 130.0]), "SN II", p)
    assert late / early == pytest.approx(10.0 ** (-0.4 * 0.5), rel=1e-3)
    assert over < 1e-3 * late


def test_dust_and_lines():
    dimmed = shapes.host_dust(np.array([5500.0, 300.0, 1000.0]), 0.1)
    assert dimmed[0] == pytest.approx(10.0 ** (-0.4 * 0.31), rel=0.02)
    assert dimmed[1] == dimmed[2]
    wavelength = np.linspace(2000.0, 10_000.0, 400)
    lines = [shapes.ripples(stream(6, "lines", k), np.array([-20.0, 80.0]), wavelength, 0.1) for k in range(40)]
    scatter = -2.5 * np.log10(lines)
    assert 0.05 < scatter.std() < 0.15
    assert np.abs(np.corrcoef(scatter[:, 0].ravel(), scatter[:, 1].ravel())[0, 1]) < 0.3


def test_a_survey_says_that_it_is_diverse(drawn, survey, tmp_path):
    truth, units, diverse = drawn
    assert set(truth["population"]) == {"diverse"}
    assert "population" not in survey[1]
    assert units["kelvin"] == "K"
    write_logs(diverse | {"n_splits": 5}, LSST, 7, tmp_path)
    again = read_columns(tmp_path / "truth.parquet")
    for name in set(truth) - {"split"}:
        np.testing.assert_array_equal(again[name], truth[name])


def test_no_event_is_nearer_than_where_it_was_known(drawn):
    truth, _, _ = drawn
    for source in np.unique(truth["source"]):
        nearest = np.flatnonzero(truth["source"] == source)[np.argmin(truth["redshift"][truth["source"] == source])]
        row = {name: values[nearest] for name, values in truth.items()}
        far = source_flux(7, row, LSST.wavelength / (1.0 + row["redshift"])).max()
        far *= (1.0 + row["redshift"]) * (1e-5 / row["luminosity_distance"]) ** 2
        assert 23.9 - 2.5 * np.log10(far) > kind_of(row).known[0] - 0.3


def test_an_event_is_moved_to_where_its_peak_is_neither_bright_nor_faint():
    magnitude = np.array([15.0, 20.5, 20.9, 22.0, 22.9, 23.3, 25.0])
    chance = visibility._known((20.8, 23.3), magnitude)
    assert (chance[:2] == 0.0).all()
    assert chance[2:4] == pytest.approx(1.0, abs=0.01)
    assert chance[5] == pytest.approx(0.5)
    assert chance[6] < 1e-3
    # an event that is faint even where it is nearest stays there; one that is bright everywhere has no limits
    assert visibility._known((20.8, 23.3), np.array([26.0, 30.0]))[0] > 0.9
    assert (visibility._known((20.8, 23.3), np.array([15.0, 16.0])) == 0.0).sum() == 0


def test_luminous_events_were_known_from_afar_and_shorter(config):
    few = config | {"population": "diverse", "sources": {"TDE": 60}, "siblings": {"train": 1, "test": 1}}
    truth, _, _ = draw_objects(few, LSST, 4)
    span, magnitude = truth["rest_span"], truth["magnitude"]
    limits = config["rest_span"]
    assert limits["min"] < span.min() < span.max() < limits["max"]
    assert np.corrcoef(span, magnitude)[0, 1] > 0.5
    assert len(np.unique(span)) == len(np.unique(truth["source"]))


def test_a_nucleus_is_not_one_that_only_fades():
    for number in range(12):
        p = nuclei.draw(stream(8, "AGN", number)) | {"flare": 0.0}
        flux = nuclei.flux(p, stream(8, "walk", number), 1.6 * np.arange(1000), np.array([5000.0]))
        assert flux.max() > 0.05 * -flux.min()


def test_some_events_are_on_at_the_start(config):
    few = config | {"population": "diverse", "sources": {"TDE": 120}, "siblings": {"train": 1, "test": 1}}
    truth, _, _ = draw_objects(few, LSST, 3)
    late = truth["rest_peak"] < 0.0
    assert 0 < late.sum() < 20
    assert (truth["start_mjd"] > truth["peak_mjd"])[late].all()
    assert truth["kelvin"].min() < 12_000.0
    assert np.ptp(truth["magnitude"]) > 3.0
