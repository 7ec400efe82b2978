"""The adapter that sums up what jobs used."""

import csv
import json
import runpy
from pathlib import Path

import numpy as np

from mallorn.io.tables import write_table
from mallorn.runtime.usage import FIELDS

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "bench.py"


def test_summary_of_this_run_and_of_simulated_surveys(tmp_path):
    used = dict.fromkeys(FIELDS, 1.0) | {"start_cpu_s": 0.25}
    features = [tmp_path / "train.parquet", tmp_path / "test.parquet"]
    for path, n in zip(features, (30, 70), strict=True):
        write_table(path, {"object_id": np.array([f"{path.stem}_{k}" for k in range(n)], dtype=object)})
    for name in ("ingest/split_01", "ingest/split_02", "bench_fits"):
        log = tmp_path / "log" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"2026-11-21 12:00:00,000 INFO usage: {json.dumps(used)}\n")
    surveys = []
    for n in (100, 1000):
        surveys.append(tmp_path / f"{n}.json")
        surveys[-1].write_text(json.dumps({"objects": n, "jobs": [["ingest", used | {"cpu_s": 0.25 + n}]]}))

    runpy.run_path(str(SCRIPT))["main"](features, surveys, tmp_path / "log", tmp_path / "summary.csv")
    with open(tmp_path / "summary.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["survey"] for row in rows[::3]] == ["this run", "simulated 100", "simulated 1000"]
    assert [row["stage"] for row in rows[:3]] == ["ingest", "all", "all features"]
    first = rows[0]
    assert (first["objects"], first["jobs"], float(first["cpu_s"]), float(first["start_share"])) == (
        "100",
        "2",
        2,
        0.25,
    )
    assert float(first["cpu_ms_per_object"]) == 20
    assert all(float(row["cpu_exponent"]) == 1 for row in rows)
