"""Counts of the input against a survey small enough to count by hand."""

import numpy as np
import pytest
from surveys import ingest, sound_survey, write_survey

from mallorn.io.tables import read_columns
from mallorn.report.survey import counts_by_type, examples, read_survey, set_aside_rows


@pytest.fixture
def results(tmp_path):
    files = sound_survey()
    files["split_01/train_full_lightcurves.csv"] += "a,61010.5,3.0,0.5,u\na,61014.5,,0.5,u\na,61011.0,3.0,0.5,u\n"
    splits = ingest(write_survey(files, tmp_path / "survey"), tmp_path / "results")
    return tmp_path / "results", splits


def paths(results, kind):
    folder, splits = results
    return {split: folder / kind / f"{split}.parquet" for split in splits}


def test_points_gaps_and_nights_by_hand(results):
    survey = read_survey(
        read_columns(results[0] / "metadata.parquet"), paths(results, "lightcurves"), paths(results, "objects")
    )
    a = list(survey.object_id).index("a")
    assert survey.points[a].tolist() == [3, 1, 1, 1, 1, 1]  # u at 61000.5, 61010.5 and 61011.0; one flux is missing
    assert survey.gap[a, 0] == pytest.approx(5.25)
    assert np.isnan(survey.gap[a, 1])
    assert survey.span[a] == pytest.approx(10.5)
    assert survey.nights[a] == 7
    assert survey.is_train.sum() == 3
    assert [row[:2] for row in counts_by_type(survey)] == [("AGN", 1), ("SN Ia", 1), ("TDE", 1)]
    assert examples(survey, ["TDE"]) == {"TDE": "a"}


def test_rows_set_aside_are_counted(results):
    rows = set_aside_rows(paths(results, "set_aside").values())
    assert [(row[1], row[2], row[4]) for row in rows] == [(1, 1, 15)]
