"""Scores of models with their intervals, and what one adds to another, on the same folds and events."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from learning_data import CLASSES, PARAMS, SELECTION, SPEC, survey

from mallorn.evaluate.compared import Trained, gains, scores, train, with_mean
from mallorn.io.tables import write_table
from mallorn.learning.dataset import of_values
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.learning.tables import DatasetFiles
from mallorn.metrics import average_precision

ROOT = Path(__file__).parents[2]
OPTIONS = {"rounds": 40, "level": 0.9}
THRESHOLD = {"rule": "maximum_f1", "fraction": None}
TRAINING = {"log_columns": [], "exclude": [], "classes": CLASSES, "other_class": "other SN"}
SETTINGS = {"target": "TDE", "training": TRAINING, "selection": SELECTION}
ROCKET = {"kind": "minirocket", "columns": 84}


@pytest.fixture(scope="module")
def known():
    """Labels of two draws of grouped folds, and probabilities: a good, a poor and a random model's."""
    ids, types, target, event, _ = survey()
    folds = draw_folds(ids, types, target, event, 4, 2, 5, seed=1)
    repeats = [fold_of(folds, "grouped", k, ids) for k in range(2)]
    rng = np.random.default_rng(1)
    made = {name: 0.3 * target * size + 0.4 * rng.random((2, len(ids))) for name, size in (("good", 1), ("poor", 0.3))}
    return repeats, {name: Trained(p, 2.0) for name, p in made.items()}


def test_scores_are_means_over_repeats_inside_their_intervals(known):
    repeats, trained = known
    rows = scores("grouped", trained, repeats, THRESHOLD, OPTIONS, seed=1)
    assert [row["model"] for row in rows] == ["good", "poor"]
    for row in rows:
        each = [
            average_precision(r["target"], p) for r, p in zip(repeats, trained[row["model"]].probability, strict=True)
        ]
        assert row["average_precision"] == pytest.approx(np.mean(each))
        assert row["average_precision_low"] < row["average_precision"] < row["average_precision_high"]
        assert 0 < row["f1_low"] < row["f1_high"] <= 1
        assert row["cpu_s"] == 2.0


def test_gains_are_paired_by_event(known):
    """A model gains nothing over itself, in any bootstrap; a good one gains over a poor one, and a poor one loses."""
    repeats, trained = known
    pairs = [("good", "good"), ("good", "poor"), ("poor", "good")]
    same, better, worse = gains(trained, pairs, repeats, THRESHOLD, OPTIONS, seed=1)
    for name in ("average_precision", "f1"):
        assert [same[f"{name}_gain{end}"] for end in ("", "_low", "_high")] == [0.0, 0.0, 0.0]
        assert 0 < better[f"{name}_gain_low"] < better[f"{name}_gain"] < better[f"{name}_gain_high"]
        assert worse[f"{name}_gain"] == -better[f"{name}_gain"]
        assert better[name] - better[f"{name}_without"] == pytest.approx(better[f"{name}_gain"])
    assert better["draws"] == 2


def test_a_mean_costs_what_its_members_cost(known):
    both = with_mean(known[1], "both", ["good", "poor"])
    assert both["both"].cpu_s == 4.0
    np.testing.assert_allclose(
        both["both"].probability, (known[1]["good"].probability + known[1]["poor"].probability) / 2
    )


def test_models_are_trained_on_the_folds_of_each_repeat(known):
    repeats, (ids, *_, values) = known[0], survey()
    spec = {**SPEC, "learner": "logistic", "params": PARAMS["logistic"]}
    found = train(of_values(values, object_id=ids), {"logistic": spec}, repeats, SETTINGS, 1, 1)["logistic"]
    assert found.probability.shape == (2, len(ids))
    assert np.isfinite(found.probability).all()
    assert not np.array_equal(*found.probability)
    assert found.cpu_s > 0
    assert all(average_precision(r["target"], p) > 0.8 for r, p in zip(repeats, found.probability, strict=True))


@pytest.fixture
def files(tmp_path):
    """Training objects with curves that tell TDEs, a feature that does not, and folds."""
    ids, types, target, event, _ = survey(30, 2)
    order = np.argsort(ids.astype(str))
    ids, types, target, event = (x[order] for x in (ids, types, target, event))
    rng, phase = np.random.default_rng(2), np.arange(12.0)
    mean = 50 * np.exp(-(((phase - np.where(target == 1, 3, 8)[:, None, None]) / 2) ** 2)) + np.zeros((1, 2, 1))
    posterior = {
        "object_id": ids,
        "status": np.zeros(len(ids), np.int8),
        "peak_mjd": np.zeros(len(ids)),
        "band_peak_mjd": np.zeros((len(ids), 2)),
        "mean": (mean + rng.normal(size=mean.shape)).astype(np.float32),
        "sd": np.ones(mean.shape, np.float32),
    }
    write_table(tmp_path / "posterior.parquet", posterior)
    logged = {"Z": np.full(len(ids), 0.1), "Z_err": np.full(len(ids), np.nan)}
    write_table(tmp_path / "train.parquet", {"object_id": ids, **logged, "family__x": rng.normal(size=len(ids))})
    write_table(tmp_path / "folds.parquet", draw_folds(ids, types, target, event, 3, 1, 5, seed=1))
    return DatasetFiles(tmp_path / "train.parquet", posteriors=(tmp_path / "posterior.parquet",))


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "workflow" / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_tables_of_rocket(files, tmp_path):
    block = {**SPEC, "learner": "ridge", "params": {}, "classes": "binary", "balance": 0.0}
    models = {
        "curves": {**block, "transforms": {"rocket": ROCKET}},
        "table": {**block, "transforms": {"rocket": {"kind": "none", "beside": "*"}}},
    }
    (tmp_path / "best.yaml").write_text("params: {penalty: 1.0}\n")
    settings = {
        **SETTINGS,
        "seed": 3,
        "folds": {"number": 3, "rare": 5},
        "threshold": THRESHOLD,
        "evaluation": OPTIONS,
        "models": models,
        "members": ["table"],
        "rocket": {
            "exclude": [],
            **{"models": ["curves"], "repeats": 1, "draws": 2, "ensemble": "mean"},
            **{"pairs": [["curves", "table"]], "candidates": ["curves"]},
        },
    }
    outputs = tmp_path / "rocket.csv", tmp_path / "gains.csv"
    module = script("score_rocket")
    tuned = {"curves": tmp_path / "best.yaml"}
    module.main(files, tmp_path / "folds.parquet", tuned, module.Outputs(*outputs), settings, 1)
    found = rows_of(outputs[0])
    assert [(row["protocol"], row["model"]) for row in found] == [("stratified", "curves"), ("grouped", "curves")]
    assert all(float(row["average_precision"]) > 0.8 for row in found)
    pair, mean = rows_of(outputs[1])
    assert (pair["model"], pair["without"]) == ("curves", "table")
    assert (mean["model"], mean["without"]) == ("mean with curves", "mean")
    assert float(pair["average_precision_gain_low"]) > 0
    assert 0 < float(mean["average_precision_gain"]) < float(pair["average_precision_gain"]) + 1e-9


def test_the_benchmark_has_a_row_for_each_kind_and_size(files, tmp_path, monkeypatch):
    from mallorn.benchmarks import rocket as benchmark

    class Here:
        """In place of a process of its own."""

        def __init__(self, *_, **__): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def submit(self, function, *given):
            value = function(*given)
            return type("Done", (), {"result": lambda self: value})()

    monkeypatch.setattr(benchmark, "ProcessPoolExecutor", Here)
    script("bench_rocket").main([str(files.posteriors[0])], tmp_path / "bench.csv", [100, 130], 1)
    rows = rows_of(tmp_path / "bench.csv")
    assert [(row["kind"], row["objects"]) for row in rows] == [
        (kind, size) for kind in ("minirocket", "multirocket") for size in ("100", "130")
    ]
    assert all(float(row["cpu_s"]) > 0 and float(row["peak_mb"]) > 0 for row in rows)
    assert [row["columns"] for row in rows] == ["9996", "9996", "9408", "9408"]
