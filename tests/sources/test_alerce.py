"""Answers of the ALeRCE client in files: ZTF of both APIs, LSST, tables of objects, real samples."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alerce_written import DETECTIONS, FORCED, LIMITS, LSST, V2, A, B, many, write
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound, surveys

from mallorn.errors import ConfigError, DataError
from mallorn.sources import alerce

SUFFIXES = pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json"])


@SUFFIXES
def test_detections_have_the_sign_of_the_difference(tmp_path, suffix):
    batches = check(alerce.batches(write(tmp_path / f"detections{suffix}", DETECTIONS), {}))
    points = points_of(batches, A)
    np.testing.assert_allclose(points["flux"], [100.0, -(10**1.56)])
    np.testing.assert_allclose(points["flux_err"], [100 * 0.1 / 1.0857362, 10**1.56 * 0.2 / 1.0857362], rtol=1e-6)
    assert points["passband"].tolist() == ["ztf.g", "ztf.r"]
    assert points["detected"].tolist() == [1, 1]
    assert reasons_of(batches) == {"no magnitude": 1}
    assert rows_of(batches) == 3
    assert batches[0].about["flux"] == "difference"
    known = objects_of(batches)
    assert known[A]["ra"] % 360 == pytest.approx(0.0, abs=2e-4)
    assert known[A]["host_ps1_star_score"] == 0.1
    assert set(known) == {A, B}


@SUFFIXES
def test_corrected_magnitudes_are_used_where_they_can(tmp_path, suffix):
    batches = check(alerce.batches(write(tmp_path / f"x{suffix}", DETECTIONS), {"flux": "direct"}))
    np.testing.assert_allclose(points_of(batches)["flux"], [10 ** (0.4 * 6)])
    np.testing.assert_allclose(points_of(batches)["flux_err"], [10 ** (0.4 * 6) * 0.02 / 1.0857362], rtol=1e-6)
    assert reasons_of(batches) == {"magnitude could not be corrected": 1, "magnitude was not corrected": 1}
    assert batches[0].about["flux"] == "direct"


def test_of_an_exposure_the_detection_stays_and_limits_are_no_magnitudes(tmp_path):
    for name, rows in (("detections", DETECTIONS), ("non_detections", LIMITS), ("forced_photometry", FORCED)):
        write(tmp_path / f"{name}.parquet", rows)
    batches = check(alerce.batches(tmp_path, {}))
    points = points_of(batches, A)
    assert rows_of(batches) == len(DETECTIONS) + len(LIMITS) + len(FORCED)
    assert sorted(zip(points["mjd"], points["detected"], strict=True)) == [(58999.25, 0), (59000.25, 1), (59001.25, 1)]
    assert points["flux"][points["mjd"] == 58999.25] == pytest.approx(-(10 ** (0.4 * 2.9)))
    assert reasons_of(batches) == {
        "no magnitude": 2,
        "no limit": 1,
        "the same exposure as a detection": 2,
        "the same exposure as a forced measurement": 1,
        "procstatus is not sound": 1,
    }


@pytest.mark.parametrize("name", ["oid", None])
def test_a_light_curve_in_one_json_file(tmp_path, name):
    def bare(rows):
        return [{key: value for key, value in row.items() if key != "oid"} for row in rows if row["oid"] == A]

    curve = {"detections": bare(DETECTIONS), "non_detections": bare(LIMITS)} | ({name: A} if name else {})
    path = tmp_path / ("x.json" if name else f"{A}_lightcurve.json")
    batches = check(alerce.batches(write(path, curve), {}))
    points = points_of(batches, A)
    assert points["limit"].tolist() == [False, False, True]
    assert points["flux_err"][2] == pytest.approx(10 ** (0.4 * 3.5) / 5)
    assert points["detected"].tolist() == [1, 1, 0]
    assert rows_of(batches) == 4
    both = check(alerce.batches(write(tmp_path / "two.json", [curve | {"oid": "ZTF1"}, curve | {"oid": "ZTF2"}]), {}))
    assert set(objects_of(both)) == {"ZTF1", "ZTF2"}


def test_names_of_api_v2(tmp_path):
    batches = check(alerce.batches(write(tmp_path / "a.json", V2), {}))
    np.testing.assert_allclose(points_of(batches)["flux"], [100.0])
    assert objects_of(batches)[A]["host_reference_mag"] == 18.0


@SUFFIXES
def test_lsst_is_in_nanojansky_and_keeps_ids(tmp_path, suffix):
    path = write(tmp_path / f"lsst{suffix}", LSST)
    batches = check(alerce.batches(path, {}))
    assert list(objects_of(batches)) == ["313963405132693599"]
    np.testing.assert_allclose(points_of(batches)["flux"], [4.7876])
    assert points_of(batches)["passband"].tolist() == ["lsst.u"]
    assert batches[0].about["time"] == "MJD TAI"
    assert reasons_of(batches) == {"no passband": 1}
    np.testing.assert_allclose(points_of(check(alerce.batches(path, {"flux": "direct"})))["flux"], [9.0])


def test_snana_columns(tmp_path):
    rows = [
        {"SNID": "007", "MJD": 60000.0, "BAND": "Y", "FLUXCAL": 100.0, "FLUXCALERR": 10.0, "PHOTFLAG": 4096},
        {"SNID": "007", "MJD": 60001.0, "BAND": "LSST-g", "FLUXCAL": -99.0, "FLUXCALERR": 10.0, "PHOTFLAG": 0},
        {"SNID": "007", "MJD": 60001.0, "BAND": "g", "FLUXCAL": 1.0, "FLUXCALERR": 10.0, "PHOTFLAG": 1024 + 4096},
        {"SNID": "007", "MJD": -777.0, "BAND": "-", "FLUXCAL": 1.0, "FLUXCALERR": 10.0, "PHOTFLAG": 0},
    ]
    batches = check(alerce.batches(write(tmp_path / "x.parquet", rows), {}))
    points = points_of(batches, "007")
    np.testing.assert_allclose(points["flux"], [3.63078, -3.59447], rtol=1e-5)
    assert points["passband"].tolist() == ["lsst.y", "lsst.g"]
    assert points["detected"].tolist() == [1, 0]
    assert reasons_of(batches) == {"saturated": 1, "end of an object": 1}


def test_tables_of_objects_give_positions_and_labels(tmp_path):
    write(tmp_path / "detections.csv", DETECTIONS)
    catalogue = [{"oid": A, "meanra": 33.0, "meandec": -3.0, "class": "SN", "probability": 0.5}]
    write(tmp_path / "objects.csv", [*catalogue, {"oid": "ZTF3", "meanra": 1.0, "meandec": 1.0, "class": "AGN"}])
    (tmp_path / "types.csv").write_text(f"oid,classALeRCE\n{B},TDE\n")
    batches = check(alerce.batches(tmp_path, {}))
    known = objects_of(batches)
    assert (known[A]["ra"], known[A]["dec"], known[A]["label"]) == (33.0, -3.0, None)
    assert known[B]["label"] == "TDE"
    assert batches[-1].about["objects without light curves"] == "1"
    assert objects_of(check(alerce.batches(tmp_path, {"label": "class"})))[A]["label"] == "SN"
    alone = check(alerce.batches(tmp_path / "objects.csv", {}))
    assert objects_of(alone)["ZTF3"]["ra"] == 1.0
    assert rows_of(alone) == 0


@pytest.mark.parametrize("shuffled", [False, True])
def test_objects_are_whole_whatever_the_order_and_the_memory(tmp_path, shuffled):
    rows = many(5000, 40)
    rows = rows if shuffled else rows.sort_by("oid")
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=700)
    whole = points_of(check(alerce.batches(tmp_path, {})))
    parts = check(alerce.batches(tmp_path, {"rows_in_memory": 500}))
    assert len(parts) > 1
    assert rows_of(parts) == 5000
    several = points_of(parts)
    for points in (whole, several):
        order = np.lexsort((points["mjd"], points["object_id"].astype(str)))
        np.testing.assert_array_equal(np.sort(points["flux"]), np.sort(whole["flux"]))
        assert points["object_id"][order].tolist() == sorted(rows.column("oid").to_pylist())


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "x,y\n1,2\n", "magpsf"),
        ("a.csv", "oid,mjd,mjd,magpsf\n1,2,3,4\n", "twice"),
        ("a.csv", "", "header"),
        (
            "a.csv",
            "oid,mjd,magpsf,sigmapsf,fid,isdiffpos\nZ,59000,18,0.1,1,1\nZ,tomorrow,18,0.1,1,1\n",
            "line 3.*'mjd'",
        ),
        ("a.csv", "oid,mjd,magpsf\nZ,59000\n", "expected 3 values"),
        ("a.json", "3", "rows"),
        ("a.json", "[1, 2]", "rows"),
        ("a.json", '{"detections": {"mjd": 5}}', "rows"),
        ("a.json", '[{"oid": "a"', "JSON"),
        ("a.parquet", "no parquet", "Parquet"),
    ],
)
def test_what_is_no_light_curve_is_refused(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=words):
        check(alerce.batches(tmp_path / name, {}))


def test_ids_that_lost_their_digits_are_refused(tmp_path):
    rows = [LSST[0] | {"oid": 3.13963405132693599e17}]
    with pytest.raises(DataError, match="digits"):
        check(alerce.batches(write(tmp_path / "a.parquet", rows), {}))
    with pytest.raises(ConfigError, match="flux"):
        check(alerce.batches(tmp_path, {"flux": "total"}))


COLUMNS = ["oid", "mjd", "fid", "isdiffpos", "magpsf", "sigmapsf"]


@st.composite
def damaged(draw):
    """Return a table of detections with renamed, retyped, emptied or shuffled columns."""
    rows = many(30, 4, draw(st.integers(0, 9)))
    for name in draw(st.lists(st.sampled_from(COLUMNS), max_size=3, unique=True)):
        n, k = rows.num_rows, rows.column_names.index(name)
        kind = draw(st.sampled_from(["rename", "null", "nan", "text", "float32", "bytes", "time", "struct", "huge"]))
        column = {
            "rename": rows.column(k),
            "null": pa.nulls(n),
            "nan": pa.array(np.full(n, np.nan)),
            "text": rows.column(k).cast(pa.string()),
            "float32": pa.array(np.full(n, 1.5, dtype=np.float32)),
            "bytes": pa.array([b"\xff\xfe"] * n),
            "time": pa.array(np.zeros(n, dtype="datetime64[s]")),
            "struct": pa.array([{"a": 1}] * n),
            "huge": pa.array(np.full(n, 1e300)),
        }[kind]
        rows = rows.set_column(k, name + "_" if kind == "rename" else name, column)
    order = np.random.default_rng(draw(st.integers(0, 9))).permutation(rows.num_rows)
    return rows.take(pa.array(order)).slice(draw(st.integers(0, 30)))


@settings(max_examples=40, deadline=None)
@given(rows=damaged())
def test_any_table_is_read_or_refused(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "x.parquet"
    pq.write_table(rows, path)
    batches = sound(alerce, path, {"rows_in_memory": 10})
    if isinstance(batches, list):
        assert rows_of(batches) in (rows.num_rows, 0)
        assert rows_of(batches) or not rows.num_rows or "mjd" not in rows.column_names


@settings(max_examples=40, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1), suffix=st.sampled_from(["csv", "json", "parquet"]))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at, suffix):
    path = write(tmp_path_factory.mktemp("fault") / f"x.{suffix}", DETECTIONS)
    path.write_bytes(mangled(path.read_bytes(), fault, at))
    sound(alerce, path)


def test_real_files_are_as_expected():
    expected = json.loads(surveys("expected.json").read_text())
    for name in ("detections_sample.parquet", "lc_sample_wo_nev_comp.parquet"):
        batches = check(alerce.batches(surveys("alerce", name), {}))
        assert rows_of(batches) == expected[f"alerce/{name}"]["rows"]
        assert len(objects_of(batches)) == expected[f"alerce/{name}"]["objects"]
    batches = check(alerce.batches(surveys("alerce", "30_sne_detections_corr.csv"), {}))
    assert (rows_of(batches), len(objects_of(batches))) == (784, 30)
    points = points_of(batches, "ZTF18ablhqle")
    assert points["flux"][0] == pytest.approx(10 ** (-0.4 * (20.9083 - 23.9)))
    assert points["flux_err"][0] == pytest.approx(points["flux"][0] * 0.334612 / 1.0857362, rel=1e-6)
    assert (points_of(batches)["flux"] < 0).sum() == 1
    direct = check(alerce.batches(surveys("alerce", "30_sne_detections_corr.csv"), {"flux": "direct"}))
    assert points_of(direct, "ZTF18ablhqle")["flux"][0] == pytest.approx(10 ** (-0.4 * (19.633540945865033 - 23.9)))
    assert reasons_of(direct)["magnitude was not corrected"] == 362


def test_the_whole_real_folder_is_read():
    batches = check(alerce.batches(surveys("alerce"), {"rows_in_memory": 5000}))
    assert rows_of(batches) == 784 + 2586 + 23860
    assert len(objects_of(batches)) == 30 + 10 + 400
    assert reasons_of(batches) == {"saturated": 2}
    labelled = check(alerce.batches(surveys("alerce", "100_objects_labels.csv"), {}))
    assert objects_of(labelled)["ZTF17aaaorfd"]["label"] == "E"


@SUFFIXES
def test_a_table_without_rows_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write(path, DETECTIONS)
    if suffix == ".parquet":
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    else:
        path.write_text("[]" if suffix == ".json" else path.read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match="rows of light curves"):
        check(alerce.batches(path, {}))
