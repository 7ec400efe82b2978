"""Real TDEs of the manyTDE collection, and files of its form that are made here."""

import gzip
import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound, surveys

from mallorn.errors import DataError
from mallorn.sources import manytde

DATA = [
    [58000.5, "g.ztf", 1e-6, 2e-7],
    [58001.5, "o.atlas", -3e-6, 1e-6],
    [58001.5, "UVW1.uvot", 2.5e-5, 1e-6],
    [58002.5, "g.ps", 1e-6, 1e-7],
    [58002.5, "r.sdss", 1e-6, 1e-7],
    [58002.5, "y.decam", 1e-6, 1e-7],
    [58002.5, "W1.wise", 1e-6, 1e-7],
    [58003.5, "r.ztf", float("nan"), 1e-7],
    [58003.5, "r.ztf", 1e-6, 0.0],
    [2458003.5, "r.ztf", 1e-6, 1e-7],
    [None, "r.ztf", 1e-6, 1e-7],
]


def event(data=DATA, **changes):
    host = {"observations": {"filternames": ["sdss_g0"], "mags": [18.5], "mags_unc": [0.05]}}
    curve = {"header": ["mjd", "filter", "flux_Jy", "e_flux_Jy"], "data": data}
    known = {"name": "AT2099abc", "ra": 10.5, "dec": -20.25, "z": 0.05, "extinction": {"e_bv": 0.02}}
    return {**known, "host": host, "lightcurve": curve, **changes}


def written(folder, content, name="AT2099abc.json"):
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def test_points_are_in_microjansky_and_filters_have_the_names_of_the_package(tmp_path):
    batches = check(manytde.batches(written(tmp_path, event()), {}))
    points = points_of(batches)
    assert points["passband"].tolist() == ["ztf.g", "atlas.o", "uvot.UVW1", "ps1.g", "sdss.r", "des.Y"]
    np.testing.assert_allclose(points["flux"], [1, -3, 25, 1, 1, 1])
    np.testing.assert_allclose(points["flux_err"], [0.2, 1, 1, 0.1, 0.1, 0.1])
    assert rows_of(batches) == len(DATA)
    assert reasons_of(batches) == {
        "passband 'W1.wise' is not known": 1,
        "no flux": 1,
        "flux error not above 0": 1,
        "time is no Modified Julian Date": 1,
        "no time": 1,
    }
    known = objects_of(batches)["AT2099abc"]
    assert (known["ra"], known["dec"], known["redshift"], known["ebv"]) == (10.5, -20.25, 0.05, 0.02)
    assert (known["redshift_kind"], known["label"], known["host_mag_sdss_g0"]) == ("spectroscopic", "TDE", 18.5)


def test_settings_name_passbands_and_leave_them_out(tmp_path):
    path = written(tmp_path, event())
    batches = check(manytde.batches(path, {"passbands": {"W1.wise": "wise.W1", "g.ztf": None}}))
    assert "wise.W1" in points_of(batches)["passband"]
    assert reasons_of(batches)["passband 'g.ztf' is left out by the settings"] == 1


def test_a_folder_gives_whole_events_in_several_batches(tmp_path):
    for k in range(5):
        written(tmp_path, event(name=f"AT{k}"), f"{k}.json")
    (tmp_path / "5.json.gz").write_bytes(gzip.compress(json.dumps(event(name="AT5")).encode()))
    batches = check(manytde.batches(tmp_path, {"rows_in_memory": 2 * len(DATA)}))
    assert [len(batch.objects["object_id"]) for batch in batches] == [2, 2, 2]
    assert rows_of(batches) == 6 * len(DATA)


def test_an_event_of_two_files_counts_once(tmp_path):
    written(tmp_path, event(), "a.json")
    written(tmp_path, event(), "b.json")
    batches = check(manytde.batches(tmp_path, {}))
    assert rows_of(batches) == 2 * len(DATA)
    assert len(points_of(batches)["mjd"]) == 6
    assert reasons_of(batches)["the object is in an earlier file too"] == len(DATA)


def test_an_event_without_points_is_still_an_object(tmp_path):
    batches = check(manytde.batches(written(tmp_path, event([])), {}))
    assert list(objects_of(batches)) == ["AT2099abc"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "an object"),
        ({"name": 5}, "name"),
        (event(lightcurve={"data": 3}), "lightcurve"),
        (event(lightcurve={"header": ["mjd", "filter", "flux", "err"], "data": []}), "flux_Jy"),
    ],
)
def test_files_that_are_not_of_the_collection(tmp_path, content, words):
    with pytest.raises(DataError, match=words):
        check(manytde.batches(written(tmp_path, content), {}))


def test_no_files_and_too_large_files(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.json"):
        with pytest.raises(DataError, match="found"):
            list(manytde.batches(path, {}))
    (tmp_path / "bomb.json.gz").write_bytes(gzip.compress(b"[" * 3_000_000))
    with pytest.raises(DataError, match="max_megabytes"):
        list(manytde.batches(tmp_path, {"max_megabytes": 2}))
    with pytest.raises(DataError, match="brackets"):
        list(manytde.batches(tmp_path, {}))


CELLS = st.sampled_from(
    [None, float("nan"), float("inf"), -1, 0, "NA", "1e-6", "g.ztf", [], {}, True, 10**400, 58000.5]
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.one_of(st.lists(CELLS, max_size=6), CELLS), max_size=12), seed=st.integers(0, 99))
def test_any_rows_are_points_or_set_aside(tmp_path_factory, rows, seed):
    data = DATA + rows
    random.Random(seed).shuffle(data)
    path = written(tmp_path_factory.mktemp("any"), event(data))
    batches = sound(manytde, path)
    assert rows_of(batches) == len(data)
    assert len(points_of(batches)["mjd"]) >= 6


@settings(max_examples=60, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at):
    path = tmp_path_factory.mktemp("fault") / "event.json"
    path.write_bytes(mangled(json.dumps(event(), indent=1).encode(), fault, at))
    sound(manytde, path)


def test_real_events_are_as_expected():
    expected = json.loads(surveys("expected.json").read_text())["manytde"]
    batches = check(manytde.batches(surveys("manytde"), {}))
    known = objects_of(batches)
    assert set(known) == set(expected)
    assert rows_of(batches) == sum(numbers["points"] for numbers in expected.values())
    points = points_of(batches)
    for name, numbers in expected.items():
        assert known[name]["redshift"] == numbers["z"]
        assert known[name]["ebv"] == numbers["ebv"]
        assert known[name]["label"] == "TDE"
        own = {key: values[points["object_id"] == name] for key, values in points.items()}
        ztf = {f"ztf.{key[0]}": n for key, n in numbers["filters"].items() if key.endswith(".ztf")}
        assert {band: int((own["passband"] == band).sum()) for band in ztf} == ztf
        first = numbers["first"]
        if not first["filter"].startswith(("W1", "W2", "F", "NUV")):
            at = np.flatnonzero((own["mjd"] == first["mjd"]) & (own["flux"].round(6) == first["flux_uJy"]))
            assert own["flux_err"][at].round(6).tolist() == [first["flux_err_uJy"]]
    left = {reason: n for reason, n in reasons_of(batches).items() if "passband" in reason}
    assert sum(left.values()) == rows_of(batches) - len(points["mjd"])
