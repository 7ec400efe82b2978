"""The changes of Snakemake: without them, a run looks for jobs by the clock too, and fails on dates in the future."""

import os
import subprocess
import sys
import time
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


OF_ANY_DATE = """
import sys
sys.path.insert(0, {source!r})
from mallorn.runs.scheduling import read_files_of_any_date

{change}

rule read:
    input: "given.txt"
    output: "made.txt"
    shell: "cp {{input}} {{output}}"
"""


@pytest.mark.parametrize("change", ["read_files_of_any_date()", ""])
def test_a_file_dated_in_the_future_is_read_like_any_other(tmp_path, change):
    source = str(Path(__file__).parents[2] / "src")
    (tmp_path / "Snakefile").write_text(OF_ANY_DATE.format(source=source, change=change))
    (tmp_path / "given.txt").write_text("given")
    later = time.time() + 3 * 3600
    os.utime(tmp_path / "given.txt", (later, later))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "read"]
    for said in ("1 of 1 steps", "Nothing to be done"):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        if not change:
            assert "older modification time" in done.stdout + done.stderr  # else the change is no longer needed
            return
        assert done.returncode == 0
        assert said in done.stdout + done.stderr
    assert (tmp_path / "made.txt").read_text() == "given"


TWICE = """
import sys
sys.path.insert(0, {source!r})
from mallorn.runs.scheduling import remember_checksums

{change}

rule copy:
    input: "a.txt", "b.txt", "c.txt"
    output: "x.txt", "y.txt"
    shell: "cat {{input}} | tee x.txt > y.txt"
"""


def test_a_checksum_is_computed_once_for_each_content(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name)
    count = "import atexit, hashlib; count = []; plain = hashlib.file_digest; "
    count += "hashlib.file_digest = lambda *a: (count.append(1), plain(*a))[1]; "
    count += "atexit.register(lambda: open('count.txt', 'w').write(str(len(count))))"
    source, numbers = str(Path(__file__).parents[2] / "src"), []
    for change in (count, f"{count}; remember_checksums()"):
        (tmp_path / "x.txt").unlink(missing_ok=True)
        (tmp_path / "Snakefile").write_text(TWICE.format(source=source, change=change))
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "x.txt"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        numbers.append(int((tmp_path / "count.txt").read_text()))
    assert numbers[0] > numbers[1] == 3  # else the change is no longer needed


IN_ORDER = """
import sys
sys.path.insert(0, {source!r})
from mallorn.runs.scheduling import run_first

rule all:
    input: "wanted.txt", expand("{{name}}.other", name=list("abc"))

rule other:
    output: "{{name}}.other"
    priority: 1
    shell: "echo other >> order.txt; touch {{output}}"

rule wait:
    output: "waited.txt"
    shell: "echo wait >> order.txt; touch {{output}}"

rule wanted:
    input: "waited.txt"
    output: "wanted.txt"
    shell: "echo wanted >> order.txt; touch {{output}}"

onstart:
    {change}
"""


@pytest.mark.parametrize("name", ["wanted", "none"])
def test_what_the_jobs_of_a_rule_wait_for_goes_first_and_is_no_target(tmp_path, name):
    source = str(Path(__file__).parents[2] / "src")
    (tmp_path / "Snakefile").write_text(IN_ORDER.format(source=source, change=f"run_first(workflow, {name!r})"))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--scheduler", "greedy"]
    subprocess.run([*command, "d.other"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    before, after = (["wait", "wanted"], []) if name == "wanted" else ([], ["wait", "wanted"])
    assert (tmp_path / "order.txt").read_text().split() == ["other", *before, "other", "other", "other", *after]
