"""Kills at random moments: no half-written file is taken for whole, and the next run goes on to the same results."""

import random
import shutil
import subprocess
import time
from contextlib import suppress

import psutil
from workflow_copy import copy_project

KILLS = 20
PATIENCE = 120.0  # seconds until a run must have started a job, or ended


def jobs_of(run):
    """Return the processes of the scripts that `run`, a process of snakemake, has started."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(run.pid).children(recursive=True)
        return [child for child in children if child.name().startswith("python")]
    return []


def wait_for_jobs(run):
    end = time.monotonic() + PATIENCE
    while run.poll() is None and time.monotonic() < end:
        if jobs := jobs_of(run):
            return jobs
        time.sleep(0.02)
    return []


def wait_for_the_end_of(jobs):
    """Wait for jobs that went on without snakemake; nobody may be there to reap them."""
    for job in jobs:
        with suppress(psutil.NoSuchProcess):
            while job.is_running() and job.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.1)


def strike(run, whom, rng):
    """Kill a job, or snakemake alone so that its jobs go on without it, or all, at a random moment; return the jobs."""
    if whom == "snakemake before its jobs":
        time.sleep(rng.uniform(0.0, 3.0))
    else:
        wait_for_jobs(run)
        time.sleep(rng.uniform(0.0, 1.5))
    jobs = wait_for_jobs(run) if whom == "a job" else jobs_of(run)
    if whom != "a job":
        run.kill()
    for job in {"a job": jobs[:1], "all": jobs}.get(whom, []):
        with suppress(psutil.NoSuchProcess):
            job.kill()
    run.wait(PATIENCE)
    return jobs


def renamed_when_whole(name):
    """Return whether a result is a file of its own; whether a folder is whole, Snakemake knows."""
    return name.endswith((".parquet", ".csv", ".json")) and not name.startswith("model/") and "/fits/" not in name


def test_a_run_killed_twenty_times_ends_with_the_same_results(empty, finished):
    workspace = empty("killed")
    rng, expected, interrupted, jobs = random.Random(20261121), finished.results(), 0, []
    for k in range(KILLS):
        whom = rng.choice(["a job", "snakemake", "all", "snakemake before its jobs"])
        run = workspace.start(cores=4, output=subprocess.DEVNULL)
        jobs += strike(run, whom, rng)
        tables = {name: made for name, made in workspace.results().items() if renamed_when_whole(name)}
        assert [name for name, made in tables.items() if made != expected[name]] == [], f"kill {k} of {whom}"
        interrupted += run.returncode != 0
        if run.returncode == 0:  # it was done before
            shutil.rmtree(workspace.path / "results" / "families")
        elif k == 0:
            workspace.dry("--unlock")
        else:
            shutil.rmtree(workspace.path / ".snakemake" / "locks", ignore_errors=True)  # as --unlock does, in no time
    wait_for_the_end_of(jobs)
    workspace.snakemake(cores=4)
    assert interrupted >= KILLS // 2
    assert workspace.results() == expected
    assert workspace.planned() == {}
    assert not list((workspace.path / "results").rglob("*.part"))


def test_kernels_half_compiled_are_compiled_again(empty, tmp_path, monkeypatch):
    workspace = empty("half compiled")
    monkeypatch.setenv("MALLORN_CACHE", str(tmp_path))  # where nothing has been compiled yet
    shutil.rmtree(workspace.path / "results" / "kernels")
    run = workspace.start("compile_kernels", output=subprocess.DEVNULL)
    wait_for_jobs(run)
    time.sleep(1.0)
    for process in (run, *jobs_of(run)):
        process.kill()
    run.wait()
    workspace.dry("--unlock")
    assert "compile_kernels" in workspace.dry("--dry-run", "compile_kernels").stdout
    assert not list(tmp_path.rglob("whole"))


def test_the_terminal_ends_with_the_own_error_of_a_failed_job(finished, tmp_path):
    broken = copy_project(tmp_path / "broken")
    shutil.copytree(finished.origin / "results" / "survey", broken.path / "survey")
    with open(broken.path / "survey/split_02/train_full_lightcurves.csv", "a", encoding="utf-8") as file:
        file.write("half a row")
    done = broken.snakemake("results/lightcurves/split_02.parquet", "--config", "data_dir=survey", ok=False)
    assert done.returncode == 1
    *_, heading, _, name, error, log = done.stderr.rstrip().split("\n")
    assert heading == "1 job failed:"
    assert name == "ingest, split_02"
    assert "split_02/train_full_lightcurves.csv, line " in error
    assert error.endswith("Next step: mend this line; if the file ends here, it is cut off: get it again.")
    assert log == "    log: results/log/ingest/split_02.log"
    assert "Traceback" not in done.stderr
