"""The golden light curves of tests/golden: all features and the probabilities of a small model, held on every run."""

import numpy as np
import pytest
from golden_model import GOLDEN, N_CURVES, TOLERANCE, family_of, golden_curves, tolerance_of

from mallorn.decide.bundle import golden_differences, read_bundle
from mallorn.families.catalogue import meanings
from mallorn.interface.model import load_model
from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import read_lightcurves

ANEW = "if the change is meant, run `PYTHONPATH=src:tests python tests/golden_model.py` and say so in CHANGELOG.md"


@pytest.fixture(scope="module")
def found():
    """What `golden_differences` says here."""
    return golden_differences(GOLDEN)


def test_no_feature_has_changed(found):
    off = {name: value for name, value in found[0].items() if not value <= tolerance_of(name)}
    worst = sorted(off, key=lambda name: -off[name])[:10]
    assert not off, f"{len(off)} features differ from the golden ones; {ANEW}: { {name: off[name] for name in worst} }"


def test_no_probability_has_changed(found):
    _, probability, held = found
    np.testing.assert_allclose(probability, held, rtol=0, atol=TOLERANCE["probability"], err_msg=ANEW)
    assert held.shape == (N_CURVES, len(read_bundle(GOLDEN)["classes"]))
    assert np.ptp(held[:, 0]) > 0.5


def test_the_golden_features_are_all_that_there_are():
    families = {name: {**block, "enabled": True} for name, block in defaults()["features"].items()}
    columns = read_bundle(GOLDEN)["features"]
    assert set(meanings(families)) - {"Z", "EBV"} == set(columns) - {"Z", "EBV"}, ANEW
    values = read_columns(GOLDEN / "golden" / "features.parquet")["features"].reshape(N_CURVES, len(columns))
    empty = [name for name, column in zip(columns, values.T, strict=True) if not np.isfinite(column).any()]
    assert not empty


def test_the_golden_light_curves_are_those_that_the_simulator_makes():
    kept = read_lightcurves(GOLDEN / "golden" / "points.parquet", GOLDEN / "golden" / "objects.parquet")
    made = golden_curves()
    assert list(kept.object_id) == list(made.object_id)
    np.testing.assert_array_equal(kept.start, made.start)
    for name in ("mjd", "band", "redshift"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(made, name))
    for name in ("flux", "flux_err"):
        np.testing.assert_allclose(getattr(kept, name), getattr(made, name), rtol=1e-9, atol=1e-9)


def test_the_golden_model_says_of_every_object_what_it_may():
    model = load_model(GOLDEN)
    curves = read_lightcurves(GOLDEN / "golden" / "points.parquet", GOLDEN / "golden" / "objects.parquet")
    chosen = np.arange(10, 24)
    curves = curves.take(chosen)
    table = model.predict(curves, tell=False)
    assert set(table["domain"]) == {"in domain", "extrapolating", "cannot say"}
    assert set(table["scored_as"]) == {"final", "no_redshift", ""}
    held = read_columns(GOLDEN / "golden" / "probabilities.parquet")["probability__TDE"][chosen]
    said = table["probability"].notna().to_numpy()
    # objects that are extrapolated may be scored in other company, whose sums round otherwise
    np.testing.assert_allclose(table["probability"][said], held[said], atol=1e-3)


def test_differences_are_told_by_family():
    assert family_of("drw__ln_tau__g") == "drw"
    assert family_of("EBV") == ""
    assert tolerance_of("drw__ln_tau__g") == TOLERANCE.get("drw", TOLERANCE[""])
