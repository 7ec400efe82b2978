import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families import statistics
from mallorn.families.family import Inputs

SETTINGS = CONFIG["features"]["statistics"]


@pytest.fixture(scope="module")
def by_hand():
    """Four r points 2 d apart at redshift 1, fluxes 1, 2, 3, 6 with error 1; one g point at -4 sigma."""
    points = [([0.0, 2.0, 4.0, 6.0, 1.0], "rrrrg", [1.0, 2.0, 3.0, 6.0, -4.0], 1.0)]
    return statistics.extract(Inputs(pack(points, redshift=1.0)), SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean__r", 3.0),
        ("weighted_mean__r", 3.0),
        ("median__r", 2.5),
        ("amplitude__r", 2.5),
        ("standard_deviation__r", np.sqrt(14 / 3)),
        ("reduced_chi2__r", 14 / 3),
        ("eta__r", (1 + 1 + 9) / 14),
        ("excess_variance__r", (14 / 3 - 1) / 9),
        ("linear_slope__r", 1.6),  # rest-frame days 0, 1, 2, 3: (3 + 0.5 + 0 + 4.5) / 5
        ("n_points__r", 4),
        ("snr_max__r", 6.0),
        ("snr_min__r", 1.0),
        ("fraction_above_3__r", 0.25),
        ("gap_median__r", 2.0),
        ("span__r", 6.0),
        ("fraction_below_3__g", 1.0),
        ("n_points__z", 0),
        ("all_n_points", 5),
        ("all_snr_min", -4.0),
        ("all_chi2_zero", (1 + 4 + 9 + 36 + 16) / 5),
        ("bands_above_5", 1),
    ],
)
def test_numbers_worked_by_hand(by_hand, name, value):
    np.testing.assert_allclose(by_hand[f"statistics__{name}"], [value], rtol=1e-12)


def test_a_band_without_points_is_unknown(by_hand):
    assert np.isnan(by_hand["statistics__mean__z"]).all()
    assert np.isnan(by_hand["statistics__snr_max__z"]).all()


def test_fluxes_are_dereddened():
    points = [(np.arange(5.0), "rrrrr", [1.0, 2.0, 3.0, 6.0, 2.0], 1.0)]
    plain, dusty = (statistics.extract(Inputs(pack(points, ebv=ebv)), SETTINGS) for ebv in (0.0, 0.5))
    ratio = dusty["statistics__mean__r"] / plain["statistics__mean__r"]
    np.testing.assert_allclose(2.5 * np.log10(ratio), 2.6 * 0.5, rtol=0.05)  # A_r = 2.6 E(B-V) for R_V = 3.1
    np.testing.assert_allclose(dusty["statistics__snr_max__r"], plain["statistics__snr_max__r"])
