"""Sum what each stage of the workflow costs over its jobs, and how that grows with the number of objects."""

import csv
from collections import defaultdict

import numpy as np

from mallorn.runtime.usage import FIELDS

__all__ = ["ALL", "FEATURES", "of_features", "own_cpu", "read_summary", "scaled_simulation", "stage_of", "summary"]

ALL, FEATURES = "all", "all features"
"""Stages of sums: over all jobs, and over those from ingestion to the joined features, without compilation, which a run
needs once however many objects it has."""

_FEATURE_STAGES = ("ingest", "fit_", "extract_features", "join_features")


def stage_of(log):
    """Return the stage of a job from its log file (relative to the folder of logs): its rule."""
    return log.with_suffix("").parts[0]


def summary(runs):
    """Return the table {column: list} with a row for each stage of each run.

    runs: [(name of the survey, number of objects, whether simulated, [(stage, usage of a job)])], usage as from
    `mallorn.runtime.usage.read_usage`. `start_share` is the share of CPU before the jobs' own work: interpreter and
    imports.
    `cpu_exponent` is the slope of ln(CPU without start) against ln(objects) over the simulated surveys, NaN for fewer
    than two.
    """
    rows = [row for run in runs for row in _rows(*run)]
    exponents = _exponents(rows)
    table = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return table | {"cpu_exponent": [exponents.get(row["stage"], np.nan) for row in rows]}


def of_features(stage):
    """Return whether a stage is a part of `FEATURES`."""
    return stage.startswith(_FEATURE_STAGES)


def own_cpu(row):
    """Return the CPU seconds of a row of `summary` without the time that its jobs took to start."""
    return row["cpu_s"] * (1.0 - row["start_share"])


def read_summary(path):
    """Return the rows of a `summary`'s CSV file as dicts: text in `survey` and `stage`, numbers elsewhere."""
    with open(path, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [
        {name: value if name in ("survey", "stage") else float(value or "nan") for name, value in row.items()}
        for row in rows
    ]


def scaled_simulation(simulation, objects, per_split=1000):
    """Return the block `simulation` of config.yaml for a survey of about `objects` objects, `per_split` in a split."""
    expected = sum(simulation["sources"].values()) * sum(simulation["siblings"].values())
    sources = {name: max(round(n * objects / expected), int(n > 0)) for name, n in simulation["sources"].items()}
    return simulation | {"sources": sources, "n_splits": max(round(objects / per_split), 1)}


def _rows(survey, objects, simulated, jobs):
    stages = defaultdict(list)
    for stage, usage in jobs:
        stages[stage].append(usage)
        stages[ALL].append(usage)
        if of_features(stage):
            stages[FEATURES].append(usage)
    for stage in sorted(stages, key=lambda name: (name in (ALL, FEATURES), name)):
        of_jobs = np.array([[usage[name] for name in FIELDS] for usage in stages[stage]])
        total = dict(zip(FIELDS, of_jobs.sum(axis=0).tolist(), strict=True))
        yield {
            "survey": survey,
            "objects": objects,
            "simulated": int(simulated),
            "stage": stage,
            "jobs": len(of_jobs),
            "cpu_s": total["cpu_s"],
            "wall_s": total["wall_s"],
            "cpu_ms_per_object": 1e3 * total["cpu_s"] / objects,
            "start_share": total["start_cpu_s"] / max(total["cpu_s"], 1e-9),
            "peak_mb": float(of_jobs[:, FIELDS.index("peak_mb")].max()),
            "read_mb": total["read_mb"],
            "written_mb": total["written_mb"],
        }


def _exponents(rows):
    points = defaultdict(list)
    for row in rows:
        if row["simulated"] and own_cpu(row) > 0:
            points[row["stage"]].append((row["objects"], own_cpu(row)))
    several = {stage: np.log(of_stage).T for stage, of_stage in points.items() if len({n for n, _ in of_stage}) > 1}
    return {stage: float(np.polyfit(n, cpu, 1)[0]) for stage, (n, cpu) in several.items()}
