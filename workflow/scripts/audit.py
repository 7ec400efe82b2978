"""Merge the verdicts of all audits into results/evaluation/audits.json."""

import json
import logging
from pathlib import Path

from mallorn.evaluate.audits.verdict import merge, write_verdict


def main(verdicts, output):
    """Write all verdicts and the worst of them (see `mallorn.evaluate.audits.verdict.merge`) as JSON; all are paths."""
    merged = merge([json.loads(Path(path).read_text(encoding="utf-8")) for path in verdicts])
    write_verdict(output, merged)
    for one in merged["audits"]:
        logging.getLogger(__name__).info("%s: %s: %s", one["name"], one["verdict"], one["finding"])


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input,
            snakemake.output[0],
        )
