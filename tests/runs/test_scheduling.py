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


TOLD = """
import sys
sys.path.insert(0, {source!r})
from mallorn.runs.scheduling import mark_outdated, remember_checksums, start_scripts_lightly

{change}

rule tell:
    input: "a.txt", more=["b.txt", "c.txt"], one="d.txt"
    output: update("{{name}}.json"), update("{{name}}.2.json")
    params: numbers={{"x": [1, 2.5, None]}}, text="é"
    threads: 1
    script: "tell.py"

onstart:
    mark_outdated(workflow, workflow.dag.needrun_jobs())
"""

TELL = """
import json, sys
given = snakemake.input
told = {
    "lists": [list(given), list(given.more), given["one"], given[1:3], given.get("none", 3), list(given.get("more"))],
    "names": [list(given.keys()), [list(pair) for pair in snakemake.params.items()], snakemake.wildcards.name],
    "others": [snakemake.threads, snakemake.config, snakemake.output[0], snakemake.params.get("text"), __file__],
}
for path in snakemake.output:
    with open(path, "w") as file:
        json.dump(told, file)
with open("loaded.txt", "w") as file:
    file.write(str("snakemake" in sys.modules))
if given.one and open(given.one).read() == "broken":
    sys.exit(1)
"""


def run_told(folder, change="pass", ok=True):
    source = str(Path(__file__).parents[2] / "src")
    (folder / "Snakefile").write_text(TOLD.format(source=source, change=change))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "x.json", "--config", "key=1"]
    command += ["--rerun-triggers", "mtime", "--rerun-incomplete"]
    environment = {**os.environ, "PYTHONPATH": source}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def told(tmp_path):
    """A folder with a script that writes what it is told, and the files that it reads."""
    for name in "abcd":
        (tmp_path / f"{name}.txt").write_text(name)
    (tmp_path / "tell.py").write_text(TELL)
    return tmp_path


def test_scripts_are_told_the_same_without_snakemake(told):
    run_told(told)
    expected = (told / "x.json").read_text()
    assert (told / "loaded.txt").read_text() == "True"  # else the change is no longer needed
    (told / "x.json").unlink()
    run_told(told, "start_scripts_lightly()")
    assert (told / "x.json").read_text() == expected
    assert (told / "loaded.txt").read_text() == "False"


def test_outputs_to_update_are_made_after_a_run_that_failed_before_they_were(told):
    run_told(told)
    assert "Nothing to be done" in run_told(told)
    (told / "d.txt").write_text("broken")
    run_told(told, ok=False)
    (told / "d.txt").write_text("d")
    assert "Nothing to be done" not in run_told(told)


def test_a_checksum_is_computed_once_for_each_content(told):
    count = "import hashlib; count = []; plain = hashlib.file_digest; "
    count += "hashlib.file_digest = lambda *a: (count.append(1), plain(*a))[1]; import atexit; "
    count += "atexit.register(lambda: open('count.txt', 'w').write(str(len(count))))"
    numbers = []
    for change in (count, f"{count}; remember_checksums()"):
        (told / "x.json").unlink(missing_ok=True)
        run_told(told, change)
        numbers.append(int((told / "count.txt").read_text()))
    assert numbers == [8, 4]
