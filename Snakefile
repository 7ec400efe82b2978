"""mallorn: from split light curves to tidal disruption event candidates. Table of contents; see README.md."""

import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.15")

SOURCE = str(Path(workflow.basedir, "src"))
sys.path.insert(0, SOURCE)
os.environ.update(PYTHONPATH=os.pathsep.join([SOURCE, *filter(None, [os.environ.get("PYTHONPATH")])]))  # for the jobs


configfile: Path(workflow.basedir, "config.yaml")


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/fits.smk"
include: "rules/features.smk"
include: "rules/models.smk"
include: "rules/tuning.smk"
include: "rules/inference.smk"
include: "rules/evaluation.smk"
include: "rules/report.smk"
include: "rules/benchmark.smk"
include: "rules/provenance.smk"
include: "rules/settings.smk"


rule all:
    default_target: True
    input:
        "results/submission.csv",
        "results/probabilities.csv",
        "results/evaluation/scores.csv",
        "results/model",
        "results/provenance.json",
        "results/report/index.html",
        TRACKED,
    localrule: True


onstart:
    schedule_when_jobs_end()
    warn_of_shortages()


onsuccess:
    show_summary()


onerror:
    show_failures()
