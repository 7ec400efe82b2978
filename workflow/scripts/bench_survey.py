"""Simulate a survey of a given size, run the workflow on it up to the features, and record what its jobs used."""

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from mallorn.benchmarks.stages import scaled_simulation, stage_of
from mallorn.errors import DataError
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.runtime.usage import read_usage

TARGETS = ("results/features/train.parquet", "results/features/test.parquet")


def main(objects, output, snakefile, config, cores):
    """Write to `output` (JSON) the number of objects and [stage, usage] of each job; the survey's files are removed.

    objects: approximate number. snakefile: path of the workflow. config: the blocks that features depend on.
    """
    folder = Path(output).with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    survey = config | {"data_dir": None, "simulation": scaled_simulation(config["simulation"], objects)}
    (folder / "config.yaml").write_text(yaml.safe_dump(survey, sort_keys=False), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--cores", str(cores)]
    command += ["--directory", str(folder), "--configfile", str(folder / "config.yaml"), "--", *TARGETS]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise DataError(f"the run on a survey of {objects} objects failed:\n{done.stderr[-4000:]}")
    jobs = [(stage_of(log), usage) for log, usage in read_usage(folder / "results" / "log")]
    n = sum(len(read_columns(folder / path, ["object_id"])["object_id"]) for path in TARGETS)
    write_text(output, json.dumps({"objects": n, "jobs": jobs}))
    shutil.rmtree(folder)
    logging.getLogger(__name__).info("%d jobs for %d objects", len(jobs), n)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            int(snakemake.wildcards.objects),
            snakemake.output[0],
            snakemake.params.snakefile,
            snakemake.params.settings,
            snakemake.threads,
        )
