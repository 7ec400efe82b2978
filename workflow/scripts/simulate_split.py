"""Simulate the light curves of one split."""

import logging

import numpy as np

from mallorn.io.tables import read_codes, read_columns
from mallorn.simulate.lightcurves import write_split
from mallorn.survey.passbands import Passbands


def main(truth, split, folder, settings):
    """Write the light curves of `split` into `folder`/`split`.

    truth: path of the survey's truth.parquet. settings: {"seed": integer, "simulation": that block of the
        configuration, "passbands": text of `Passbands`}.
    """
    codes, names = read_codes(truth, "split")
    objects = read_columns(truth, rows=np.flatnonzero(np.array(names)[codes] == split))
    passbands = Passbands.from_text(settings["passbands"])
    n_points = write_split(settings["simulation"], passbands, settings["seed"], split, objects, folder)
    logging.getLogger(__name__).info("%s: %d objects, %d points", split, len(objects["object_id"]), n_points)


if "snakemake" in globals():
    from pathlib import Path

    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        survey = Path(snakemake.output.train).parents[1]
        main(snakemake.input.truth, snakemake.wildcards.split, survey, snakemake.params.settings)
