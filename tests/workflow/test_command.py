"""`mallorn score` and what goes with it, on a finished run: the numbers of the workflow, in a command."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from click.testing import CliRunner
from workflow_copy import ROOT

from mallorn.benchmarks import scoring
from mallorn.command.main import mallorn
from mallorn.interface.model import Model
from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults

CONFIG = defaults()


def run(*arguments, code=0, stdin=None):
    """Run the command in this process; return (standard output, standard error)."""
    done = CliRunner().invoke(mallorn, [str(one) for one in arguments], input=stdin)
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def here(finished, monkeypatch_module):
    """The folder `results` of a finished run, whose model is the one that commands take."""
    results = finished.path / "results"
    monkeypatch_module.setenv("MALLORN_MODEL", str(results / "model"))
    return results


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def scored(here):
    """The table of scores of the test set of the survey, as CSV, and what was said on standard error."""
    run("info", "--check")  # compiles, if this is the first time, and says so
    out, err = run("score", here / "survey")
    return pd.read_csv(StringIO(out)), err, out


def test_scores_and_decisions_are_those_of_the_workflow(here, scored):
    table, err, _ = scored
    workflow = pd.read_csv(here / "probabilities.csv").set_index("object_id").loc[table["object_id"]]
    submission = pd.read_csv(here / "submission.csv").set_index("object_id").loc[table["object_id"]]
    assert set(table["object_id"]) == set(pd.read_csv(here / "submission.csv")["object_id"])
    for name in (one for one in table if one.startswith("probability") and not one.endswith(("_low", "_high"))):
        np.testing.assert_allclose(table[name], workflow[name], rtol=1e-5, err_msg=name)
    assert table["decision"].tolist() == submission["prediction"].tolist()
    assert table["redshift_kind"].tolist() == workflow["redshift_kind"].tolist()
    assert (table["probability_low"] <= table["probability"]).all()
    assert (table["probability"] <= table["probability_high"]).all()
    assert (table["probability_low"] < table["probability_high"]).any()
    assert f"{len(table)} of {len(table)} objects scored, {table['decision'].sum()} taken for TDE" in err


def test_what_an_observer_asks_is_that_of_the_candidates(here, scored):
    table = scored[0].set_index("object_id")
    candidates = read_columns(here / "candidates.parquet")
    rows = table.loc[candidates["object_id"]]
    for name in ("temperature", "rise", "fade", "peak_mjd", "absolute_magnitude", "evidence", "n_points", "snr"):
        np.testing.assert_allclose(rows[name], candidates[name], rtol=1e-6, err_msg=name)
    for name in ("kind", "flags"):
        assert rows[name].fillna("").tolist() == candidates[name].tolist()
    luminosity = 4 * np.pi * 5.670374e-5 * rows["radius"] ** 2 * (1000 * rows["temperature"]) ** 4
    assert luminosity.dropna().between(1e39, 1e47).all()
    assert luminosity.notna().any()


def test_reasons_are_features_with_their_values(here, scored):
    table, features = scored[0], read_columns(here / "features" / "test.parquet")
    place = {name: k for k, name in enumerate(features["object_id"])}
    for name, reasons in zip(table["object_id"][:5], table["reasons"][:5], strict=True):
        named = re.findall(r"([\w]+) = (\S+) \(([+-]\d+\.\d+)\)", reasons)
        assert len(named) == 3
        for feature, value, _ in named:
            np.testing.assert_allclose(float(value), features[feature][place[name]], rtol=1e-3, atol=1e-30)


def test_processes_and_the_real_command_give_the_same_bytes(here, scored, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MALLORN_MODEL": str(here / "model")}
    command = [sys.executable, "-m", "mallorn", "score", str(here / "survey"), "--jobs", "2", "--out", "s.csv"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert (tmp_path / "s.csv").read_text() == scored[2]
    assert done.stderr == scored[1]  # no bar where there is no terminal


def test_a_converted_survey_scores_as_the_survey(here, scored, tmp_path):
    run("convert", here / "survey", "--out", tmp_path / "long.parquet")
    out, err = run("score", tmp_path / "long.parquet", "--reasons", 0, "--quiet")
    again, table = pd.read_csv(StringIO(out)).set_index("object_id"), scored[0].set_index("object_id")
    assert err == ""
    np.testing.assert_allclose(again.loc[table.index, "probability"], table["probability"], atol=1e-6)
    assert again["reasons"].isna().all()


@pytest.mark.parametrize("ending", ["parquet", "vot", "fits"])
def test_every_kind_of_table_holds_the_same(here, scored, tmp_path, ending):
    split = here / "lightcurves" / "split_01.parquet"
    run("score", split, "--out", tmp_path / f"s.{ending}", "--quiet")
    path = tmp_path / f"s.{ending}"
    read = None if ending == "parquet" else Table.read(path)
    if ending == "fits":
        read.convert_bytestring_to_unicode()
    table = pd.read_parquet(path) if read is None else read.to_pandas()
    expected = scored[0].set_index("object_id")
    table = table[table["object_id"].isin(expected.index)]
    assert len(table) > 5
    np.testing.assert_allclose(table["probability"], expected.loc[table["object_id"], "probability"], atol=1e-6)
    assert table["decision"].tolist() == expected.loc[table["object_id"], "decision"].tolist()
    if ending == "vot":
        assert str(read["temperature"].unit) == "kK"
        assert read["radius"].unit.to_string() == "cm"
        assert "probability of class TDE" in read["probability"].description


def test_pages_of_the_most_probable_objects(here, scored, tmp_path):
    _, err = run("score", here / "survey", "--report", tmp_path / "pages", "--pages", 2, "--out", tmp_path / "s.csv")
    best = scored[0].sort_values("probability", ascending=False)["object_id"].iloc[:2].tolist()
    index = (tmp_path / "pages" / "index.html").read_text()
    hrefs = re.findall(r'href="(objects/[^"]+)"', index)
    assert [name in index for name in best] == [True, True]
    assert len(hrefs) == 2
    page = (tmp_path / "pages" / hrefs[0]).read_text()
    assert best[0] in page
    assert "SHAP values" in page
    assert 'href="../index.html"' in page
    assert "candidates.html" not in page + index
    assert "P(TDE), the most probable of the other classes" not in page
    assert "the threshold of objects seen like it" in page
    assert "E(B−V); survey" in page
    assert "index.html" in err


def test_an_object_is_explained_in_words_and_drawn(here, scored, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    row = scored[0].iloc[0]
    out, _ = run("explain", row["object_id"], here / "survey", "--number", 4)
    assert f"{row['object_id']}: P(TDE) = {row['probability']:.3f}" in out
    assert ("not taken" in out) == (row["decision"] == 0)
    assert len(re.findall(r"^  [+-]\d\.\d\d  ", out, re.MULTILINE)) == 4
    run("plot", row["object_id"], here / "survey", "--out", "one.svg")
    assert (tmp_path / "one.svg").read_text().count("<path") > 10
    _, err = run("plot", "nobody", here / "survey", code=3)
    assert "expected an object called 'nobody', found" in err
    _, err = run("plot", row["object_id"], here / "survey", "--out", "one.bmp", code=2)
    assert ".png, .pdf or .svg" in err


def test_the_card_says_what_the_model_is(here):
    out, _ = run("info")
    assert "seeks      TDE among AGN, SN Ia, SLSN and SN IIn, other SN" in out
    assert "objects without a redshift get no probability" in out
    assert re.search(r"reads      features: \d{3} columns \(hypotheses \d+", out)
    assert '"decision"' in run("info", here / "model", "--json")[0]


def test_objects_that_cannot_be_scored_are_rows_with_the_reason(here):
    rows = "".join(f"a,{60000 + 3 * k}.5,{10 + k % 7},1,{'gri'[k % 3]}\n" for k in range(30))
    text = "object_id,mjd,flux,flux_err,band\n" + rows + "b,60000.5,1.0,-1,r\n"
    out, err = run("score", "-", "--survey", "lsst", stdin=text)
    table = pd.read_csv(StringIO(out)).set_index("object_id")
    assert table["domain"].tolist() == ["cannot say", "cannot say"]
    assert table.loc["a", "domain_reason"] == "no redshift, and the model has not learned to do without"
    assert table.loc["b", "domain_reason"] == "too few points: 0 of 6 points, 0 of 3 detections, 0 of 3 nights"
    assert table[["probability", "decision", "probability_low"]].isna().all().all()
    assert table.loc["a", "n_points"] == 30
    assert re.search(r"^1 of 31 rows set aside: .*error.* 1$", err, re.MULTILINE), err
    assert "0 of 2 objects scored" in err


def test_whatever_a_model_says_of_objects_is_in_the_table(here, scored, monkeypatch):
    predict = Model.predict
    more = {"domain": "extrapolating: 3 passbands", "in_domain": False}
    monkeypatch.setattr(Model, "predict", lambda *given, **how: predict(*given, **how).assign(**more))
    out, _ = run("score", here / "survey", "--reasons", 0)
    table = pd.read_csv(StringIO(out))
    assert set(table["domain"]) == {"extrapolating: 3 passbands"}
    assert set(table["in_domain"]) == {0}
    assert table["probability"].tolist() == scored[0]["probability"].tolist()


def test_what_a_model_does_not_hold_to_is_refused(here, tmp_path):
    (tmp_path / "own.yaml").write_text("ingest: {limits: leave out}\n")
    _, err = run("score", here / "survey", "--settings", tmp_path / "own.yaml", code=2)
    assert "ingest.limits is 'use' in the model" in err
    shutil.copytree(here / "model", tmp_path / "broken")
    (tmp_path / "broken" / "0" / "catboost_multiclass" / "fits.json").unlink()
    _, err = run("score", here / "survey", "--model", tmp_path / "broken", code=3)
    assert err.startswith("mallorn: ")
    assert "Next step: make them again (export_model)" in err


def test_the_cost_of_scoring_is_measured_in_the_unit_of_scikit_learn(here, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "_COLD", 1)
    monkeypatch.chdir(here)
    path = ROOT / "workflow" / "scripts" / "bench_score.py"
    script = runpy.run_path(str(path))
    settings = {name: CONFIG[name] for name in ("seed", "fits", "benchmark")}
    settings["benchmark"] = {"scored": 30, "fits": {**settings["benchmark"]["fits"], "compared_objects": 2}}
    points = sorted(Path("lightcurves").glob("split_*.parquet"))
    objects = [Path("objects", one.name) for one in points]
    script["main"](points, objects, "model", tmp_path / "score.csv", settings)
    (row,) = pd.read_csv(tmp_path / "score.csv").to_dict("records")
    assert row["n_objects"] == 30
    assert row["ratio"] == pytest.approx(row["cpu_ms_per_object"] / row["s_ms"], rel=1e-2)
    assert 1.0 < row["single_warm_ms"] < 1e3 * row["single_cold_s"]
    assert 100 < row["peak_mb"] < 3000


def test_watched_alerts_end_with_the_scores_of_the_whole_files(here, scored, tmp_path):
    """Two files of a table, the points of its objects cut in time: what accumulates is scored as the survey is."""
    run("convert", here / "survey", "--out", tmp_path / "long.parquet")
    long, alerts = pd.read_parquet(tmp_path / "long.parquet"), tmp_path / "alerts"
    long = long[long["object_id"].isin(sorted(set(long["object_id"]))[:8])]
    alerts.mkdir()
    middle = long.groupby("object_id")["mjd"].transform("median")
    long[long["mjd"] < middle].to_parquet(alerts / "1.parquet")
    store, options = tmp_path / "watch.sqlite", ["--source", "table", "--once", "--store", tmp_path / "watch.sqlite"]
    _, err = run("watch", alerts, *options, "--messages", tmp_path / "out")
    assert "8 alerts, 8 objects scored" in err
    long[long["mjd"] >= middle].to_parquet(alerts / "2.parquet")
    run("watch", alerts, *options, "--messages", tmp_path / "out", "--quiet")
    out, _ = run("history", "--store", store)
    history, table = pd.read_csv(StringIO(out)), scored[0].set_index("object_id")
    assert len(history) == 16
    first, last = history.iloc[::2].set_index("object_id"), history.iloc[1::2].set_index("object_id")
    expected = table.loc[last.index]
    np.testing.assert_allclose(last["probability"], expected["probability"], atol=1e-6)
    assert last["decision"].tolist() == expected["decision"].tolist()
    assert (first["n_points"] < last["n_points"]).all()
    assert last["n_points"].tolist() == expected["n_points"].tolist()
    for line in (tmp_path / "out" / "desc.jsonl").read_text().splitlines():
        parts = json.loads(line)["classifications"]
        assert sum(one["probability"] for one in parts) == pytest.approx(1.0, abs=1e-9)
        assert {one["classId"] for one in parts} in ({2200, 2220, 2222, 2243, 2332}, {300})
    _, err = run("watch", here / "nowhere", *options, code=3)
    assert "found nothing" in err
