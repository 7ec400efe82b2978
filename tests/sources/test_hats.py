"""Nested light curves: structs of lists, lists of structs, light curves in lists; every point accounted for."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_checks import damages, needs_surveys, read, real, rows_or_error

from mallorn.errors import DataError
from mallorn.sources import hats

LONG = 170028500555406485
POINTS = [
    [(60000.0, "g", 1000.0, 100.0), (60001.0, "r", -2000.0, 100.0)],
    None,
    [],
    [(60002.0, "Y", 3000.0, 100.0), (60003.0, "i", None, 100.0)],
]
FIELDS = ("midpointMjdTai", "band", "psfDiffFlux", "psfDiffFluxErr")
TYPES = (pa.float64(), pa.string(), pa.float32(), pa.float32())


def nested(form, points=POINTS):
    """Return a nested Arrow column of lists of points."""
    if form == "list":
        kind = pa.list_(pa.struct(list(zip(FIELDS, TYPES, strict=True))))
        rows = [None if row is None else [dict(zip(FIELDS, p, strict=True)) for p in row] for row in points]
        return pa.array(rows, type=kind)
    kind = pa.struct([(name, pa.list_(part)) for name, part in zip(FIELDS, TYPES, strict=True)])
    rows = [None if row is None else {name: [p[k] for p in row] for k, name in enumerate(FIELDS)} for row in points]
    return pa.array(rows, type=kind)


def write(path, form="struct", points=POINTS, **further):
    n = len(points)
    columns = {
        "_healpix_29": pa.array(range(n)),
        "diaObjectId": pa.array([LONG + k for k in range(n)]),
        "ra": pa.array([10.0 + k for k in range(n)]),
        "dec": pa.array([-9.0] * n),
        "diaObjectForcedSource": nested(form, points),
    }
    pq.write_table(pa.table(columns | further), path)
    return path


@pytest.mark.parametrize("form", ["struct", "list"])
@pytest.mark.parametrize("most", [1, 3, 1000])
def test_points_and_objects(tmp_path, form, most):
    points, objects, aside, about = read(hats, write(tmp_path / "a.parquet", form), points_per_batch=most)
    assert points["object_id"].tolist() == [str(LONG), str(LONG), str(LONG + 3)]
    assert points["mjd"].tolist() == [60000.0, 60001.0, 60002.0]
    assert points["passband"].tolist() == ["lsst.g", "lsst.r", "lsst.y"]
    assert points["flux"].tolist() == pytest.approx([1.0, -2.0, 3.0])
    assert objects["object_id"].tolist() == [str(LONG + k) for k in range(4)]
    assert objects["ra"].tolist() == [10.0, 11.0, 12.0, 13.0]
    assert aside == {"no flux": 1}
    assert (about["time"], about["flux"]) == ("MJD TAI", "difference")


def test_light_curves_within_lists(tmp_path):
    curve = pa.struct(
        [("hmjd", pa.float64()), ("mag", pa.float32()), ("magerr", pa.float32()), ("catflags", pa.int32())]
    )
    kind = pa.struct(
        [("objectid", pa.list_(pa.int64())), ("filterid", pa.list_(pa.int8())), ("lc", pa.list_(pa.list_(curve)))]
    )
    first = [{"hmjd": 58000.0 + k, "mag": 18.9, "magerr": 0.1, "catflags": 32768 * (k == 1)} for k in range(3)]
    second = [{"hmjd": 58100.0, "mag": 21.4, "magerr": 0.1, "catflags": 0}]
    rows = [
        {"objectid": [1, 2], "filterid": [1, 2], "lc": [first, second]},
        None,
        {"objectid": [], "filterid": [], "lc": []},
    ]
    pq.write_table(pa.table({"OID": [1, 2, 3], "ztf": pa.array(rows, type=kind)}), tmp_path / "a.parquet")
    points, objects, aside, about = read(hats, tmp_path)
    assert points["object_id"].tolist() == ["1"] * 3
    assert points["passband"].tolist() == ["ztf.g", "ztf.g", "ztf.r"]
    assert points["flux"].tolist() == pytest.approx([100.0, 100.0, 10.0], rel=1e-5)
    assert objects["object_id"].tolist() == ["1", "2", "3"]
    assert aside == {"catflags & 32768": 1}
    assert about["time"] == "MJD heliocentric"


def test_a_catalogue_of_partitions(tmp_path):
    for k in range(2):
        folder = tmp_path / "dataset" / f"Norder={k}"
        folder.mkdir(parents=True)
        ids = pa.array([4 * k + j for j in range(4)])
        write(folder / f"Npix={k}.parquet", diaObjectId=ids)
    (tmp_path / "dataset" / "_metadata").write_bytes(b"not read")
    assert read(hats, tmp_path)[1]["object_id"].tolist() == [str(k) for k in range(8)]
    write(tmp_path / "dataset" / "margin.parquet", diaObjectId=pa.array([7, 8, 9, 10]))
    with pytest.raises(DataError, match="without its margin"):
        read(hats, tmp_path)


def test_which_column_is_nested(tmp_path):
    other = nested("list", [[(1.0, "g", 1.0, 1.0)]] * 4)
    path = write(tmp_path / "a.parquet", aaa=other)
    assert read(hats, path)[3]["nested"] == "diaObjectForcedSource"
    assert read(hats, path, nested="aaa")[0]["mjd"].tolist() == [1.0] * 4
    with pytest.raises(DataError, match="nested column 'b'"):
        read(hats, path, nested="b")
    pq.write_table(pa.table({"id": [1], "x": pa.array([[1.0]])}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="reader `table`"):
        read(hats, tmp_path / "b.parquet")
    pq.write_table(pa.table({"aaa": other}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="object_columns"):
        read(hats, tmp_path / "c.parquet")


def test_lists_of_other_lengths(tmp_path):
    kind = nested("struct").type
    rows = [{name: [1.0] if name != "band" else ["g", "r"] for name in FIELDS}]
    pq.write_table(pa.table({"id": [1], "lc": pa.array(rows, type=kind)}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="same length"):
        read(hats, tmp_path)


def test_files_without_errors_need_a_constant(tmp_path):
    kind = pa.struct(
        [("mjd", pa.list_(pa.float64())), ("mag", pa.list_(pa.float64())), ("band", pa.list_(pa.string()))]
    )
    rows = pa.array([{"mjd": [1.0, 2.0], "mag": [18.9, 18.9], "band": ["g", "g"]}], type=kind)
    pq.write_table(pa.table({"id": [1], "sources": rows}), tmp_path / "a.parquet")
    assert read(hats, tmp_path)[2] == {"no flux error": 2}
    points = read(hats, tmp_path, constants={"magnitude_err": 0.05})[0]
    assert points["flux_err"].tolist() == pytest.approx([4.605, 4.605], abs=1e-3)


def test_damaged_files_are_read_or_refused(tmp_path):
    path = write(tmp_path / "a.parquet")
    data, rng = path.read_bytes(), np.random.default_rng(3)
    refused = 0
    for damaged in damages(data, rng, 60):
        path.write_bytes(damaged)
        refused += rows_or_error(hats, path) is None
    assert refused > 10


VALUES = st.sampled_from([None, 0.0, float("nan"), float("inf"), 1e30, -5.0])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    points=st.lists(
        st.none() | st.lists(st.tuples(VALUES, st.sampled_from(["g", None, "", "W"]), VALUES, VALUES), max_size=5),
        min_size=1,
        max_size=6,
    ),
    form=st.sampled_from(["struct", "list"]),
    most=st.sampled_from([1, 4, 1000]),
)
def test_every_point_is_kept_or_set_aside(tmp_path, points, form, most):
    rows = rows_or_error(hats, write(tmp_path / "a.parquet", form, points), points_per_batch=most)
    bands = [point[1] for row in points if row for point in row]
    if rows is None:  # only passbands of no known survey, in most of the points, are an error here
        assert bands.count("W") > bands.count("g")
    else:
        assert rows == sum(len(row) for row in points if row)


@needs_surveys
def test_real_files():
    rows = pq.read_table(real("hats", "Npix=44.parquet")).to_pylist()
    points, objects, aside, _ = read(hats, real("hats", "Npix=44.parquet"), constants={"magnitude_err": 0.05})
    assert objects["object_id"].tolist() == [str(row["id"]) for row in rows]
    assert len(points["mjd"]) + sum(aside.values()) == sum(len(row["sources"]["mjd"]) for row in rows) == 5502
    first = rows[0]["sources"]
    assert points["mjd"][0] == first["mjd"][0]
    assert points["passband"][0] == f"lsst.{first['band'][0]}"
    assert points["flux"][0] == pytest.approx(10 ** (-0.4 * (first["mag"][0] - 23.9)))
    _, objects, aside, _ = read(hats, real("hats"))
    assert len(objects["object_id"]) == 43
    assert aside == {"no flux error": 5502}
    assert objects["label"][objects["object_id"] == "2"].tolist() == ["SN Ia"]
