"""Sum up what was asked of ALeRCE and what came, and remove files that an earlier, larger sample left."""

import json
import logging
from collections import Counter
from pathlib import Path

from mallorn.io.files import write_text


def main(objects, counts, lightcurves, output):
    """Write the numbers of objects by type, and of their light curves, as JSON.

    objects: path of the counts by type. lightcurves: paths of the files of light curves; others in their folder are
    deleted. counts: paths of the counts of each.
    """
    kept = {Path(path).name for path in lightcurves}
    for path in Path(lightcurves[0]).parent.glob("lightcurves_*.json.gz"):
        if path.name not in kept:
            path.unlink()
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
        given = snakemake.input
        main(given.objects, given.counts, given.lightcurves, snakemake.output[0])
