import logging

import numpy as np
import pytest

from mallorn.errors import ConfigError, DataError
from mallorn.io.tables import table_writer, write_table
from mallorn.learning.tables import feature_columns, importance_weights, read_feature_columns, read_features

NAMES = ["object_id", "Z", "Z_err", "EBV", "shape__rise", "shape__fall", "color__slope__u"]


def columns_of(log_columns, exclude):
    return {"log_columns": log_columns, "exclude": exclude}


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


def test_a_table_of_many_columns_is_read_as_one(tmp_path, caplog):
    columns = {f"x{k:03}": np.array([k, -k, 1e300 if k in (3, 150) else 0.0]) for k in range(200)}
    write_table(tmp_path / "t.parquet", {"object_id": np.array(["a", "b", "c"]), **columns})
    with caplog.at_level(logging.WARNING):
        table = read_feature_columns(tmp_path / "t.parquet", tuple(columns))
    assert table.values[0].tolist() == list(range(200))
    assert np.flatnonzero(table.values[2]).tolist() == [3, 150]
    assert caplog.messages[0].endswith("clipped in x003, x150")


def test_importance_weights_are_those_of_the_objects_with_mean_one(tmp_path):
    write_table(tmp_path / "w.parquet", {"object_id": np.array(["a", "b", "c"]), "weight": np.array([1.0, 3.0, 9.0])})
    weight = importance_weights(tmp_path / "w.parquet", np.array(["b", "a"], dtype=object))
    assert weight.tolist() == [1.5, 0.5]
    with pytest.raises(DataError, match="none for 'd'"):
        importance_weights(tmp_path / "w.parquet", np.array(["b", "d"], dtype=object))
