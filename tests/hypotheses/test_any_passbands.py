"""Hypotheses fitted to surveys of any number of passbands, each point at its own wavelength."""

from dataclasses import replace

import numpy as np
import pytest
from hypothetical_events import SETTINGS, drawn, hypothesis, observed, pack

from mallorn.hypotheses.fit import fit_hypotheses
from mallorn.hypotheses.kernels import evaluate
from mallorn.hypotheses.models import HYPOTHESES, LIGHT_CURVES, SEDS
from mallorn.survey.passbands import LSST, NO_SLOT, Passbands, survey_passbands

EIGHT = Passbands((("UVW1", 2684.0, 23.9, NO_SLOT), *LSST.rows, ("o", 6790.0, 23.9, 2)))


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(8)
    return pack(
        [
            observed(hypothesis(n), drawn(hypothesis(n), rng, 0.5), rng)
            for n in ("tde_fixed", "supernova", "drifting_color")
        ],
        0.25,
        0.1,
    )


def assert_same(found, expected, **tolerance):
    for name, values in expected.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(found[name], values, err_msg=name, **tolerance)
        else:
            np.testing.assert_array_equal(found[name], values, err_msg=name)


@pytest.mark.parametrize("h", HYPOTHESES, ids=lambda h: h.name)
@pytest.mark.parametrize("wavelength", [[5500.0], [4746.0, 6367.0], EIGHT.wavelength], ids=len)
def test_compiled_shape_agrees_with_the_definition(h, wavelength):
    rng, wavelength = np.random.default_rng(5), np.array(wavelength) / 1.4
    x, band = np.sort(rng.uniform(-80.0, 400.0, 60)), rng.integers(0, len(wavelength), 60).astype(np.int8)
    p = np.concatenate([[3.0], drawn(h, rng)])
    numbers = list(LIGHT_CURVES).index(h.light_curve), list(SEDS).index(h.sed)
    shape, _ = evaluate(*numbers, p, x, band, wavelength)
    np.testing.assert_allclose(shape, h.shape(x - p[0], wavelength[band], p[1:, None]), rtol=1e-11, atol=1e-300)


def test_names_of_passbands_do_not_matter(curves):
    renamed = Passbands(tuple(row._replace(name=f"band {k}") for k, row in enumerate(LSST)))
    assert_same(fit_hypotheses(replace(curves, passbands=renamed), SETTINGS), fit_hypotheses(curves, SETTINGS), rtol=0)


def test_passbands_without_points_change_the_layout_alone(curves):
    six = fit_hypotheses(curves, SETTINGS)
    eight = fit_hypotheses(replace(curves, passbands=EIGHT, band=(curves.band + 1).astype(np.int8)), SETTINGS)
    assert eight["achromatic_amplitude"].shape == eight["achromatic_amplitude_err"].shape == (3, 8)
    assert (eight["achromatic_amplitude"][:, [0, 7]] == 0.0).all()
    assert np.isinf(eight["achromatic_amplitude_err"][:, [0, 7]]).all()
    for name in ("achromatic_amplitude", "achromatic_amplitude_err"):
        eight[name] = eight[name][:, 1:7]
    assert_same(eight, six, rtol=1e-12)


def test_two_passbands_are_fitted_as_six_of_which_four_are_empty(curves):
    lc = curves.where(np.isin(curves.band, [1, 2]))
    two = Passbands((LSST.rows[1], LSST.rows[2]))
    six = fit_hypotheses(lc, SETTINGS)
    found = fit_hypotheses(replace(lc, passbands=two, band=(lc.band - 1).astype(np.int8)), SETTINGS)
    for name in ("achromatic_amplitude", "achromatic_amplitude_err"):
        six[name] = six[name][:, 1:3]
    assert_same(found, six, rtol=1e-12)


def test_the_temperature_of_an_event_is_found_in_ultraviolet_passbands():
    """Seen by Swift alone, none of whose three bluest passbands has a slot."""
    rng, uvot, h = np.random.default_rng(2), survey_passbands("uvot"), hypothesis("tde_fixed")
    values = np.array([np.log(15.0), np.log(45.0), np.log(5 / 3), np.log(25000.0)])
    mjd, band = np.sort(60000.0 + rng.uniform(0.0, 250.0, 90)), rng.integers(0, 6, 90)
    flux = 50.0 * h.shape((mjd - 60080.0) / 1.1, uvot.wavelength[band] / 1.1, values[:, None])
    lc = replace(pack([(mjd, band, flux + 0.5 * rng.standard_normal(90), np.full(90, 0.5))], 0.1), passbands=uvot)
    fits = fit_hypotheses(lc, SETTINGS)
    assert fits["tde_fixed_ln_T"][0] == pytest.approx(np.log(25000.0), abs=4.0 * fits["tde_fixed_ln_T_err"][0])
    assert fits["tde_fixed_ln_T_err"][0] < 0.05
