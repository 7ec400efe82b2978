"""What files tell of their objects, gathered to the metadata of a survey."""

import numpy as np
import pytest
from surveys import CONFIG

from mallorn.errors import DataError
from mallorn.ingest.known import Known, metadata_of, write_known

INGEST = CONFIG | {"photoz_error": 0.05, "labels": {"SNIa": "SN Ia"}, "held_out": 0.0}
NONE = np.array([None], dtype=object)


def objects(ids, labels, **further):
    n = len(ids)
    columns = {name: np.full(n, 0.1) for name in ("ra", "dec", "redshift", "redshift_err", "ebv")}
    columns |= {"object_id": np.array(ids, dtype=object), "redshift_kind": np.full(n, "spectroscopic", dtype=object)}
    return columns | {"label": np.array([*labels, None], dtype=object)[:-1], **further}


def written(tmp_path, splits):
    """Return {split: path} of known objects, {split: [columns of a file]}."""
    paths = {}
    for split, files in splits.items():
        known = Known()
        for k, columns in enumerate(files):
            known.add(f"{k}.csv", columns)
        paths[split] = tmp_path / f"{split}.parquet"
        write_known(paths[split], known.table(INGEST))
    return paths


def test_labelled_objects_are_the_training_set_and_others_the_test_set(tmp_path):
    mass = {"host_mass": np.array([9.5, 10.0])}
    paths = written(
        tmp_path,
        {
            "split_a": [objects(["z", "b"], ["TDE", None], **mass), objects(["c"], [None], host_name=NONE)],
            "split_b": [objects(["a"], ["SNIa"])],
        },
    )
    table = metadata_of(paths, ("train", "test"), INGEST)
    assert table["object_id"].tolist() == ["a", "z", "b", "c"]
    assert table["set"].tolist() == ["train", "train", "test", "test"]
    assert table["split"].tolist() == ["split_b", "split_a", "split_a", "split_a"]
    assert table["spec_type"].tolist() == ["SN Ia", "TDE", None, None]
    assert table["target"].tolist() == [0, 1, -1, -1]
    assert table["submission_row"].tolist() == [-1, -1, 0, 1]
    assert np.array_equal(table["host_mass"], [np.nan, 9.5, 10.0, np.nan], equal_nan=True)
    assert np.isnan(table["Z_err"]).all()  # spectroscopic
    assert 480 > table["luminosity_distance"][0] > 470


def test_new_objects_keep_their_labels_for_comparison_and_are_all_scored(tmp_path):
    paths = written(tmp_path, {"split_a": [objects(["b", "a"], ["TDE", None])]})
    table = metadata_of(paths, ("test",), INGEST)
    assert table["set"].tolist() == ["test", "test"]
    assert table["label"].tolist() == [None, "TDE"]
    assert "spec_type" not in table


def test_the_share_held_out_is_drawn_by_ids(tmp_path):
    ids = [f"SN{k}" for k in range(400)]
    paths = written(tmp_path, {"split_a": [objects(ids, ["TDE"] * 400)]})
    table = metadata_of(paths, ("train", "test"), INGEST | {"held_out": 0.25})
    held_out = set(table["object_id"][table["set"] == "test"])
    assert 70 < len(held_out) < 130
    assert all(kind is None for kind in table["spec_type"][table["set"] == "test"])
    half = written(tmp_path, {"split_b": [objects(ids[:200], ["TDE"] * 200)]})
    other = metadata_of(half, ("train", "test"), INGEST | {"held_out": 0.25})
    assert set(other["object_id"][other["set"] == "test"]) == held_out & set(ids[:200])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ((None, None), "expected objects with a label to train on, found none.*new_data"),
        (("TDE", "SNIa"), "expected test objects, found a label for every object.*ingest.held_out"),
    ],
)
def test_a_survey_without_labels_or_without_test_objects_is_refused_in_words(tmp_path, labels, message):
    paths = written(tmp_path, {"split_a": [objects(["a", "b"], labels)]})
    with pytest.raises(DataError, match=message):
        metadata_of(paths, ("train", "test"), INGEST)


def test_an_object_in_two_splits_is_an_error_that_says_how_to_read_them(tmp_path):
    paths = written(tmp_path, {"split_a": [objects(["a"], ["TDE"])], "split_b": [objects(["a"], ["TDE"])]})
    with pytest.raises(DataError, match="'a' in split_a and in split_b.*rows_of_object to folder"):
        metadata_of(paths, ("test",), INGEST)


def test_files_without_objects_make_an_empty_table(tmp_path):
    (path,) = written(tmp_path, {"split_a": []}).values()
    assert metadata_of({"split_a": path}, ("test",), INGEST)["object_id"].tolist() == []
