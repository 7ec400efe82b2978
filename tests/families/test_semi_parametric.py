import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.families import semi_parametric
from mallorn.families.family import Inputs, columns

LIGHT_CURVES = pack([([0.0, 10.0, 20.0, 30.0], "grgr", 1.0, 0.1), ([], [], [], [])], redshift=0.25)
CONFIGURATION = {"models": ["blackbody", "parabola"], "comparisons": [["blackbody", "parabola"]]}


def fits(**changes):
    """Return fits by hand: sigma is twice the scale of 5 uJy, the evidences differ by -3; nothing without points."""
    names = {h: ("ln_sigma", "ln_length", *own) for h, own in OWN.items()}
    table = {f"{h}_{name}{end}": 0.5 for h, of in names.items() for name in of for end in ("", "_err")}
    table |= {"scale": 5.0, "n_points": 4, "blackbody_ln_sigma": np.log(2.0)}
    table |= {"blackbody_ln_evidence": -7.0, "parabola_ln_evidence": -4.0} | changes
    return {name: np.array([value, 0 if name == "n_points" else np.nan]) for name, value in table.items()}


OWN = {"blackbody": ("ln_T",), "parabola": ("slope", "curvature")}


def test_numbers_by_hand():
    found = semi_parametric.extract(Inputs(LIGHT_CURVES, {"fits/semi_parametric": fits()}), CONFIGURATION)
    assert list(found) == columns("semi_parametric", semi_parametric.features(CONFIGURATION))
    value = {name.removeprefix("semi_parametric__"): values[0] for name, values in found.items()}
    assert value["blackbody_ln_sigma"] == pytest.approx(np.log(2.0))
    assert value["parabola_curvature_err"] == 0.5
    # 10 uJy = 1e-28 erg/s/cm2/Hz at D: L_nu = 4 pi D^2 f / (1 + z), nu = 6.662e14 Hz
    distance = LIGHT_CURVES.luminosity_distance[0] * 3.0856775814913674e24
    expected = np.log10(4 * np.pi * distance**2 * 1e-28 / 1.25 * 6.662e14)
    assert value["blackbody_log10_nu_luminosity"] == pytest.approx(expected, abs=1e-4)
    # evidences -7 and -4, four points
    assert value["signed_ln_evidence_blackbody_parabola"] == pytest.approx(-np.log(4.0))
    assert value["evidence_blackbody_parabola"] == pytest.approx(-1.5)
    assert all(np.isnan(values[1]) for values in found.values())


def test_what_is_learnt_from_has_no_errors():
    """Errors are features, and `training.exclude` knows them by the end of their names."""
    config = CONFIG["features"]["semi_parametric"]
    names = [f.name for f in semi_parametric.features(config)]
    errors = {name for name in names if name.endswith("_err")}
    parameters = {f.removesuffix("_err") for f in errors}
    assert parameters < set(names)
    assert len(names) == 2 * len(parameters) + 1 + 2 * len(config["comparisons"])
