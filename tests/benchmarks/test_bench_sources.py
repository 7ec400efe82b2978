"""What reading a survey takes: counts of rows, points and objects that are known, of each split and of all."""

import csv
import runpy
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from alerce_written import many
from surveys import CONFIG

from mallorn.benchmarks.sources import ALL, READER, WHOLE, Survey, costs, drawn_splits
from mallorn.errors import DataError
from mallorn.sources.source import open_source
from mallorn.survey.passbands import passbands_of_surveys

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "bench_source.py"
INGEST = CONFIG | {"limits": "use", "window": "all", "combine_within": 0.0, "photoz_error": 0.05, "labels": {}}
INGEST |= {"held_out": 0.0, "rows_of_object": None}


def survey(folder):
    settings = {"ingest": INGEST, "readers": {}, "plugins": []}
    return Survey("alerce", str(folder), ["test"], settings, passbands_of_surveys(["ztf"]).to_text(), ["ztf"])


def test_costs_of_a_survey(tmp_path):
    folder = tmp_path / "alerce"
    folder.mkdir()
    pq.write_table(many(300, 20), folder / "detections.parquet")
    asked = survey(folder)
    splits = open_source("alerce", asked.settings).splits(folder)
    runpy.run_path(str(SCRIPT))["main"]({"new_data": (asked._asdict(), splits)}, tmp_path / "source.csv")
    with open(tmp_path / "source.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["split"], row["part"]) for row in rows] == [(k, p) for p in (READER, WHOLE) for k in (*splits, ALL)]
    for row in rows:
        assert (row["survey"], row["files"], row["rows"], row["points"], row["objects"]) == (
            "new_data", "1", "300", "300", "20",
        )  # fmt: skip
        assert float(row["rows_per_cpu_s"]) == pytest.approx(300 / float(row["cpu_s"]), rel=1e-3)
        assert 30 < float(row["peak_mb"]) < 2000


def test_splits_are_drawn_evenly_and_stand_for_all():
    assert drawn_splits(["a", "b"]) == ["a", "b"]
    assert drawn_splits([str(k) for k in range(9)]) == ["0", "3", "6"]


def test_a_file_that_cannot_be_read_is_told_in_the_words_of_its_reader(tmp_path):
    (tmp_path / "detections.parquet").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"detections\.parquet"):
        costs(survey(tmp_path), open_source("alerce", survey(tmp_path).settings).splits(tmp_path))
