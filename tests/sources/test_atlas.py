"""ATLAS forced photometry, in files written here as the server writes them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_checks import FAULTS, check, mangled, objects_of, points_of, reasons_of, rows_of, sound

from mallorn.errors import ConfigError, DataError
from mallorn.sources import atlas

NAMES = "###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs"
ROW = {
    **{"MJD": "59000.25", "m": "18.9", "dm": "0.1", "uJy": "100", "duJy": "10", "F": "o", "err": "0", "chi/N": "1.2"},
    **{"RA": "195.5", "Dec": "-12.25", "x": "5000.1", "y": "300.2", "maj": "2.4", "min": "2.2", "phi": "-40.1"},
    **{"apfit": "-0.4", "mag5sig": "19.5", "Sky": "20.7", "Obs": "02a59000o0100o"},
}


def row(**values):
    merged = ROW | {name.replace("chi", "chi/N"): str(value) for name, value in values.items()}
    return " ".join(merged.values())


def content(rows, names=NAMES):
    return names + "\n" + "\n".join(rows) + "\n"


def read(folder, rows, **chosen):
    (folder / "AT2020x.txt").write_text(content(rows))
    return check(atlas.batches(folder, chosen))


def test_fluxes_are_in_microjansky_as_they_stand(tmp_path):
    rows = [row(), row(MJD=59001.25, m=-19.1, uJy=-80, F="c"), row(err=1), row(F="t"), row(uJy="nan"), row(duJy=0)]
    batches = read(tmp_path, [*rows, row(MJD=""), "59000.25 18"])
    points = points_of(batches, "AT2020x")
    assert points["flux"].tolist() == [100.0, -80.0]
    assert points["flux_err"].tolist() == [10.0, 10.0]
    assert points["passband"].tolist() == ["atlas.o", "atlas.c"]
    assert points["detected"].tolist() == [0, 0]
    assert rows_of(batches) == 8
    assert reasons_of(batches) == {
        "err is not 0": 1,
        "passband 't' is not known": 1,
        "no flux": 1,
        "flux error not above 0": 1,
        "the row is not whole": 2,
    }
    known = objects_of(batches)["AT2020x"]
    assert (known["ra"], known["dec"], known["redshift_kind"]) == (195.5, -12.25, "none")
    assert "start of the exposure" in batches[0].about["time"]


def test_settings_cut_and_name(tmp_path):
    rows = [row(), row(chi=9.0), row(duJy=500), row(mag5sig=15.0)]
    batches = read(tmp_path, rows, max_chi=5, max_error=100, min_limit=17, flux="direct", ids={"AT2020x.txt": "one"})
    assert list(objects_of(batches)) == ["one"]
    assert reasons_of(batches) == {"chi/N above 5": 1, "duJy above 100": 1, "mag5sig brighter than 17": 1}
    assert batches[0].about["flux"] == "direct"
    with pytest.raises(ConfigError, match="flux"):
        read(tmp_path, rows, flux="sum")


def test_other_forms_of_the_header(tmp_path):
    (tmp_path / "a.txt").write_text(content([row()], NAMES.lstrip("#")))
    (tmp_path / "b.csv").write_text(content([row().replace(" ", ",")], NAMES.lstrip("#").replace(" ", ",")))
    (tmp_path / "c.txt").write_text(content([]))
    batches = check(atlas.batches(tmp_path, {}))
    assert set(objects_of(batches)) == {"a", "b", "c"}
    assert points_of(batches)["flux"].tolist() == [100.0, 100.0]


@pytest.mark.parametrize("text", ["", "a b c\n1 2 3\n", content([], NAMES.replace(" uJy", " flux"))])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DataError, match="a.txt"):
        check(atlas.batches(tmp_path, {}))


def test_the_order_of_rows_does_not_matter(tmp_path):
    rows = [row(MJD=59000 + k, uJy=k) for k in range(50)]
    one, other = points_of(read(tmp_path, rows)), points_of(read(tmp_path, rows[::-1]))
    np.testing.assert_array_equal(one["flux"], other["flux"][::-1])


VALUES = st.sampled_from(["", "nan", "inf", "-inf", "0", "1e300", "x", "c", "58000", "1e10", "2459000.5"])


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(sorted(ROW)), VALUES), max_size=20))
def test_any_values_are_points_or_set_aside(tmp_path_factory, changes):
    path = tmp_path_factory.mktemp("any") / "a.txt"
    path.write_text(content([" ".join((ROW | {name: value}).values()) for name, value in changes]))
    assert rows_of(sound(atlas, path)) == len(changes)


@settings(max_examples=40, deadline=None)
@given(fault=st.sampled_from(FAULTS), at=st.floats(0, 1))
def test_a_file_with_a_fault_is_read_or_refused(tmp_path_factory, fault, at):
    path = tmp_path_factory.mktemp("fault") / "a.txt"
    path.write_bytes(mangled(content([row()] * 10).encode(), fault, at))
    sound(atlas, path)
