"""Events of the Open Astronomy Catalogs: small files written here, and the real PTF09ge."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound, surveys

from mallorn.errors import DataError
from mallorn.sources import open_catalog
from mallorn.sources.ab_magnitudes import band_of, survey_of

SEEN = {"time": "55000.5", "u_time": "MJD", "band": "g", "magnitude": "18.9", "e_magnitude": "0.1", "source": "1"}


def seen(**changes):
    return {key: value for key, value in (SEEN | changes).items() if value is not None}


def event(rows, name="PTF99x", **changes):
    known = {"name": name, "ra": [{"value": "14:57:03.10"}], "dec": [{"value": "-00:30:00"}], "photometry": rows}
    known |= {"redshift": [{"value": "0.064"}], "ebv": [{"value": "0.0146"}], "claimedtype": [{"value": "TDE"}]}
    return {name: known | {"host": [{"value": "SDSS J1"}]} | changes}


def read(folder, content, **chosen):
    (folder / "event.json").write_text(json.dumps(content))
    return check(open_catalog.batches(folder, chosen))


def test_magnitudes_of_text_and_limits(tmp_path):
    rows = [seen(), seen(time="55001.5", upperlimit=True, e_magnitude=None)]
    rows += [
        seen(time=["55002", "55003"], upperlimit=True, upperlimitsigma="3.0"),
        seen(time="55004", system="AB", band="r"),
    ]
    rows += [seen(time="55005", e_magnitude=None, e_lower_magnitude="0.1", e_upper_magnitude="0.3")]
    batches = read(tmp_path, event(rows))
    points = points_of(batches, "PTF99x")
    np.testing.assert_allclose(points["flux"], [100, 0, 0, 100, 100])
    one = 100 / 1.0857362
    np.testing.assert_allclose(points["flux_err"], [0.1 * one, 20, 100 / 3, 0.1 * one, 0.2 * one], rtol=1e-6)
    assert points["mjd"].tolist() == [55000.5, 55001.5, 55002.5, 55004.0, 55005.0]
    assert points["limit"].tolist() == [False, True, True, False, False]
    assert points["detected"].tolist() == [1, 0, 0, 1, 1]
    known = objects_of(batches)["PTF99x"]
    assert known["ra"] == pytest.approx(224.2629167)
    assert known["dec"] == -0.5
    assert (known["redshift"], known["ebv"], known["label"], known["host_name"]) == (0.064, 0.0146, "TDE", "SDSS J1")


def test_vega_magnitudes_become_ab_where_the_zero_point_is_known(tmp_path):
    swift = {"instrument": "UVOT", "telescope": "Swift", "e_magnitude": "0.1"}
    rows = [
        seen(**swift, band="UVW2", system="Vega"),
        seen(**swift, band="U", system="AB"),
        seen(band="r", system="Vega"),
    ]
    rows += [
        seen(**swift, band="U"),
        seen(band="V", system="Vega"),
        seen(band="y", system="Vega"),
        seen(band="g", system="Gunn"),
    ]
    batches = read(tmp_path, event(rows))
    points = points_of(batches)
    assert points["passband"].tolist() == ["uvot.UVW2", "uvot.U", "sdss.r"]
    np.testing.assert_allclose(points["flux"], [100 * 10 ** (-0.4 * 1.73), 100, 100 * 10 ** (-0.4 * 0.16)])
    assert reasons_of(batches) == {
        "system of the magnitude is not known": 2,
        "passband 'V' is not known": 1,
        "Vega magnitude of a passband without a known zero point": 1,
    }
    assert rows_of(batches) == 7
    told = read(tmp_path, event([seen(**swift, band="U")]), system="Vega")
    np.testing.assert_allclose(points_of(told)["flux"], [100 * 10 ** (-0.4 * 1.02)])


def test_rows_that_are_no_measurements_of_the_event(tmp_path):
    rows = [
        seen(host=True),
        seen(includeshost=True),
        seen(model="MOSFiT", realization="1"),
        seen(kcorrected=True),
        seen(mcorrected=True),
        {"time": "55000", "u_time": "MJD", "countrate": "0.1", "upperlimit": True},
        {"time": "55000", "u_time": "MJD", "fluxdensity": "0.1", "frequency": "5"},
        seen(u_time="seconds"),
        seen(time="5"),
        seen(time=None),
        seen(band=None),
        seen(e_magnitude=None),
        seen(magnitude="faint"),
        5,
    ]
    batches = read(tmp_path, event([*rows, seen()]))
    assert len(points_of(batches)["mjd"]) == 1
    assert rows_of(batches) == 15
    assert len(points_of(read(tmp_path, event(rows), host_light="keep"))["mjd"]) == 1
    reasons = reasons_of(batches)
    assert reasons["photometry of the host"] == 1
    assert reasons["includes the host's light"] == 1
    assert reasons["X-rays, no magnitude"] == 1
    assert reasons["no error"] == 1


def test_the_same_point_of_two_sources_counts_once(tmp_path):
    rows = [seen(), seen(source="2", time="55000.502", magnitude="18.91"), seen(source="2", magnitude="18.95")]
    rows += [seen(source="1,3"), seen(source="2", band="r"), seen(source="2", time="55000.6"), seen()]
    batches = read(tmp_path, event(rows))
    assert reasons_of(batches) == {"duplicate of another source": 1}
    assert len(points_of(batches)["mjd"]) == 6
    shuffled = read(tmp_path, event(rows[::-1]))
    assert len(points_of(shuffled)["mjd"]) == 6


@pytest.mark.parametrize(
    ("name", "instrument", "expected"),
    [
        ("g", "", "sdss.g"),
        ("g'", "", "sdss.g"),
        ("r", "PTF 48-Inch", "ztf.r"),
        ("R", "PTF 48-Inch", "ztf.r"),
        ("r", "PTF 60-Inch", "sdss.r"),
        ("g", "Pan-STARRS1", "ps1.g"),
        ("orange", "ATLAS", "atlas.o"),
        ("o", "", "atlas.o"),
        ("W1", "", None),
        ("W1", "WISE", None),
        ("UVW1", "", "uvot.UVW1"),
        ("B", "Swift UVOT", "uvot.B"),
        ("B", "", None),
        ("Y", "DECam", "des.Y"),
        ("y", "", "ps1.y"),
        ("ztfg", "", "ztf.g"),
        ("ps1::r", "", "ps1.r"),
        ("uvot::uvw2", "", "uvot.UVW2"),
        ("", "", None),
    ],
)
def test_names_of_bands(name, instrument, expected):
    assert band_of(name, survey_of(instrument)) == expected


@pytest.mark.parametrize(
    "content", [[], {}, {"X": 5}, {"X": {"photometry": 5}}, {"X": {"other": []}}, {"": {"name": "x"}}]
)
def test_other_files_are_refused(tmp_path, content):
    with pytest.raises(DataError, match="expected"):
        read(tmp_path, content)


def test_an_event_without_photometry(tmp_path):
    known = objects_of(read(tmp_path, event([]) | event([], "B", redshift=[], ra="x", claimedtype=[5])))
    assert known["PTF99x"]["redshift"] == 0.064
    assert known["B"]["redshift_kind"] == "none"


VALUES = st.sampled_from([None, "nan", "inf", "-1", "", [], {}, True, ["1", "x"], 10**400, "r", "Vega", "1,2"])
KEYS = [*SEEN, "system", "upperlimit", "upperlimitsigma", "instrument", "e_lower_magnitude", "host"]


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=12), seed=st.integers(0, 99))
def test_any_rows_are_points_or_set_aside(tmp_path_factory, changes, seed):
    rows = [SEEN | {key: value} for key, value in changes] + [None, "x"]
    random.Random(seed).shuffle(rows)
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_text(json.dumps(event(rows)))
    assert rows_of(sound(open_catalog, path)) == len(rows)


@settings(max_examples=50, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at):
    path = tmp_path_factory.mktemp("fault") / "a.json"
    path.write_bytes(mangled(json.dumps(event([seen()] * 3)).encode(), fault, at))
    sound(open_catalog, path)


def test_the_real_event():
    batches = check(open_catalog.batches(surveys("open_catalog"), {}))
    content = json.loads(surveys("open_catalog", "PTF09ge.json").read_text())["PTF09ge"]
    rows = content["photometry"]
    assert rows_of(batches) == len(rows) == 163
    points = points_of(batches, "PTF09ge")
    magnitudes = [row for row in rows if "magnitude" in row]
    assert len(points["mjd"]) == len(magnitudes) == 160
    assert points["limit"].sum() == sum(row.get("upperlimit", False) for row in magnitudes) == 28
    detections = [10 ** (-0.4 * (float(row["magnitude"]) - 23.9)) for row in magnitudes if not row.get("upperlimit")]
    np.testing.assert_allclose(points["flux"][~points["limit"]], detections)
    assert objects_of(batches)["PTF09ge"]["dec"] == pytest.approx(49.6113333)
    assert reasons_of(batches) == {"X-rays, no magnitude": 3}
