from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.families import decay
from mallorn.families.family import Inputs, columns
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

CONFIG = {
    "enabled": True,
    "fall": [0, 200],
    "rise": [-80, 0],
    "error_floor": 0.0,
    "min_points": 4,
    "t0": {"start": 5, "stop": 300, "size": 40},
    "index": {"start": 0.5, "stop": 5, "size": 20},
    "tau": {"start": 4, "stop": 500, "size": 60},
    "fraction": {"start": 0.02, "stop": 0.6, "size": 10},
    "fireball": {"start": 5, "stop": 120, "size": 40},
    "sigma": {"start": 3, "stop": 80, "size": 40},
    "blue_limit": 4000.0,
}
Z, PEAK = 0.5, 60000.0
FALL = np.repeat(np.linspace(1.0, 180.0, 40), 6)
RISE = np.repeat(np.linspace(-79.0, -1.0, 40), 6)
BAND = np.tile(np.arange(6), 40)
AMPLITUDE = np.array([30.0, 25.0, 20.0, 16.0, 14.0, 12.0])


def inputs(*light_curves):
    """Objects at redshift Z of (rest-frame phase, band, flux, error)."""
    n = len(light_curves)
    whole = [[np.broadcast_to(values, np.shape(c[0])) for values in c] for c in light_curves]
    phase, band, flux, error = (np.concatenate(parts) for parts in zip(*whole, strict=True))
    start = np.concatenate([[0], np.cumsum([len(c[0]) for c in light_curves])]).astype(np.int64)
    ones = np.ones(n)
    ids = np.array([f"o{k}" for k in range(n)], dtype=object)
    curves = LightCurves(
        ids, ones * Z, ones * np.nan, ones * 0, ones * 100, start, PEAK + (1 + Z) * phase, band.astype(np.int8),
        flux.astype(float), error.astype(float),
        passbands=LSST,
    )  # fmt: skip
    return Inputs(curves, {"posterior": SimpleNamespace(peak_mjd=ones * PEAK)})


def noisy(shape, seed=0, error=0.1):
    rng = np.random.default_rng(seed)
    return AMPLITUDE[BAND] * shape + error * rng.normal(size=len(shape))


def test_profile_chi2_by_hand():
    # f = (2, 1), unit weights: g = (1, 1/2) takes all 5 away; g = (1, 1) takes 9/2; g = (-1, -1) would need A < 0.
    points = decay._Points(np.zeros(2), np.array([2.0, 1.0]), np.ones(2), np.array([3, 3]), 1)
    gain = decay.profile_chi2(points, np.array([[1.0, 1.0, -1.0], [0.5, 1.0, -1.0]]))
    np.testing.assert_allclose(gain[0, 3], [5.0, 4.5, 0.0])
    assert gain.sum() == 9.5


def test_chi2_agrees_with_nonnegative_least_squares():
    from scipy.optimize import nnls

    rng = np.random.default_rng(5)
    flux = noisy(np.exp(-FALL / 40), error=2.0)
    flux[BAND == 5] = rng.normal(-3, 1, 40)  # amplitude 0 is best here
    out = decay.extract(inputs((FALL, BAND, flux, 2.0)), CONFIG)
    best = np.inf
    for tau in np.geomspace(30, 50, 100):
        design = np.exp(-FALL / tau)[:, None] * (BAND[:, None] == np.arange(6))
        best = min(best, nnls(design / 2.0, flux / 2.0)[1] ** 2)
    assert out["decay__exponential_chi2"][0] == pytest.approx(best / (240 - 6 - 1), rel=1e-5)


@pytest.mark.parametrize(
    ("law", "shape", "feature", "truth"),
    [
        ("tde", (1 + FALL / 40) ** (-5 / 3), "ln_tde_t0", np.log(40)),
        ("exponential", np.exp(-FALL / 35), "ln_exponential_tau", np.log(35)),
        ("power", (1 + FALL / 40) ** -4.0, "ln_power_index", np.log(4.0)),
        ("plateau", 0.8 * (1 + FALL / 40) ** (-5 / 3) + 0.2, "ln_plateau_fraction", np.log(0.2)),
        ("constant", np.ones(240), "ln_exponential_tau", np.log(500)),
    ],
)
def test_law_is_preferred_and_its_parameter_recovered(law, shape, feature, truth):
    out = decay.extract(inputs((FALL, BAND, noisy(shape, error=0.3), 0.3)), CONFIG)
    assert out["decay__preferred"][0] == decay.FALLS.index(law)
    assert out[f"decay__{law}_weight"][0] > 0.5
    assert out[f"decay__{feature}"][0] == pytest.approx(truth, abs=0.15)
    assert out[f"decay__{law}_chi2"][0] < 1.4


def test_rise_laws():
    fireball = np.maximum(1 + RISE / 30, 0) ** 2
    gaussian = np.exp(-0.5 * (RISE / 15) ** 2)
    out = decay.extract(inputs((RISE, BAND, noisy(fireball), 0.1), (RISE, BAND, noisy(gaussian), 0.1)), CONFIG)
    assert out["decay__ln_fireball_time"][0] == pytest.approx(np.log(30), abs=0.03)
    assert out["decay__ln_gaussian_sigma"][1] == pytest.approx(np.log(15), abs=0.03)
    assert out["decay__aic_fireball_gaussian"][0] < -10
    assert out["decay__aic_fireball_gaussian"][1] > 10
    assert np.isnan(out["decay__ln_tde_t0"]).all()


def test_blue_that_fades_faster_is_seen():
    blue = BAND < 3  # below 4000 angstrom at redshift 0.5: u and g; r is just above
    tau = np.where(BAND < 2, 20.0, 60.0)
    assert blue.any()
    out = decay.extract(inputs((FALL, BAND, noisy(np.exp(-FALL / tau)), 0.1)), CONFIG)
    assert out["decay__ln_blue_tau"][0] == pytest.approx(np.log(20), abs=0.05)
    assert out["decay__ln_red_tau"][0] == pytest.approx(np.log(60), abs=0.05)
    assert out["decay__ln_chromatic_tau"][0] == pytest.approx(np.log(3), abs=0.05)
    assert out["decay__chromatic_gain"][0] > 100
    assert out["decay__ln_band_tau__u"][0] == pytest.approx(np.log(20), abs=0.05)


def test_too_few_points_are_unknown_and_batches_do_not_matter():
    good = (FALL, BAND, noisy(np.exp(-FALL / 35)), 0.1)
    few = (FALL[:3], BAND[:3], np.ones(3), 0.1)
    none = (np.empty(0), np.empty(0), np.empty(0), 0.1)
    names = columns("decay", decay.features(CONFIG))
    alone = decay.extract(inputs(good), CONFIG)
    together = decay.extract(inputs(none, few, good, none), CONFIG)
    assert list(alone) == list(together) == names
    for name in names:
        np.testing.assert_array_equal(together[name][2], alone[name][0], err_msg=name)
        if not name.endswith("_points"):
            assert np.isnan(together[name][[0, 1, 3]]).all(), name
    np.testing.assert_array_equal(together["decay__fall_points"], [0, 3, 240, 0])


def test_no_objects():
    empty = inputs((np.empty(0), np.empty(0), np.empty(0), 0.1))
    nobody = Inputs(empty.lightcurves.take([]), {"posterior": SimpleNamespace(peak_mjd=np.empty(0))})
    assert {len(v) for v in decay.extract(nobody, CONFIG).values()} == {0}
