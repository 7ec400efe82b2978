import csv

import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.io.tables import read_columns, read_units
from mallorn.simulate.logs import write_logs
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.passbands import LSST


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_logs_have_the_layout_of_the_challenge(survey):
    folder, truth = survey
    train, test = rows(folder / "train_log.csv"), rows(folder / "test_log.csv")
    shared = ["object_id", "Z", "Z_err", "EBV", "SpecType", "English Translation", "split"]
    assert list(train[0]) == [*shared, "target"]
    assert list(test[0]) == shared
    assert {row["Z_err"] for row in train} == {""}
    assert {row["SpecType"] for row in test} == {""}
    assert all(float(row["Z_err"]) > 0.0 for row in test)
    assert {row["target"] for row in train} == {"0", "1"}
    assert all((row["SpecType"] == "TDE") == (row["target"] == "1") for row in train)
    assert {row["split"] for row in train + test} == {"split_01", "split_02", "split_03"}
    ids = [row["object_id"] for row in train + test]
    assert sorted(ids) == sorted(truth["object_id"])
    assert len(set(ids)) == len(ids)
    assert all(row["English Translation"].count(" + ") == row["object_id"].count("_") == 2 for row in train)


def test_sample_submission_has_the_ids_of_the_test_log_in_order(survey):
    folder, _ = survey
    sample, test = rows(folder / "sample_submission.csv"), rows(folder / "test_log.csv")
    assert [row["object_id"] for row in sample] == [row["object_id"] for row in test]
    assert [list(row) for row in sample[:1]] == [["object_id", "prediction"]]
    assert {row["prediction"] for row in sample} == {"0"}


def test_redshifts_of_training_are_the_true_ones_to_four_digits(survey):
    _, truth = survey
    train = truth["set"] == "train"
    np.testing.assert_allclose(truth["log_redshift"][train], truth["redshift"][train], rtol=5.01e-4)
    pull = (truth["log_redshift"] - truth["redshift"])[~train] / truth["log_redshift_err"][~train]
    assert abs(pull.mean()) < 0.3
    assert 0.8 < pull.std() < 1.2
    error = truth["log_redshift_err"][~train] / (1.0 + truth["redshift"][~train])
    assert error == pytest.approx(np.full(len(error), 0.02), rel=0.15)


def test_truth_says_what_siblings_share(survey):
    _, truth = survey
    own = ["redshift", "start_mjd"]
    shared = ["spec_type", "rest_span", "magnitude"]
    for source in np.unique(truth["source"]):
        member = truth["source"] == source
        assert set(truth["set"][member]) == {"train", "test"}
        assert all(len(set(truth[name][member])) == 1 for name in shared)
        assert all(len(set(truth[name][member])) == member.sum() for name in own)
    np.testing.assert_allclose(truth["luminosity_distance"], luminosity_distance(truth["redshift"]))


def test_spans_of_sources_are_well_apart(survey, config):
    _, truth = survey
    spans = np.unique(truth["rest_span"])
    assert len(spans) == sum(config["sources"].values())
    assert np.diff(spans).min() > 0.3 * (config["rest_span"]["max"] - config["rest_span"]["min"]) / len(spans)


def test_peaks_lie_in_the_survey_and_on_the_grid(survey, config):
    _, truth = survey
    transient = truth["spec_type"] != "AGN"
    assert np.isnan(truth["peak_mjd"][~transient]).all()
    peak, start = truth["peak_mjd"][transient], truth["start_mjd"][transient]
    assert peak.min() > config["start_mjd"]
    assert peak.max() < config["start_mjd"] + 365.25 * config["years"]
    expected = start + (truth["rest_peak"] * (1.0 + truth["redshift"]))[transient]
    np.testing.assert_allclose(peak, expected)


def test_parameters_belong_to_their_type_and_have_units(survey):
    folder, truth = survey
    tde, agn = truth["spec_type"] == "TDE", truth["spec_type"] == "AGN"
    assert ((truth["temperature"][tde] >= 15_000.0) & (truth["temperature"][tde] <= 40_000.0)).all()
    assert np.isnan(truth["temperature"][~tde]).all()
    assert np.isfinite(truth["log_black_hole_mass"][agn]).all()
    assert np.isfinite(truth["hot"][~tde & ~agn]).all()
    units = read_units(folder / "truth.parquet")
    assert units["temperature"] == "K"
    assert units["luminosity_distance"] == "Mpc"


def test_objects_do_not_depend_on_the_number_of_splits(survey, config, tmp_path):
    _, truth = survey
    write_logs(config | {"n_splits": 5}, LSST, 7, tmp_path)
    other = read_columns(tmp_path / "truth.parquet")
    for name in set(truth) - {"split"}:
        np.testing.assert_array_equal(other[name], truth[name])
    assert len(set(other["split"])) == 5


def test_more_sources_leave_earlier_ones_as_they_are(survey, config, tmp_path):
    _, truth = survey
    write_logs(config | {"sources": config["sources"] | {"TDE": config["sources"]["TDE"] + 1}}, LSST, 7, tmp_path)
    other = read_columns(tmp_path / "truth.parquet")
    for name, values in truth.items():
        np.testing.assert_array_equal(other[name][: len(values)], values)


def test_another_seed_makes_another_survey(survey, config, tmp_path):
    _, truth = survey
    write_logs(config, LSST, 8, tmp_path)
    other = read_columns(tmp_path / "truth.parquet")
    assert not np.isin(other["redshift"], truth["redshift"]).any()


def test_a_survey_without_sources_is_refused(config, tmp_path):
    with pytest.raises(ConfigError, match="simulation.sources"):
        write_logs(config | {"sources": {"AGN": 0}}, LSST, 7, tmp_path)
