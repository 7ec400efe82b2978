from pathlib import Path

import numpy as np
import pytest

from mallorn.benchmarks.stages import ALL, FEATURES, scaled_simulation, stage_of, summary
from mallorn.runtime.usage import FIELDS


def used(cpu_s, start_cpu_s=0.5, peak_mb=100.0):
    return dict.fromkeys(FIELDS, 1.0) | {"cpu_s": cpu_s, "start_cpu_s": start_cpu_s, "peak_mb": peak_mb}


def rows_of(table):
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


@pytest.mark.parametrize(
    ("log", "stage"),
    [
        ("join_features.log", "join_features"),
        ("ingest/split_01.log", "ingest"),
        ("extract_features/split_01.log", "extract_features"),
        ("cross_validate/final/grouped/0/lightgbm.log", "cross_validate"),
    ],
)
def test_stage_of_a_log(log, stage):
    assert stage_of(Path(log)) == stage


def test_sums_over_the_jobs_of_a_stage():
    jobs = [("ingest", used(2.0)), ("ingest", used(4.0, peak_mb=300.0)), ("score", used(1.0))]
    rows = {row["stage"]: row for row in rows_of(summary([("this run", 100, False, jobs)]))}
    assert list(rows) == ["ingest", "score", ALL, FEATURES]
    row = rows["ingest"]
    assert (row["jobs"], row["cpu_s"], row["cpu_ms_per_object"], row["peak_mb"]) == (2, 6.0, 60.0, 300.0)
    assert row["start_share"] == pytest.approx(1.0 / 6.0)
    assert rows[FEATURES]["cpu_s"] == 6.0
    assert rows[ALL]["cpu_s"] == 7.0
    assert all(np.isnan(row["cpu_exponent"]) for row in rows.values())


def test_compilation_is_no_part_of_the_features_cost():
    jobs = [("ingest", used(2.0)), ("compile_kernels", used(30.0))]
    rows = {row["stage"]: row for row in rows_of(summary([("this run", 100, False, jobs)]))}
    assert (rows[FEATURES]["cpu_s"], rows[ALL]["cpu_s"]) == (2.0, 32.0)


def test_growth_is_that_of_the_jobs_own_work_on_simulated_surveys():
    runs = [(str(n), n, True, [("ingest", used(0.5 + 2e-3 * n**1.5))]) for n in (100, 1000, 10000)]
    table = summary([("this run", 50, False, [("ingest", used(1e3))]), *runs])
    assert table["cpu_exponent"] == pytest.approx([1.5] * len(table["stage"]))


@pytest.mark.parametrize("objects", [300, 10_000, 100_000])
def test_a_scaled_survey_has_about_as_many_objects_as_asked(objects):
    simulation = {"sources": {"AGN": 80, "TDE": 20, "SN Ib": 0}, "siblings": {"train": 3, "test": 7}, "n_splits": 8}
    scaled = scaled_simulation(simulation, objects)
    assert 10 * sum(scaled["sources"].values()) == pytest.approx(objects, rel=0.05)
    assert scaled["sources"]["SN Ib"] == 0
    assert scaled["n_splits"] == max(round(objects / 1000), 1)
    assert scaled["siblings"] == simulation["siblings"]
