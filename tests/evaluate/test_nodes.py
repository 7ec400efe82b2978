"""Scores of the classes and levels of a tree, against scikit-learn and by hand; the coverage of sets by event."""

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)

from mallorn.evaluate.class_calibration import CLASS_CALIBRATION_COLUMNS, class_calibration
from mallorn.evaluate.coverage import COVERAGE_COLUMNS, coverage
from mallorn.evaluate.nodes import (
    GAIN_COLUMNS,
    NODE_COLUMNS,
    Objects,
    confusion_by_level,
    gains,
    score_class,
    score_nodes,
)
from mallorn.learning.tree import nodes_of, summed_up
from mallorn.survey.taxonomy import Taxonomy

TREE = Taxonomy(
    {
        "all": {},
        "SN": {"parent": "all"},
        "Ia": {"parent": "SN"},
        "II": {"parent": "SN"},
        "TDE": {"parent": "all"},
        "AGN": {"parent": "all"},
    }
)
OPTIONS = {"level": 0.95, "rounds": 60, "bins": {"probability": 5}, "coverage": 0.9}


def survey(seed=0, n_events=90, skill=2.0):
    """Return `Objects`, probabilities and folds: three objects an event, the probabilities of siblings alike."""
    rng = np.random.default_rng(seed)
    kind = np.array(["Ia", "II", "TDE", "AGN", "AGN", "AGN"], dtype=object)[np.arange(n_events) % 6]
    labels, event = np.repeat(kind, 3), np.repeat(np.arange(n_events), 3).astype(str)
    nodes = nodes_of(TREE, labels)
    leaves = np.array([2, 3, 4, 5])
    margin = skill * (nodes[:, None] == leaves) + np.repeat(rng.normal(size=(n_events, 4)), 3, axis=0)
    margin += 0.3 * rng.normal(size=margin.shape)
    stops = np.zeros((len(nodes), len(TREE)))
    stops[:, leaves] = np.exp(margin) / np.exp(margin).sum(axis=1, keepdims=True)
    objects = Objects(TREE, nodes, event, (labels == "TDE").astype(int))
    return objects, summed_up(TREE, stops), np.repeat(np.arange(n_events) // 6 % 5, 3)


def rows_of(objects, probability):
    rows, drawn = score_nodes(objects, probability, OPTIONS, 3)
    return {(row["node"], row["level"]): row for row in rows}, drawn


def test_scores_of_classes_and_levels_are_those_of_scikit_learn():
    objects, probability, _ = survey()
    rows, drawn = rows_of(objects, probability)
    assert list(rows) == [
        *((name, 1) for name in ("SN", "TDE", "AGN", "macro", "weighted")),
        *((name, 2) for name in ("Ia", "II", "macro", "weighted", "hierarchical")),
    ]
    assert all(tuple(row) == NODE_COLUMNS for row in rows.values())
    for level, names in ((1, ("SN", "TDE", "AGN")), (2, ("Ia", "II", "TDE", "AGN"))):
        places = objects.place(names)
        true = np.argmax(objects.member[places], axis=0)
        chosen = np.argmax(probability[:, places], axis=1)
        expected = precision_recall_fscore_support(true, chosen)[:3]
        ap = [average_precision_score(true == k, probability[:, places[k]]) for k in range(len(names))]
        for k, name in enumerate(names):
            if TREE.level(name) == level:
                row = rows[name, level]
                assert [row[s] for s in ("precision", "recall", "f1")] == pytest.approx([e[k] for e in expected])
                assert row["average_precision"] == pytest.approx(ap[k])
                assert (row["n"], row["events"]) == (np.sum(true == k), np.sum(true == k) // 3)
                assert row["f1_low"] <= row["f1"] <= row["f1_high"]
                assert row["f1_low"] < row["f1_high"]
        for name, kind in (("macro", "macro"), ("weighted", "weighted")):
            of_level = precision_recall_fscore_support(true, chosen, average=kind)[:3]
            assert [rows[name, level][s] for s in ("precision", "recall", "f1")] == pytest.approx(of_level)
        assert rows["macro", level]["average_precision"] == pytest.approx(np.mean(ap))
    assert drawn["Ia", 2, "f1"].shape == (60,)


def test_hierarchical_scores_and_vague_labels_by_hand():
    """Paths below the root: SN Ia for SN II shares SN, of 2 and 2; TDE for SN (known no further) none, of 1 and 1."""
    nodes = np.array([3, 1, 5, 2])
    objects = Objects(TREE, nodes, np.array(list("abcd")), np.array([0, 0, 1, 0]))
    assert objects.known[2:4].tolist() == [[True, False, True, True]] * 2
    stops = np.eye(6)[[2, 4, 5, 2]]
    rows, _ = rows_of(objects, summed_up(TREE, stops))
    row = rows["hierarchical", 2]
    assert [row[name] for name in ("precision", "recall", "f1")] == pytest.approx([4 / 6, 4 / 6, 4 / 6])
    assert (rows["SN", 1]["n"], rows["Ia", 2]["n"]) == (3, 1)
    assert (rows["Ia", 2]["precision"], rows["Ia", 2]["recall"]) == (0.5, 1.0)
    counts = {(r["level"], r["true"], r["predicted"]): r for r in confusion_by_level(objects, summed_up(TREE, stops))}
    assert counts[1, "SN", "TDE"]["objects"] == 1
    assert counts[2, "II", "Ia"]["of_true"] == 1.0
    assert counts[2, "II", "Ia"]["of_predicted"] == 0.5
    assert sum(r["objects"] for (level, *_), r in counts.items() if level == 2) == 3  # the vague one is left out


def test_confusion_is_that_of_scikit_learn_both_ways():
    objects, probability, _ = survey(skill=1.0)
    rows = [r for r in confusion_by_level(objects, probability) if r["level"] == 2]
    places = objects.place(TREE.leaves)
    true, chosen = np.argmax(objects.member[places], axis=0), np.argmax(probability[:, places], axis=1)
    for column, normalize in (("objects", None), ("of_true", "true"), ("of_predicted", "pred")):
        expected = confusion_matrix(true, chosen, normalize=normalize).ravel()
        np.testing.assert_allclose([r[column] for r in rows], expected)


def test_gains_are_paired_by_event():
    """Two models whose errors go together differ by less than either does from draw to draw."""
    objects, probability, _ = survey()
    worse = 0.9 * probability + 0.1 * probability[::-1]
    first, second = (score_nodes(objects, p, OPTIONS, 3) for p in (worse, probability))
    rows = {(r["node"], r["score"]): r for r in gains(first, second, ("worse", "better"), 0.95)}
    assert all(tuple(row) == GAIN_COLUMNS for row in rows.values())
    row = rows["TDE", "average_precision"]
    values = {r["node"]: r for r in second[0]}["TDE"]
    assert row["gain"] == pytest.approx(row["value_of_second"] - row["value_of_first"])
    assert row["value_of_second"] == values["average_precision"]
    assert row["high"] - row["low"] < values["average_precision_high"] - values["average_precision_low"]
    assert all(r["gain"] == r["low"] == r["high"] == 0 for r in gains(first, first, ("a", "a"), 0.95))
    alone = score_class(objects, 4, probability[:, 4], OPTIONS, 3)
    (same,) = [r for r in gains(alone, second, ("a", "b"), 0.95) if r["score"] == "average_precision"]
    assert (same["node"], same["gain"], same["low"], same["high"]) == ("TDE", 0, 0, 0)


def test_coverage_counts_events_not_objects():
    objects, probability, fold = survey(n_events=300)
    rows = coverage(objects, probability, fold, OPTIONS, 3)
    assert all(set(row) == set(COVERAGE_COLUMNS) for row in rows)
    by = {(row["kind"], row["class"]): row for row in rows}
    assert by["marginal", "all"]["events"] == 300
    assert {(row["kind"], row["promise"]) for row in rows} == {("marginal", "coverage"), ("by_class", "set_coverage")}
    assert by["marginal", "TDE"]["finest"] == pytest.approx(40 / 41)
    for kind in ("marginal", "by_class"):
        assert 0.85 < by[kind, "all"]["set_coverage"] < 0.96
        assert by[kind, "all"]["coverage"] >= by[kind, "all"]["set_coverage"]
    assert min(by["by_class", name]["set_coverage"] for name in TREE.leaves) > 0.78
    assert by["marginal", "all"]["coverage"] == pytest.approx(
        np.average([by["marginal", name]["coverage"] for name in TREE.leaves], weights=[1, 1, 1, 3])
    )
    # ten copies of one event leave what is said of events as it is
    rng = np.random.default_rng(1)
    more = np.concatenate([np.arange(900), np.tile(np.arange(3), 10)])
    more = more[np.sort(rng.permutation(len(more)))]
    copied = Objects(TREE, objects.nodes[more], objects.event[more], objects.target[more])
    again = coverage(copied, probability[more], fold[more], OPTIONS, 3)
    for a, b in zip(rows, again, strict=True):
        assert a["coverage"] == pytest.approx(b["coverage"], abs=1e-9)
        assert a["events"] == b["events"]


def test_calibration_is_scored_for_each_class_and_method():
    objects, probability, fold = survey(n_events=60)
    rows = class_calibration(objects, probability, fold, OPTIONS, 3)
    assert all(tuple(row) == CLASS_CALIBRATION_COLUMNS for row in rows)
    by = {(row["method"], row["class"]): row for row in rows}
    leaves = objects.place(TREE.leaves)
    true, p = objects.member[leaves].T, probability[:, leaves]
    assert by["none", "all"]["log_loss"] == pytest.approx(log_loss(true.argmax(axis=1), p))
    assert by["none", "TDE"]["log_loss"] == pytest.approx(log_loss(true[:, 2], p[:, 2]))
    assert by["none", "TDE"]["brier"] == pytest.approx(brier_score_loss(true[:, 2], p[:, 2]))
    assert by["none", "all"]["brier"] == pytest.approx(np.sum((p - true) ** 2) / len(p))
    assert by["none", "all"]["log_loss_low"] < by["none", "all"]["log_loss"] < by["none", "all"]["log_loss_high"]
    assert by["temperature", "all"]["log_loss"] < by["none", "all"]["log_loss"] + 0.02
    assert by["venn_abers", "AGN"]["width"] > by["isotonic", "AGN"]["width"] == 0
