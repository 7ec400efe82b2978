"""Forced photometry of ZTF, in files that are written here after the service's description."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound
from ztf_forced_written import DN, HEADER, NAMES, content, event, row

from mallorn.errors import DataError
from mallorn.sources import ztf_forced


def read(folder, rows, **chosen):
    path = folder / "forcedphotometry_req001_lc.txt"
    path.write_text(content(rows))
    return check(ztf_forced.batches(path, chosen))


def test_dn_become_microjansky_by_the_zero_point_of_each_row(tmp_path):
    rows = [row(jd=2459000.5, forcediffimflux=100.0), row(jd=2459001.5, forcediffimflux=-40.0, zpdiff=23.9)]
    batches = read(tmp_path, rows, baseline=False)
    points = points_of(batches)
    np.testing.assert_allclose(points["mjd"], [59000.0, 59001.0])
    np.testing.assert_allclose(points["flux"], [10.0, -40.0])
    np.testing.assert_allclose(points["flux_err"], [1.0, 10.0])
    assert points["passband"].tolist() == ["ztf.g", "ztf.g"]
    assert points["detected"].tolist() == [0, 0]
    known = objects_of(batches)["forcedphotometry_req001_lc"]
    assert (known["ra"], known["dec"], known["host_reference_mag"]) == (195.5, -12.25, 18.5)
    assert "JD" in batches[0].about["time"]
    assert batches[0].about["baseline"] == "not subtracted"


def test_errors_grow_with_the_chi_square_where_above_1(tmp_path):
    rows = [row(jd=2459000.5, forcediffimchisq=chi) for chi in (0.25, 1.0, 4.0, "null")]
    np.testing.assert_allclose(points_of(read(tmp_path, rows, baseline=False))["flux_err"], [1, 1, 2, 1])
    off = read(tmp_path, rows, baseline=False, scale_errors=False)
    np.testing.assert_allclose(points_of(off)["flux_err"], [1, 1, 1, 1])


def test_the_baseline_of_each_part_of_the_camera_and_filter_is_subtracted(tmp_path):
    rows = (
        event(seed=1, offset=50.0) + event(seed=2, offset=-300.0, ccdid=8) + event(seed=3, offset=9.0, filter="ZTF_r")
    )
    batches = read(tmp_path, rows)
    points = points_of(batches)
    assert len(points["mjd"]) == rows_of(batches) == len(rows)
    before = points["mjd"] < 58900
    for part in (slice(0, 300), slice(300, 600), slice(600, 900)):
        assert abs(np.median(points["flux"][part][before[part]])) < 0.2
    age = points["mjd"] - 59000.0
    young = (age > 0) & (age < 60)
    np.testing.assert_allclose(points["flux"][young], 2000 * DN * np.exp(-age[young] / 100), atol=6.0)
    raw = points_of(read(tmp_path, rows, baseline=False))
    assert np.median(raw["flux"][300:600][before[300:600]]) == pytest.approx(-300 * DN, abs=1.0)


def test_a_baseline_needs_epochs_away_from_the_event(tmp_path):
    rows = event() + [row(jd=2459002.5 + k, forcediffimflux=500.0, field=400) for k in range(20)]
    batches = read(tmp_path, rows)
    assert reasons_of(batches) == {"too few epochs for a baseline": 20}
    told = read(tmp_path, rows, event_mjd={"forcedphotometry_req001_lc": 58300.0}, event_days=(10, 100))
    assert reasons_of(told) == {}
    assert rows_of(told) == rows_of(batches) == 320


def test_a_source_at_rest_keeps_all_epochs_for_its_baseline(tmp_path):
    points = points_of(read(tmp_path, event(amplitude=0.0)))
    assert len(points["mjd"]) == 300
    assert abs(np.median(points["flux"])) < 1e-9


def test_rows_that_the_service_advises_against_are_set_aside(tmp_path):
    bad = [
        {"procstatus": 61},
        {"procstatus": "56 57"},
        {"infobitssci": 33554432},
        {"infobitssci": 67108864},
        {"sciinpseeing": 4.5},
        {"scisigpix": 30},
        {"filter": "ZTF_x"},
        {"filter": "null"},
        {"forcediffimflux": "null"},
        {"zpdiff": "null"},
        {"forcediffimfluxunc": -99999},
        {"jd": "null"},
        {"jd": 59000.5},
    ]
    rows = [row(**{"jd": 2459000.5, **values}) for values in bad] + [row(jd=2459000.5)] + ["1 2 3"]
    batches = read(tmp_path, rows, baseline=False)
    assert len(points_of(batches)["mjd"]) == 1
    assert rows_of(batches) == 15
    assert reasons_of(batches) == {
        "procstatus is not sound": 2,
        "infobitssci tells of a bad image": 2,
        "seeing above 4 arcsec": 1,
        "scisigpix above 25": 1,
        "passband 'ZTF_x' is not known": 1,
        "passband 'null' is not known": 1,
        "no flux": 2,
        "no flux error": 1,
        "no time": 1,
        "time is no Modified Julian Date": 1,
        "the row is not whole": 1,
    }
    loose = {"procstatus": ("0", 61, "56", "57"), "bad_infobits": 1 << 40, "max_seeing": 9, "max_scisigpix": 99}
    assert len(points_of(read(tmp_path, rows, baseline=False, **loose))["mjd"]) == 7
    assert len(points_of(read(tmp_path, rows, baseline=False, min_diffmaglim=20.7))["mjd"]) == 0


def test_names_of_objects_and_folders(tmp_path):
    for k in range(3):
        (tmp_path / f"{k}.txt").write_text(content(event(50, seed=k)))
    batches = check(ztf_forced.batches(tmp_path, {"ids": {"1.txt": "AT2020x"}, "rows_in_memory": 60}))
    assert [batch.objects["object_id"].tolist() for batch in batches] == [["0", "AT2020x"], ["2"]]
    (tmp_path / "1.txt").write_text(content([]))
    assert "1" in objects_of(check(ztf_forced.batches(tmp_path, {})))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (HEADER, "no line with the names"),
        ("a b c\n1 2 3\n", "no line with the names"),
        (content([], names=NAMES.replace("zpdiff, ", "")), "line 6.*zpdiff missing"),
    ],
)
def test_other_files_are_refused(tmp_path, text, words):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DataError, match=words):
        check(ztf_forced.batches(tmp_path, {}))


def test_the_order_of_rows_does_not_matter(tmp_path):
    rows = event(80)
    one = points_of(read(tmp_path, rows))
    other = points_of(read(tmp_path, rows[::-1]))
    np.testing.assert_allclose(one["flux"], other["flux"][::-1])


VALUES = st.sampled_from(["null", "nan", "inf", "-inf", "0", "-99999", "1e300", "x", "ZTF_r", "58000", "1e10"])


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(NAMES.split(", ")), VALUES), max_size=20), base=st.booleans())
def test_any_values_are_points_or_set_aside(tmp_path_factory, changes, base):
    rows = [row(**{"jd": 2459000.5, name: value}) for name, value in changes]
    path = tmp_path_factory.mktemp("any") / "a.txt"
    path.write_text(content(rows))
    batches = sound(ztf_forced, path, {"baseline": base, "min_baseline_epochs": 1})
    assert rows_of(batches) == len(rows)


@settings(max_examples=40, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at):
    path = tmp_path_factory.mktemp("fault") / "a.txt"
    path.write_bytes(mangled(content(event(15)).encode(), fault, at))
    sound(ztf_forced, path)
