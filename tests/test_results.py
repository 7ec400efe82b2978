"""What a run leaves behind: predictions, scores, submission."""

import csv
from math import erf

import numpy as np
import pytest

from mallorn.decide.predictions import mean_of_files, read_out_of_fold, write_predictions
from mallorn.decide.submission import in_submission_order, write_probabilities, write_submission
from mallorn.errors import DataError
from mallorn.evaluate.scores import SCORE_COLUMNS, cross_fitted_score, score
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.seeds import derived_seed, generator

ABOUT = {"model": "boosted", "training": "final", "protocol": "grouped", "repeat": 2}
THRESHOLD = {"rule": "maximum_f1", "ratio": 1.0, "precision": 0.9, "fraction": None}
OPTIONS = {"level": 0.95, "rounds": 200, "precision": 0.9, "bins": {"probability": 2}}
IDS = np.array(["b", "a", "c"], dtype=object)


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_predictions_say_what_they_are(tmp_path):
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.9, 0.0], [0.3, 0.3, 0.4]])
    write_predictions(tmp_path / "p.parquet", IDS, p, ("TDE", "AGN", "SN Ia"), ABOUT, fold=np.array([0, 1, 0]))
    read = read_out_of_fold(tmp_path / "p.parquet")
    assert (read.model, read.training, read.protocol, read.repeat) == ("boosted", "final", "grouped", 2)
    assert read.object_id.tolist() == IDS.tolist()
    assert read.fold.tolist() == [0, 1, 0]
    assert read.probability.tolist() == [0.7, 0.1, 0.3]
    table = read_columns(tmp_path / "p.parquet")
    assert list(table)[2:] == ["probability", "probability__TDE", "probability__AGN", "probability__SN Ia"]
    assert table["probability__AGN"].tolist() == [0.2, 0.9, 0.3]


def test_mean_over_repeats_needs_the_same_objects(tmp_path):
    paths = [tmp_path / f"{k}.parquet" for k in range(3)]
    for k, path in enumerate(paths[:2]):
        write_predictions(path, IDS, np.array([[k, 0], [0.5, 0], [0.25 * k, 0]]), ("TDE", "other"), ABOUT)
    write_predictions(paths[2], IDS[::-1], np.zeros((3, 2)), ("TDE", "other"), ABOUT)
    object_id, p, names = mean_of_files(paths[:2])
    assert object_id.tolist() == IDS.tolist()
    assert names == ("TDE", "other")
    assert p.tolist() == [[0.5, 0], [0.5, 0], [0.125, 0]]
    with pytest.raises(DataError, match="2.parquet: expected the objects and classes of"):
        mean_of_files(paths)


def test_mean_over_repeats_needs_the_same_classes(tmp_path):
    for name, classes in (("a", ("TDE", "other")), ("b", ("TDE", "AGN"))):
        write_predictions(tmp_path / f"{name}.parquet", IDS, np.zeros((3, 2)), classes, ABOUT)
    with pytest.raises(DataError, match="expected the objects and classes of"):
        mean_of_files([tmp_path / "a.parquet", tmp_path / "b.parquet"])


def test_score_worked_by_hand():
    """Threshold of fold 0 from fold 1: between .8 and .3; of fold 1 from fold 0: between .4 and .2."""
    target = np.array([1, 0, 0, 1, 0, 0])
    fold = np.array([0, 0, 0, 1, 1, 1])
    p = np.array([0.4, 0.2, 0.1, 0.8, 0.25, 0.31])
    labels = {"target": target, "event": np.array(list("abcdef"))}
    settings = {"seed": 1, "threshold": THRESHOLD, "calibration": {"method": "none"}, "evaluation": OPTIONS}
    scores = cross_fitted_score(labels, p, fold, settings)
    first, second = (0.8 + 0.31) / 2, (0.4 + 0.2) / 2
    assert scores["threshold"] == pytest.approx((first + second) / 2)
    # fold 0: nothing reaches .555; fold 1: .8 and .31 reach .3, and .25 does not
    assert scores["recall"] == 1 / 2
    assert scores["precision"] == 1 / 2
    assert scores["f1"] == 1 / 2
    assert scores["average_precision"] == 1.0
    assert scores["roc_auc"] == 1.0
    assert scores["recall_at_precision"] == 1.0
    assert scores["brier"] == pytest.approx((0.6**2 + 0.2**2 + 0.1**2 + 0.2**2 + 0.25**2 + 0.31**2) / 6)
    # bins of a half: .4, .2, .1, .25, .31 hold one target; .8 is one
    assert scores["expected_calibration_error"] == pytest.approx((abs(1.26 - 1) + 0.2) / 6)
    assert list(scores) == list(SCORE_COLUMNS)


def test_intervals_hold_the_truth_as_often_as_they_say_and_grow_with_siblings():
    """Scores are drawn from two normals d apart: ROC AUC = Phi(d / sqrt 2), known without any sampling."""
    truth, d, held, widths = 0.5 * (1 + erf(1.0 / 2)), 1.0, 0, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        event = np.repeat(np.arange(90), 3)
        target = (event < 30).astype(int)
        score_of_event = rng.normal(size=90)[event] + d * target
        options = {**OPTIONS, "level": 0.9}
        names = event.astype(str)
        arguments = (target, score_of_event, score_of_event, np.zeros(270))
        s = score(*arguments, names, options, seed, np.zeros_like)
        held += s["roc_auc_low"] <= truth <= s["roc_auc_high"]
        alone = score(*arguments, np.arange(270).astype(str), options, seed, np.zeros_like)
        widths.append([x["roc_auc_high"] - x["roc_auc_low"] for x in (s, alone)])
    assert 0.8 * 60 <= held < 60
    assert np.divide(*np.mean(widths, axis=0)) == pytest.approx(3**0.5, rel=0.1)


def test_submission_is_in_the_order_asked_for(tmp_path):
    p = in_submission_order(IDS, np.array([0.2, 0.1, 0.3]), ["a", "b", "c"])
    assert p.tolist() == [0.1, 0.2, 0.3]
    write_submission(tmp_path / "s.csv", ["a", "b", "c"], p >= 0.15)
    write_probabilities(tmp_path / "p.csv", ["a", "b", "c"], np.column_stack([p, [0.9, 0.8, 0.7]]), ("TDE", "SN Ia"))
    assert rows(tmp_path / "s.csv") == [["object_id", "prediction"], ["a", "0"], ["b", "1"], ["c", "1"]]
    assert rows(tmp_path / "p.csv") == [
        ["object_id", "probability", "probability__TDE", "probability__SN Ia"],
        ["a", "0.1", "0.1", "0.9"],
        ["b", "0.2", "0.2", "0.8"],
        ["c", "0.3", "0.3", "0.7"],
    ]


@pytest.mark.parametrize(
    ("predicted", "wanted", "odd"),
    [("abc", "abd", "'c'"), ("abc", "ab", "'c'"), ("ab", "abc", "'c'"), ("aab", "aab", ""), ("", "a", "'a'")],
)
def test_submission_needs_each_object_once(predicted, wanted, odd):
    with pytest.raises(DataError, match=f"one prediction for each of {len(wanted)} .* found {len(predicted)}.*{odd}"):
        in_submission_order(list(predicted), np.zeros(len(predicted)), list(wanted))


def test_csv_is_whole_or_absent_and_writes_numbers_shortly(tmp_path):
    path = tmp_path / "folder" / "t.csv"
    columns = {"name": ["a,b", "c"], "count": np.array([1, 2]), "value": np.array([0.123456789, np.nan])}
    write_csv(path, columns, digits=4)
    assert path.read_text() == 'name,count,value\n"a,b",1,0.1235\nc,2,\n'
    with pytest.raises(ValueError, match="zip"):
        write_csv(path, {"a": [1], "b": [1, 2]})
    assert [p.name for p in path.parent.iterdir()] == ["t.csv"]
    assert path.read_text().startswith("name")


def test_seeds_depend_on_every_name():
    names = [(1,), (2,), (1, "a"), (1, "a", 0), (1, "a", 1), (1, "b", 0), (1, "ab"), (1, "a", "b")]
    seeds = [derived_seed(*n) for n in names]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= s < 2**31 for s in seeds)
    assert derived_seed(1, "a", 0) == derived_seed(1, "a", "0") == 1340177167
    assert generator(1, "a").random() == generator(1, "a").random()
