"""The adapters of tuning, called as the rules call them, and a model trained with what they found."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from learning_data import CLASSES, SELECTION, SPEC, survey

from mallorn.io.tables import read_columns, write_table
from mallorn.learning.folds import draw_folds
from mallorn.learning.parameters import read_best
from mallorn.learning.tables import DatasetFiles
from mallorn.settings.resolve import defaults

ROOT = Path(__file__).parents[2]
CONFIG = defaults()
TRAINING = {**CONFIG["training"], "log_columns": ["Z"], "exclude": [], "classes": CLASSES}
MODEL = {**SPEC, "learner": "logistic", "classes": "multiclass", "params": {"C": 1e-5, "max_iter": 50, "tol": 1e-3}}
SETTINGS = {
    "seed": 5,
    "target": "TDE",
    "metric": "average_precision",
    "training": TRAINING,
    "selection": SELECTION,
    "model": MODEL,
}


def script(name):
    spec = spec_from_file_location(name, ROOT / "workflow" / "scripts" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A folder with features, folds and a finished study of two workers."""
    folder = tmp_path_factory.mktemp("tuned")
    ids, types, target, event, values = survey()
    columns = {f"family__{k}": values[:, k].astype(float) for k in range(10)}
    logs = {"Z": np.full(len(ids), 0.1), "Z_err": np.full(len(ids), np.nan), "EBV": np.full(len(ids), 0.02)}
    write_table(folder / "train.parquet", {"object_id": ids, **logs, **columns})
    write_table(folder / "folds.parquet", draw_folds(ids, types, target, event, 3, 1, 5, seed=1))
    about = {"study": "outer_0_grouped_0", "model": "one"}
    outputs = [folder / f"trials_{k}.parquet" for k in range(2)]
    for k, trials in enumerate((4, 6)):
        script("tune_worker").main(
            DatasetFiles(folder / "train.parquet"),
            folder / "folds.parquet",
            outputs[k],
            {**about, "worker": str(k)},
            SETTINGS,
            trials,
            "code",
        )
    figures = {name: folder / f"{name}.png" for name in ("history", "importance")}
    script("choose_parameters").main(outputs, folder / "trials.parquet", folder / "best.yaml", figures, about, SETTINGS)
    return folder


def test_trials_of_all_workers_are_gathered_and_the_best_is_kept(tuned):
    table = read_columns(tuned / "trials.parquet")
    assert table["number"].tolist() == list(range(6))
    assert table["worker"].tolist() == [0] * 4 + [1] * 2
    complete = table["state"] == "complete"
    best = np.flatnonzero(complete)[np.argmax(table["value"][complete])]
    assert read_best(tuned / "best.yaml") == {**MODEL["params"], "C": table["param__C"][best]}
    for name in ("history", "importance"):
        assert (tuned / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (tuned / f"{name}.svg").exists()


def test_a_tuned_model_is_trained_with_the_parameters_found(tuned):
    module = script("cross_validate")
    found = {}
    for name, params, path in (
        ("tuned", MODEL["params"], tuned / "best.yaml"),
        ("given", read_best(tuned / "best.yaml"), ""),
    ):
        inputs = module.Inputs(
            tuned / "train.parquet", tuned / "train.parquet", tuned / "folds.parquet", parameters=path
        )
        outputs = module.Outputs(*(tuned / f"{name}_{k}.parquet" for k in ("out_of_fold", "held_out", "importance")))
        about = {"training": "outer_0", "protocol": "grouped", "repeat": "0", "model": "one"}
        module.main(inputs, outputs, about, {**SETTINGS, "model": {**MODEL, "params": params}}, 1)
        found[name] = read_columns(outputs.out_of_fold)["probability"]
    assert np.array_equal(found["tuned"], found["given"])
