"""What a source gives of a split is checked before it is written."""

from dataclasses import replace

import numpy as np
import pytest

from mallorn.ingest.split import SetAside, write_split
from mallorn.io.tables import read_columns, read_metadata
from mallorn.survey.lightcurves import LightCurves, read_lightcurves
from mallorn.survey.passbands import LSST


@pytest.fixture
def curves():
    """Objects a and b, with two points and one."""
    ids, two = np.array(["a", "b"], dtype=object), np.ones(2)
    points = {"mjd": np.array([60000.0, 60001.0, 60000.5]), "band": np.zeros(3, np.int8)}
    flux = {"flux": np.array([1.0, 2.0, 3.0]), "flux_err": np.ones(3)}
    return LightCurves(
        ids, 0.1 * two, 0 * two, 0 * two, 400 * two, np.array([0, 2, 3]), passbands=LSST, **points, **flux
    )


def written(folder, curves, aside=None):
    paths = [folder / f"{name}.parquet" for name in ("points", "objects", "set_aside")]

    def read(write):
        write(curves)
        return aside or SetAside(3, [])

    return write_split(read, LSST, *paths), paths


def test_points_and_what_was_set_aside_are_written_with_counts(tmp_path, curves):
    aside = SetAside(5, [("a.csv", "flux missing", "a", 2, 7)])
    counts, paths = written(tmp_path, curves, aside)
    assert counts == {"rows_read": 5, "points_kept": 3, "rows_set_aside": 2}
    assert read_lightcurves(*paths[:2]).flux.tolist() == [1.0, 2.0, 3.0]
    assert read_columns(paths[2])["first_line"].tolist() == [7]
    assert read_metadata(paths[2])["rows_read"] == "5"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"object_id": np.array(["b", "a"], dtype=object)}, "not sorted by id"),
        ({"object_id": np.array(["a", "a"], dtype=object)}, "one of them twice"),
        ({"mjd": np.array([60001.0, 60000.0, 60000.5])}, "times do not ascend"),
        ({"flux": np.array([1.0, np.nan, 3.0])}, "not finite"),
        ({"flux_err": np.array([1.0, 0.0, 3.0])}, "errors that are not positive"),
    ],
)
def test_a_source_that_breaks_its_contract_is_told_so(tmp_path, curves, change, words):
    with pytest.raises(RuntimeError, match=words):
        written(tmp_path, replace(curves, **change))
    assert not list(tmp_path.iterdir())


def test_rows_that_are_neither_kept_nor_set_aside_are_missed(tmp_path, curves):
    with pytest.raises(RuntimeError, match="rows were lost"):
        written(tmp_path, curves, SetAside(4, []))
