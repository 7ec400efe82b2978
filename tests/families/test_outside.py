from types import SimpleNamespace

import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families import outside
from mallorn.families.family import Inputs

SETTINGS = CONFIG["features"]["outside"] | {"event": [-50, 100], "bands": ["g", "r"], "snr": 5, "min_points": 2}


def extract(points, peak=1000.0, top=10.0, settings=SETTINGS):
    posterior = SimpleNamespace(peak_mjd=np.array([peak]), band_peak_flux=np.full((1, 6), top))
    found = outside.extract(Inputs(pack(points, redshift=1.0), {"posterior": posterior}), settings)
    return {name.removeprefix("outside__"): value[0] for name, value in found.items()}


def test_both_sides_by_hand():
    """Peak at 1000 d, event from 900 to 1200 d observed; errors 1; before: r 1, 3; after: r 7, -6, 8 and g 2, 2."""
    mjd = [100.0, 200.0, 1000.0, 1300.0, 1400.0, 1500.0, 1300.0, 1400.0]
    found = extract([(mjd, "rrrrrrgg", [1.0, 3.0, 10.0, 7.0, -6.0, 8.0, 2.0, 2.0], 1.0)])
    deviation = np.array([4.0, -9.0, 5.0])
    expected = {
        "significant_before": 0.0,
        "significant_after": 2.0,
        "fraction_after": 0.4,
        "negative_after": 0.2,
        "chi2_before": 5.0,
        "chi2_after": (49 + 36 + 64 + 4 + 4) / 5,
        "variability_before": 2.0,
        "variability_after": np.sum(deviation**2) / 3,
        "coherence_after": (4 * -9 + -9 * 5 + 0) / 3,
        "snr_max_both": 8.0,
        "mean_before": 0.2,
        "mean_after": 13 / 50,
        "mean_change": 0.06,
        "scatter_before": np.sqrt(0.02 - 0.01) / np.sqrt(2),
        "log10_contrast": np.log10(100 / ((5 * 2 + 157) / 7)),
        "band_mean__r": 13 / 5,
        "band_mean_snr__r": 13 / np.sqrt(5),
        "band_fraction__r": 0.4,
        "band_chi2__g": 0.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_few_points_and_unknown_peaks_are_unknown():
    points = [([100.0, 1000.0, 1300.0, 1400.0], "rrrr", [1.0, 3.0, 2.0, 2.0], 1.0)]
    assert np.isnan(extract(points)["chi2_before"])
    assert all(np.isnan(value) for value in extract(points, peak=np.nan, top=np.nan).values())


def test_a_band_without_a_positive_peak_has_no_relative_flux():
    points = [([100.0, 200.0, 1000.0], "rrr", [1.0, 3.0, 2.0], 1.0)]
    found = extract(points, top=-1.0)
    assert np.isnan(found["mean_before"])
    assert found["chi2_before"] == 5.0
