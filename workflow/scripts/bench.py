"""Sum up the resources that the jobs of this run, and of runs on simulated surveys, used."""

import json
from pathlib import Path

from mallorn.benchmarks.stages import stage_of, summary
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.runtime.usage import read_usage


def main(features, surveys, logs, output):
    """features: paths of this run's feature tables. surveys: paths of what `bench_survey` wrote. logs: folder."""
    jobs = [(stage_of(log), usage) for log, usage in read_usage(logs)]
    n = sum(len(read_columns(path, ["object_id"])["object_id"]) for path in features)
    runs = [("this run", n, False, [job for job in jobs if not job[0].startswith("bench")])]
    for path in surveys:
        survey = json.loads(Path(path).read_text(encoding="utf-8"))
        runs.append((f"simulated {Path(path).stem}", survey["objects"], True, survey["jobs"]))
    write_csv(output, summary(runs), digits=4)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input.features, snakemake.input.surveys, "results/log", snakemake.output[0])
