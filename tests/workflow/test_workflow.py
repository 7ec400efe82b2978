"""The whole workflow: what it makes, that it makes it once, and that an edit re-runs just what depends on it."""

import hashlib
import json
import shutil
from contextlib import contextmanager

import pytest
from csv_rows import read_rows
from skill import TINY, below, skill

from mallorn.io.tables import read_columns, read_units
from mallorn.settings.resolve import defaults

FAMILIES = [name for name, block in defaults()["features"].items() if block["enabled"]]
AFTER_SCORES = {"record_run", "write_report", "record_provenance"}
AFTER_FOLDS = {"cross_validate", "combine", "choose_threshold", "write_submission", "score", *AFTER_SCORES}
AFTER_FOLDS |= {"explain", "learn_outliers", "export_model", "rank_candidates", "draw_candidates", "draw_curves"}
AFTER_FEATURES = {"join_features", "grow_forest", *AFTER_FOLDS}


@contextmanager
def edited(path, change):
    """Change the text of a file, and put it back with its old date."""
    before = path.with_name(path.name + ".before")
    shutil.copy2(path, before)
    try:
        path.write_text(change(before.read_text()))
        yield
    finally:
        shutil.move(before, path)


def test_submission_has_the_asked_ids_in_their_order(finished):
    asked = [row["object_id"] for row in read_rows(finished.path / "results/survey/sample_submission.csv")]
    submission = read_rows(finished.path / "results/submission.csv")
    probabilities = read_rows(finished.path / "results/probabilities.csv")
    assert list(submission[0]) == ["object_id", "prediction"]
    assert list(probabilities[0])[:3] == ["object_id", "probability", "probability__TDE"]
    assert [row["object_id"] for row in submission] == asked == [row["object_id"] for row in probabilities]
    assert {row["prediction"] for row in submission} <= {"0", "1"}
    assert all(0 <= float(row["probability"]) <= 1 for row in probabilities)


def test_features_have_one_row_per_object_in_log_order(finished):
    for name in ("train", "test"):
        asked = [row["object_id"] for row in read_rows(finished.path / f"results/survey/{name}_log.csv")]
        table = read_columns(finished.path / f"results/features/{name}.parquet")
        assert list(table["object_id"]) == asked
        assert {"Z", "Z_err", "EBV"} <= set(table)
        assert {column.split("__")[0] for column in table if "__" in column} == set(FAMILIES)
        assert not {"target", "spec_type", "SpecType"} & set(table)


def test_features_keep_their_units(finished):
    assert read_units(finished.path / "results/features/train.parquet")["multiband__ln_length_rest"] == "ln d"


def test_scores_have_a_row_for_each_protocol_model_and_repeat(finished):
    scores = read_rows(finished.path / "results/evaluation/scores.csv")
    asked = "protocol,model,repeat,average_precision,roc_auc,f1,precision,recall,threshold"
    assert list(scores[0])[:9] == asked.split(",")
    assert {row["protocol"] for row in scores} == {"stratified", "grouped"}
    assert all(0 <= float(row[name]) <= 1 for row in scores for name in asked.split(",")[3:])


def test_the_run_ends_with_the_scores_and_where_files_lie(finished):
    assert "average precision" in finished.run.stderr
    record = json.loads(finished.read("results/input.json"))
    line = f"Results of a simulated survey (lsst, seed 20261121), no real data [sha256 {record['sha256'][:16]}]"
    assert f"\n{line}\n" in finished.run.stderr
    for page in ("index.html", "input.html", "history.html"):
        assert f'<p class="of">{line}</p>' in finished.read(f"results/report/{page}").decode()
    assert finished.read("results/provenance.json").decode().startswith('{"of": "a simulated survey (lsst, seed')
    assert "results/submission.csv" in finished.run.stderr


def test_the_model_finds_the_simulated_tdes(finished):
    """`.ci/run` holds the run with the shipped configuration to `skill.SHIPPED`."""
    found = skill(finished.path / "results")
    assert not below(found, TINY), found


def test_nothing_runs_twice(finished):
    assert finished.planned() == {}
    done = finished.dry("-n")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_provenance_tells_what_these_results_were_made_from(finished):
    provenance = json.loads(finished.read("results/provenance.json"))
    for name in ("submission.csv", "probabilities.csv", "evaluation/scores.csv"):
        digest = hashlib.sha256(finished.read(f"results/{name}")).hexdigest()
        assert provenance["results"][f"results/{name}"]["sha256"] == digest
    survey = finished.path / "results/survey"
    assert set(provenance["data"]) == {str(path.relative_to(finished.path)) for path in survey.rglob("*.csv")}
    assert provenance["configuration"]["values"]["folds"]["number"] == 3


def test_an_edit_of_a_family_re_runs_the_families_and_what_follows(finished):
    with edited(finished.path / "src/mallorn/families/color.py", lambda text: text + "\n_EDITED = 1\n"):
        plan = finished.planned()
    assert set(plan) == AFTER_FEATURES | {"extract_features"}


@pytest.mark.parametrize(
    ("module", "first", "spared"),
    [
        ("simulate/lightcurves.py", "simulate_split", {"simulate_logs", "compile_kernels"}),
        (
            "ingest/metadata.py",
            "ingest_metadata",
            {"simulate_logs", "simulate_split", "fit_lightcurves"},
        ),
        ("ingest/lightcurves.py", "ingest", {"simulate_split", "ingest_metadata", "compile_kernels"}),
        ("gp/posterior.py", "fit_lightcurves", {"ingest", "compile_kernels", "make_folds"}),
        ("hypotheses/kernels.py", "compile_kernels", {"ingest", "make_folds"}),
    ],
)
def test_an_edit_upstream_plans_what_follows_and_spares_the_rest(finished, module, first, spared):
    with edited(finished.path / "src" / "mallorn" / module, lambda text: text + "\n_EDITED = 1\n"):
        plan = set(finished.planned())
    assert {first} | AFTER_FEATURES <= plan
    assert not plan & spared


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("families/join.py", AFTER_FEATURES),
        ("survey/events.py", {"make_folds"} | AFTER_FOLDS),
        ("learning/cross_validation.py", AFTER_FOLDS),
        ("learners/catboost.py", AFTER_FOLDS),
        ("evaluate/scores.py", {"score", *AFTER_SCORES}),
        ("decide/submission.py", {"write_submission", "record_provenance"}),
        ("runtime/summary.py", set()),
    ],
)
def test_an_edit_downstream_plans_just_the_rules_that_reach_it(finished, module, rules):
    with edited(finished.path / "src" / "mallorn" / module, lambda text: text + "\n_EDITED = 1\n"):
        assert set(finished.planned()) == rules


@pytest.mark.parametrize("key", ["data_dir", "new_data"])
def test_an_empty_value_simulates_nothing(finished, key):
    done = finished.dry("-n", "--config", f"{key}=", ok=False)
    assert done.returncode == 1
    assert f"{key}: expected a value, found nothing after {key}=" in done.stderr + done.stdout


def test_a_misspelt_key_ends_the_run_in_plain_words(finished):
    done = finished.dry("-n", "--config", "sede=1", ok=False)
    assert done.returncode != 0
    assert "did you mean 'seed'?" in done.stderr + done.stdout
