"""redback's CSV: small files written here, and the real PS18kh."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound, surveys

from mallorn.errors import DataError
from mallorn.sources import redback

HEADER = "event,time,magnitude,e_magnitude,band,system,flux_density(mjy),flux_density_error,time (days)"
ROWS = [
    "A,58156.23,18.9,0.1,r,AB,0.1,0.01,0.0",
    "A,58157.23,18.9,0.1,UVW1,AB,0.2,0.01,1.0",
    "A,58157.23,18.9,0.1,o,AB,-0.2,0.01,1.0",
    "A,58158.23,18.9,,g,AB,0.1,,2.0",
    "A,58158.23,18.9,0.1,Ks,AB,0.1,0.01,2.0",
    "007,58158.23,18.9,0.1,ztfg,AB,0.1,0.01,2.0",
    "007,2.5,18.9,0.1,ztfg,AB,0.1,0.01,2.0",
]


def read(folder, rows, header=HEADER, **chosen):
    (folder / "events.csv").write_text("\n".join([header, *rows]) + "\n")
    return check(redback.batches(folder, chosen))


def test_flux_densities_are_in_millijansky(tmp_path):
    batches = read(tmp_path, ROWS)
    points = points_of(batches)
    np.testing.assert_allclose(points["flux"], [100.0, 200.0, -200.0, 100.0])
    np.testing.assert_allclose(points["flux_err"], 10.0)
    assert points["passband"].tolist() == ["sdss.r", "uvot.UVW1", "atlas.o", "ztf.g"]
    assert points["mjd"][0] == 58156.23
    assert set(objects_of(batches)) == {"A", "007"}
    assert rows_of(batches) == len(ROWS)
    assert reasons_of(batches) == {
        "no error": 1,
        "passband 'Ks' is not known": 1,
        "time is no Modified Julian Date": 1,
    }
    other = points_of(read(tmp_path, ROWS, survey="ztf", passbands={"UVW1": None}))
    assert other["passband"].tolist() == ["ztf.r", "atlas.o", "ztf.g"]


def test_magnitudes_where_there_are_no_flux_densities(tmp_path):
    rows = ["58156.5,18.9,0.1,r,AB", "58156.5,18.9,0.1,r,Vega"]
    batches = read(tmp_path, rows, "time,magnitude,e_magnitude,band,system")
    np.testing.assert_allclose(points_of(batches)["flux"], [100.0])
    assert reasons_of(batches) == {"magnitude is not AB": 1}
    assert list(objects_of(batches)) == ["events"]


def test_events_in_pieces_are_whole(tmp_path):
    rows = [ROWS[k % 2 * 5] for k in range(40)]
    batches = read(tmp_path, rows, rows_in_memory=7)
    assert len(batches) == 2
    assert sorted(len(batch.points["mjd"]) for batch in batches) == [20, 20]


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        ("time,band,count", [], "flux_density"),
        (HEADER, ["A,today,18.9,0.1,r,AB,0.1,0.01,0.0"], "line 2, column 'time'"),
        (HEADER, ["A,58000,18.9"], "line 2: expected 9 values"),
    ],
)
def test_other_files_are_refused(tmp_path, header, rows, words):
    with pytest.raises(DataError, match=words):
        read(tmp_path, rows, header)


VALUES = st.sampled_from(["", "nan", "inf", "-1", "0", "1e300", "NA", "-"])


@settings(max_examples=50, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 8), VALUES), min_size=1, max_size=12))
def test_any_values_are_points_or_set_aside(tmp_path_factory, changes):
    rows = [",".join(value if j == k else cell for j, cell in enumerate(ROWS[0].split(","))) for k, value in changes]
    path = tmp_path_factory.mktemp("any") / "a.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    assert rows_of(sound(redback, path)) == len(rows)


@settings(max_examples=40, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at):
    path = tmp_path_factory.mktemp("fault") / "a.csv"
    path.write_bytes(mangled("\n".join([HEADER, *ROWS]).encode(), fault, at))
    sound(redback, path)


def test_the_real_event():
    path = surveys("redback", "PS18kh.csv")
    batches = check(redback.batches(path, {}))
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows_of(batches) == len(rows)
    points = points_of(batches, "PS18kh")
    whole = [row for row in rows if row["flux_density_error"]]
    np.testing.assert_allclose(points["flux"], [1e3 * float(row["flux_density(mjy)"]) for row in whole])
    np.testing.assert_allclose(points["mjd"], [float(row["time"]) for row in whole])
    assert points["flux"][0] == pytest.approx(13.677288255958469)
    # The file's own magnitudes are the same fluxes.
    np.testing.assert_allclose(
        points["flux"], [10 ** (-0.4 * (float(row["magnitude"]) - 23.9)) for row in whole], rtol=5e-3
    )
    assert set(points["passband"]) >= {"uvot.UVW1", "atlas.o", "sdss.g"}


def test_a_header_alone_is_refused(tmp_path):
    with pytest.raises(DataError, match="rows of light curves"):
        read(tmp_path, [])
