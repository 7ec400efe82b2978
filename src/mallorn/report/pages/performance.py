"""The page of times and memory."""

from pathlib import Path

import numpy as np

from mallorn.benchmarks.stages import ALL, FEATURES, read_summary
from mallorn.plots.performance import plot_cost, plot_growth
from mallorn.report.render import as_table, number, render
from mallorn.report.tables import read_part

__all__ = ["write_performance_page"]


def write_performance_page(folder, summary, scores, command):
    """Write performance.html. summary: path of the table of `bench`, which may be missing. scores: path."""
    part = read_part("Performance", "", command, summary, newer_than=scores)
    rows = read_summary(summary) if part.made else []
    surveys, figures = {}, Path(folder, "figures")
    for row in rows:
        surveys.setdefault((row["survey"], row["objects"]), []).append(row)
    if rows:
        plot_cost(rows, figures / "performance_cost")
        caption = "CPU per object of the stages that cost most."
        part.figures.append({"path": "figures/performance_cost", "caption": caption})
        if plot_growth(rows, figures / "performance_growth"):
            caption = "CPU by number of objects, simulated surveys, with the fitted exponents."
            part.figures.append({"path": "figures/performance_growth", "caption": caption})
    shown = [
        {"title": f"{survey}, {objects:,.0f} objects", "table": _stages(of_survey)}
        for (survey, objects), of_survey in surveys.items()
    ]
    render(
        Path(folder, "performance.html"),
        "performance.html",
        part=part,
        command=command,
        surveys=shown,
        tiles=_of_features(rows),
    )


_MEASURED = {
    "jobs": "Jobs",
    "cpu_s": "CPU (s)",
    "wall_s": "Wall (s)",
    "cpu_ms_per_object": "CPU per object (ms)",
    "start_share": "Start",
    "peak_mb": "Memory (MB)",
    "read_mb": "Read (MB)",
    "written_mb": "Written (MB)",
    "cpu_exponent": "Exponent",
}
"""Columns of the summary on this page, and their headings."""


def _stages(rows):
    """Return the table of one survey's stages: sums first, then the costliest stages."""
    sums = (FEATURES, ALL)
    order = sorted(rows, key=lambda row: (row["stage"] not in sums, -row["cpu_s"]))
    shown = [
        (row["stage"], *(f"{row[n]:.0%}" if n == "start_share" else number(round(row[n], 3)) for n in _MEASURED))
        for row in order
    ]
    return as_table(("Stage", *_MEASURED.values()), shown, [False] + [True] * len(_MEASURED))


def _of_features(rows):
    features = [row for row in rows if row["stage"] == FEATURES]
    if not features:
        return []
    first, exponent = features[0], features[0]["cpu_exponent"]
    tiles = [
        (f"{first['cpu_ms_per_object']:.0f} ms", f"CPU per object for all features, {first['survey']}"),
        (f"{first['start_share']:.0%}", "of it to start Python and import"),
        (f"{max(row['peak_mb'] for row in rows):,.0f} MB", "memory of the largest job of all"),
    ]
    if np.isfinite(exponent):
        tiles.append((f"{exponent:.2f}", "growth of the CPU of all features: 1 is in proportion to the objects"))
    return [{"value": value, "label": label} for value, label in tiles]
