import numpy as np
import pytest

from mallorn.families import drw
from mallorn.families.family import Inputs, columns
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOTS


def objects(n=2, redshift=1.0, distance=1000.0):
    ones = np.ones(n)
    ids = np.array([f"object {k}" for k in range(n)], dtype=object)
    none = np.empty(0)
    zero = np.zeros(n + 1, np.int64)
    return LightCurves(
        ids,
        redshift * ones,
        ones,
        0 * ones,
        distance * ones,
        zero,
        none,
        none.astype(np.int8),
        none,
        none,
        passbands=LSST,
    )


def table(status=(0, 2)):
    n = len(status)
    values = {
        "ln_tau": np.log(50.0),
        "ln_tau_err": 0.4,
        "ln_sigma": np.log(3.0),
        "ln_sigma_err": 0.2,
        "mean": -1.5,
        "ln_likelihood": -40.0,
        "n_points": 20,
    }
    return {**{name: np.full(n, value) for name, value in values.items()}, "status": np.array(status, np.int8)}


def test_numbers_worked_by_hand():
    """tau 50 d and sigma 3 uJy at redshift 1: tau 25 d at rest, SF_inf 3 sqrt(2), short-term amplitude 3 sqrt(2/25)."""
    found = drw.extract(Inputs(objects(), {"fits/drw": dict.fromkeys(SLOTS, table())}), {})
    expected = {
        "ln_tau": np.log(50.0),
        "ln_tau_err": 0.4,
        "ln_tau_rest": np.log(25.0),
        "ln_sigma": np.log(3.0),
        "ln_sigma_err": 0.2,
        "ln_sf_inf": np.log(3.0 * np.sqrt(2.0)),
        "ln_sigma_hat": np.log(3.0 * np.sqrt(2.0 / 25.0)),
        "ln_luminosity": np.log(3.0e6),
        "ln_amplitude_ratio": np.log(2.0),
        "ln_likelihood": -40.0,
        "ln_likelihood_per_point": -2.0,
    }
    assert list(found) == columns("drw", drw.features({}))
    for name, value in expected.items():
        for band in SLOTS:
            assert found[f"drw__{name}__{band}"][0] == pytest.approx(value), name


def test_failed_fits_are_nan_and_bands_are_kept_apart():
    fits = {band: {**table(), "ln_tau": np.full(2, float(k))} for k, band in enumerate(SLOTS)}
    found = drw.extract(Inputs(objects(), {"fits/drw": fits}), {})
    assert all(np.isnan(values[1]) for values in found.values())
    assert [found[f"drw__ln_tau__{band}"][0] for band in SLOTS] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
