"""The VOTable of candidates: valid, with units and UCDs, and with the rows of the CSV."""

import csv
import io
import warnings

import numpy as np
import pytest
from astropy.io.votable import parse, ucd, validate

from mallorn.report.candidates import COLUMNS, columns_of, write_candidates_csv
from mallorn.report.votable import write_votable

N = 3
HOSTS = {
    "host_name": np.array(["<b>]]>&amp;</b>", None, "Ær-光"], dtype=object),
    "host_z": np.array([0.1234567890123, np.nan, 1e-9]),
    "host_id": np.array([123456789012345.0, 2.0, 3.0]),
}


@pytest.fixture
def table():
    made = {
        name: np.arange(N) + 0.123456789 if about.decimals is not None else np.array(["x"] * N, dtype=object)
        for name, about in COLUMNS.items()
    }
    made |= {"rank": np.arange(1, N + 1), "object_id": np.array(['a"', "b<", "c d"], dtype=object)}
    made |= {"ra": np.array([192.8594813, np.nan, 0.0]), "dec": np.array([-7.1234567, np.nan, 90.0])}
    made["flags"] = np.array(["", "", ""], dtype=object)
    others = {"probability__SN Ia": np.array([0.25, 0.5, np.nan]), "probability__SN-Ia": np.array([0.1, 0.2, 0.3])}
    return made | HOSTS | others


def written(folder, table):
    write_candidates_csv(folder / "c.csv", table)
    write_votable(folder / "c.vot", table, "TDE")
    with open(folder / "c.csv", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream)), parse(folder / "c.vot", verify="exception")


def test_it_is_valid(tmp_path, table):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_votable(tmp_path / "c.vot", table, "TDE")
    assert validate(tmp_path / "c.vot", output=io.StringIO())


def test_it_has_the_rows_of_the_csv(tmp_path, table):
    rows, votable = written(tmp_path, table)
    found = votable.get_first_table().array
    fields = votable.get_first_table().fields
    assert [field.name for field in fields] == list(rows[0]) == list(columns_of(table, "TDE"))
    for field in fields:
        texts = [row[field.name] for row in rows]
        values = np.ma.filled(found[field.ID], np.nan) if found[field.ID].dtype.kind == "f" else found[field.ID]
        if values.dtype.kind == "f":
            expected = [float(text) if text else np.nan for text in texts]
            np.testing.assert_array_equal(np.asarray(values, dtype=float), expected)
        else:
            assert [str(value) for value in values] == texts


def test_positions_and_hosts_keep_all_their_digits(tmp_path, table):
    rows, votable = written(tmp_path, table)
    assert [row["ra"] for row in rows] == ["192.8594813", "", "0"]
    assert [row["host_z"] for row in rows] == ["0.1234567890123", "", "1e-09"]
    assert rows[0]["host_id"] == "123456789012345"
    found = votable.get_first_table().array
    np.testing.assert_array_equal(np.ma.filled(found["ra"], np.nan), table["ra"])
    np.testing.assert_array_equal(np.ma.filled(found["host_z"], np.nan), table["host_z"])


def test_columns_have_units_ucds_and_descriptions(tmp_path, table):
    fields = {field.name: field for field in written(tmp_path, table)[1].get_first_table().fields}
    assert (fields["ra"].ucd, fields["dec"].ucd) == ("pos.eq.ra;meta.main", "pos.eq.dec;meta.main")
    assert fields["ra"].ref == fields["dec"].ref
    assert {str(fields[name].unit) for name in ("ra", "dec")} == {"deg"}
    assert str(fields["temperature"].unit) == "kK"
    assert fields["redshift"].ucd == "src.redshift"
    assert fields["probability__SN Ia"].ucd == "stat.probability"
    assert all(field.description for field in fields.values())
    for name, about in columns_of(table, "TDE").items():
        assert fields[name].ucd == (about.ucd or None)
        if about.ucd:
            ucd.parse_ucd(about.ucd, check_controlled_vocabulary=True, has_colon=False)


def test_the_frame_of_positions_is_said(tmp_path, table):
    votable = written(tmp_path, table)[1]
    (frame,) = votable.resources[0].coordinate_systems
    assert (frame.system, frame.ID) == ("ICRS", votable.get_first_table().get_field_by_id_or_name("ra").ref)


def test_a_survey_without_positions_has_no_such_columns(tmp_path, table):
    bare = {name: values for name, values in table.items() if name not in ("ra", "dec", *HOSTS)}
    _, votable = written(tmp_path, bare)
    assert not {"ra", "dec"} & {field.name for field in votable.get_first_table().fields}
    assert not list(votable.resources[0].coordinate_systems)
    assert not {"ra", "dec"} & set(columns_of(bare, "TDE"))


def test_decimals_of_host_columns_are_those_that_tell_them_apart(table):
    about = columns_of(table, "TDE")
    assert (about["host_name"].decimals, about["host_id"].decimals, about["host_z"].decimals) == (None, 0, 6)
    assert columns_of(table | {"host_z": np.array([17.5, 18.25, np.nan])}, "TDE")["host_z"].decimals == 2
    assert about["host_z"].title == "Host z"
