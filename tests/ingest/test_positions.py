"""Positions and hosts in the logs, and where they go from there; what can be wrong with them is in bad_inputs.py."""

import numpy as np
import pytest
from bad_inputs import with_columns
from dust_written import write_sfd
from surveys import CONFIG, LOG, SAMPLE, TEST, ingest, read_split, sound_survey, write_survey

from mallorn.ingest.metadata import read_logs, read_unlabelled, write_logs
from mallorn.ingest.positions import known_of, redshift_kind
from mallorn.io.tables import read_columns, read_units
from mallorn.sources.kaggle import metadata_digest

SPLITS = ["split_01", "split_02"]


def logs_of(folder, *edits):
    files = sound_survey()
    for edit in edits:
        edit(files)
    survey = write_survey(files, folder)
    return read_logs(survey / LOG, survey / TEST, survey / SAMPLE, SPLITS, CONFIG)


def test_logs_without_them_give_the_columns_they_always_gave(tmp_path):
    columns = ["object_id", "set", "split", "Z", "Z_err", "EBV", "luminosity_distance"]
    assert list(logs_of(tmp_path)) == [*columns, "spec_type", "target", "submission_row"]


def test_positions_of_both_logs_in_any_case(tmp_path):
    logs = logs_of(
        tmp_path,
        with_columns(LOG, "RA,DEC", ["0,90", "359.9999,-90", ","]),
        with_columns(TEST, "Dec,Ra", ["-5.5,10.25", "NaN,", "1e1,2"]),
    )
    np.testing.assert_array_equal(logs["ra"], [0, 359.9999, np.nan, 10.25, np.nan, 2])
    np.testing.assert_array_equal(logs["dec"], [90, -90, np.nan, -5.5, np.nan, 10])


def test_positions_of_one_log_leave_the_other_unknown(tmp_path):
    logs = logs_of(tmp_path, with_columns(TEST, "ra,dec", ["1,2", "3,4", "5,6"]))
    np.testing.assert_array_equal(logs["ra"], [np.nan, np.nan, np.nan, 1, 3, 5])


def test_host_columns_are_numbers_where_all_is_one_and_text_elsewhere(tmp_path):
    logs = logs_of(
        tmp_path,
        with_columns(LOG, "host_z,host_name,host_id", ["0.1, NGC 1 ,1237648720693755918", ",12,2", "0.3,,"]),
        with_columns(TEST, "host_mag,host_name,host_z", ["17.5,13,", "NA,NA,0.5", ",,1e-2"]),
    )
    np.testing.assert_array_equal(logs["host_z"], [0.1, np.nan, 0.3, np.nan, 0.5, 0.01])
    np.testing.assert_array_equal(logs["host_mag"], [np.nan] * 3 + [17.5, np.nan, np.nan])
    assert list(logs["host_name"]) == ["NGC 1", "12", None, "13", None, None]
    assert list(logs["host_id"]) == ["1237648720693755918", "2", None, None, None, None]  # too long for a float


def test_they_are_kept_with_their_units(tmp_path):
    logs = logs_of(tmp_path, with_columns(LOG, "ra,dec,host_name", ["1,2,a", ",,", "5,6,c"]))
    write_logs(tmp_path / "metadata.parquet", logs)
    back = read_columns(tmp_path / "metadata.parquet")
    for name in ("ra", "dec", "host_name"):
        np.testing.assert_array_equal(back[name], logs[name])
    units = read_units(tmp_path / "metadata.parquet")
    assert (units["ra"], units["dec"]) == ("deg", "deg")


def test_new_objects_have_them_too(tmp_path):
    files = sound_survey()
    with_columns(TEST, "ra,dec,host_z", ["1,2,0.1", ",,", "5,6,0.2"])(files)
    survey = write_survey(files, tmp_path)
    columns = read_unlabelled(survey / TEST, SPLITS, CONFIG)
    np.testing.assert_array_equal(columns["ra"], [1, np.nan, 5])
    np.testing.assert_array_equal(columns["host_z"], [0.1, np.nan, 0.2])


def test_a_missing_reddening_comes_from_the_map_in_metadata_and_light_curves_alike(tmp_path, caplog):
    files = sound_survey()
    with_columns(TEST, "ra,dec", ["192.85948,27.12825", "1,2", "5,6"])(files)
    files[TEST] = files[TEST].replace("0.03,0.05,", "0.03,,", 1)
    files[LOG] = files[LOG].replace("0.2,,0.03,", "0.2,,,", 1)
    folder = write_sfd(tmp_path / "sfd", north=0.2, south=0.5)
    config = CONFIG | {"dust_map": {"name": "sfd", "folder": str(folder)}}
    ingest(write_survey(files, tmp_path / "survey"), tmp_path / "results", config)
    logs = read_columns(tmp_path / "results" / "metadata.parquet")
    np.testing.assert_allclose(logs["EBV"], [0.02, 0, 0.04, 0.172, 0.06, 0.07], rtol=1e-6)
    lc = read_split(tmp_path / "results", "split_01")[0]
    assert dict(zip(lc.object_id, lc.ebv, strict=True)) == pytest.approx({"a": 0.02, "b": 0, "x": 0.172}, rel=1e-6)
    assert "1 of 6 objects have no E(B-V)" in caplog.text


@pytest.mark.parametrize(
    ("new", "changed"),
    [(["1,2,a", "3,4,b", "5,7,c"], (False, True)), (["1,2,a", "3,4,other", "5,6,c"], (False, False))],
)
def test_a_moved_object_is_ingested_again_and_another_host_is_not(tmp_path, new, changed):
    digests = []
    for folder, rows in (("before", ["1,2,a", "3,4,b", "5,6,c"]), ("after", new)):
        files = sound_survey()
        with_columns(LOG, "RA,dec,host_name", rows)(files)
        survey = write_survey(files, tmp_path / folder)
        digests.append([metadata_digest(survey, split) for split in SPLITS])
    assert tuple(one != other for one, other in zip(*digests, strict=True)) == changed


def test_kinds_of_redshifts():
    table = {"Z": np.array([0.1, 0.1, np.nan]), "Z_err": np.array([np.nan, 0.02, np.nan])}
    assert list(redshift_kind(table)) == ["spectroscopic", "photometric", "none"]
    given = np.array(["none", "photometric", "none"], dtype=object)
    assert list(redshift_kind(table | {"redshift_kind": given})) == list(given)


def test_what_is_known_is_told_of_any_objects_in_any_order():
    """A table as a source of any format may return it: with kinds of redshifts of its own."""
    table = {
        "object_id": np.array(["a", "b", "c"], dtype=object),
        "Z": np.array([0.1, np.nan, 0.3]),
        "Z_err": np.array([0.01, np.nan, np.nan]),
        "EBV": np.zeros(3),
        "redshift_kind": np.array(["spectroscopic", "none", "photometric"], dtype=object),
        "ra": np.array([1.0, 2.0, np.nan]),
        "dec": np.array([-1.0, -2.0, np.nan]),
        "host_name": np.array(["x", None, "z"], dtype=object),
        "hostess": np.zeros(3),
    }
    known = known_of(table, ["c", "a"])
    assert list(known) == ["redshift", "redshift_err", "redshift_kind", "ra", "dec", "host_name"]
    np.testing.assert_array_equal(known["redshift"], [0.3, 0.1])
    assert list(known["redshift_kind"]) == ["photometric", "spectroscopic"]
    np.testing.assert_array_equal(known["dec"], [np.nan, -1.0])
    assert list(known["host_name"]) == ["z", "x"]
