"""A run that is killed at random moments and started again, until it may end."""

import random
import shutil
import time
from contextlib import suppress
from typing import NamedTuple

import psutil

KILLS = 20
PATIENCE = 120.0  # seconds until a run must have started a job, or ended


class Kill(NamedTuple):
    """One kill: `whom`; whether the run had ended before; `differ`, tables that are not as `expected` after it."""

    whom: str
    ended: bool
    differ: list


def run_with_kills(workspace, expected, cores):
    """Run a workspace to its end, killed `KILLS` times before; return the `Kill`s.

    expected: {path: content}, as `Workspace.results` has it. A run that ends before it is killed loses the feature
    tables, so that the next one has something to do.
    """
    rng, kills, jobs = random.Random(20261121), [], []
    for k in range(KILLS):
        whom = rng.choice(["a job", "snakemake", "all", "snakemake before its jobs"])
        run = workspace.fork(cores=cores)
        jobs += _strike(run, whom, rng)
        tables = {name: made for name, made in workspace.results().items() if _renamed_when_whole(name)}
        kills.append(Kill(whom, run.returncode == 0, [n for n, made in tables.items() if made != expected.get(n)]))
        if kills[-1].ended:
            shutil.rmtree(workspace.path / "results" / "families")
        elif k == 0:
            workspace.snakemake("--unlock")
        else:
            shutil.rmtree(workspace.path / ".snakemake" / "locks", ignore_errors=True)  # as --unlock does, in no time
    _wait_for_the_end_of(jobs)
    workspace.snakemake(cores=cores)
    return kills


def jobs_of(run):
    """Return the processes of the scripts that `run`, a process of snakemake, has started."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(run.pid).children(recursive=True)
        served = [child for child in children if "job_server.py" in " ".join(child.cmdline())]
        servers = [child.pid for child in served if child.ppid() == run.pid]
        others = [child for child in children if child.name().startswith("python") and child not in served]
        return [*others, *(child for child in served if child.ppid() in servers)]  # without those who wait for them
    return []


def wait_for_jobs(run):
    """Return the processes of the scripts of `run` once there are any, or nothing when it has ended."""
    end = time.monotonic() + PATIENCE
    while run.poll() is None and time.monotonic() < end:
        if jobs := jobs_of(run):
            return jobs
        time.sleep(0.02)
    return []


def _strike(run, whom, rng):
    """Kill a job, or snakemake alone, with which its jobs end, or all, at a random moment; return the jobs."""
    if whom == "snakemake before its jobs":
        time.sleep(rng.uniform(0.0, 1.0))
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


def _wait_for_the_end_of(jobs):
    """Wait until jobs have ended with their snakemake; nobody may be there to reap them."""
    for job in jobs:
        with suppress(psutil.NoSuchProcess):
            while job.is_running() and job.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.1)


def _renamed_when_whole(name):
    """Return whether a result is a file of its own; whether a folder is whole, Snakemake knows."""
    return name.endswith((".parquet", ".csv", ".json")) and not name.startswith("model/") and "/fits/" not in name
