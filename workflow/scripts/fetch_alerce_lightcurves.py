"""Fetch the light curves of some of the chosen objects, and write them as a file of a survey."""

import json
import logging

from mallorn.fetch.alerce import Alerce
from mallorn.fetch.lightcurves import fetch_lightcurves, write_lightcurves
from mallorn.fetch.sample import read_objects
from mallorn.io.files import write_text


def main(objects, chunk, lightcurves, counts, settings):
    """Write the light curves of part `chunk` of the objects, counted from 1, and counts of their points.

    objects: path of the table of all. lightcurves, counts: paths to write. settings: block `alerce`.
    """
    size = settings["objects_per_file"]
    ids = [row["oid"] for row in read_objects(objects)][(chunk - 1) * size : chunk * size]
    broker = Alerce(settings)
    fetched = fetch_lightcurves(ids, broker)
    numbers = write_lightcurves(ids, broker, lightcurves)
    write_text(counts, json.dumps(numbers, indent=1) + "\n")
    logging.getLogger(__name__).info("fetched %d answers: %s", fetched, numbers)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        chunk, output = int(snakemake.wildcards.chunk), snakemake.output
        main(snakemake.input[0], chunk, output.lightcurves, output.counts, snakemake.config["alerce"])
