"""Time the Gaussian-process fits against other programs, on randomly drawn objects of the survey."""

import csv
import logging
from pathlib import Path

from mallorn.benchmarks.fits import COLUMNS, Row, compare, time_workflow
from mallorn.survey.lightcurves import read_lightcurves


def main(points, objects, output, settings):
    """points, objects: paths of all splits, in the same order. settings: seed, fits, posterior and benchmark."""
    pairs = list(zip(points, objects, strict=True))
    rows = compare([read_lightcurves(*pair) for pair in pairs], settings, settings["seed"])
    workflow, n_objects = time_workflow(*pairs[0], settings)
    nan = float("nan")
    rows.append(Row("mallorn", "all, with predictions, reading and writing", n_objects, workflow, nan, nan))

    log = logging.getLogger(__name__)
    for row in rows:
        log.info("%s, %s: %.3f ms per fit, %.1f times ours, missed %.3g", *row[:2], *row[3:])
    unit = next(row.cpu_ms_per_fit for row in rows if row.method.startswith("sklearn"))
    log.info("S = %.1f ms per object; the workflow's fits and predictions take %.2f S", unit, workflow / unit)
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    with open(output, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input.points, snakemake.input.objects, snakemake.output[0], snakemake.params.settings)
