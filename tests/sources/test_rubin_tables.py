"""Rubin's tables: times by visit, difference and direct fluxes, flags, detections; every row accounted for."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_checks import damages, read, rows_or_error

from mallorn.errors import DataError
from mallorn.sources import rubin_tables

A, B = 170028500555406485, 313963405132693599


def forced(**changes):
    """Return the columns of a forced table of 5 rows."""
    return {
        "diaObjectId": [A, B, A, A, B],
        "visit": [101, 101, 102, 103, 999],
        "detector": [1, 1, 1, 1, 1],
        "band": ["g", "g", "r", "y", "g"],
        "psfFlux": [5000.0, 6000.0, 7000.0, 8000.0, 9000.0],
        "psfFluxErr": [100.0] * 5,
        "psfFlux_flag": [False, True, False, False, False],
        "psfDiffFlux": [1000.0, -2000.0, 3000.0, 4000.0, 5000.0],
        "psfDiffFluxErr": [200.0] * 5,
        "psfDiffFlux_flag": [False] * 5,
        "pixelFlags_saturatedCenter": [False, False, False, True, False],
        "coord_ra": [1.0] * 5,
        "coord_dec": [2.0] * 5,
    } | changes


def write(folder, detections=True, visits=True, **changes):
    """Write the tables into `folder`; return it."""
    pq.write_table(pa.table(forced(**changes)), folder / "ForcedSourceOnDiaObject.parquet")
    pq.write_table(
        pa.table({"diaObjectId": [A, B], "ra": [10.0, 20.0], "dec": [-9.0, 5.0]}), folder / "DiaObject.parquet"
    )
    if visits:
        times = pa.table({"visit": [102, 101, 103], "expMidptMJD": [60002.5, 60001.5, 60003.5], "band": list("rgy")})
        pq.write_table(times, folder / "Visit.parquet")
    if detections:
        columns = {
            "diaObjectId": [A, A],
            "diaSourceId": [1, 2],
            "visit": [102, 104],
            "midpointMjdTai": [60002.5, 60004.5],
            "band": ["r", "i"],
            "psfFlux": [3100.0, 100.0],
            "psfFluxErr": [150.0, 150.0],
            "scienceFlux": [7100.0, 4100.0],
            "scienceFluxErr": [90.0, 90.0],
            "reliability": [0.9, 0.1],
        }
        pq.write_table(pa.table(columns), folder / "DiaSource.parquet")
    return folder


def test_forced_points_have_the_times_of_their_visits(tmp_path):
    points, objects, aside, about = read(rubin_tables, write(tmp_path))
    assert points["object_id"].tolist() == [str(A), str(B), str(A)]
    assert points["mjd"].tolist() == [60001.5, 60001.5, 60002.5]
    assert points["flux"].tolist() == pytest.approx([1.0, -2.0, 3.0])
    assert points["flux_err"].tolist() == pytest.approx([0.2] * 3)
    assert points["passband"].tolist() == ["lsst.g", "lsst.g", "lsst.r"]
    assert points["detected"].tolist() == [0, 0, 1]
    assert objects["object_id"].tolist() == [str(A), str(B)]
    assert objects["ra"].tolist() == [10.0, 20.0]
    assert aside == {"pixelFlags_saturatedCenter": 1, "visit that is not in the table of visits": 1}
    assert about == {"format": "Rubin tables", "time": "MJD TAI", "flux": "difference", "points": "forced"}


def test_direct_fluxes_of_forced_points_have_their_own_flag(tmp_path):
    points, _, aside, about = read(rubin_tables, write(tmp_path), flux="direct")
    assert points["flux"].tolist() == pytest.approx([5.0, 7.0])
    assert aside["psfFlux_flag"] == 1
    assert about["flux"] == "direct"
    assert len(read(rubin_tables, tmp_path, flags=[])[0]["mjd"]) == 4


@pytest.mark.parametrize(("flux", "expected"), [("difference", [3.1, 0.1]), ("direct", [7.1, 4.1])])
def test_detections(tmp_path, flux, expected):
    points, objects, _, _ = read(rubin_tables, write(tmp_path), points="detections", flux=flux)
    assert points["flux"].tolist() == pytest.approx(expected)
    assert points["mjd"].tolist() == [60002.5, 60004.5]
    assert points["detected"].tolist() == [1, 1]
    assert objects["object_id"].tolist() == [str(A)]


def test_without_detections_it_is_not_known_what_is_one(tmp_path):
    assert read(rubin_tables, write(tmp_path, detections=False))[0]["detected"].tolist() == [-1, -1, -1]


def test_one_file_and_other_names(tmp_path):
    write(tmp_path)
    assert len(read(rubin_tables, tmp_path / "ForcedSourceOnDiaObject.parquet")[0]["mjd"]) == 3
    assert len(read(rubin_tables, tmp_path / "DiaSource.parquet")[0]["mjd"]) == 2
    (tmp_path / "Visit.parquet").rename(tmp_path / "times.parquet")
    (tmp_path / "parts").mkdir()
    (tmp_path / "ForcedSourceOnDiaObject.parquet").rename(tmp_path / "parts" / "0.parquet")
    points, *_ = read(rubin_tables, tmp_path, visits="times.parquet", forced="parts")
    assert points["mjd"].tolist() == [60001.5, 60001.5, 60002.5]


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_few_rows_in_memory_give_the_same_objects(tmp_path, rows):
    points, objects, aside, _ = read(rubin_tables, write(tmp_path), rows_in_memory=rows)
    assert sorted(points["mjd"]) == [60001.5, 60001.5, 60002.5]
    assert sorted(objects["object_id"]) == [str(A), str(B)]
    assert sum(aside.values()) == 2


def test_what_is_missing_is_told(tmp_path):
    write(tmp_path, visits=False)
    with pytest.raises(DataError, match=r"Visit\.parquet"):
        read(rubin_tables, tmp_path)
    with pytest.raises(DataError, match="points of forced"):
        read(rubin_tables, tmp_path, points="all")
    with pytest.raises(DataError, match="flux of difference"):
        read(rubin_tables, tmp_path, flux="psf")
    pq.write_table(pa.table({"visit": [101], "time": [1.0]}), tmp_path / "Visit.parquet")
    with pytest.raises(DataError, match="expMidptMJD"):
        read(rubin_tables, tmp_path)
    pq.write_table(pa.table({"visit": [101, 101], "expMidptMJD": [1.0, 2.0]}), tmp_path / "Visit.parquet")
    with pytest.raises(DataError, match="one time for each visit"):
        read(rubin_tables, tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="a table diasource"):
        read(rubin_tables, tmp_path / "empty")
    with pytest.raises(DataError, match="found nothing"):
        read(rubin_tables, tmp_path / "none")


@pytest.mark.parametrize(
    "changes",
    [
        {"visit": ["a"] * 5},
        {"visit": [101.0] * 5},
        {"psfDiffFlux": ["bright"] * 5},
        {"diaObjectId": [1e18] * 5},
        {"band": [[1]] * 5},
        {"psfDiffFluxErr": [[1.0]] * 5},
    ],
)
def test_other_types_are_refused(tmp_path, changes):
    assert rows_or_error(rubin_tables, write(tmp_path, **changes)) is None


@pytest.mark.parametrize("name", ["ForcedSourceOnDiaObject", "Visit", "DiaSource", "DiaObject"])
def test_damaged_files_are_read_or_refused(tmp_path, name):
    path = write(tmp_path) / f"{name}.parquet"
    data, rng = path.read_bytes(), np.random.default_rng(4)
    refused = 0
    for damaged in damages(data, rng, 25):
        path.write_bytes(damaged)
        refused += rows_or_error(rubin_tables, tmp_path) is None
    assert refused > 5


VALUES = st.sampled_from([None, 0.0, float("nan"), float("inf"), 1e30, -5.0, 300.0])


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([A, B, None]),
            st.sampled_from([101, 102, 7, None]),
            VALUES,
            VALUES,
            st.none() | st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    most=st.sampled_from([1, 5, 1000]),
)
def test_every_row_is_a_point_or_set_aside(tmp_path, rows, most):
    ids, visits, fluxes, errors, flags = (list(values) for values in zip(*rows, strict=True))
    n = len(rows)
    changes = {name: values[:1] * n for name, values in forced().items()}
    changes |= {"diaObjectId": pa.array(ids, pa.int64()), "visit": pa.array(visits, pa.int64())}
    changes |= {"psfDiffFlux": pa.array(fluxes, pa.float32()), "psfDiffFluxErr": pa.array(errors, pa.float32())}
    changes |= {"psfDiffFlux_flag": pa.array(flags, pa.bool_())}
    assert rows_or_error(rubin_tables, write(tmp_path, **changes), rows_in_memory=most) == n
