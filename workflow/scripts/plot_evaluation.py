"""Draw the figures of the evaluation."""

import csv
from pathlib import Path

from mallorn.plots.evaluation import (
    plot_calibration,
    plot_confusion,
    plot_groups,
    plot_learning_curve,
    plot_types,
)


def main(tables, figures, settings):
    """Write the figures of the submitted model to the folder `figures`.

    tables: {"by_type", "confusion", "calibration", "learning_curve": path of that CSV file}.
    settings: {"submission": block of the configuration}.
    """
    figures, model = Path(figures), settings["submission"]["model"]
    by_type, confusion, calibration = (_rows(tables[n], model) for n in ("by_type", "confusion", "calibration"))
    plot_calibration(calibration, figures / "calibration")
    plot_learning_curve(_rows(tables["learning_curve"]), figures / "learning_curve")
    for kind in ("redshift", "points", "snr", "magnitude"):
        plot_groups(by_type, kind, figures / f"by_{kind}")
    plot_types(by_type, figures / "by_type")
    plot_confusion([row for row in confusion if row["protocol"] == "grouped"], figures / "confusion")


def _rows(path, model=None):
    """Return the rows of a CSV file, or those of a model with redshifts: numbers as floats, NaN for empty cells."""
    with open(path, newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if model is None or _is_of(row, model)]
    return [{name: _cell(value) for name, value in row.items()} for row in rows]


def _is_of(row, model):
    return row["model"] == model and row.get("redshift", "spectroscopic") == "spectroscopic"


def _cell(text):
    try:
        return float(text) if text else float("nan")
    except ValueError:
        return text


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            {name: snakemake.input[name] for name in ("by_type", "confusion", "calibration", "learning_curve")},
            Path(snakemake.output[0]).parent,
            snakemake.params.settings,
        )
