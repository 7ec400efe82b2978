"""Choose the objects of ALeRCE that make a survey, and write them as a table."""

import json

from mallorn.fetch.alerce import Alerce
from mallorn.fetch.sample import fetch_objects, write_objects
from mallorn.io.files import write_text


def main(objects, counts, settings, seed):
    """Write the objects as CSV and their numbers as JSON.

    objects, counts: paths of these. settings: block `alerce` of the configuration.
    """
    rows, numbers = fetch_objects(Alerce(settings), seed)
    write_objects(objects, rows)
    write_text(counts, json.dumps(numbers, indent=1) + "\n")


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        output, config = snakemake.output, snakemake.config
        main(output.objects, output.counts, config["alerce"], config["seed"])
