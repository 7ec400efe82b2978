import numpy as np
import pytest

from mallorn.io.tables import write_table
from mallorn.report.drivers import driver_rows, read_context

LABELS = {"object_id": np.array(["a", "b", "c"], dtype=object), "target": np.array([1, 0, 0])}
SETTINGS = {"features": {}, "compared": 2, "drivers": 2}


@pytest.fixture
def paths(tmp_path):
    """Feature tables of three training objects and a test object, and importances of two features."""
    train = {"object_id": LABELS["object_id"], "x": np.array([1.0, 4.0, 6.0]), "y": np.array([0.0, 1.0, np.nan])}
    write_table(tmp_path / "train.parquet", train)
    write_table(
        tmp_path / "test.parquet", {**{k: v[:1] for k, v in train.items()}, "object_id": np.array(["t"], dtype=object)}
    )
    write_table(
        tmp_path / "importance.parquet",
        {"feature": np.array(["y", "x"], dtype=object), "importance": np.array([3.0, 1.0])},
    )
    names = ("train", "test")
    return {name: tmp_path / f"{name}.parquet" for name in names} | {
        "importance": [tmp_path / "importance.parquet"],
        "explanations": None,
    }


def test_typical_values_are_those_of_the_class_sought_and_of_the_others(paths):
    context = read_context(["t"], paths, LABELS, SETTINGS, {"target": "SN Ia", "threshold": 0.3})
    assert context.compared == ["y", "x"]
    assert context.typical["x"][0] == (1.0, 1.0)
    assert context.typical["x"][1] == pytest.approx((4.32, 5.68))
    made = driver_rows("t", context)
    assert "training objects of class SN Ia" in made["text"]
    assert [row["title"] for row in made["rows"]] == ["y", "x"]
    assert context.neighbours("t", 2)[0][0] == "a"


def test_a_model_that_reads_no_features_has_no_drivers_and_no_neighbours(paths, tmp_path):
    write_table(tmp_path / "importance.parquet", {"feature": np.array([], dtype=object), "importance": np.zeros(0)})
    context = read_context(["t"], paths, LABELS, SETTINGS, {"target": "TDE", "threshold": 0.3})
    assert driver_rows("t", context)["rows"] == []
    assert context.neighbours("t", 2) == []
