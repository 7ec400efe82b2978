"""The change of Snakemake's scheduler: without it, a run looks for jobs by the clock too."""

import subprocess
import sys
from pathlib import Path

import pytest

SNAKEFILE = """
import sys
sys.path.insert(0, {source!r})
from mallorn.runs.scheduling import schedule_when_jobs_end

LOOKS = []

rule all:
    input: expand("{{name}}.txt", name="abc")

rule make:
    output: "{{name}}.txt"
    run: open(output[0], "w").close()

onstart:
    {change}
    later = workflow.scheduler._schedule_reevalutation
    workflow.scheduler._schedule_reevalutation = lambda delay: (LOOKS.append(delay), later(delay))

onsuccess:
    open("looks.txt", "w").write(str(len([delay for delay in LOOKS if delay > 0])))
"""


def looks_by_the_clock(folder, change):
    source = str(Path(__file__).parents[2] / "src")
    (folder / "Snakefile").write_text(SNAKEFILE.format(source=source, change=change))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--scheduler", "greedy"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return int((folder / "looks.txt").read_text())


@pytest.mark.parametrize(("change", "some"), [("pass", True), ("schedule_when_jobs_end(workflow)", False)])
def test_a_local_run_looks_for_jobs_when_one_has_ended_alone(tmp_path, change, some):
    assert (looks_by_the_clock(tmp_path, change) > 0) == some
