"""SNANA's FITS pairs: pointers and ends, flags, sentinels, types; plain and gzip, one and many."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_checks import damages, needs_surveys, read, real, rows_or_error
from snana_written import HEADS, curves, write_pair

from mallorn.errors import DataError
from mallorn.sources import snana

ZP_27_5 = 0.0363078055


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("flt", ["BAND", "FLT"])
@pytest.mark.parametrize("end", ["HEAD", "PHOT"])
def test_a_pair(tmp_path, packed, flt, end):
    path = write_pair(tmp_path, packed=packed, flt=flt)
    points, objects, aside, about = read(snana, path.with_name(path.name.replace("HEAD", end)))
    assert points["object_id"].tolist() == [HEADS[0], HEADS[0], HEADS[1], HEADS[1]]
    assert points["passband"].tolist() == ["lsst.g", "lsst.r", "des.i", "lsst.i"]
    assert points["flux"].tolist() == pytest.approx([10 * ZP_27_5, 30 * ZP_27_5, -4 * ZP_27_5, 7 * ZP_27_5])
    assert points["flux_err"].tolist() == pytest.approx([ZP_27_5, ZP_27_5, 0.5 * ZP_27_5, 0.5 * ZP_27_5])
    assert points["detected"].tolist() == [0, 1, -1, -1]
    assert aside == {"end of an object (MJD -777)": 2, "saturated (PHOTFLAG 1024)": 1}
    assert objects["object_id"].tolist() == HEADS
    assert objects["ra"].tolist() == [10.5] * 3
    assert objects["dec"].tolist() == [-9.0] * 3
    assert objects["redshift"].tolist() == pytest.approx([0.26, np.nan, 0.5], nan_ok=True)
    assert objects["redshift_kind"].tolist() == ["spectroscopic", "none", "photometric"]
    assert objects["label"].tolist() == ["TDE", "101", "SNIa"]
    assert objects["host_MAG_Y"].tolist() == pytest.approx([20.0, np.nan, np.nan], nan_ok=True)
    assert objects["host_OBJID"].tolist() == ["123456789012345678", None, None]
    assert about["survey"].startswith("lsst, by the header")


def test_settings_choose_types_redshifts_and_survey(tmp_path):
    path = write_pair(tmp_path)
    options = {"label": "SNTYPE", "types": {42: "SN II", 101: "SN Ia"}, "redshift": "REDSHIFT_HELIO", "survey": "ps1"}
    points, objects, aside, _ = read(snana, path, drop_saturated=False, passbands={"LSST-Y": "own.Y"}, **options)
    assert objects["label"].tolist() == ["SN II", "SN Ia", None]
    assert objects["redshift"][0] == pytest.approx(0.25)
    assert points["passband"].tolist() == ["ps1.g", "ps1.r", "own.Y", "des.i", "ps1.i"]
    assert aside == {"end of an object (MJD -777)": 2}
    with pytest.raises(DataError, match="'Z' .*REDSHIFT|a column 'Z'"):
        read(snana, path, redshift="Z")


@pytest.mark.parametrize("points", [1, 2, 3, 100])
def test_batches_hold_whole_objects(tmp_path, points):
    many = [[(60000.0 + k, "g", float(k), 1.0, 0) for k in range(n)] for n in (5, 1, 4)]
    path = write_pair(tmp_path, objects=many)
    found, objects, aside, _ = read(snana, path, points_per_batch=points)
    assert [np.sum(found["object_id"] == name) for name in HEADS] == [5, 1, 4]
    assert sorted(objects["object_id"]) == sorted(HEADS)
    assert sum(aside.values()) == 3


def test_a_folder_of_pairs(tmp_path):
    write_pair(tmp_path, "A", objects=curves()[:1])
    write_pair(tmp_path, "B", packed=True, objects=curves()[:1], SNID=np.array(["b"]))
    assert read(snana, tmp_path)[1]["object_id"].tolist() == [HEADS[0], "b"]
    write_pair(tmp_path, "C", objects=curves()[:1])
    with pytest.raises(DataError, match=r"'AA01' in A_HEAD\.FITS and C_HEAD\.FITS"):
        read(snana, tmp_path)


def test_survey_by_the_name_of_the_file(tmp_path):
    assert read(snana, write_pair(tmp_path, "DES_Ia", survey=None))[0]["passband"][0] == "des.g"
    about = read(snana, write_pair(tmp_path, "Other", survey=None))[3]
    assert about["survey"] == "lsst, not told by the file"


def test_ends_part_the_rows_where_pointers_do_not_fit(tmp_path):
    path = write_pair(tmp_path, objects=curves()[:2], PTROBS_MIN=np.array([11, 90]), PTROBS_MAX=np.array([13, 91]))
    points, _, _, about = read(snana, path)
    assert points["object_id"].tolist() == [HEADS[0], HEADS[0], HEADS[1], HEADS[1]]
    assert "do not fit" in about["rows of objects"]


@pytest.mark.parametrize(
    ("first", "last"),
    [([1, 5], [4, 7]), ([1, 2], [4, 3]), ([1, 90], [3, 99]), ([-5, 5], [3, 6]), ([2, 7], [4, 7])],
)
def test_pointers_that_fit_nothing(tmp_path, first, last):
    path = write_pair(tmp_path, objects=curves()[:2], PTROBS_MIN=np.array(first), PTROBS_MAX=np.array(last))
    with pytest.raises(DataError, match="do not fit each other"):
        read(snana, path)


def test_pointers_in_another_order_than_rows(tmp_path):
    path = write_pair(tmp_path, objects=curves()[:2], PTROBS_MIN=np.array([5, 1]), PTROBS_MAX=np.array([6, 3]))
    for most in (1, 100):
        points = read(snana, path, points_per_batch=most)[0]
        assert points["mjd"][points["object_id"] == HEADS[0]].tolist() == [60003.1, 60003.1]


def test_what_is_no_pair(tmp_path):
    path = write_pair(tmp_path)
    other = path.with_name(path.name.replace("HEAD", "PHOT"))
    for name, file in (("x", other), ("y", path)):
        (tmp_path / f"{name}_HEAD.FITS").write_bytes(file.read_bytes())
        (tmp_path / f"{name}_PHOT.FITS").write_bytes(file.read_bytes())
    with pytest.raises(DataError, match="a column 'SNID'"):
        read(snana, tmp_path / "x_HEAD.FITS")
    with pytest.raises(DataError, match="a column MJD"):
        read(snana, tmp_path / "y_HEAD.FITS")
    other.unlink()
    with pytest.raises(DataError, match=r"ELASTICC2_TRAIN_PHOT\.FITS"):
        read(snana, path)
    with pytest.raises(DataError, match="a pair"):
        read(snana, tmp_path / "nothing")
    (tmp_path / "z.fits").write_bytes(b"")
    with pytest.raises(DataError, match="the HEAD file"):
        read(snana, tmp_path / "z.fits")
    again = write_pair(tmp_path, "twice", SNID=np.array(["a", "a", "b"]))
    with pytest.raises(DataError, match="'a' twice"):
        read(snana, again)
    with pytest.raises(DataError, match="pairs without any"):
        read(snana, write_pair(tmp_path, "none", objects=[]))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("end", ["HEAD", "PHOT"])
def test_damaged_files_are_read_or_refused(tmp_path, packed, end):
    head = write_pair(tmp_path, packed=packed)
    path = head.with_name(head.name.replace("HEAD", end))
    data, rng = path.read_bytes(), np.random.default_rng(2)
    refused = 0
    for damaged in damages(data, rng, 40):
        path.write_bytes(damaged)
        refused += rows_or_error(snana, head) is None
    assert refused > 10


VALUES = st.sampled_from([0.0, 5.0, float("nan"), float("inf"), -777.0, 1e30, 59000.0])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    objects=st.lists(
        st.lists(
            max_size=6,
            elements=st.tuples(VALUES, st.sampled_from(["g", "-", "", "W"]), VALUES, VALUES, st.integers(0, 8191)),
        ),
        min_size=1,
        max_size=3,
    ),
    packed=st.booleans(),
    most=st.sampled_from([1, 4, 1000]),
)
def test_every_row_is_a_point_or_set_aside(tmp_path, objects, packed, most):
    rows = rows_or_error(snana, write_pair(tmp_path, objects=objects, packed=packed), points_per_batch=most)
    if any(row[0] == -777.0 for points in objects for row in points):
        assert rows is None
    else:
        assert rows == sum(len(points) + bool(points) for points in objects)


@needs_surveys
def test_real_pairs_match_their_readme():
    expected = json.loads(real("expected.json").read_text())
    for name in ("snana/DES_Ia-0001_HEAD.FITS", "snana/snana_fits_example_head.fits"):
        one, survey = expected[name], "des" if "DES" in name else "snls"
        for most in (1000, 10**6):
            points, objects, aside, _ = read(snana, real(name), points_per_batch=most)
            assert len(objects["object_id"]) == one["objects"]
            assert len(points["mjd"]) == one["points"]
            assert aside["end of an object (MJD -777)"] == one["rows_in_phot"] - one["points"]
            first = one["first"]
            at = points["object_id"] == str(first["snid"])
            assert at.sum() == first["n"]
            of = {key: values[objects["object_id"] == str(first["snid"])][0] for key, values in objects.items()}
            assert of["ra"] == pytest.approx(first["ra"], abs=1e-6)
            assert of["dec"] == pytest.approx(first["dec"], abs=1e-6)
            assert of["redshift"] == pytest.approx(first["z_final"], abs=1e-6)
            assert of["redshift_kind"] == "spectroscopic"
            assert of["ebv"] == pytest.approx(first["mwebv"], abs=1e-6)
            assert points["mjd"][at][0] == pytest.approx(first["mjd"], abs=1e-6)
            assert points["passband"][at][0] == f"{survey}.{first['band']}"
            assert points["flux"][at][0] == pytest.approx(first["flux_uJy"], abs=1e-6)
            assert points["flux_err"][at][0] == pytest.approx(first["flux_err_uJy"], abs=1e-6)


@needs_surveys
def test_the_folder_of_real_pairs():
    points, objects, aside, _ = read(snana, real("snana"))
    assert len(objects["object_id"]) == 202
    assert len(points["mjd"]) + sum(aside.values()) == 12717 + 97
