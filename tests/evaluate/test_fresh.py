"""Scores on folds drawn anew, of what is submitted and of variants of it."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from learning_data import CLASSES, PARAMS, SELECTION, SPEC, survey

from mallorn.evaluate.compared import Trained
from mallorn.evaluate.fresh import Variant, draws_of, fresh_gains, fresh_scores, nested_draw
from mallorn.io.tables import write_table
from mallorn.learning.dataset import of_values
from mallorn.learning.folds import draw_folds
from mallorn.learning.tables import DatasetFiles
from mallorn.metrics import average_precision

ROOT = Path(__file__).parents[2]
FOLDS = {"number": 3, "rare": 5}
THRESHOLD = {"rule": "maximum_f1", "fraction": None, "ratio": 1.0}
BINS = {"probability": 5}
LINEAR = {**SPEC, "learner": "logistic", "params": PARAMS["logistic"], "balance": 0.0}
SETTINGS = {
    "seed": 3,
    "target": "TDE",
    "training": {"log_columns": [], "exclude": [], "classes": CLASSES, "other_class": "other SN"},
    "selection": SELECTION,
    "folds": FOLDS,
    "threshold": THRESHOLD,
    "calibration": {"method": "none"},
    "evaluation": {"rounds": 30, "level": 0.9, "precision": 0.9, "bins": BINS},
}


@pytest.fixture(scope="module")
def labels():
    ids, types, target, event, values = survey()
    return ids, {"spec_type": types, "target": target, "event": event}, values


def test_draws_keep_events_whole_and_differ(labels):
    ids, about, _ = labels
    one, two = draws_of(about, ids, FOLDS, "grouped", 2, seed=1)
    assert any(one["fold"] != two["fold"])
    for drawn in (one, two):
        assert all(len(set(drawn["fold"][drawn["event"] == e])) == 1 for e in np.unique(drawn["event"]))
    again = draws_of(about, ids, FOLDS, "grouped", 1, seed=1)[0]
    np.testing.assert_array_equal(again["fold"], one["fold"])
    assert any(draws_of(about, ids, FOLDS, "grouped", 1, seed=2)[0]["fold"] != one["fold"])


def test_scores_and_gains_are_those_of_each_draw(labels):
    """A variant with another threshold alone has the same average precision and no gain in it, in any bootstrap."""
    ids, about, _ = labels
    repeats = draws_of(about, ids, FOLDS, "grouped", 3, seed=1)
    rng = np.random.default_rng(1)
    good = Trained(0.3 * about["target"] + 0.4 * rng.random((3, len(ids))), 2.0)
    poor = Trained(0.1 * about["target"] + 0.4 * rng.random((3, len(ids))), 1.0)
    variants = {name: Variant([], {}, THRESHOLD) for name in ("configured", "poor")}
    variants["all"] = Variant([], {}, {**THRESHOLD, "rule": "expected_count", "ratio": 4.0})
    trained = {"configured": {"mean": good}, "poor": {"mean": poor}, "all": {"mean": good}}
    rows = fresh_scores("grouped", variants, trained, repeats, SETTINGS, 1)
    each = [average_precision(about["target"], p) for p in good.probability]
    assert rows[0]["average_precision"] == pytest.approx(np.mean(each))
    assert rows[0]["average_precision_sd"] == pytest.approx(np.std(each))
    assert rows[0]["average_precision_low"] < rows[0]["average_precision"] < rows[0]["average_precision_high"]
    worse, many = fresh_gains("grouped", variants, trained, repeats, SETTINGS, 1)
    assert worse["average_precision_gain"] == pytest.approx(rows[1]["average_precision"] - np.mean(each))
    assert worse["average_precision_gain_high"] < 0
    assert [many[f"average_precision_gain{end}"] for end in ("", "_se", "_low", "_high")] == [0, 0, 0, 0]
    assert many["f1_gain"] == pytest.approx(rows[2]["f1"] - rows[0]["f1"])
    assert many["f1_gain_high"] < 0  # four times as many as there are targets


def test_nested_scores_are_of_what_was_never_trained_on(labels):
    """Features that tell score well; noise, whose labels only a leak could tell, scores as chance does."""
    ids, about, values = labels
    drawn = draws_of(about, ids, FOLDS, "grouped", 1, seed=1)[0]
    dataset, variant = of_values(values, object_id=ids), Variant([], {"linear": LINEAR}, THRESHOLD)
    good = nested_draw(dataset, variant, drawn, SETTINGS, 1, 1)
    assert good["average_precision"] > 0.7
    noise = of_values(np.random.default_rng(0).normal(size=values.shape).astype(np.float32), object_id=ids)
    poor = nested_draw(noise, variant, drawn, SETTINGS, 1, 1)
    assert poor["average_precision"] < 0.4
    assert poor["f1"] < good["f1"]


def test_the_tables_of_fresh_draws(labels, tmp_path):
    ids, about, values = labels
    columns = {f"family__{k}": values[:, k] for k in range(values.shape[1])}
    logged = {"Z": np.full(len(ids), 0.1), "Z_err": np.full(len(ids), np.nan)}
    write_table(tmp_path / "train.parquet", {"object_id": ids, **logged, **columns})
    drawn = draw_folds(ids, *(about[k] for k in ("spec_type", "target", "event")), 3, 1, 5, seed=1)
    write_table(tmp_path / "folds.parquet", drawn)
    variants = {
        "blind": {"exclude": ["family__0"]},
        "events": {"event_balance": 1.0, "members": ["linear"]},
        "count": {"rule": "expected_count", "ratio": 1.0},
    }
    fresh = {"draws": 2, "set": 0, "nested": 1, "variants": variants}
    settings = {**SETTINGS, "fresh": fresh, "members": ["linear"], "models": {"linear": LINEAR}}
    spec = importlib.util.spec_from_file_location("score_fresh", ROOT / "workflow" / "scripts" / "score_fresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    outputs = module.Outputs(tmp_path / "fresh.csv", tmp_path / "gains.csv")
    files = DatasetFiles(tmp_path / "train.parquet")
    module.main(files, tmp_path / "folds.parquet", {}, outputs, settings, 1)
    found = {(r["variant"], r["protocol"], r["model"]): r for r in csv.DictReader(outputs.scores.open())}
    assert len(found) == 2 * 4 * 2
    configured = found["configured", "grouped", "mean"]
    assert float(configured["average_precision"]) > 0.7
    assert abs(float(configured["average_precision_nested"]) - float(configured["average_precision"])) < 0.1
    assert found["blind", "grouped", "mean"]["f1_nested"] == ""
    for name in ("count", "events"):  # all events have as many siblings
        assert found[name, "grouped", "mean"]["average_precision"] == configured["average_precision"]
    assert module.variant(variants["events"], settings["models"], settings).specs["linear"]["event_balance"] == 1.0
    gains = {(r["variant"], r["protocol"]): r for r in csv.DictReader(outputs.gains.open())}
    assert float(gains["blind", "grouped"]["average_precision_gain_high"]) < 0
    assert float(gains["count", "stratified"]["average_precision_gain"]) == 0
