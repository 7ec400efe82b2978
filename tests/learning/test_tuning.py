"""Tuning on a quick objective, and with workers in processes of their own that are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from learning_data import SPEC, TRAINING, labelled, survey
from quick_objective import SHIPPED, SPACE, parabola
from sklearn.metrics import average_precision_score, f1_score

from mallorn.errors import DataError
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import cross_validate, train_predict
from mallorn.learning.folds import draw_folds
from mallorn.learning.parameters import read_best, write_best
from mallorn.learning.transforms import principal_components
from mallorn.learning.tuning import (
    best_parameters,
    cross_validated,
    importances,
    study_name,
    trial_table,
    tune,
    tuning_folds,
)
from mallorn.seeds import derived_seed


def run(journal, trials=30, worker=0, objective=parabola):
    return trial_table(tune(journal, "study", SPACE, SHIPPED, objective, trials, worker, seed=4), SPACE)


def test_the_shipped_parameters_come_first_and_the_best_is_near_the_optimum(tmp_path):
    table = run(tmp_path / "journal.log", 40)
    assert len(table["number"]) == 40
    assert [table[f"param__{key}"][0] for key in SPACE] == [0.9, 2, "fancy"]
    params, value = best_parameters(table, SPACE, SHIPPED)
    assert value == table["value"][table["state"] == "complete"].max()
    assert value > table["value"][0] + 0.3
    assert abs(params["x"] - 0.3) < 0.3
    assert 3 <= params["n"] <= 20
    assert params["held"] == 7
    assert all(type(value) in (float, int, str) for value in params.values())
    assert table["param__n"].dtype == np.int64


def test_trials_that_go_badly_are_pruned_and_never_the_best(tmp_path):
    table = run(tmp_path / "journal.log", 30)
    pruned = table["state"] == "pruned"
    assert 0 < pruned.sum() < 25
    assert (table["folds"][pruned] < 3).all()
    assert (table["folds"][~pruned] == 3).all()
    table["value"][pruned] = 1e9
    assert best_parameters(table, SPACE, SHIPPED)[1] < 1


def test_importance_is_that_of_the_parameters_that_matter(tmp_path):
    table = run(tmp_path / "journal.log", 40)
    share = importances(table, SPACE, 1)
    assert set(share) == set(SPACE)
    assert sum(share.values()) == pytest.approx(1)
    assert share["kind"] < 0.1
    assert importances({name: values[:2] for name, values in table.items()}, SPACE, 1) == dict.fromkeys(SPACE, 0.0)


def test_a_study_goes_on_where_it_was_with_new_draws(tmp_path):
    first = run(tmp_path / "journal.log", 5)
    assert len(run(tmp_path / "journal.log", 5)["number"]) == 5
    both = run(tmp_path / "journal.log", 12)
    assert both["number"].tolist() == list(range(12))
    assert np.array_equal(both["param__x"][:5], first["param__x"])
    assert len(set(both["param__x"])) == 12


def test_one_worker_draws_the_same_trials_again(tmp_path):
    one, two = (run(tmp_path / name, 15) for name in ("one.log", "two.log"))
    assert all(np.array_equal(one[name], two[name]) for name in one if name != "seconds")


def test_an_error_in_a_trial_ends_the_worker_and_keeps_the_others(tmp_path):
    def breaks(params, report):
        if params["x"] != 0.9:
            raise RuntimeError("broken")
        return parabola(params, report)

    with pytest.raises(RuntimeError, match="broken"):
        run(tmp_path / "journal.log", 5, objective=breaks)
    assert run(tmp_path / "journal.log", 1)["number"].tolist() == [0]


def test_a_half_written_line_is_dropped(tmp_path):
    journal = tmp_path / "journal.log"
    run(journal, 5)
    journal.write_bytes(journal.read_bytes() + b'{"op_code":8,"worker')
    assert len(run(journal, 7)["number"]) == 7


@pytest.mark.parametrize("damage", [b'{"op_code":8,"wor\x00', b"[1]", b"\xff\xfe"])
def test_a_journal_damaged_before_its_end_is_told_with_the_line_and_can_be_mended(tmp_path, damage):
    journal = tmp_path / "journal.log"
    run(journal, 5)
    lines = journal.read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    journal.write_bytes(b"".join([*lines[:middle], damage + b"\n", *lines[middle + 1 :]]))
    with pytest.raises(DataError, match=rf"journal.log, line {middle + 1}: expected an entry of Optuna.*Next step"):
        run(journal, 7)
    journal.write_bytes(b"".join(lines[:middle]))
    assert len(run(journal, 7)["number"]) == 7


def test_a_journal_whose_entries_say_nothing_is_told(tmp_path):
    journal = tmp_path / "journal.log"
    run(journal, 5)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], b"{}\n", *lines[4:]]))
    with pytest.raises(DataError, match=r"journal.log: expected a whole journal of Optuna.*delete"):
        run(journal, 7)


@pytest.mark.parametrize(
    ("begins", "written"),
    [
        (b'{"op_code":5', b""),
        (b'"state":0', b""),
        (b'{"op_code":8', b""),
        (b'"values":[', b'"values":["no", '),
        (b'"param_value_internal":', b'"param_value_internal":NaN, "was":'),
    ],
)
def test_a_trial_of_which_a_part_was_lost_is_told(tmp_path, begins, written):
    journal = tmp_path / "journal.log"
    run(journal, 10)
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(k for k, line in enumerate(lines) if begins in line)
    lines[last] = lines[last].replace(begins, written) if written else b""
    journal.write_bytes(b"".join(lines))
    with pytest.raises(DataError, match=r"journal.log: expected a whole journal of Optuna, found .* Next step: delete"):
        run(journal, 12)


WORKER = """
import sys, time
sys.path[:0] = {folders!r}
from quick_objective import SHIPPED, SPACE, parabola
from mallorn.io.tables import write_table
from mallorn.learning.tuning import trial_table, tune

def slow(params, report):
    time.sleep(0.05)
    return parabola(params, report)

worker = int(sys.argv[1])
trials = tune({journal!r}, "study", SPACE, SHIPPED, slow, 40, worker, 4)
write_table({folder!r} + f"/{{worker}}.parquet", trial_table(trials, SPACE))
"""


def test_killing_two_workers_loses_no_finished_trial(tmp_path):
    """Two of four workers are killed, and started again: all that had ended is in the tables, with what it found."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    from mallorn.io.tables import read_columns

    tests, journal = Path(__file__).parents[1], str(tmp_path / "journal.log")
    script = tmp_path / "worker.py"
    folders = [str(tests.parent / "src"), str(tests)]
    script.write_text(WORKER.format(folders=folders, journal=journal, folder=str(tmp_path)))

    def start(worker):
        return subprocess.Popen([sys.executable, str(script), str(worker)], env={**os.environ, "OMP_NUM_THREADS": "1"})

    def ended():
        storage = JournalStorage(JournalFileBackend(journal, JournalFileOpenLock(journal)))
        trials = optuna.load_study(study_name="study", storage=storage).get_trials(states=None)
        return {t.number: (t.state.name.lower(), t.value) for t in trials if t.state.is_finished() and t.value}

    workers = [start(k) for k in range(4)]
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.2)
        if os.path.exists(journal) and Path(journal).read_bytes().count(b'"op_code":6') > 12:
            break
    for process in workers[:2]:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = ended()
    assert before
    again = [start(k) for k in range(2)]
    assert [process.wait(timeout=90) for process in (*workers[2:], *again)] == [0] * 4
    parts = [read_columns(tmp_path / f"{k}.parquet") for k in range(4)]
    found = {
        int(n): (state, value)
        for part in parts
        for n, state, value in zip(part["number"], part["state"], part["value"], strict=True)
    }
    assert sum(len(part["number"]) for part in parts) == len(found)
    assert 40 <= len(found) <= 46
    assert {n: found[n] for n in before} == before


@pytest.fixture(scope="module")
def data():
    ids, types, target, event, values = survey()
    classes, names, _ = encode_classes({"spec_type": types, "target": target}, "multiclass", TRAINING, "TDE")
    folds = draw_folds(ids, types, target, event, 3, 2, 5, seed=1)
    return ids, values, classes, len(names), folds


@pytest.mark.parametrize("metric", ["average_precision", "f1"])
def test_score_is_that_of_cross_validation(data, metric):
    ids, values, classes, n_classes, folds = data
    rows, labels = tuning_folds("final", folds, ids)
    assert rows.tolist() == list(range(len(ids)))
    steps = []
    objective = cross_validated(labelled(values, classes, n_classes, labels["event"]), labels, SPEC, metric, seed=3)
    value = objective(SPEC["params"], lambda k, score: steps.append((k, score)))
    assert [k for k, _ in steps] == [0, 1, 2]
    assert steps[-1][1] == value
    p = np.empty(len(ids))
    for k in range(3):
        held = labels["fold"] == k
        objects = labelled(values, classes, n_classes, labels["event"])
        part = cross_validate(objects, np.where(held, 1, 0), SPEC, derived_seed(3, k), 1)
        p[held] = part.inside[held, 0]
    expected = average_precision_score(labels["target"], p)
    if metric == "f1":
        expected = max(f1_score(labels["target"], p >= t) for t in p)
    assert value == pytest.approx(expected, abs=1e-9)


def test_transforms_that_are_shared_are_fitted_once_for_all_trials_and_change_nothing(data, monkeypatch):
    """Principal components are drawn: only the seed of a fit without the memory gives its numbers."""
    ids, values, _, _, folds = data
    rows, labels = tuning_folds("final", folds, ids)
    objects = labelled(np.nan_to_num(values[rows]), 1 - labels["target"], 2, labels["event"])
    spec = {**SPEC, "transforms": {"principal_components": {"components": 4}}}
    fits, fit = [], principal_components.fit
    monkeypatch.setattr(principal_components, "fit", lambda *given: fits.append(1) or fit(*given))
    objective = cross_validated(objects, labels, spec, "average_precision", seed=3)
    found = [objective({**SPEC["params"], "num_leaves": n}, lambda *_: None) for n in (4, 3, 4)]
    assert len(fits) == 3
    assert found[0] == found[2] != found[1]
    p = np.empty(len(ids))
    for k in range(3):
        part = np.flatnonzero(labels["fold"] != k), np.flatnonzero(labels["fold"] == k)
        p[part[1]] = train_predict(objects, [part], spec, derived_seed(3, k), 1).inside[part[1], 0]
    assert found[0] == pytest.approx(average_precision_score(labels["target"], p), abs=1e-12)


@pytest.mark.parametrize("protocol", ["stratified", "grouped"])
def test_an_outer_study_sees_nothing_of_its_fold_and_keeps_events_together(data, protocol):
    ids, _, _, _, folds = data
    rows, labels = tuning_folds(f"outer_1_{protocol}_1", folds, ids)
    chosen = (folds["protocol"] == protocol) & (folds["repeat"] == 1) & (folds["fold"] == 1)
    assert set(ids[rows]) == set(ids) - set(folds["object_id"][chosen])
    event_folds = {(s, f) for s, f in zip(labels["event"], labels["fold"], strict=True)}
    assert len(event_folds) == len(set(labels["event"]))


def test_study_name_depends_on_content(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1")
    first = study_name(file, "code")
    assert first == study_name(file, "code")
    assert first != study_name(file, "other")
    file.write_bytes(b"2")
    assert first != study_name(file, "code")


def test_best_parameters_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "best.yaml"
    params = {"x": 0.25, "n": 8, "kind": "plain", "flag": True}
    write_best(path, "one", "final", params, 0.5, 9, {"x": 1 / 3})
    assert read_best(path) == params
    path.write_text("value: 1\n")
    with pytest.raises(DataError, match="run tune again"):
        read_best(path)
    table = run(tmp_path / "journal.log", 3)
    table["state"][:] = "pruned"
    with pytest.raises(DataError, match=r"raise tuning\.trials"):
        best_parameters(table, SPACE, SHIPPED)
