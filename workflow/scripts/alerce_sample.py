"""Sum up what was asked of ALeRCE and what came."""

import json
import logging
from collections import Counter
from pathlib import Path

from mallorn.io.files import write_text


def main(objects, counts, output):
    """Write the numbers of objects by type, and of their light curves, as JSON.

    objects: path of the counts by type. counts: paths of the counts of each file of light curves.
    """
    total = Counter()
    for path in counts:
        total.update(json.loads(Path(path).read_text(encoding="utf-8")))
    found = {"types": json.loads(Path(objects).read_text(encoding="utf-8")), "light curves": dict(total)}
    write_text(output, json.dumps(found, indent=1) + "\n")
    log = logging.getLogger(__name__)
    for label, numbers in found["types"].items():
        log.info("%s: %s", label, ", ".join(f"{what} {number}" for what, number in numbers.items()))
    log.info("light curves: %s", ", ".join(f"{what} {number}" for what, number in total.items()))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input.objects, snakemake.input.counts, snakemake.output[0])
