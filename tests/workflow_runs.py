"""Finished runs: each is made once for all workers of pytest-xdist, and every worker edits a copy of its own."""

import fcntl
import json
import os
import shutil
from types import SimpleNamespace

import pytest
import yaml
from killed_runs import Kill, run_with_kills
from workflow_copy import TINY, Workspace, copy_project


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory):
    """A function (name, make) that returns the folder `name`, filled by make(folder) in the first worker that asks."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def run(name, make):
        folder, done = shared / f"run of {name}", shared / f"{name}.done"
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                done.touch()
        return folder

    return run


@pytest.fixture(scope="session")
def finished(shared_run, tmp_path_factory):
    """A workspace after an undisturbed run on two cores; tests must leave it as it is.

    `origin` is the folder in which it ran, for whose path numba compiled the kernels; nobody may edit anything there.
    """

    def make(folder):
        run = copy_project(folder).snakemake()
        (folder / "stderr.txt").write_text(run.stderr)

    origin = shared_run("the simulated survey", make)
    workspace = Workspace(tmp_path_factory.mktemp("finished") / "a folder with spaces")
    shutil.copytree(origin, workspace.path)
    workspace.origin = origin
    workspace.run = SimpleNamespace(stderr=(origin / "stderr.txt").read_text())
    return workspace


@pytest.fixture(scope="session")
def clone(finished, shared_run, tmp_path_factory):
    """A workspace after a run of another copy of the project, on four cores, that was killed twenty times: its `kills`.

    Until the last kill its jobs were new processes, as those of users are; those of `finished` were forks.
    It reads the survey that `finished` simulated from its folder `survey`, as it would read a real one.
    """

    def make(folder):
        workspace = copy_project(folder, finished.origin)
        workspace.configfile = folder / "clone.yaml"
        config = {**yaml.safe_load(TINY.read_text()), "data_dir": "survey"}
        workspace.configfile.write_text(yaml.safe_dump(config))
        shutil.copytree(finished.origin / "results" / "survey", folder / "survey", ignore=lambda *_: ["truth.parquet"])
        kills = run_with_kills(workspace, Workspace(finished.origin).results(), cores=4)
        (folder / "results" / "log" / "kills.json").write_text(json.dumps(kills))

    origin = shared_run("a clone that was killed", make)
    path = tmp_path_factory.mktemp("clone") / "another folder"
    shutil.copytree(origin, path)
    workspace = Workspace(path, path / "clone.yaml")
    workspace.kills = [Kill(*kill) for kill in json.loads((path / "results" / "log" / "kills.json").read_text())]
    return workspace


@pytest.fixture(scope="module")
def empty(finished, tmp_path_factory):
    """A function of a name that returns a new folder for the project that made `finished`, with its compiled kernels.

    Compiling takes longer than all other jobs together, and numba looks for machine code by the path of its source.
    """

    def make(folder):
        path = tmp_path_factory.mktemp("empty") / folder
        shutil.copytree(finished.origin / ".snakemake" / "metadata", path / ".snakemake" / "metadata")
        shutil.copytree(finished.origin / "results" / "kernels", path / "results" / "kernels")
        return Workspace(path, snakefile=finished.origin / "Snakefile")

    return make
