"""Write the objects of one split of a simulated survey as files of another format."""

import logging

import numpy as np

from mallorn.io.tables import read_codes, read_columns
from mallorn.simulate.writers import rubin_alerts, snana
from mallorn.survey.passbands import Passbands

WRITERS = {"snana": (snana.write_split, "points"), "alerts": (rubin_alerts.write_split, "alerts")}


def main(truth, split, folder, settings):
    """Write the objects of `split` below `folder`.

    truth: path of the survey's truth.parquet. settings: {"format": one of `WRITERS`, "seed": integer, "simulation":
        that block of the configuration, "passbands": text of `Passbands`}.
    """
    codes, names = read_codes(truth, "split")
    objects = read_columns(truth, rows=np.flatnonzero(np.array(names)[codes] == split))
    write, what = WRITERS[settings["format"]]
    passbands = Passbands.from_text(settings["passbands"])
    n = write(settings["simulation"], passbands, settings["seed"], split, objects, folder)
    logging.getLogger(__name__).info("%s: %d objects, %d %s", split, len(objects["object_id"]), n, what)


if "snakemake" in globals():
    from pathlib import Path

    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        folder = Path(snakemake.output.train).parents[1]
        main(snakemake.input.truth, snakemake.wildcards.split, folder, snakemake.params.settings)
