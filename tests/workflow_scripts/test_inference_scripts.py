"""The adapters that gather a model, score new objects with it, and explain it, called as the rules call them."""

import csv
import hashlib
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from learning_data import CLASSES, PARAMS, SELECTION, SPEC, survey, wide_domain, write_observed
from surveys import CONFIG as INGEST
from surveys import OTHER_LC, TEST, TEST_LC, ingest, read_split, sound_survey, write_survey

from mallorn.augmentation.early import WHOLE
from mallorn.errors import DataError
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.learning.model_files import read_fits
from mallorn.learning.tables import DatasetFiles
from mallorn.metrics import average_precision
from mallorn.runs.inputs import record_input, write_first
from mallorn.settings.resolve import defaults
from mallorn.sources.kaggle import splits as find_splits
from mallorn.survey.copies import copy_name
from mallorn.survey.lightcurves import LightCurves, read_lightcurves, write_lightcurves
from mallorn.survey.passbands import LSST

ROOT = Path(__file__).parents[2]
CONFIG = defaults()
TRAINING = {**CONFIG["training"], "log_columns": ["Z"], "exclude": [], "classes": CLASSES}
SETTINGS = {"seed": 5, "target": "TDE", "training": TRAINING, "selection": SELECTION, "predicts": True}
STATE = {"reading": {"kaggle": "2c"}, "code": {"fits/drw": "0a"}, "settings": {"fits": {"drw": 1}}}
EXPLANATIONS = {"candidates": 4, "features": 2, "sample": 20}


def script(name):
    spec = spec_from_file_location(name, ROOT / "workflow" / "scripts" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with features of 150 training and 30 test objects, and a model cross-validated in two repeats."""
    folder = tmp_path_factory.mktemp("trained")
    ids, types, target, event, values = survey()
    test = np.arange(len(ids)) % 6 == 5
    for name, chosen in (("train", ~test), ("test", test)):
        n = chosen.sum()
        logs = {"Z": np.full(n, 0.1), "Z_err": np.full(n, np.nan), "EBV": np.full(n, 0.02)}
        columns = {f"family__{k}": values[chosen, k].astype(float) for k in range(10)}
        write_table(folder / f"{name}.parquet", {"object_id": ids[chosen], **logs, **columns})
    inside = (x[~test] for x in (ids, types, target, event))
    write_table(folder / "folds.parquet", draw_folds(*inside, 3, 2, 5, seed=1))
    module = script("cross_validate")
    spec = {**SPEC, "classes": "multiclass", "params": PARAMS["lightgbm"]}
    settings = {**SETTINGS, "model": spec}
    for training, repeat in (("final", "0"), ("final", "1"), ("outer_0", "0")):
        part = folder / training / repeat
        inputs = module.Inputs(*(folder / f"{name}.parquet" for name in ("train", "test", "folds")))
        paths = [part / f"{name}.parquet" for name in ("out_of_fold", "held_out", "importance")]
        about = {"training": training, "protocol": "grouped", "repeat": repeat, "model": "one"}
        outputs = module.Outputs(*paths, models=part / "models", once=part / "once" if training == "final" else "")
        module.main(inputs, outputs, about, settings, 1)
    decision = {"calibration": {"method": "none"}, "threshold": 0.3, "spread": 0.0}
    (folder / "threshold.json").write_text(json.dumps(decision))
    folders, export = [{"one": folder / "final" / repeat / "models"} for repeat in ("0", "1")], script("export_model")
    known = {"final": {"folders": folders, "learned": [], "threshold": folder / "threshold.json"}}
    (folder / "domain.json").write_text(json.dumps(wide_domain("final")))
    outliers = {"seed": 5, "training": TRAINING, "outliers": {"trees": 10, "sample": 16}}
    files = [folder / "final" / repeat / "out_of_fold.parquet" for repeat in ("0", "1")]
    learn, detectors = script("learn_outliers").main, {"final": folder / "final.npz"}
    script("grow_forest").main(folder / "train.parquet", folder / "forest.npz", "final", outliers)
    learn(folder / "forest.npz", files, folder / "threshold.json", detectors["final"])
    export.main(known, folder / "domain.json", detectors, folder / "model", {"model": "one"}, STATE)
    (folder / "other.json").write_text(json.dumps({**decision, "threshold": 0.6}))
    unknown = {"no_redshift": {"folders": folders[1:], "learned": [], "threshold": folder / "other.json"}}
    (folder / "domain.json").write_text(json.dumps(wide_domain("final", "no_redshift")))
    export.main(known | unknown, folder / "domain.json", detectors, folder / "for all", {"model": "one"}, STATE)
    return folder


def classify(trained, folder, features=None, state=STATE, model="model", draws=(), points=None):
    outputs = [folder / name for name in ("probabilities.csv", "predictions.csv")]
    files = DatasetFiles(features or trained / "test.parquet")
    ids = read_columns(trained / "test.parquet")["object_id"][::-1]
    numbers = np.arange(len(ids), dtype=float)
    given = read_columns(files.features)
    known = {name: given[name][::-1] for name in ("Z", "Z_err")} | {"ra": numbers + 1e-9, "dec": -numbers}
    hosts = np.array([None, *(f"NGC {k}" for k in range(1, len(ids)))], dtype=object)
    write_table(folder / "metadata.parquet", {"object_id": ids, **known, "host_name": hosts})
    write_observed(folder / "observed.parquet", ids[::-1], given["Z"], 9 if points is None else points)
    (folder / "new.csv").write_text("new")
    write_first(folder / "input.json", record_input("a {new} survey", folder, [folder / "new.csv"]))
    names = {"metadata": "metadata.parquet", "observed": "observed.parquet", "source": "input.json"}
    about = {name: folder / path for name, path in names.items()}
    script("classify").main(trained / model, about, (files, draws), outputs, state)
    return map(rows, outputs)


def test_the_redshift_says_which_models_score_an_object(trained, tmp_path, caplog):
    table = read_columns(trained / "test.parquet")
    none = np.arange(len(table["Z"])) % 2 == 0
    table["Z"] = np.where(none, np.nan, table["Z"])
    table["Z_err"] = np.where(np.arange(len(none)) % 3, table["Z_err"], 0.05)
    write_table(tmp_path / "new.parquet", table)
    probabilities, predictions = classify(trained, tmp_path, tmp_path / "new.parquet", model="for all")
    kinds = ["none" if lacks else "spectroscopic" if k % 3 else "photometric" for k, lacks in enumerate(none)]
    assert [row["redshift_kind"] for row in probabilities] == kinds == [row["redshift_kind"] for row in predictions]
    second = read_columns(trained / "final" / "1" / "held_out.parquet")["probability"]
    found = np.array([float(row["probability"]) for row in probabilities])
    assert [row["outlier"] == "" for row in probabilities] == none.tolist()  # there is no detector without redshifts
    assert np.array([int(row["prediction"]) for row in predictions])[none].tolist() == (second >= 0.6)[none].tolist()
    assert found[none] == pytest.approx(second[none], rel=1e-5)
    assert "no redshift" not in caplog.text
    probabilities, predictions = classify(trained, tmp_path, tmp_path / "new.parquet")
    assert [row["probability"] == "" for row in probabilities] == none.tolist()
    assert [row["prediction"] == "" for row in predictions] == none.tolist()
    assert {row["domain_reason"] for row in predictions if row["prediction"] == ""} == {
        "no redshift, and the model has not learned to do without"
    }
    assert f"{none.sum()} of {len(none)} objects get no probability: no redshift" in caplog.text
    assert "augmentations.no_redshift.enabled" in caplog.text


def test_objects_without_points_are_told_and_not_scored(trained, tmp_path, caplog):
    points = np.full(30, 7, dtype=np.int32)
    points[[2, 11]] = 0
    probabilities, predictions = map(list, classify(trained, tmp_path, points=points))
    bare = [k for k, row in enumerate(predictions) if row["domain"] == "cannot say"]
    assert bare == [2, 11] == [k for k, row in enumerate(predictions) if row["prediction"] == ""]
    assert bare == [k for k, row in enumerate(probabilities) if row["probability"] == ""]
    assert {predictions[k]["domain_reason"] for k in bare} == {"too few points: 0 of 1 points"}
    assert "2 of 30 objects get no probability: too few points (2)" in caplog.text


def test_every_row_names_the_data_and_their_digest(trained, tmp_path):
    digest = hashlib.sha256(f"new.csv {hashlib.sha256(b'new').hexdigest()}".encode()).hexdigest()
    for table in classify(trained, tmp_path):
        assert {(row["input"], row["input_sha256"]) for row in table} == {("a {new} survey", digest)}


def test_new_objects_score_as_test_objects_did(trained, tmp_path):
    probabilities, predictions = classify(trained, tmp_path)
    held_out = [read_columns(trained / "final" / repeat / "held_out.parquet") for repeat in ("0", "1")]
    assert [row["object_id"] for row in probabilities] == held_out[0]["object_id"].tolist()
    expected = np.mean([part["probability"] for part in held_out], axis=0)
    assert [float(row["probability"]) for row in probabilities] == pytest.approx(expected, rel=1e-5)
    for name in ("AGN", "other SN"):
        other = np.mean([part[f"probability__{name}"] for part in held_out], axis=0)
        assert [float(row[f"probability__{name}"]) for row in probabilities] == pytest.approx(other, rel=1e-5)
    assert [int(row["prediction"]) for row in predictions] == (expected >= 0.3).astype(int).tolist()
    numbers = range(len(expected) - 1, -1, -1)
    assert [float(row["ra"]) for row in probabilities] == [k + 1e-9 for k in numbers]
    assert [float(row["redshift"]) for row in probabilities] == pytest.approx([0.1 for _ in numbers])
    assert {row["redshift_kind"] for row in probabilities} == {"spectroscopic"}
    assert [row["host_name"] for row in probabilities] == [f"NGC {k}" if k else "" for k in numbers]


def test_only_fits_to_all_training_objects_are_kept(trained):
    assert len(list((trained / "final" / "0" / "models").glob("*/learner/model.txt.gz"))) == 3
    assert [path.name for path in (trained / "outer_0" / "0" / "models").iterdir()] == ["fits.json"]


def test_a_model_trained_once_has_seen_all_objects(trained):
    once, folds = (read_fits(trained / "final" / "0" / name) for name in ("once", "models"))
    seen = [
        [tree["tree_structure"]["internal_count"] for tree in fit.model.dump_model()["tree_info"]]
        for fit in (*once.fits, *folds.fits)
    ]
    assert len(once.fits) == 1
    assert len(folds.fits) == 3
    assert max(seen[0]) > 1.4 * max(map(max, seen[1:]))  # by weights, of 150 objects and of 100


def test_features_that_do_not_fit_are_refused(trained, tmp_path):
    table = read_columns(trained / "test.parquet")
    table["another__4"] = table.pop("family__4")
    write_table(tmp_path / "new.parquet", table)
    with pytest.raises(DataError, match="1 of 11 features are missing: family__4"):
        classify(trained, tmp_path, tmp_path / "new.parquet")
    with pytest.raises(DataError, match="the code of fits/drw is not that of the model"):
        classify(trained, tmp_path, state={**STATE, "code": {"fits/drw": "0b"}})


def test_explanations_are_of_the_most_probable_objects(trained, tmp_path):
    parts = [trained / "final" / repeat for repeat in ("0", "1")]
    outputs = [tmp_path / "one.parquet", tmp_path / "one_global.parquet"]
    script("explain").main(
        [part / "models" for part in parts],
        DatasetFiles(trained / "test.parquet"),
        [part / "held_out.parquet" for part in parts],
        *outputs,
        {"seed": 1, "explanations": EXPLANATIONS},
    )
    candidates, everywhere = map(read_columns, outputs)
    p = [read_columns(part / "held_out.parquet") for part in parts]
    order = np.argsort(-(p[0]["probability"] + p[1]["probability"]), kind="stable")[:4]
    assert candidates["object_id"][::2].tolist() == p[0]["object_id"][order].tolist()
    assert len(candidates["shap"]) == 8
    assert candidates["feature"][0] == "family__0"
    assert candidates["shap"][0] > 0
    assert everywhere["feature"][0] == "family__0"
    assert len(everywhere["feature"]) == 11


def test_new_objects_are_read_without_a_training_log_as_those_of_the_survey_are(tmp_path):
    files = {name: text for name, text in sound_survey().items() if name in (TEST, TEST_LC, OTHER_LC)}
    survey_folder = write_survey(files, tmp_path / "new data")
    splits = find_splits(survey_folder, ["test"], "new_data")
    assert splits == ["split_01", "split_02"]
    survey = {"splits": splits, "sets": ["test"], "suffix": ".new"}
    script("ingest_metadata").main("kaggle", survey_folder, survey, tmp_path / "metadata.parquet", INGEST)
    logs = read_columns(tmp_path / "metadata.parquet")
    assert logs["object_id"].tolist() == ["x", "y", "z"]
    assert set(logs["set"]) == {"test"}
    assert logs["split"].tolist() == ["split_01.new", "split_02.new", "split_02.new"]
    outputs = [tmp_path / f"{name}.parquet" for name in ("points", "objects", "set_aside")]
    survey = {"sets": ["test"], "passbands": LSST.to_text()}
    script("ingest").main("kaggle", survey_folder, survey, "split_02", outputs, INGEST)
    read_as_new = read_lightcurves(*outputs[:2])
    ingest(write_survey(sound_survey(), tmp_path / "survey"), tmp_path / "results")
    whole = read_split(tmp_path / "results", "split_02")[0]
    last = slice(whole.start[-3], None)
    assert read_as_new.object_id.tolist() == ["y", "z"] == whole.object_id[-2:].tolist()
    for name in ("mjd", "band", "flux", "flux_err"):
        assert np.array_equal(getattr(read_as_new, name), getattr(whole, name)[last])


def test_a_folder_without_new_objects_is_refused_by_its_key(tmp_path):
    with pytest.raises(DataError, match="set new_data to the folder that holds test_log.csv, or to null"):
        find_splits(tmp_path / "nowhere", ["test"], "new_data")
    write_survey({TEST: "object_id,Z,Z_err,EBV,split\n"}, tmp_path)
    with pytest.raises(DataError, match="folders named split_01"):
        find_splits(tmp_path, ["test"], "new_data")


@pytest.fixture(scope="module")
def scored_by_age(trained, tmp_path_factory):
    """The tables of score_early, of copies at 20 and 50 days whose features are those of the whole with noise."""
    folder, rng = tmp_path_factory.mktemp("early"), np.random.default_rng(1)
    train = read_columns(trained / "train.parquet")
    features = [name for name in train if name.startswith("family__")]
    parts = []
    for cut, noise in (("20 d", 2.0), ("50 d", 0.5), (WHOLE, 0.0)):
        names = np.array([copy_name(name, cut) for name in train["object_id"]], dtype=object)
        shaken = {name: train[name] + rng.normal(0.0, noise, len(names)) if noise else train[name] for name in features}
        parts.append({**train, **shaken, "object_id": names})
    write_table(folder / "early.parquet", {name: np.concatenate([part[name] for part in parts]) for name in train})
    module, out = script("cross_validate"), [folder / f"{name}.parquet" for name in ("out_of_fold", "held_out", "i")]
    spec = {**SPEC, "classes": "multiclass", "params": PARAMS["lightgbm"]}
    settings = {**SETTINGS, "model": spec}
    about = {"training": "early", "protocol": "grouped", "repeat": "0", "model": "one"}
    inputs = module.Inputs(folder / "early.parquet", trained / "test.parquet", trained / "folds.parquet")
    module.main(inputs, module.Outputs(*out, models=folder / "models"), about, settings, 1)
    names, n = np.concatenate([part["object_id"] for part in parts]), 3 * len(train["object_id"])
    last = np.repeat([50.0, 80.0, 930.0], n // 3)  # 20, 50 and 900 days after the trigger
    zeros, days = np.zeros(n), np.stack([np.broadcast_to(day, n) for day in (0.0, 10.0, 30.0, last)], axis=1).ravel()
    curves = LightCurves(
        names, zeros + 0.1, zeros, zeros, zeros + 460.0, 4 * np.arange(n + 1), days,
        np.full(4 * n, 2, dtype=np.int8), np.tile([0.0, 20.0, 40.0, 20.0], n), np.ones(4 * n), passbands=LSST,
    )  # fmt: skip
    write_lightcurves(curves, folder / "points.parquet", folder / "objects.parquet")
    files = DatasetFiles(folder / "early.parquet", [folder / "points.parquet"], [folder / "objects.parquet"], [])
    outputs = {
        **{name: folder / f"{name}.csv" for name in ("scores", "gains", "times", "found")},
        "figure": folder / "early",
    }
    whole = {"grouped": [{"fits": {"one": trained / "final" / "0" / "models"}, "learned": None}]}
    blocks = {
        "evaluation": {**CONFIG["evaluation"], "rounds": 20},
        "threshold": CONFIG["threshold"],
        "calibration": {"method": "none"},
    }
    block = {**CONFIG["augmentations"]["early"], "ages": [50.0, 20.0]}
    given = {"seed": 5, "target": "TDE", "training": TRAINING, "early": block, **blocks}
    young = {name: block[name] for name in ("passes", "trigger")}
    final = {"quantities": ["n_points"], "low": [0.0]}
    (folder / "domain.json").write_text(json.dumps({"scorers": {"final": final}, "young": young}))
    paths = {"folds": trained / "folds.parquet", "domain": folder / "domain.json"}
    script("score_early").main(files, {"grouped": out[:1]}, whole, paths, outputs, given)
    assert all(outputs["figure"].with_suffix(ending).stat().st_size > 5000 for ending in (".png", ".svg"))
    return {"folder": folder} | {name: rows(path) for name, path in outputs.items() if name != "figure"}


def test_copies_of_an_object_weigh_together_what_it_would():
    of = np.array(["a", "a", "a", "b", "c", "c"], dtype=object)
    weight = script("cross_validate")._weights("", "early", of)
    assert weight.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1, 1 / 2, 1 / 2])
    assert script("cross_validate")._weights("", "other_surveys", of) is None


def test_scores_by_age_are_of_both_models_and_all_classes(scored_by_age, trained):
    ap = {(r["model"], r["age"], r["class"]): float(r["average_precision"]) for r in scored_by_age["scores"]}
    classes = ("TDE", *CLASSES, "other SN")
    models = ("early", "whole", "served")
    assert set(ap) == {(m, a, c) for m in models for a in ("20 d", "50 d", WHOLE) for c in classes}
    assert ap["whole", WHOLE, "TDE"] > ap["whole", "20 d", "TDE"] + 0.2
    gain = {r["age"]: float(r["gain"]) for r in scored_by_age["gains"]}
    assert gain["20 d"] == pytest.approx(ap["served", "20 d", "TDE"] - ap["whole", "20 d", "TDE"], abs=2e-5)
    assert all(ap["served", age, "TDE"] == ap["early", age, "TDE"] for age in ("20 d", "50 d"))
    assert all(ap["served", WHOLE, name] == ap["whole", WHOLE, name] for name in classes)
    known = read_columns(trained / "final" / "0" / "out_of_fold.parquet")  # held out too, by the same fits
    target = fold_of(read_columns(trained / "folds.parquet"), "grouped", 0, known["object_id"])["target"]
    assert ap["whole", WHOLE, "TDE"] == pytest.approx(average_precision(target, known["probability"]), abs=1e-5)


def test_all_classes_of_the_tree_are_scored_by_age(scored_by_age, trained, tmp_path):
    folder = scored_by_age["folder"]
    tree = {"fewest": 3, "balance": None, "depth": 1.0, "without_redshift": False}
    spec = {**SPEC, "classes": "multiclass", "params": {**PARAMS["lightgbm"], "num_iterations": 15}}
    taxonomy = {"all": {}, **{name: {"parent": "all"} for name in ("TDE", *CLASSES)}}
    settings = {"seed": 5, "target": "TDE", "training": TRAINING, "selection": SELECTION, "model": spec, "tree": tree}
    about = {"model": "one", "protocol": "grouped", "repeat": "0"}
    files, settings = DatasetFiles(folder / "early.parquet"), {**settings, "taxonomy": taxonomy}
    made, table = tmp_path / "tree.parquet", tmp_path / "nodes_early.csv"
    script("cross_validate_tree").main(files, trained / "folds.parquet", made, about, settings, 1)
    given = {"seed": 5, "target": "TDE", "ages": [50.0, 20.0], "evaluation": {**CONFIG["evaluation"], "rounds": 5}}
    script("score_tree_early").main([made], trained / "folds.parquet", table, given)
    ap = {(r["way"], r["age"], r["node"]): float(r["average_precision"] or "nan") for r in rows(table)}
    assert {key[1] for key in ap} == {"20 d", "50 d", WHOLE}
    assert ap["flat", WHOLE, "macro"] > ap["flat", "20 d", "macro"] + 0.1
    alone = script("score_tree")
    outputs = alone.Outputs(*(tmp_path / f"{name}.csv" for name in alone.Outputs._fields))
    alone.main([made], [], trained / "folds.parquet", outputs, {**given, "coverage": 0.9, "refined": {"kept": "none"}})
    assert {(r["first"], r["second"]) for r in rows(outputs.nodes_gains)} == {("flat", "conditional")}


def test_when_an_object_is_chosen_counts_from_its_trigger(scored_by_age):
    times = scored_by_age["times"]
    assert {float(r["trigger_mjd"]) for r in times} == {30.0}
    assert {float(r["peak_after_trigger"]) for r in times} == {0.0}
    assert {r["chosen_after_trigger"] for r in times} <= {"20", "50", "inf", ""}
    assert sum(r["chosen_after_trigger"] != "" for r in times) > len(times) / 2
