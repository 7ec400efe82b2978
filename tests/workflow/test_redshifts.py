"""Objects with spectroscopic, photometric and no redshift, and altered copies, through the real DAG and from Python."""

import json
import shutil

import numpy as np
import pytest
import yaml
from csv_rows import read_rows, write_rows
from workflow_copy import TINY

import mallorn
from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults

FAMILIES = ("statistics", "redshift", "multiband")
MEMBERS = ["logistic_multiclass", "lightgbm_multiclass"]
EMPTY = ("", "-9", "NaN", "-99.0", "999")


def configuration(**further):
    config = yaml.safe_load(TINY.read_text())
    config["simulation"]["n_splits"] = 1
    config["features"] = {name: {"enabled": name in FAMILIES} for name in defaults()["features"]}
    config["models"] |= {name: {"enabled": False} for name in defaults()["models"] if name not in MEMBERS}
    config["ensembles"] = {name: {"enabled": name == "mean"} for name in defaults()["ensembles"]}
    config["ensembles"]["mean"]["members"] = MEMBERS
    for name in ("audits", "evaluation"):
        config.setdefault(name, {})
    config["explanations"] = {"models": ["lightgbm_multiclass"]}
    config["evaluation"]["learning_curve"] = {"model": "lightgbm_multiclass"}
    config["ablation"] = {"model": "lightgbm_multiclass"}
    config["tuning"] = {"models": MEMBERS}
    return {**config, **further}


@pytest.fixture(scope="module")
def run(empty):
    """A run on a survey of which some objects lack a redshift: `none` are the test objects among them."""
    work = empty("redshifts")
    survey = work.path / "survey"
    work.configfile = work.path / "own.yaml"
    work.configfile.write_text(yaml.safe_dump(configuration()))
    work.snakemake("results/survey/split_01/test_full_lightcurves.csv")
    shutil.move(work.path / "results" / "survey", survey)
    work.none = set()
    for name, step in (("train_log.csv", 9), ("test_log.csv", 5)):
        table = read_rows(survey / name)
        for k, row in enumerate(table):
            if k % step == 3:
                row["Z"] = EMPTY[(k // step) % len(EMPTY)]
                work.none |= {row["object_id"]} if name == "test_log.csv" else set()
            elif k % step == 1:
                row["Z_err"] = ""
        write_rows(survey / name, table)
    new = work.path / "new"
    shutil.copytree(survey, new)
    write_rows(new / "test_log.csv", [{**row, "Z": "-9"} for row in read_rows(survey / "test_log.csv")])
    augmentations = {"photoz": {"enabled": True, "draws": 2}, "no_redshift": {"enabled": True}}
    augmentations["jitter"] = {"enabled": True}
    draws = {"photoz_draws": {"test": 2, "new": 2}, "augmentations": augmentations}
    work.configfile.write_text(yaml.safe_dump(configuration(data_dir="survey", **draws)))
    targets = [f"results/{name}" for name in ("submission.csv", "probabilities.csv", "evaluation/scores.csv", "model")]
    work.outer = work.path / "results" / "predictions" / "outer_1" / "grouped" / "0" / "mean"
    targets.append(str((work.outer / "photoz.parquet").relative_to(work.path)))
    work.snakemake(*targets, "results/candidates.parquet", "results/folds.parquet")
    return work


def test_objects_without_redshift_are_submitted_by_models_trained_without(run):
    results = run.path / "results"
    probabilities = {row["object_id"]: row for row in read_rows(results / "probabilities.csv")}
    assert {name for name, row in probabilities.items() if row["redshift_kind"] == "none"} == run.none != set()
    assert {row["redshift_kind"] for row in probabilities.values()} == {"none", "spectroscopic", "photometric"}
    path = results / "predictions" / "no_redshift" / "stratified" / "0" / "mean" / "held_out.parquet"
    other = read_columns(path)
    assert set(other["object_id"]) == run.none
    for name, p in zip(other["object_id"], other["probability"], strict=True):
        assert float(probabilities[name]["probability"]) == pytest.approx(p, rel=1e-5)
    assert {row["prediction"] for row in read_rows(results / "submission.csv")} <= {"0", "1"}
    listed = read_columns(results / "candidates.parquet", ["object_id", "flags"])
    assert {n for n, flags in zip(*listed.values(), strict=True) if "no redshift" in flags} == run.none
    log = (results / "log" / "ingest_metadata.log").read_text()
    assert f"{len(run.none)} of {len(probabilities)} test objects have no redshift" in log


def test_features_without_redshift_are_in_the_frame_of_the_observer(run):
    features = run.path / "results" / "features"
    known, copies, test = (read_columns(features / f"{name}.parquet") for name in ("train", "no_redshift", "test"))
    assert copies["object_id"].tolist() == known["object_id"].tolist()
    has = np.isfinite(known["Z"])
    assert 0 < np.sum(~has) < len(has)
    of_distance = [n for n in known if n.startswith("redshift__") or "ln_luminosity" in n or "ln_peak_lum" in n]
    assert len(of_distance) > 10
    for name in of_distance:
        assert np.isnan(copies[name]).all(), name
        assert np.isnan(test[name][np.isnan(test["Z"])]).all(), name
    for name in (n for n in known if "__" in n):
        assert not np.isinf(copies[name]).any(), name
        np.testing.assert_array_equal(copies[name][~has], known[name][~has], err_msg=name)
    observed, rest = copies["multiband__ln_length_rest"][has], known["multiband__ln_length_rest"][has]
    np.testing.assert_allclose(observed, rest + np.log1p(known["Z"][has]), rtol=1e-6)


def test_altered_copies_go_through_the_same_rules(run):
    features = run.path / "results" / "features"
    train, photoz, jitter = (read_columns(features / f"{name}.parquet") for name in ("train", "photoz", "jitter"))
    assert train["object_id"].tolist() == photoz["object_id"].tolist() == jitter["object_id"].tolist()
    has = np.isfinite(train["Z"])
    assert (train["Z"] != photoz["Z"])[has].mean() > 0.9
    same, fewer = (table["statistics__n_points__r"] for table in (photoz, jitter))
    assert same.tolist() == train["statistics__n_points__r"].tolist()
    assert (fewer < same).any()
    inside, altered, apart = (
        set(read_columns(run.outer / f"{name}.parquet")["object_id"]) for name in ("out_of_fold", "photoz", "held_out")
    )
    assert altered == inside
    assert apart | inside == set(train["object_id"][has])
    assert not apart & inside


def test_each_way_has_its_own_scores(run):
    table = read_rows(run.path / "results" / "evaluation" / "scores.csv")
    kinds = {}
    for row in table:
        kinds.setdefault(row["redshift"], set()).add((row["protocol"], row["model"]))
    assert list(kinds) == ["spectroscopic", "photometric", "photometric, averaged", "none"]
    assert len(set(map(frozenset, kinds.values()))) == 1
    of = {row["redshift"]: row["brier"] for row in table if row["model"] == "mean" and row["protocol"] == "grouped"}
    assert len(set(of.values())) == 4


def test_photometric_redshifts_are_averaged_over_draws(run):
    results = run.path / "results"
    first, second = (read_columns(results / "features" / f"test.draw{k}.parquet") for k in range(2))
    test = read_columns(results / "features" / "test.parquet")
    photometric = np.isfinite(test["Z"]) & np.isfinite(test["Z_err"])
    assert first["object_id"].tolist() == second["object_id"].tolist() == test["object_id"][photometric].tolist()
    assert (first["Z"] < second["Z"]).all()
    curves = mallorn.read(run.path / "survey")
    place = {name: k for k, name in enumerate(curves.object_id)}
    rows_of = [place[name] for name in test["object_id"]]
    model = mallorn.load_model(results / "model")
    averaged, given = (model.predict(curves.take(rows_of), draws=draws) for draws in (None, 1))
    expected = {row["object_id"]: float(row["probability"]) for row in read_rows(results / "probabilities.csv")}
    np.testing.assert_allclose(averaged["probability"], [expected[name] for name in averaged.index], atol=2e-6)
    differs = (averaged["probability"] != given["probability"]).to_numpy()
    assert differs[photometric].mean() > 0.9
    assert not differs[~photometric].any()


def test_new_objects_without_any_redshift_score_alike_from_the_workflow_and_from_python(run):
    run.snakemake("classify", "--config", "new_data=new")
    found = {row["object_id"]: row for row in read_rows(run.path / "results" / "classified" / "probabilities.csv")}
    predictions = read_rows(run.path / "results" / "classified" / "predictions.csv")
    model = mallorn.load_model(run.path / "results" / "model")
    curves = mallorn.read(run.path / "new")
    curves = curves.take([k for k, name in enumerate(curves.object_id) if name in found])
    assert not curves.has_redshift.any()
    table = model.predict(curves)
    assert set(table["redshift_kind"]) == {"none"} == {row["redshift_kind"] for row in found.values()}
    np.testing.assert_allclose(table["probability"], [float(found[n]["probability"]) for n in table.index], atol=2e-6)
    assert [row["prediction"] for row in predictions] == [
        str(int(table["decision"][row["object_id"]])) for row in predictions
    ]
    assert ((table["probability"] >= model.threshold_without_redshift) == table["decision"]).all()
    assert set(model.explain(curves.take([0]), features=3)["object_id"]) == {curves.object_id[0]}
    # the same objects scored as test objects without redshift
    expected = {row["object_id"]: row["probability"] for row in read_rows(run.path / "results" / "probabilities.csv")}
    assert all(found[name]["probability"] == expected[name] for name in run.none)


def test_a_model_that_needs_redshifts_says_so(run, caplog):
    folder = run.path / "with redshifts only"
    shutil.copytree(run.path / "results" / "model", folder, ignore=shutil.ignore_patterns("without_redshift"))
    manifest = (folder / "model.json").read_text()
    (folder / "model.json").write_text(json.dumps({**json.loads(manifest), "without_redshift": None}))
    model, curves = mallorn.load_model(folder), mallorn.read(run.path / "survey")
    chosen = curves.take(
        np.flatnonzero(~curves.has_redshift)[:2].tolist() + np.flatnonzero(curves.has_redshift)[:2].tolist()
    )
    table = model.predict(chosen)
    assert table["probability"].isna().tolist() == [True, True, False, False] == table["decision"].isna().tolist()
    assert "2 of 4 objects have no redshift and get no probability" in caplog.text
    assert "Next step: set augmentations.no_redshift.enabled" in caplog.text
