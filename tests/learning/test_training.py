import logging

import numpy as np
import pytest

from mallorn.errors import ConfigError, DataError
from mallorn.io.tables import table_writer, write_table
from mallorn.learners.learner import learner
from mallorn.learning.training import (
    class_weights,
    classify,
    feature_columns,
    fit_member,
    importance_weights,
    read_feature_columns,
    read_features,
)

NAMES = ["object_id", "Z", "Z_err", "EBV", "shape__rise", "shape__fall", "color__slope__u"]
GROUPS = {"AGN": ["AGN"], "SN Ia": ["SN Ia", "SN Ia-pec"]}


def columns_of(log_columns, exclude):
    return {"log_columns": log_columns, "exclude": exclude}


def groups(rest="other SN"):
    return {"groups": GROUPS, "rest": rest}


def test_columns_to_train_on():
    assert feature_columns(NAMES, columns_of(["Z", "EBV"], [])) == (
        "Z",
        "EBV",
        "shape__rise",
        "shape__fall",
        "color__slope__u",
    )
    assert feature_columns(NAMES, columns_of([], ["shape__*"])) == ("color__slope__u",)
    assert feature_columns(NAMES, columns_of(["Z"], ["*__u", "*__fall"])) == ("Z", "shape__rise")


def test_the_error_of_the_redshift_is_refused_since_it_tells_test_from_train():
    with pytest.raises(ConfigError, match="Z_err .* test set only"):
        feature_columns(NAMES, columns_of(["Z", "Z_err"], []))
    with pytest.raises(ConfigError, match="no column 'z'"):
        feature_columns(NAMES, columns_of(["z"], []))


def test_values_beyond_float32_are_clipped_and_named(tmp_path, caplog):
    columns = {
        "object_id": np.array(["a", "b", "c"], dtype=object),
        "Z": np.array([0.1, 0.2, 0.3]),
        "color__energy": np.array([1e51, 2.0, np.nan]),
        "color__ratio": np.array([-np.inf, 2.0, 3.0]),
    }
    write_table(tmp_path / "train.parquet", columns)
    with caplog.at_level(logging.WARNING):
        table = read_features(tmp_path / "train.parquet", columns_of(["Z"], []))
    assert table.columns == ("Z", "color__energy", "color__ratio")
    assert table.values.dtype == np.float32
    assert np.isnan(table.values).tolist() == [[False] * 3, [False] * 3, [False, True, False]]
    assert np.isfinite(table.values[:2]).all()
    assert table.values[0, 1] > 1e38
    assert table.values[0, 2] < -1e38
    assert "color__energy, color__ratio" in caplog.text
    assert "Z" not in caplog.text.split("clipped in")[1]
    assert table.select(["color__ratio", "Z"]).values[1].tolist() == [2.0, np.float32(0.2)]


def test_a_table_in_groups_of_rows_is_read_as_one(tmp_path, caplog):
    with table_writer(tmp_path / "t.parquet") as write:
        for ids, values in (("ab", [1.0, 1e300]), ("", []), ("c", [3.0])):
            write({"object_id": np.array(list(ids), dtype=object), "x": np.array(values), "y": -np.array(values)})
    with caplog.at_level(logging.WARNING):
        table = read_features(tmp_path / "t.parquet", columns_of([], []))
    largest = np.finfo(np.float32).max
    assert table.object_id.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(table.values, np.array([[1, -1], [largest, -largest], [3, -3]], dtype=np.float32))
    assert caplog.messages[0].endswith("clipped in x, y")
    drawn = read_features(tmp_path / "t.parquet", columns_of([], []), most=2, seed=1).object_id.tolist()
    assert len(drawn) == 2
    assert drawn == sorted(drawn)
    chosen = read_feature_columns(tmp_path / "t.parquet", ["y"], rows=[2, 0, 2])
    assert chosen.object_id.tolist() == ["c", "a", "c"]
    assert chosen.values.tolist() == [[-3.0], [-1.0], [-3.0]]


def test_classes_by_group():
    labels = {"spec_type": ["AGN", "TDE", "SN Ia-pec", "SN II", "SN Ia"], "target": [0, 1, 0, 0, 0]}
    classes, names, kinds = classify(labels, "grouped", groups())
    assert names == ("TDE", "AGN", "SN Ia", "other SN")
    assert classes.tolist() == kinds.tolist() == [1, 0, 2, 3, 2]
    assert classify(labels, "grouped", groups("AGN"))[0].tolist() == [1, 0, 2, 1, 2]
    classes, names, kinds = classify(labels, "binary", groups())
    assert (classes.tolist(), names, kinds.tolist()) == ([1, 0, 1, 1, 1], ("TDE", "other"), [1, 0, 2, 3, 2])


def test_bad_classes_are_named():
    labels = {"spec_type": ["AGN"], "target": [0]}
    with pytest.raises(ConfigError, match="'SN Ia' is in both 'SN Ia' and 'more'"):
        classify(labels, "grouped", {"groups": {**GROUPS, "more": ["SN Ia"]}, "rest": "rest"})
    with pytest.raises(ConfigError, match="not 'three'"):
        classify(labels, "three", groups())


def test_weights_of_classes():
    classes = np.array([0, 1, 1, 1])
    np.testing.assert_allclose(class_weights(classes, 0.0), 1.0)
    balanced = class_weights(classes, 1.0)
    assert balanced[0] == pytest.approx(balanced[1:].sum()) == pytest.approx(2.0)
    half = class_weights(classes, 0.5)
    assert half[0] / half[1] == pytest.approx(np.sqrt(3))
    assert half.mean() == pytest.approx(1.0)


SPEC = {"learner": "lightgbm", "balance": 0.0, "params": {"num_iterations": 20, "min_child_samples": 3}}


def test_a_class_without_objects_gets_probability_zero():
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1, 3], 30)
    values = (classes[:, None] + 0.1 * rng.normal(size=(90, 2))).astype(np.float32)
    predict, importance = fit_member(values, classes, 5, SPEC, seed=1)
    p = predict(values)
    assert p.shape == (90, 5)
    assert np.all(p[:, [2, 4]] == 0)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert np.array_equal(p.argmax(axis=1), classes)
    assert importance.shape == (2,)


def test_weights_of_objects_count_like_copies():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(80, 1)).astype(np.float32)
    classes = (values[:, 0] + rng.normal(size=80) < 0.3).astype(int)
    light, _ = fit_member(values, classes, 2, SPEC, 1, weight=np.where(classes == 0, 0.1, 1.0))
    heavy, _ = fit_member(values, classes, 2, SPEC, 1, weight=np.where(classes == 0, 10.0, 1.0))
    assert heavy(values)[:, 0].mean() > light(values)[:, 0].mean() + 0.3


@pytest.mark.parametrize("classes", [[0] * 6, [1] * 6, [1, 2] * 3])
def test_a_training_part_needs_targets_and_others(classes):
    with pytest.raises(DataError, match="no object with target 1, or no other"):
        fit_member(np.zeros((6, 1), np.float32), np.array(classes), 3, SPEC, 1)


def test_importance_weights_are_those_of_the_objects_with_mean_one(tmp_path):
    write_table(tmp_path / "w.parquet", {"object_id": np.array(["a", "b", "c"]), "weight": np.array([1.0, 3.0, 9.0])})
    weight = importance_weights(tmp_path / "w.parquet", np.array(["b", "a"], dtype=object))
    assert weight.tolist() == [1.5, 0.5]
    with pytest.raises(DataError, match="none for 'd'"):
        importance_weights(tmp_path / "w.parquet", np.array(["b", "d"], dtype=object))


@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_start_adds_up_what_many_features_tell_a_little(classes):
    """200 weak features of equal worth: trees of four leaves see few of them, a linear start all."""
    rng = np.random.default_rng(8)
    labels = rng.integers(0, classes, 600)
    mean = 0.2 * rng.choice([-1, 1], (classes, 200))
    values = (rng.normal(size=(600, 200)) + mean[labels]).astype(np.float32)
    right = []
    for params in ({}, {"linear_start": 0.01}):
        spec = {**SPEC, "params": {**SPEC["params"], **params}}
        predict, importance = fit_member(values[:400], labels[:400], classes, spec, seed=1)
        right.append(np.mean(predict(values[400:]).argmax(axis=1) == labels[400:]))
        assert importance.shape == (200,)
    assert right[1] > right[0] + 0.1
    assert importance.min() > 0


@pytest.fixture
def two_kinds_of_others():
    """Features (900, 60), two classes (n,), and three kinds (n,): targets and two others, each high in 20 features."""
    rng = np.random.default_rng(6)
    kinds = rng.integers(0, 3, 900)
    centre = np.zeros((3, 60))
    centre[0, :20], centre[1, 20:40], centre[2, 40:] = 0.5, 0.5, 0.5
    return (rng.normal(size=(900, 60)) + centre[kinds]).astype(np.float32), np.minimum(kinds, 1), kinds


def with_start(values, classes, kinds=None):
    spec = {**SPEC, "params": {**SPEC["params"], "linear_start": 0.1}}
    return fit_member(values, classes, 2, spec, seed=1, kinds=kinds)[0]


def test_two_classes_begin_from_the_log_odds_of_a_model_that_tells_kinds_apart(two_kinds_of_others):
    values, classes, kinds = two_kinds_of_others
    member = with_start(values, classes, kinds)
    assert member.start.weights.shape == (60, 3)
    linear = learner("logistic", {})
    p = linear.predict_proba(member.start, values)[:, 0]
    np.testing.assert_allclose(linear.log_odds(member.start, values), np.log(p / (1 - p)), atol=1e-6)
    boosted = learner("lightgbm", {})
    margin = linear.log_odds(member.start, values)
    assert np.array_equal(member(values), boosted.predict_proba(member.model, values, margin=margin))


def test_without_kinds_a_linear_start_tells_the_classes_apart(two_kinds_of_others):
    values, classes, _ = two_kinds_of_others
    start = with_start(values, classes).start
    assert start.weights.shape == (60, 2)
    linear = learner("logistic", {})
    np.testing.assert_array_equal(linear.log_odds(start, values), linear.margins(start, values))


def test_a_linear_start_does_not_learn_from_rows_of_unknown_kind(two_kinds_of_others):
    values, classes, kinds = two_kinds_of_others
    unknown = np.arange(len(kinds)) >= 600
    some = with_start(values, classes, np.where(unknown, -1, kinds))
    fewer = with_start(values[:600], classes[:600], kinds[:600])
    assert np.array_equal(some.start.weights, fewer.start.weights)
    assert not np.array_equal(some(values), fewer(values))


def test_only_boosters_have_a_linear_start():
    spec = {**SPEC, "learner": "mlp", "params": {"hidden": 4, "linear_start": 0.1}}
    with pytest.raises(ConfigError, match="mlp has no parameter 'linear_start'"):
        fit_member(np.zeros((6, 1), np.float32), np.array([0, 0, 0, 1, 1, 1]), 2, spec, 1)
