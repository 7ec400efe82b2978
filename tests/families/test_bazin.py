import light_curve
import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families import bazin
from mallorn.families.family import Inputs

SETTINGS = CONFIG["features"]["bazin"] | {"bazin": {"min_points": 7, "iterations": 200}}
BAZIN = [10.0, 1.0, 40.0, 5.0, 30.0]
VILLAR = [10.0, 1.0, 40.0, 5.0, 30.0, 0.3, 20.0]


@pytest.mark.parametrize(
    ("model", "reference", "parameters"),
    [(bazin.bazin, light_curve.BazinFit, BAZIN), (bazin.villar, light_curve.VillarFit, VILLAR)],
)
def test_models_equal_those_of_the_package(model, reference, parameters):
    t = np.linspace(-50.0, 300.0, 500)
    expected = reference("lmsder").model(t, np.array([*parameters, 1.0]))
    np.testing.assert_allclose(model(t, np.tile(parameters, (len(t), 1))), expected, rtol=1e-10)


def test_bazin_at_its_reference_time_by_hand():
    """At t0 the model is B + A / 2."""
    assert bazin.bazin(np.array([40.0]), np.array([BAZIN])) == pytest.approx(6.0)


@pytest.fixture(scope="module")
def recovered():
    """A noiseless event of g, r and i at redshift 1, its clock stretched by two; z with 3 points, y without signal."""
    rest = np.arange(0.0, 200.0, 4.0)
    truth = bazin.bazin(rest, np.tile(BAZIN, (len(rest), 1)))
    mjd = np.concatenate([np.tile(2.0 * rest, 3), [0.0, 10.0, 20.0], 2.0 * rest])
    band = list("g" * 50 + "r" * 50 + "i" * 50 + "zzz" + "y" * 50)
    flux = np.concatenate([truth, 2.0 * truth, truth, [9.0, 9.0, 9.0], np.zeros(50)])
    found = bazin.extract(Inputs(pack([(mjd, band, flux, 0.1)], redshift=1.0)), SETTINGS)
    return {name.removeprefix("bazin__"): value[0] for name, value in found.items()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bazin_rise__g", 5.0),
        ("bazin_fall__r", 30.0),
        ("bazin_baseline__r", 2.0),
        ("bazin_explained__i", 1.0),
        ("bazin_rise_median", 5.0),
        ("bazin_bands", 3.0),
        ("bazin_status__g", 0.0),
        ("bazin_status__z", 1.0),
        ("bazin_status__y", 2.0),
    ],
)
def test_truth_is_recovered_in_the_rest_frame(recovered, name, value):
    assert recovered[name] == pytest.approx(value, rel=1e-3)


def test_equal_bands_are_consistent(recovered):
    for name in ("t0_spread", "rise_spread", "fall_spread", "fall_trend"):
        assert recovered[f"bazin_{name}"] == pytest.approx(0.0, abs=1e-2), name


def test_what_is_not_fitted_is_unknown(recovered):
    assert all(np.isnan(recovered[f"bazin_{name}__{band}"]) for name in ("rise", "chi2", "height") for band in "uzy")
