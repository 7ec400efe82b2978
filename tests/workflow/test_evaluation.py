"""`snakemake evaluation` on the simulated survey, whose test labels are known."""

import json
import shutil

import pytest
import yaml
from csv_rows import read_rows
from workflow_copy import TINY, Workspace

from mallorn.io.tables import read_columns
from mallorn.metrics import average_precision
from mallorn.settings.resolve import defaults

SHIPPED = defaults()
ONE_MODEL = {
    "models": {name: {"enabled": name == "lightgbm"} for name in SHIPPED["models"]},
    "ensembles": {name: {"enabled": False} for name in SHIPPED["ensembles"]},
    "submission": {"model": "lightgbm"},
    "explanations": {"models": ["lightgbm"], "shapes": {"model": "lightgbm", "features": 2, "points": 5}},
    "evaluation": {
        "learning_curve": {"model": "lightgbm", "fractions": [0.5, 1.0]},
        "tree": {"models": ["lightgbm"], "fewest": 3},
        "predictive": {"model": "lightgbm", "refits": 2, "splits": 1},
    },
    "audits": {"shuffles": 1},
    "tuning": {"models": ["lightgbm"], "trials": 2, "workers": 1},
    "ablation": {"model": "logistic_multiclass", "rounds": 20},
    "outliers": {"model": "logistic_multiclass", "fewest": 14},
}


@pytest.fixture(scope="module")
def evaluated(finished, tmp_path_factory):
    """The folder results/evaluation of a copy of the finished run, made by one command with one model."""
    workspace = Workspace(tmp_path_factory.mktemp("evaluation") / "a folder with spaces")
    shutil.copytree(finished.path, workspace.path)
    workspace.configfile = workspace.path / "one_model.yaml"
    config = {**yaml.safe_load(TINY.read_text()), **ONE_MODEL}
    config["models"]["lightgbm"]["params"] = {"num_iterations": 40, "min_child_samples": 2}
    workspace.configfile.write_text(yaml.safe_dump(config))
    made = "evaluation", "tree", "predictive", "shapes", "tune", "explanations", "ablate_families", "score_outliers"
    workspace.snakemake(*made, "results/probabilities.csv")
    return workspace.path / "results" / "evaluation"


def test_one_command_makes_tables_audits_and_figures(evaluated):
    scores, nested = (read_rows(evaluated / f"{name}.csv") for name in ("scores", "nested"))
    assert list(scores[0]) == list(nested[0])
    assert {"average_precision_low", "average_precision_high", "f1_low", "recall_at_precision"} <= set(scores[0])
    for row in scores + nested:
        assert float(row["average_precision_low"]) <= float(row["average_precision_high"])
    assert {row["property"] for row in read_rows(evaluated / "by_type.csv")} == {
        "spec_type",
        "redshift",
        "points",
        "snr",
        "magnitude",
    }
    assert {row["redshift"] for row in read_rows(evaluated / "by_type.csv")} == {"spectroscopic"}
    assert {row["method"] for row in read_rows(evaluated / "calibration.csv")} == {"none", "platt", "isotonic"}
    audits = json.loads((evaluated / "audits.json").read_text())["audits"]
    assert len(audits) == 6
    assert {one["verdict"] for one in audits} <= {"pass", "warn", "fail"}
    assert len(list((evaluated / "figures").glob("*.png"))) == 10
    assert {r["fraction"] for r in read_rows(evaluated / "learning_curve.csv")} == {"0.5", "1"}


def test_all_classes_of_the_tree_are_scored(evaluated):
    nodes, confusion, gains, sets = (
        read_rows(evaluated / f"{name}.csv") for name in ("nodes", "nodes_confusion", "nodes_gains", "coverage")
    )
    assert {(row["protocol"], row["way"]) for row in nodes} == {
        (protocol, way) for protocol in ("stratified", "grouped") for way in ("flat", "conditional")
    }
    grouped = [row for row in nodes if (row["protocol"], row["way"]) == ("grouped", "flat")]
    assert {row["node"] for row in grouped if row["level"] == "1"} == {"transient", "AGN", "macro", "weighted"}
    leaves = {row["class"] for row in sets} - {"all"}
    assert leaves == {"AGN", "SN Ia", "SN II", "TDE"}
    events = {row["node"]: int(row["events"]) for row in grouped}
    assert (events["AGN"], events["SN"], events["TDE"], events["transient"]) == (8, 11, 6, 17)
    of_level_1 = [row for row in confusion if (row["protocol"], row["way"], row["level"]) == ("grouped", "flat", "1")]
    assert sum(int(row["objects"]) for row in of_level_1) == int(grouped[0]["n"]) + int(grouped[1]["n"])
    compared = {(row["first"], row["second"]) for row in gains}
    assert compared == {
        *(("flat", "conditional"), ("flat, alone", "flat"), ("conditional, alone", "conditional")),
        *(("submitted", way) for way in ("flat", "conditional", "flat, alone", "conditional, alone")),
    }
    kept = [row for row in gains if (row["first"], row["second"], row["score"]) == ("submitted", "flat", "brier")]
    assert {row["node"] for row in kept} == {"TDE"}
    assert all(abs(float(row["gain"])) < 1e-9 for row in kept)
    assert {row["kind"] for row in sets} == {"marginal", "by_class"}
    assert {row["class"] for row in read_rows(evaluated / "unknown.csv")} == leaves
    lists = evaluated.parent / "report" / "classes"
    names = {"AGN", "SN", "SN_Ia", "SN_II", "TDE", "transient"}
    assert {path.stem for path in lists.glob("*.csv")} == names
    test_objects = read_columns(evaluated.parent / "tree" / "test.parquet")["object_id"]
    assert len(read_rows(lists / "TDE.csv")) == min(3, len(test_objects))
    submitted = {
        row["object_id"]: float(row["probability"]) for row in read_rows(evaluated.parent / "probabilities.csv")
    }
    on_tree = read_columns(evaluated.parent / "tree" / "test.parquet", ["object_id", "probability__TDE"])
    assert [submitted[name] for name in on_tree["object_id"]] == pytest.approx(on_tree["probability__TDE"], abs=2e-6)
    methods = {row["method"] for row in read_rows(evaluated / "nodes_calibration.csv")}
    assert methods == {"none", "temperature", "isotonic", "venn_abers"}


def test_shape_functions_are_of_the_first_features(evaluated):
    rows = read_rows(evaluated / "shapes.csv")
    assert {row["model"] for row in rows} == {"lightgbm"}
    assert len({row["feature"] for row in rows}) == 2
    for name in {row["class"] for row in rows}:
        known = [row for row in rows if row["class"] == name and row["value"] not in ("", "nan")]
        assert abs(sum(float(row["added"]) for row in known)) < 0.01 * len(known)  # 0 on average
        assert all(float(r["added_low"]) <= float(r["added"]) <= float(r["added_high"]) for r in known)


def test_the_other_studies_of_a_model_are_made(evaluated):
    results = evaluated.parent
    (best,) = (results / "tuning").rglob("best.yaml")
    assert {"model": "lightgbm", "trials": 2}.items() <= yaml.safe_load(best.read_text()).items()
    (shap,) = (results / "explanations").glob("lightgbm.parquet")
    assert set(read_columns(shap)) == {"object_id", "feature", "value", "shap"}
    assert {row["family"] for row in read_rows(evaluated / "ablation.csv")} > {"hypotheses", "color"}
    assert {row["left_out"] for row in read_rows(evaluated / "outliers.csv")} == {"AGN"}


def test_new_samples_are_predicted(evaluated):
    rows = read_rows(evaluated / "new_samples.csv")
    assert {(row["target_events"], row["other_events"], row["splits"]) for row in rows} == {("6", "19", "1")}
    assert {row["kind"] for row in rows} == {"score", "new_sample", "new_sample_and_model"}


def test_the_nested_score_agrees_with_the_test_labels(evaluated):
    """The test set of this survey holds further copies of the training events: stratified folds speak of it.

    Both scores lie near 1 here, where a bootstrap of few events may give an interval without width: it is taken to be
    at least .05 to either side. Coverage is tested where scores are lower (tests/test_nested.py)."""
    truth = read_columns(evaluated.parent / "survey" / "truth.parquet")
    target = dict(zip(truth["object_id"], truth["target"].tolist(), strict=True))
    predicted = read_rows(evaluated.parent / "probabilities.csv")
    true = average_precision([target[r["object_id"]] for r in predicted], [float(r["probability"]) for r in predicted])
    (row,) = [row for row in read_rows(evaluated / "nested.csv") if row["protocol"] == "stratified"]
    nested, low, high = (float(row[f"average_precision{end}"]) for end in ("", "_low", "_high"))
    assert min(low, nested - 0.05) <= true <= max(high, nested + 0.05)
