import numpy as np
import pytest

from mallorn.families import matern
from mallorn.families.family import Inputs, columns
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOTS


def test_numbers_worked_by_hand():
    """Length 60 d and sigma 2 uJy about a mean of -1 uJy at redshift 2, 100 Mpc; the second object has no fit."""
    none, zero = np.empty(0), np.zeros(2)
    ids = np.array(["a", "b"], dtype=object)
    start = np.zeros(3, np.int64)
    lc = LightCurves(
        ids, zero + 2.0, zero, zero, zero + 100.0, start, none, none.astype(np.int8), none, none, passbands=LSST
    )
    values = {
        "ln_length": np.log(60.0),
        "ln_length_err": 0.3,
        "ln_sigma": np.log(2.0),
        "ln_sigma_err": 0.2,
        "mean": -1.0,
        "ln_likelihood": -30.0,
        "n_points": 15,
    }
    fit = {name: np.full(2, value) for name, value in values.items()} | {"status": np.array([0, 1], np.int8)}
    found = matern.extract(Inputs(lc, {"fits/matern": dict.fromkeys(SLOTS, fit)}), {})
    expected = {
        "ln_length": np.log(60.0),
        "ln_length_err": 0.3,
        "ln_length_rest": np.log(20.0),
        "ln_sigma": np.log(2.0),
        "ln_sigma_err": 0.2,
        "ln_slope": np.log(np.sqrt(3.0) * 2.0 / 20.0),
        "ln_luminosity": np.log(2.0e4),
        "mean_over_sigma": -0.5,
        "ln_likelihood": -30.0,
        "ln_likelihood_per_point": -2.0,
    }
    assert list(found) == columns("matern", matern.features({}))
    for name, value in expected.items():
        for band in SLOTS:
            assert found[f"matern__{name}__{band}"][0] == pytest.approx(value), name
            assert np.isnan(found[f"matern__{name}__{band}"][1]), name
