"""Supernovae of ZTF's Bright Transient Survey: small files written here, and the real ones."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound, surveys

from mallorn.errors import DataError
from mallorn.sources import bts

CURVE = (
    "time,mag,magerr,band\n58438.5,18.9,0.1,R\n58439.5,19.4,0.2,g\n58440.5,,0.2,g\n58441.5,19.0,0.0,i\n58442,19,0.1,z\n"
)
KNOWN = """
ZTFID,IAUID,RA,Dec,peakt,type,redshift,b,A_V
ZTF1,SN2020adv,08:29:47.59,+33:54:22.8,879.69,SN Ia,0.062,34.1,0.106
ZTF2,SN2020chl,11:43:06.37,-00:34:30.5,891.92,SN Ia-91T,-,70.3,-
"""


def survey(folder):
    for k in (1, 2, 3):
        (folder / f"ZTF{k}.csv").write_text(CURVE)
    (folder / "bts.csv").write_text(KNOWN)
    return folder


def test_points_and_what_is_known(tmp_path):
    batches = check(bts.batches(survey(tmp_path), {}))
    points = points_of(batches, "ZTF1")
    np.testing.assert_allclose(points["flux"], [100.0, 10 ** (0.4 * 4.5)])
    np.testing.assert_allclose(points["flux_err"], points["flux"] * [0.1, 0.2] / 1.0857362, rtol=1e-6)
    assert points["passband"].tolist() == ["ztf.r", "ztf.g"]
    assert points["detected"].tolist() == [1, 1]
    assert rows_of(batches) == 15
    assert reasons_of(batches) == {"no flux": 3, "flux error not above 0": 3, "passband 'z' is not known": 3}
    known = objects_of(batches)
    assert known["ZTF1"]["ra"] == pytest.approx(127.448292, abs=1e-6)
    assert known["ZTF2"]["dec"] == pytest.approx(-0.575139, abs=1e-6)
    assert (known["ZTF1"]["redshift"], known["ZTF1"]["redshift_kind"]) == (0.062, "spectroscopic")
    assert known["ZTF1"]["ebv"] == pytest.approx(0.106 / 3.1)
    assert (known["ZTF2"]["redshift_kind"], known["ZTF2"]["label"]) == ("none", "SN Ia-91T")
    assert (known["ZTF3"]["redshift_kind"], known["ZTF3"]["label"]) == ("none", None)


def test_one_file_and_a_catalogue_elsewhere(tmp_path):
    survey(tmp_path)
    assert objects_of(check(bts.batches(tmp_path / "ZTF1.csv", {})))["ZTF1"]["redshift"] == 0.062
    (tmp_path / "bts.csv").rename(tmp_path / "other.txt")
    batches = check(bts.batches(tmp_path, {"catalogue": str(tmp_path / "other.txt")}))
    assert objects_of(batches)["ZTF1"]["redshift"] == 0.062
    without = check(bts.batches(tmp_path, {"rows_in_memory": 4}))
    assert len(without) == 3
    assert "none" in without[0].about["catalogue"]
    with pytest.raises(DataError, match="setting catalogue"):
        check(bts.batches(tmp_path, {"catalogue": "nowhere.csv"}))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ZTF1.csv", "", "header"),
        ("ZTF1.csv", "time,mag,magerr,filter\n", "time, mag, magerr, band"),
        ("ZTF1.csv", "time,mag,magerr,band\n5,late,0.1,g\n", "line 2, column 'mag'"),
        ("bts.csv", "name,z\n", "redshift"),
    ],
)
def test_other_columns_are_refused(tmp_path, name, content, words):
    (survey(tmp_path) / name).write_text(content)
    with pytest.raises(DataError, match=words):
        check(bts.batches(tmp_path, {}))


def test_an_object_without_points_and_a_folder_without_objects(tmp_path):
    (tmp_path / "ZTF9.csv").write_text("time,mag,magerr,band\n")
    assert list(objects_of(check(bts.batches(tmp_path, {})))) == ["ZTF9"]
    (tmp_path / "ZTF9.csv").unlink()
    (tmp_path / "bts.csv").write_text(KNOWN)
    with pytest.raises(DataError, match="alone"):
        check(bts.batches(tmp_path, {}))


@settings(max_examples=60, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1), name=st.sampled_from(["ZTF1.csv", "bts.csv"]))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at, name):
    folder = survey(tmp_path_factory.mktemp("fault"))
    (folder / name).write_bytes(mangled((folder / name).read_bytes(), fault, at))
    batches = sound(bts, folder)
    assert not isinstance(batches, list) or name != "bts.csv" or rows_of(batches) == 15


def test_shuffled_rows_give_the_same_points(tmp_path):
    (tmp_path / "a.csv").write_text(CURVE)
    head, *rows = CURVE.splitlines()
    (tmp_path / "b.csv").write_text("\n".join([head, *rows[::-1]]))
    batches = check(bts.batches(tmp_path, {}))
    one, other = points_of(batches, "a"), points_of(batches, "b")
    np.testing.assert_array_equal(one["flux"], other["flux"][::-1])


def test_real_supernovae_are_as_expected():
    expected = json.loads(surveys("expected.json").read_text())["bts_snia"]
    batches = check(bts.batches(surveys("bts_snia"), {}))
    known = objects_of(batches)
    assert set(known) == set(expected)
    assert rows_of(batches) == sum(numbers["points"] for numbers in expected.values())
    for name, numbers in expected.items():
        points = points_of(batches, name)
        assert len(points["mjd"]) == numbers["points"]
        assert known[name]["redshift"] == float(numbers["z"])
        assert known[name]["label"].startswith("SN Ia")
        first = numbers["first"]
        at = np.argmin(points["mjd"])
        assert points["mjd"][at] == pytest.approx(first["mjd"], abs=1e-6)
        assert points["flux"][at] == pytest.approx(first["flux_uJy"], abs=1e-5)
        assert points["flux_err"][at] == pytest.approx(first["flux_err_uJy"], rel=1e-5)
        assert points["passband"][at] == {"R": "ztf.r", "g": "ztf.g"}[first["band"]]
