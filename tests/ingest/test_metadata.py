"""What the joined table of both logs holds; everything that can be wrong with a log is in bad_inputs.py."""

import os
from pathlib import Path

import numpy as np
import pytest
from surveys import CONFIG, LOG, SAMPLE, TEST, sound_survey, write_survey

from mallorn.ingest.metadata import read_logs, write_logs
from mallorn.io.tables import read_columns, read_units
from mallorn.sources.kaggle import splits
from mallorn.survey.cosmology import luminosity_distance

SPLITS = ["split_01", "split_02"]


@pytest.fixture
def survey(tmp_path):
    return write_survey(sound_survey(), tmp_path)


def test_both_logs_in_log_order(survey):
    logs = read_logs(survey / LOG, survey / TEST, survey / SAMPLE, SPLITS, CONFIG)
    assert list(logs["object_id"]) == ["a", "b", "c", "x", "y", "z"]
    assert list(logs["set"]) == ["train"] * 3 + ["test"] * 3
    assert list(logs["split"]) == ["split_01", "split_01", "split_02", "split_01", "split_02", "split_02"]
    assert list(logs["spec_type"]) == ["TDE", "SN Ia", "AGN", None, None, None]
    np.testing.assert_array_equal(logs["Z"], [0.1, 0.2, 0.3, 0.4, 0.5, -0.01])
    np.testing.assert_array_equal(logs["Z_err"], [np.nan, np.nan, np.nan, 0.03, 0.04, 0.05])
    np.testing.assert_array_equal(logs["EBV"], [0.02, 0.03, 0.04, 0.05, 0.06, 0.07])
    np.testing.assert_array_equal(logs["target"], [1, 0, 0, -1, -1, -1])
    np.testing.assert_array_equal(logs["submission_row"], [-1, -1, -1, 1, 2, 0])
    np.testing.assert_array_equal(logs["luminosity_distance"], luminosity_distance(logs["Z"]))


@pytest.mark.parametrize("text", ["", "-9", "-99.0", "-999", "-9999", "999", "NaN", "null"])
def test_an_object_may_lack_a_redshift_and_the_log_says_how_many_do(survey, caplog, text):
    for path, old in ((TEST, "x,0.4,"), (LOG, "b,0.2,")):
        content = (survey / path).read_text()
        assert old in content
        (survey / path).write_text(content.replace(old, f"{old[:2]}{text},"))
    logs = read_logs(survey / LOG, survey / TEST, survey / SAMPLE, SPLITS, CONFIG)
    lacks = [False, True, False, True, False, False]
    for name in ("Z", "luminosity_distance"):
        assert np.isnan(logs[name]).tolist() == lacks
    assert np.isnan(logs["Z_err"]).tolist() == [True, True, True, True, False, False]  # the error of nothing is dropped
    assert "1 of 3 test objects have no redshift (Z empty, -9 or the like): they are scored by" in caplog.text
    assert "1 of 3 training objects have no redshift" in caplog.text


def test_file_keeps_types_and_units(survey, tmp_path):
    logs = read_logs(survey / LOG, survey / TEST, survey / SAMPLE, SPLITS, CONFIG)
    write_logs(tmp_path / "metadata.parquet", logs)
    back = read_columns(tmp_path / "metadata.parquet")
    assert list(back) == list(logs)
    for name, values in logs.items():
        assert back[name].dtype == values.dtype
        np.testing.assert_array_equal(back[name], values)
    assert read_units(tmp_path / "metadata.parquet") == {"EBV": "mag", "luminosity_distance": "Mpc"}


def test_without_sample_submission_the_test_log_gives_the_order(survey, caplog):
    with caplog.at_level("INFO"):
        logs = read_logs(survey / LOG, survey / TEST, None, SPLITS, CONFIG)
    np.testing.assert_array_equal(logs["submission_row"], [-1, -1, -1, 0, 1, 2])
    assert "no sample submission" in caplog.text


def test_labels_of_the_test_log_are_not_read(tmp_path):
    files = sound_survey()
    files[TEST] = files[TEST].replace(",,river", ",TDE,river")
    survey = write_survey(files, tmp_path)
    assert read_logs(survey / LOG, survey / TEST, None, SPLITS, CONFIG)["spec_type"][3] is None


@pytest.mark.skipif("MALLORN_DATA" not in os.environ, reason="MALLORN_DATA, the folder of the real survey, is not set")
def test_real_logs():
    survey = Path(os.environ["MALLORN_DATA"])
    logs = read_logs(survey / LOG, survey / TEST, survey / SAMPLE, splits(survey), CONFIG)
    assert len(logs["object_id"]) == 10178
    assert set(logs["target"]) == {-1, 0, 1}
    assert np.isnan(logs["Z_err"][logs["set"] == "train"]).all()
    assert np.isfinite(logs["Z_err"][logs["set"] == "test"]).all()
    assert sorted(logs["submission_row"][logs["set"] == "test"]) == list(range((logs["set"] == "test").sum()))
