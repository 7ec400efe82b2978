"""What a table does not say, or says twice: refused or told, and never taken for something else in silence."""

import logging

import numpy as np
import pytest
from astropy import units
from astropy.table import Table
from reader_checks import read
from tables_written import write_table

from mallorn.errors import DataError
from mallorn.ingest.known import Known
from mallorn.ingest.strays import tell_alike
from mallorn.settings.resolve import resolve
from mallorn.sources import table

N = 8
ROWS = {
    "id": ["a"] * 4 + ["b"] * 4,
    "mjd": [60000.0 + k for k in range(N)],
    "band": list("grgrgrgr"),
    "flux": [10.0] * N,
    "flux_err": [1.0] * N,
}


def told(caplog, path, **settings):
    with caplog.at_level(logging.WARNING):
        read(table, path, **settings)
    return caplog.text


@pytest.mark.parametrize(
    ("bands", "found"),
    [
        (list("UGRIZYYU"), "'G', 'I', 'R', 'U', 'Z' in 6 of 8 rows"),
        (["J"] * 5 + ["g"] * 3, "'J' in 5 of 8 rows"),
        ([1, 2, 3, 4, 5, 6, 1, 2], "found 1, 2, 3, 4, 5, 6"),
    ],
)
def test_passbands_of_which_most_or_all_may_mean_others_are_refused(tmp_path, bands, found):
    path = write_table(tmp_path / "a.csv", ROWS | {"band": bands})
    with pytest.raises(DataError, match="Next step: set") as error:
        read(table, path)
    assert found in str(error.value)
    meant = {str(name): f"lsst.{'ugrizy'[k % 6]}" for k, name in enumerate(dict.fromkeys(bands))}
    assert len(read(table, path, passbands=meant)[0]["mjd"]) == N


def test_passbands_that_the_user_leaves_out_are_not_counted(tmp_path):
    path = write_table(tmp_path / "a.csv", ROWS | {"band": ["J"] * 5 + ["g"] * 3})
    assert read(table, path, passbands={"J": None})[0]["passband"].tolist() == ["lsst.g"] * 3


def test_numbers_from_0_to_5_are_ugrizy(tmp_path):
    path = write_table(tmp_path / "a.csv", ROWS | {"band": [0, 1, 2, 3, 4, 5, 0, 1]})
    assert read(table, path)[0]["passband"].tolist() == [f"lsst.{name}" for name in "ugrizyug"]


def test_several_redshifts_or_reddenings_of_one_object_are_told(tmp_path, caplog):
    path = write_table(tmp_path / "a.csv", ROWS | {"z": [0.3] * N, "redshift": [0.3] * 7 + [0.4], "ebv": [0.1] * N})
    text = told(caplog, path)
    assert "1 objects have rows with several values of redshift, of which the first is taken: 'b'" in text
    assert "ebv" not in text


def test_a_table_without_ids_says_that_it_is_taken_for_one_object(tmp_path, caplog):
    rows = {name: values for name, values in ROWS.items() if name != "id"}
    assert "a.csv has no column of ids" in told(caplog, write_table(tmp_path / "a.csv", rows))
    caplog.clear()
    assert "no column of ids" not in told(caplog, tmp_path / "a.csv", constants={"object_id": "one"})


def test_errors_in_a_unit_of_their_own_are_converted_by_it(tmp_path):
    told = Table({name: np.asarray(values) for name, values in ROWS.items()})
    told["flux"].unit, told["flux_err"].unit = units.nJy, units.uJy
    told.write(str(tmp_path / "a.ecsv"), format="ascii.ecsv")
    points = read(table, tmp_path / "a.ecsv")[0]
    assert points["flux"].tolist() == pytest.approx([0.01] * N)
    assert points["flux_err"].tolist() == pytest.approx([1.0] * N)


def test_times_as_dates_are_refused_with_the_way_out(tmp_path):
    path = write_table(tmp_path / "a.csv", ROWS | {"mjd": ["2027-10-14T01:01:37Z"] * N})
    with pytest.raises(DataError, match="write times as MJD or JD"):
        read(table, path)


def test_ids_that_may_be_one_are_told(caplog):
    log = logging.getLogger("here")
    tell_alike(log, ["A", "B", "a1", "A 1"])
    assert "1 pairs of ids differ only in blanks" in caplog.text
    assert "'a1' and 'A 1'" in caplog.text
    caplog.clear()
    tell_alike(log, ["123456789012345678", "123456789012345679"])  # a number would not tell them apart
    assert not caplog.records


def test_a_visual_extinction_in_place_of_a_reddening_is_told(caplog):
    known = Known()
    nothing = np.full(3, np.nan)
    columns = {"ra": nothing, "dec": nothing, "redshift": nothing, "redshift_err": nothing}
    words = {"redshift_kind": np.full(3, "none", dtype=object), "label": np.full(3, None, dtype=object)}
    names = {"object_id": np.array(["a", "b", "c"], dtype=object), "ebv": np.array([0.1, 3.1, 31.0])}
    known.add("a.csv", columns | words | names)
    ebv = known.table(resolve({})["ingest"])["ebv"]
    assert ebv.tolist() == [0.1, 3.1, 0.0]
    assert "1 E(B-V), such as 31, are not believable: taken as missing" in caplog.text
    assert "1 of 3 E(B-V) are above 1.5, such as 3.1: is it the visual extinction A_V" in caplog.text
