"""A model is held to the numbers of its golden inputs, not to the versions of packages."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from learning_data import PARAMS, SPEC, labelled

from mallorn.decide import bundle, golden
from mallorn.decide.bundle import Scorer, check_bundle, read_bundle, write_bundle
from mallorn.decide.golden import TOLERANCE, golden_curves, passed_before
from mallorn.errors import DataError
from mallorn.families.pipeline import extract_features
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import of_values
from mallorn.learning.made import dataset_of
from mallorn.learning.model_files import Fits, write_fits
from mallorn.settings.resolve import defaults
from mallorn.simulate.curves import simulated_lightcurves
from mallorn.survey.passbands import LSST

SETTINGS = defaults()
NAMES, CLASSES = ("statistics", "color"), ("TDE", "other")
DECISION = {"calibration": {"method": "platt", "slope": 1.5, "intercept": 0.25}, "threshold": 0.4, "spread": 0.0}
LEARNED = [{"members": ["one"], "method": "mean", "weights": [1.0]}]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of two families of features with golden inputs, which has no members for objects without redshift."""
    folder = tmp_path_factory.mktemp("golden")
    settings = {name: SETTINGS[name] for name in ("ingest", "fits", "posterior")}
    settings["features"] = {name: SETTINGS["features"][name] for name in NAMES}
    few = {"n_splits": 1, "sources": {"TDE": 8, "AGN": 8}, "siblings": {"train": 1, "test": 1}}
    curves = simulated_lightcurves({**SETTINGS["simulation"], **few}, LSST, 5)
    made = extract_features(curves, settings)
    columns = ("Z", "EBV", *made)
    values = dataset_of(curves, columns, settings, made).features.values
    classes = (np.arange(len(curves)) % 2).astype(int)
    spec = {**SPEC, "learner": "lightgbm", "params": PARAMS["lightgbm"]}
    event = np.arange(len(curves)).astype(str).astype(object)
    rows = labelled(values, classes, 2, event)
    p = cross_validate(rows, np.arange(len(curves)) % 3, spec, 0, 1, Options(of_values(values), keep=True))
    write_fits(folder / "fits", Fits(columns, CLASSES, ("features",), p.fits))
    state = {"code": {"fit": "0a"}, "settings": settings}
    scorer = Scorer([{"one": folder / "fits"}], LEARNED, DECISION)
    golden = golden_curves(SETTINGS["simulation"], LSST), None
    write_bundle(folder / "model", {"final": scorer}, state, {"model": "one"}, golden)
    return folder / "model"


@pytest.fixture
def own(model, tmp_path, monkeypatch):
    """A copy of the model that was never checked."""
    monkeypatch.setenv("MALLORN_CACHE", str(tmp_path / "cache"))
    return shutil.copytree(model, tmp_path / "model")


def changed(folder, name, change):
    """Change the column `name` of the golden features or probabilities."""
    path = folder / "golden" / ("features.parquet" if name == "features" else "probabilities.parquet")
    table = read_columns(path)
    table[name] = change(table[name].astype(float)).astype(table[name].dtype)
    write_table(path, table)


def test_golden_inputs_are_simulated_small_and_always_the_same():
    one, again = (golden_curves(SETTINGS["simulation"], LSST) for _ in range(2))
    assert 15 <= len(one) <= 25
    assert 0 < (~one.has_redshift).sum() < len(one) / 2
    assert np.isfinite(one.redshift_err).any()
    for name in ("object_id", "mjd", "band", "flux", "flux_err", "redshift"):
        np.testing.assert_array_equal(getattr(one, name), getattr(again, name))


def test_a_model_passes_where_it_was_made_and_is_computed_once(own, monkeypatch):
    manifest = read_bundle(own)
    assert not passed_before(own)
    assert check_bundle(own, manifest) == []
    assert passed_before(own)
    monkeypatch.setattr(golden, "extract_features", lambda *_, **__: pytest.fail("computed again"))
    assert check_bundle(own, manifest) == []
    changed(own, "features", lambda values: values + 1.0)
    assert not passed_before(own)  # another file, another model


def test_other_versions_and_code_are_notes(own, monkeypatch):
    manifest = read_bundle(own)
    state = {"code": {"fit": "0b"}, "settings": manifest["settings"]}
    assert check_bundle(own, manifest, state) == ["the code of fit is not that of the model"]
    monkeypatch.setattr(bundle, "installed", lambda: {**manifest["versions"], "numpy": "0.1"})
    (note,) = check_bundle(own, manifest)
    assert note.startswith("numpy 0.1 here, ")


def test_features_that_differ_are_refused_by_name(own):
    columns = read_bundle(own)["features"]
    place = columns.index("statistics__skew__r")

    def times(factor):
        return lambda values: np.where(np.arange(values.shape[1]) == place, factor * values, values)

    changed(own, "features", times(1 + TOLERANCE["features"] / 10))
    check_bundle(own, read_bundle(own))
    changed(own, "features", times(1.1))
    told = r"1 of \d+ features differ by more than 0.001: statistics__skew__r \(by 0\.\d+\)"
    with pytest.raises(DataError, match=told) as error:
        check_bundle(own, read_bundle(own))
    assert "Next step: install what the model was made with" in str(error.value)
    changed(own, "features", times(np.nan))
    with pytest.raises(DataError, match=r"statistics__skew__r \(by inf\)"):
        check_bundle(own, read_bundle(own))


def test_probabilities_that_differ_are_refused(own):
    manifest = read_bundle(own)
    manifest["decision"]["calibration"]["intercept"] += 0.1
    (own / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"probabilities differ by more than 0\.001: 0\.\d+ for 0\.\d+ of \w+"):
        check_bundle(own, manifest)


def test_settings_and_columns_of_a_workflow_must_be_those_of_the_model(own):
    manifest = read_bundle(own)
    settings = {**manifest["settings"], "posterior": {"other": 1}}
    with pytest.raises(DataError, match=r"config\.yaml, posterior\.\w+, is not that of the model"):
        check_bundle(own, manifest, {"code": manifest["code"], "settings": settings})
    with pytest.raises(DataError, match="features are missing: Z, EBV, "):
        check_bundle(own, manifest, columns=["object_id"])


def test_a_folder_that_lost_its_golden_inputs_is_refused(own):
    (own / "golden" / "points.parquet").unlink()
    with pytest.raises(DataError, match=r"points.parquet: expected golden inputs, found nothing"):
        check_bundle(own, read_bundle(own))


def test_the_golden_inputs_of_a_bundle_hold_what_the_model_reads(model):
    manifest = read_bundle(model)
    table = read_columns(model / "golden" / "features.parquet")
    assert table["features"].shape == (len(table["object_id"]), len(manifest["features"]))
    assert manifest["golden"] == TOLERANCE
    known = read_columns(model / "golden" / "objects.parquet")["redshift"]
    probability = read_columns(model / "golden" / "probabilities.parquet")["probability__TDE"]
    np.testing.assert_array_equal(np.isnan(probability), np.isnan(known))
    assert pq.read_schema(model / "golden" / "features.parquet").field("features").type.value_type == "float"
