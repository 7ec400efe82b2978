"""Measure what scoring light curves costs, in units of scikit-learn's Gaussian process."""

import logging

from mallorn.benchmarks.scoring import COLUMNS, cost_of_scoring
from mallorn.io.csv_tables import write_csv
from mallorn.survey.lightcurves import read_lightcurves


def main(points, objects, model, output, settings):
    """points, objects: paths of all splits, in the same order. settings: seed, fits and benchmark."""
    curves = [read_lightcurves(*pair) for pair in zip(points, objects, strict=True)]
    row = cost_of_scoring(curves, model, settings["benchmark"]["scored"], settings, settings["seed"])
    logging.getLogger(__name__).info(", ".join(f"{name} {value:.4g}" for name, value in row.items()))
    write_csv(output, {name: [row[name]] for name in COLUMNS}, digits=4)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.points, given.objects, given.model, snakemake.output[0], snakemake.params.settings)
