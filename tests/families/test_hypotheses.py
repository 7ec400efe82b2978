import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothetical_events import SETTINGS, drawn, hypothesis, observed, pack

from mallorn.errors import ConfigError
from mallorn.families import hypotheses
from mallorn.families.family import Inputs, columns
from mallorn.hypotheses.fit import fit_hypotheses
from mallorn.hypotheses.fitted import FittedSplit
from mallorn.hypotheses.models import blackbody_ratio
from mallorn.settings.resolve import defaults
from mallorn.survey.blackbody import MPC, SIGMA_SB, planck
from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS

CONFIG = defaults()["features"]["hypotheses"]
REDSHIFT, DISTANCE = 0.25, 1300.0


def extracted(lightcurves, config=CONFIG, settings=SETTINGS):
    return hypotheses.extract(Inputs(lightcurves, {"fits/hypotheses": fit_hypotheses(lightcurves, settings)}), config)


@pytest.fixture(scope="module")
def events():
    """Two TDEs, two supernovae and an object without points."""
    rng = np.random.default_rng(6)
    names = ["tde_free", "supernova", "tde_double", "hot_supernova"]
    points = [observed(hypothesis(n), drawn(hypothesis(n), rng, 0.5), rng) for n in names]
    return pack([*points, tuple(values[:0] for values in points[0])], REDSHIFT)


@pytest.fixture
def by_hand():
    """One object and its fit, written by hand: 15 d, 55 d, 20,000 K, 10 uJy; every point is one sigma too bright."""
    d = np.array([-10.0, 0.0, 27.5, 55.0])  # rest frame
    band = np.array([1, 1, 1, 2])
    wavelength = SLOT_WAVELENGTHS[band] / (1 + REDSHIFT)
    time = np.array([np.exp(-0.5 * (10 / 15) ** 2), 1.0, 1.5 ** (-5 / 3), 2 ** (-5 / 3)])
    flux = 10.0 * time * blackbody_ratio(wavelength, 20000.0) + 0.5
    lightcurves = pack([(60000.0 + d * (1 + REDSHIFT), band, flux, np.full(4, 0.5))], REDSHIFT)
    fits = {
        "error_floor": 0.0, "null_chi2": 4 * (flux**2).sum(), "constant_chi2": 9.0, "drw_ln_tau": 4.0, "drw_beta": 0.0,
        "drw_ln_sigma": 1.0, "drw_ln_sigma_relative": 0.0, "drw_deviance": 8.0, "drw_ln_evidence": -7.0,
        "tde_fixed_t0": 60000.0, "tde_fixed_ln_rise": np.log(15.0), "tde_fixed_ln_tau": np.log(55.0),
        "tde_fixed_ln_p": np.log(5 / 3),
        "tde_fixed_ln_T": np.log(20000.0), "tde_fixed_ln_T_err": 0.1, "tde_fixed_ln_rise_err": 0.1,
        "tde_fixed_ln_tau_err": 0.1,
        "tde_fixed_amplitude": 10.0, "tde_fixed_chi2": 4.0, "tde_fixed_penalty": 1.0, "tde_fixed_ln_evidence": -5.0,
    }  # fmt: skip
    config = {
        "enabled": True, "models": ["tde_fixed"], "residuals": ["tde_fixed"], "sampling": ["tde_fixed"],
        "comparisons": [["drw", "tde_fixed"]], "competing": ["tde_fixed", "drw"],
    }  # fmt: skip
    return Inputs(lightcurves, {"fits/hypotheses": {name: np.array([value]) for name, value in fits.items()}}), config


def test_hand_worked_numbers(by_hand):
    inputs, config = by_hand
    out = {name.removeprefix("hypotheses__"): values[0] for name, values in hypotheses.extract(inputs, config).items()}
    # half of the peak: 15 sqrt(2 ln 2) = 17.66 d before, 55 (2^0.6 - 1) = 28.36 d after; steps of a day are straight
    assert out["tde_fixed_width50"] == pytest.approx(17.66 + 28.36, abs=0.02)
    assert out["tde_fixed_rise30"] == pytest.approx(15 * np.sqrt(2 * np.log(1 / 0.3)), abs=0.02)
    # 10 uJy at 1300 Mpc: L_nu = 4 pi D^2 f_nu / (1 + z) = 1.618e28 erg/s/Hz, nu = 6.662e14 Hz
    assert out["tde_fixed_log10_nu_luminosity"] == pytest.approx(np.log10(1.618e28 * 6.662e14), abs=1e-3)
    radius2 = 1.618e28 / (4 * np.pi**2 * planck(4500.0, 20000.0))
    assert out["tde_fixed_log10_radius"] == pytest.approx(0.5 * np.log10(radius2), abs=1e-3)
    assert out["tde_fixed_log10_bolometric"] == pytest.approx(
        np.log10(4 * np.pi * radius2 * SIGMA_SB * 20000.0**4), abs=1e-3
    )
    assert 4 * np.pi * (DISTANCE * MPC) ** 2 * 1e-28 / 1.25 == pytest.approx(1.618e28, rel=1e-3)
    # four residuals of one sigma: 4 / sqrt(4); g has three of them, and (-5, 8] and (25, 60] d one and two
    assert out["tde_fixed_event_chi2"] == pytest.approx(4 / 5)
    assert out["tde_fixed_pull_g"] == pytest.approx(np.sqrt(3))
    assert np.isnan(out["tde_fixed_pull_u"])
    assert out["tde_fixed_pull_peak"] == pytest.approx(1)
    assert out["tde_fixed_pull_fall"] == pytest.approx(np.sqrt(2))
    assert (out["tde_fixed_gap_before"], out["tde_fixed_gap_after"]) == pytest.approx((10, 27.5))
    assert (out["tde_fixed_seen_rise"], out["tde_fixed_seen_fall"]) == (1, 2)
    # three points of g make two pairs of residuals 1 and 1
    assert out["tde_fixed_coherence"] == pytest.approx(1)
    assert np.isnan(out["tde_fixed_outside_coherence"])
    assert out["tde_fixed_event_error"] == pytest.approx(1)
    fall_to = 55 * np.array([0.5, 0.2]) ** -0.6 - 55
    rise_from = 15 * np.sqrt(-2 * np.log([0.5, 0.2]))
    half, fifth = fall_to + rise_from
    assert out["tde_fixed_stretch"] == pytest.approx(fifth / half, abs=1e-3)
    # comparisons: deviance 8 less chi-square 4, evidence -7 less -5
    assert out["signed_ln_chi2_drw_tde_fixed"] == pytest.approx(np.log(5))
    assert out["signed_ln_evidence_drw_tde_fixed"] == pytest.approx(-np.log(3))
    assert out["half_evidence_share_tde_fixed"] == pytest.approx(1 / (1 + np.exp(-1)))
    assert list(hypotheses.extract(inputs, config)) == columns("hypotheses", hypotheses.features(config))


def test_residuals_of_the_features_are_those_of_the_fits(events):
    fits = fit_hypotheses(events, SETTINGS)
    split = FittedSplit(events, fits | {"error_floor": np.zeros(len(events))})
    for name in SETTINGS["models"]:
        chi2 = split.segments.sum(split.fit(hypothesis(name)).residual ** 2)
        np.testing.assert_allclose(chi2[:-1], fits[f"{name}_chi2"][:-1], rtol=1e-6)


def test_offsets_are_those_of_linear_least_squares(events):
    split = FittedSplit(events, fit_hypotheses(events, SETTINGS))
    for name in ("tde_fixed", "supernova", "drifting_color"):
        fit = split.fit(hypothesis(name))
        for k in range(len(events) - 1):
            rows = split.owner == k
            design = np.column_stack([fit.unscaled[rows], np.eye(6)[split.lc.band[rows]]]) * split.weight[rows, None]
            flux = (split.flux * split.weight)[rows]
            best = np.linalg.lstsq(design, flux, rcond=None)[0]
            assert best[0] > 0
            np.testing.assert_allclose(fit.offset_chi2[k], ((flux - design @ best) ** 2).sum(), rtol=1e-9)


def test_names_and_values_agree_and_are_documented(events):
    out, made = extracted(events), hypotheses.features(CONFIG)
    assert list(out) == columns("hypotheses", made)
    assert len(set(out)) == len(made)
    assert all(f.meaning and f.source for f in made)
    assert all(values.shape == (len(events),) and values.dtype == float for values in out.values())


def test_an_object_without_points_has_no_values_and_others_have(events):
    out = extracted(events)
    for name, values in out.items():
        assert np.isnan(values[-1]), name
        assert not np.isinf(values).any(), name
    assert np.mean([np.isfinite(values[:-1]).all() for values in out.values()]) > 0.9


def test_a_batch_equals_its_objects_one_by_one(events):
    together = extracted(events)
    for k in range(len(events)):
        for name, values in extracted(events.take([k])).items():
            np.testing.assert_array_equal(values[0], together[name][k], err_msg=name)


def test_a_shift_in_time_changes_nothing(events):
    before = extracted(events)
    points = [(e.mjd + 1024.0, e.band, e.flux, e.flux_err) for e in events]
    for name, values in extracted(pack(points, REDSHIFT)).items():
        np.testing.assert_allclose(values, before[name], rtol=1e-4, atol=1e-4, err_msg=name)


def test_dust_is_taken_away():
    rng = np.random.default_rng(3)
    h = hypothesis("tde_fixed")
    mjd, band, flux, error = observed(h, np.array([p.mean for p in h.parameters]), rng)
    clean = extracted(pack([(mjd, band, flux, error)], REDSHIFT))
    dusty = pack([(mjd, band, flux, error)], REDSHIFT, ebv=0.3)
    faded = dusty.dereddened().flux / dusty.flux
    reddened = pack([(mjd, band, flux / faded, error / faded)], REDSHIFT, ebv=0.3)
    for name, values in extracted(reddened).items():
        np.testing.assert_allclose(values, clean[name], rtol=1e-6, atol=1e-6, err_msg=name)


def test_the_colours_of_free_amplitudes():
    rng = np.random.default_rng(3)
    h = hypothesis("achromatic")
    amplitudes = 20.0 * blackbody_ratio(SLOT_WAVELENGTHS / (1 + REDSHIFT), 25000.0)
    one = observed(h, np.array([p.mean for p in h.parameters]), rng, amplitudes=amplitudes, error=0.05)
    out = extracted(pack([one], REDSHIFT))
    for k, (a, b) in enumerate(zip(SLOTS[:-1], SLOTS[1:], strict=True)):
        expected = -2.5 * np.log10(amplitudes[k] / amplitudes[k + 1])
        assert out[f"hypotheses__achromatic_color_{a}{b}"][0] == pytest.approx(expected, abs=0.05)
    settings = SETTINGS | {"error_floor": 0.01}
    assert np.exp(
        extracted(pack([one], REDSHIFT), settings=settings)["hypotheses__achromatic_ln_T"][0]
    ) == pytest.approx(25000, rel=0.1)


@pytest.mark.parametrize("key", ["residuals", "sampling"])
def test_models_that_are_not_features_are_refused(key):
    with pytest.raises(ConfigError, match=f"features.hypotheses.{key}: 'tde_fixed' is not among"):
        hypotheses.features(
            CONFIG
            | {
                "models": ["drifting_color", "achromatic", "supernova"],
                "residuals": [],
                "sampling": [],
                key: ["tde_fixed"],
            }
        )


def test_models_that_were_not_fitted_are_refused(events):
    fits = fit_hypotheses(events, SETTINGS | {"models": ["achromatic", "drifting_color"]})
    with pytest.raises(ConfigError, match="which the fits lack"):
        hypotheses.extract(Inputs(events, {"fits/hypotheses": fits}), CONFIG)


def test_the_family_does_without_the_compiler():
    code = "import sys, mallorn.families.hypotheses; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(Path(hypotheses.__file__).parents[2])})
    assert done.returncode == 0
