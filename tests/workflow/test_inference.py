"""What commands plan on a finished run: `classify`, `explanations`, `tune`, and those that take long."""

import yaml
from workflow_copy import TINY, Workspace

from mallorn.settings.resolve import defaults

CONFIG = defaults()
TRAINING = {"cross_validate", "combine", "choose_threshold", "make_folds", "tune_worker", "export_model"}


def jobs(workspace, *arguments):
    """Return {rule: number of jobs} of a dry run."""
    done = workspace.dry("-n", *arguments)
    lines = (done.stdout + done.stderr).partition("Job stats:")[2].partition("total")[0].splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines[3:] if line.strip()}


def test_new_objects_are_scored_without_training(finished):
    planned = jobs(finished, "classify", "--config", "new_data=results/survey")
    assert not TRAINING & set(planned)
    assert not {"ingest", "ingest_metadata"} & set(planned)
    assert (planned["ingest_new"], planned["fit_lightcurves"], planned["classify"]) == (2, 2, 1)


def test_without_new_objects_the_user_is_told_what_to_give(finished):
    done = finished.dry("-n", "classify", ok=False)
    assert (
        "expected new_data, a folder of new objects. Next step: --config new_data=FOLDER" in done.stdout + done.stderr
    )
    done = finished.dry("-n", "classify", "--config", "new_data=nowhere", ok=False)
    assert "nowhere: expected the folder of a survey, found nothing" in done.stdout + done.stderr


def test_a_run_leaves_the_model_and_the_fits_that_explanations_need(finished):
    assert (finished.path / "results" / "model" / "model.json").exists()
    assert {"explanations"} <= set(jobs(finished, "explanations")) <= {"explain", "explanations"}


def test_tuning_and_what_no_test_runs_whole_are_planned(finished, tmp_path):
    """Targets of the documents that would take minutes; tests/documents/test_commands.py says of each what runs it."""
    models, workers = len(CONFIG["tuning"]["models"]), CONFIG["tuning"]["workers"]
    long = ("networks", "rocket", "bench", "bench_score", "bench_rocket", "bench_source", "early")
    own = yaml.safe_load(TINY.read_text())
    own["augmentations"]["early"] = {"enabled": True}
    (tmp_path / "early.yaml").write_text(yaml.safe_dump(own))
    workspace = Workspace(finished.path, tmp_path / "early.yaml")
    planned = jobs(workspace, "tune", *long, "--config", "new_data=results/survey")
    assert (planned["choose_parameters"], planned["tune_worker"]) == (models, models * workers)
    assert {*long, "score_networks", "score_rocket", "score_early"} <= set(planned)
    assert planned["bench_survey"] == len(CONFIG["benchmark"]["surveys"])
