"""Objects with spectroscopic, photometric and no redshift, and altered copies, through the real DAG and from Python."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from csv_rows import read_rows, write_rows
from workflow_copy import TINY

import mallorn
from mallorn.augmentation.early import WHOLE
from mallorn.command.main import mallorn as command
from mallorn.interface.over_time import score_over_time
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS
from mallorn.report.model_card import CARD
from mallorn.report.over_time import read_over_time
from mallorn.settings.resolve import defaults
from mallorn.survey.as_of import as_of, trigger_times
from mallorn.survey.copies import CUTS, cuts_of, originals
from mallorn.survey.lightcurves import write_lightcurves
from mallorn.watch.following import Scoring
from mallorn.watch.objects import POINT

FAMILIES = ("statistics", "redshift", "multiband")  # and age, which comes with models of young objects
MEMBERS = ["logistic_multiclass", "lightgbm_multiclass", "simulated"]
EMPTY = ("", "-9", "NaN", "-99.0", "999")


def configuration(**further):
    config = yaml.safe_load(TINY.read_text())
    config["simulation"]["n_splits"] = 1
    config["features"] = {name: {"enabled": name in FAMILIES} for name in defaults()["features"] if name != "age"}
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
    augmentations |= {"jitter": {"enabled": True}, "other_surveys": {"enabled": True, "wanted_precision": 0.5}}
    augmentations |= {"early": {"enabled": True, "ages": [10.0, 50.0], "random": {"days": 0, "shares": 1}}}
    draws = {"photoz_draws": {"test": 2, "new": 2}, "augmentations": augmentations}
    work.configfile.write_text(yaml.safe_dump(configuration(data_dir="survey", **draws)))
    targets = [
        f"results/{name}" for name in ("submission.csv", "probabilities.csv", "evaluation/scores.csv", "release")
    ]
    work.outer = work.path / "results" / "predictions" / "outer_1" / "grouped" / "0" / "mean"
    targets += [str((work.outer / "photoz.parquet").relative_to(work.path)), "results/evaluation/other_surveys.csv"]
    work.snakemake(*targets, "results/candidates.parquet", "results/folds.parquet", "early")
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
    own = averaged["scored_as"].isin(["final", "no_redshift"])  # the workflow scores test objects by no others
    assert own.mean() > 0.6  # beside those that are still young and those that are unlike
    np.testing.assert_allclose(averaged["probability"][own], [expected[n] for n in averaged.index[own]], atol=2e-6)
    differs = (averaged["probability"] != given["probability"]).to_numpy()
    assert differs[photometric].mean() > 0.8
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
    given = [float(found[name]["probability"] or "nan") for name in table.index]
    np.testing.assert_allclose(table["probability"], given, atol=2e-6)
    decided = {
        name: "" if none else str(int(d))
        for name, d, none in zip(table.index, table["decision"].fillna(False), table["decision"].isna(), strict=True)
    }
    assert [row["prediction"] for row in predictions] == [decided[row["object_id"]] for row in predictions]
    scored = table[table["probability"].notna()]
    assert ((scored["probability"] >= scored["threshold"]) == scored["decision"]).all()
    by_own = scored["scored_as"] == "no_redshift"
    assert by_own.mean() > 0.6  # beside those that are still young and those that are unlike
    assert set(scored["threshold"][by_own]) == {model.threshold_without_redshift}
    for column in ("domain", "domain_reason", "scored_as", "passbands"):
        assert [found[name][column] for name in table.index] == table[column].tolist()
    assert set(model.explain(curves.take([0]), features=3)["object_id"]) == {curves.object_id[0]}
    # the same objects scored as test objects without redshift
    expected = {row["object_id"]: row["probability"] for row in read_rows(run.path / "results" / "probabilities.csv")}
    same = [name for name in run.none if found[name]["scored_as"] == "no_redshift"]
    assert all(found[name]["probability"] == expected[name] for name in same)
    assert len(same) > 0.6 * len(run.none)


def members(results, training):
    """Return the members of the submitted mean of a training set."""
    path = results / "predictions" / training / "grouped" / "0" / "mean" / "learned.json"
    return json.loads(path.read_text())["members"]


def test_copies_as_other_surveys_see_them_are_learned_from_and_scored(run):
    results = run.path / "results"
    train = read_columns(results / "features" / "train.parquet", ["object_id", "Z"])
    copies = read_columns(results / "features" / "other_surveys.parquet")
    bare = read_columns(results / "features" / "other_surveys_no_redshift.parquet")
    cuts = cuts_of(copies["object_id"])
    assert set(cuts) == set(CUTS)
    assert set(originals(copies["object_id"])) <= set(train["object_id"])
    assert bare["object_id"].tolist() == copies["object_id"].tolist()
    assert np.isnan(bare["Z"]).all()
    assert not np.nan_to_num(copies["statistics__n_points__y"][cuts == "alerts"]).any()
    redshift = dict(zip(train["object_id"], train["Z"], strict=True))
    before = np.array([redshift[name] for name in originals(copies["object_id"])])
    known = np.isfinite(before)
    assert (copies["Z"][known] <= before[known] + 1e-9).all()
    assert 0.6 < (copies["Z"] < before)[known].mean() < 0.9
    for training in ("other_surveys", "other_surveys_no_redshift"):
        out = read_columns(results / "predictions" / training / "grouped" / "0" / "mean" / "out_of_fold.parquet")
        of = {}
        for name, fold in zip(originals(out["object_id"]), out["fold"], strict=True):
            of.setdefault(name, set()).add(fold)
        assert set(map(len, of.values())) == {1}  # all copies of an object are held out together
        assert "simulated" not in members(results, training)
        decision = json.loads((results / f"threshold_{training}.json").read_text())
        assert set(decision["cuts"]) == set(CUTS)
        assert (decision["rule"], decision["precision"]) == ("wanted_precision", 0.5)
    assert members(results, "final") == members(results, "no_redshift") == MEMBERS
    assert json.loads((results / "threshold.json").read_text())["rule"] == "expected_count"
    table = read_rows(results / "evaluation" / "other_surveys.csv")
    assert {(row["redshift"], row["protocol"], row["cut"]) for row in table} == {
        (z, p, c) for z in ("spectroscopic", "none") for p in ("stratified", "grouped") for c in CUTS
    }
    groups = read_rows(results / "evaluation" / "other_surveys_groups.csv")
    assert {row["model"] for row in groups} == {"mean"}
    assert {(row["redshift"], row["protocol"], row["cut"]) for row in groups} == {
        (row["redshift"], row["protocol"], row["cut"]) for row in table
    }
    of_cut = {}
    for row in groups:
        if row["property"] == "snr":
            key = row["redshift"], row["protocol"], row["cut"]
            of_cut[key] = of_cut.get(key, 0) + int(row["objects"])
    assert of_cut == {
        (r["redshift"], r["protocol"], r["cut"]): int(r["objects"]) for r in table if r["model"] == "mean"
    }


def test_a_released_model_is_the_model_with_its_card(run):
    results = run.path / "results"
    files = {
        folder: {path.relative_to(results / folder) for path in (results / folder).rglob("[!.]*") if path.is_file()}
        for folder in ("model", "release")
    }
    assert files["release"] - files["model"] == {Path(CARD)}
    assert files["model"] <= files["release"]
    card = (results / "release" / CARD).read_text()
    for told in ("with redshift | grouped", "without redshift | stratified", "detections only | no | grouped"):
        assert f"| {told}" in card
    assert "six models" in card
    assert "not measured" not in card
    assert all(f"| {age} | {protocol} |" in card for age in ("10", "50", "whole light curve") for protocol in PROTOCOLS)


def test_detections_in_two_passbands_are_scored_by_what_learned_from_such(run):
    """The survey's own objects as an archive of alerts would have them."""
    curves = mallorn.read(run.path / "survey")
    curves = curves.take(np.flatnonzero(curves.has_redshift))
    keep = (curves.flux > 5.0 * curves.flux_err) & np.isin(curves.band, [1, 2])
    table = mallorn.load_model(run.path / "results" / "model").predict(curves.where(keep))
    enough = table["n_detections"] >= 6
    assert set(table["scored_as"][~enough]) == {""}
    assert (table["domain"][~enough] == "cannot say").all()
    assert table["probability"][~enough].isna().all()
    few = enough & (table["span"] > 20.0)
    assert few.sum() > 5
    assert set(table["scored_as"][few]) == {"other_surveys: alerts"}
    decision = json.loads((run.path / "results" / "threshold_other_surveys.json").read_text())
    assert set(table["threshold"][few]) == {decision["cuts"]["alerts"]["threshold"]}


def test_predictions_name_their_data_and_none_of_other_data_outlive_a_failed_run(run):
    classified, broken = run.path / "results" / "classified", run.path / "new broken"
    run.snakemake("classify", "--config", "new_data=new/")
    digest = json.loads((classified / "input.json").read_text())["sha256"]
    for name in ("predictions", "probabilities"):
        table = read_rows(classified / f"{name}.csv")
        assert {(row["input"], row["input_sha256"]) for row in table} == {("new", digest)}
    (classified / "candidates.csv").write_text("of what was classified before")
    shutil.copytree(run.path / "new", broken)
    with open(broken / "split_01" / "test_full_lightcurves.csv", "a", encoding="utf-8") as file:
        file.write("half a row")
    done = run.snakemake_anew("classify", "--config", "new_data=new broken", ok=False)
    assert done.returncode == 1
    assert "found 1 in 'half a row'" in done.stderr.partition("1 job failed")[2]
    assert [path.name for path in classified.glob("*.csv")] == []
    again = run.snakemake("classify", "--config", "new_data=new broken", ok=False)
    assert again.returncode == 1  # and not content with what was made of the data before


def test_a_model_that_does_not_fit_is_refused_before_anything_is_read(run):
    path = run.path / "results" / "model" / "model.json"
    before = path.read_text()
    about = json.loads(before)
    about["settings"]["posterior"] |= {"peak_margin": 1.5, "peak_step": 0.3}
    try:
        path.write_text(json.dumps(about))
        done = run.dry("classify", "--config", "new_data=new broken", ok=False)
    finally:
        path.write_text(before)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "config.yaml, posterior.peak_margin, is not that of the model" in said
    assert "config.yaml, posterior.peak_step, is not that of the model" in said
    assert "ingest_new" not in said


def test_a_path_that_snakemake_would_take_for_a_pattern_is_refused(run):
    for name in ("new{split}", "{new}"):
        shutil.copytree(run.path / "new", run.path / name)
        done = run.dry("classify", "--config", f"new_data=./{name}", ok=False)
        assert done.returncode == 1
        assert f"'{name}': expected a path without braces" in done.stdout + done.stderr


def test_a_model_that_needs_redshifts_says_so(run, caplog):
    folder = run.path / "with redshifts only"
    shutil.copytree(run.path / "results" / "model", folder, ignore=shutil.ignore_patterns("without_redshift"))
    manifest = (folder / "model.json").read_text()
    lacking = dict.fromkeys(("without_redshift", "other_surveys_without_redshift", "golden"))
    (folder / "model.json").write_text(json.dumps({**json.loads(manifest), **lacking}))
    model, curves = mallorn.load_model(folder), mallorn.read(run.path / "survey")
    chosen = curves.take(
        np.flatnonzero(~curves.has_redshift)[:2].tolist() + np.flatnonzero(curves.has_redshift)[:2].tolist()
    )
    table = model.predict(chosen)
    assert table["probability"].isna().tolist() == [True, True, False, False] == table["decision"].isna().tolist()
    assert "2 of 4 objects get no probability: no redshift, and the model has not learned to do without" in caplog.text
    assert "next step: set augmentations.no_redshift.enabled" in caplog.text


def test_young_objects_are_learned_from_and_scored_at_each_age(run):
    results = run.path / "results"
    features = read_columns(results / "features" / "early.parquet")
    cuts = cuts_of(features["object_id"])
    assert set(cuts) == {"10 d", "50 d", WHOLE, "share 1"}
    since = {cut: np.nanmedian(features["age__since_trigger"][cuts == cut]) for cut in ("10 d", "50 d")}
    assert 2.0 < since["10 d"] < 10.0 < since["50 d"] < 50.0
    about = {name: json.loads((results / "model" / f"{name}.json").read_text()) for name in ("model", "domain")}
    assert about["domain"]["young"]["passes"] == [200.0, 400.0]
    for name in ("early", "early_without_redshift"):
        assert about["model"][name]["decision"]["calibration"]["method"] == "age"
    fits = {name: list((results / "model" / name).rglob("fits.json"))[0].read_text() for name in ("0", "early/0")}
    assert "age__since_peak" in json.loads(fits["early/0"])["columns"]
    assert not [name for name in json.loads(fits["0"])["columns"] if name.startswith("age__")]
    table = read_rows(results / "evaluation" / "early.csv")
    assert {(row["model"], row["age"]) for row in table} == {
        (model, age) for model in ("early", "whole", "served") for age in ("10 d", "50 d", WHOLE)
    }
    found = read_rows(results / "evaluation" / "early_found.csv")
    times = read_rows(results / "evaluation" / "early_times.csv")
    assert {row["protocol"] for row in found} == set(PROTOCOLS)
    assert sum(int(row["objects"]) for row in found) == len(times)


def grown(run, ages):
    """Return the survey's objects with redshift that triggered early enough, as they were known at each age."""
    curves = mallorn.read(run.path / "survey")
    curves = curves.take(np.flatnonzero(curves.has_redshift))
    last = curves.mjd[curves.start[1:] - 1]
    curves = curves.take(np.flatnonzero(last - trigger_times(curves) > max(ages))[:12])
    return [as_of(curves, trigger_times(curves) + age, history="forced") for age in ages]


def with_a_blind_point(curves):
    """Return the same with a point on the next night that says nothing."""
    at, owner = curves.start[1:], np.arange(len(curves))
    last = at - 1
    added = {"mjd": curves.mjd[last] + 1.0, "band": curves.band[last], "flux": 0.0, "flux_err": 1e4}
    added |= {"detected": -1, "limit": False}
    points = {name: np.insert(getattr(curves, name), at, value) for name, value in added.items()}
    return replace(curves, start=curves.start + np.append(owner, len(curves)), **points)


def test_scores_do_not_jump_where_the_data_do_not(run):
    """From young through the ages at which models of whole curves take over: a blind point changes next to nothing."""
    model = mallorn.load_model(run.path / "results" / "model")
    steps, called = [], set()
    for curves in grown(run, (20.0, 199.5, 250.0, 300.0, 350.0, 399.5)):
        before, after = (model.predict(one, tell=False) for one in (curves, with_a_blind_point(curves)))
        own = after["scored_as"].str.startswith(("early", "final")) & before["probability"].notna()
        steps += (after["probability"] - before["probability"]).abs()[own].tolist()
        called |= {name.split(",")[0].split()[0] for name in after["scored_as"][own]}
        called |= {"both"} if after["scored_as"].str.contains("final").any() else set()
    assert len(steps) > 30
    assert {"early", "both"} <= called
    assert np.quantile(steps, 0.9) < 0.03
    assert max(steps) < 0.15


def test_what_was_said_over_time_is_what_a_stream_would_have_said(run):
    model = mallorn.load_model(run.path / "results" / "model")
    (curves,) = grown(run, (400.0,))
    curves = curves.take([0, 1])
    said = score_over_time(model, curves, most=5)
    assert list(said["object_id"].unique()) == list(curves.object_id)
    assert said.groupby("object_id")["mjd"].is_monotonic_increasing.all()
    for row in said.itertuples():
        then = as_of(curves, row.mjd, history="forced")
        again = model.predict(then, draws=1, tell=False).loc[row.object_id]
        assert again["probability"] == pytest.approx(row.probability, abs=1e-6)
        assert again["scored_as"] == row.scored_as
    run.snakemake("results/over_time.parquet")
    made = read_over_time(run.path / "results" / "over_time.parquet")
    assert 0 < len(made) <= len(read_columns(run.path / "results" / "candidates.parquet")["object_id"])
    assert all(0.0 <= p <= 1.0 for one in made.values() for p in one["probability"])


def test_the_command_and_a_watch_score_young_objects_by_what_learned_from_such(run, tmp_path):
    (curves,) = grown(run, (60.0,))
    curves = curves.take(np.arange(4))
    for name in ("lightcurves", "objects"):
        (tmp_path / name).mkdir()
    write_lightcurves(curves, tmp_path / "lightcurves" / "young.parquet", tmp_path / "objects" / "young.parquet")
    model, out = str(run.path / "results" / "model"), tmp_path / "scores.csv"
    asked = [str(tmp_path / "lightcurves" / "young.parquet"), "--model", model, "--out", str(out)]
    done = CliRunner().invoke(command, ["score", *asked, "--report", str(tmp_path / "pages"), "--pages", "1"])
    assert done.exit_code == 0, done.output
    scored = {row["object_id"]: row for row in read_rows(out)}
    assert "early" in {row["scored_as"] for row in scored.values()}
    (figure,) = (tmp_path / "pages" / "objects").glob("*.over_time.svg")
    page = figure.with_name(figure.name.replace(".over_time.svg", ".html")).read_text()
    assert "What the model would have said at these times" in page
    names = list(curves.passbands.names)
    scoring = Scoring(model, [], 0, defaults()["ingest"], (curves.passbands, curves.passbands.places(["lsst"])))
    told = scoring([watched(curves, k) for k in range(len(curves))], [f"lsst.{name}" for name in names])
    assert {name: row["scored_as"] for name, row in told.items()} == {
        name: row["scored_as"] for name, row in scored.items()
    }
    for name, row in told.items():
        if row["probability"] is not None:
            assert row["probability"] == pytest.approx(float(scored[name]["probability"]), abs=1e-4)


def watched(curves, k):
    """Return (object id, points, what is known) of an object as a watch keeps it."""
    own = slice(curves.start[k], curves.start[k + 1])
    points = np.zeros(curves.n_points[k], POINT)
    for name in ("mjd", "flux", "flux_err", "band", "detected", "limit"):
        points[name] = getattr(curves, name)[own]
    error, ebv = float(curves.redshift_err[k]), float(curves.ebv[k])
    kind, error = ("photometric", error) if np.isfinite(error) else ("spectroscopic", None)
    known = {"redshift": [[0], [float(curves.redshift[k]), error, kind]], "ebv": [[0], ebv]}
    return str(curves.object_id[k]), points, known
