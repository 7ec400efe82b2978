"""The workflow on a real Slurm cluster: undisturbed, and with all that can go wrong.

`make test-slurm` starts the cluster; without one these tests are skipped.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from subset import subset
from workflow_copy import ROOT, TINY, copy_project

from mallorn.io.tables import read_columns

STATE = os.environ.get("SLURM_STATE")
HERE = ROOT / "tests" / "slurm"
SMALL = ("--configfile", str(TINY), str(HERE / "small.yaml"))
PATIENCE = 1200  # seconds
TABLES = ["features/train.parquet", "features/test.parquet", "submission.csv", "probabilities.csv"]
LIGHT = {"simulate_logs", "ingest_metadata", "combine", "choose_threshold", "write_submission"}
HEAVY = {"ingest", "fit_lightcurves", "extract_features", "cross_validate"}

pytestmark = pytest.mark.skipif(STATE is None, reason="no Slurm cluster; make test-slurm starts one")


class Run:
    """Runs of snakemake in one folder."""

    def __init__(self, path, arguments=SMALL):
        self.path, self.arguments = path, arguments
        self.process = self.name = None

    @property
    def log(self):
        return (self.path / "run.log").read_text()

    def start(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE"))}
        command = [sys.executable, "-m", "snakemake", *self.arguments, *arguments]
        with open(self.path / "run.log", "w") as log:
            self.process = subprocess.Popen(command, cwd=self.path, env=environment, stdout=log, stderr=log)

    def end(self):
        """Wait for snakemake, which must succeed."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert code == 0, self.log[-8000:]

    def wait_for(self, condition, what):
        """Wait until `condition()` holds, while snakemake runs, and return it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            assert self.process.poll() is None, f"ended before {what}:\n{self.log[-8000:]}"
            time.sleep(0.3)
        raise AssertionError(f"waited {PATIENCE} s in vain until {what}")

    def locally(self, *arguments):
        self.start("--cores", "2", *arguments)
        self.end()
        return self

    def start_on_slurm(self, *arguments):
        """Start with the profile, but ask for news more often, and have no more jobs than two cores bear."""
        profile = ["--profile", str(self.path / "profiles" / "slurm")]
        self.start(*profile, "--jobs", "5", "--slurm-init-seconds-before-status-checks", "1", *arguments)
        self.name = self.wait_for(lambda: re.search(r"SLURM run ID: (\S+)", self.log), "the run has an ID")[1]

    def on_slurm(self, *arguments):
        self.start_on_slurm(*arguments)
        self.end()
        return self

    def jobs(self, states="all", fields="%A|%k|%m|%l|%T"):
        """Return [(job, rule and wildcards, memory, time limit, state)] of the last run on Slurm."""
        command = ["squeue", "--noheader", "--states", states, "--name", self.name, "--format", fields]
        text = subprocess.check_output(command, text=True)
        return [tuple(field.strip() for field in line.split("|")) for line in text.splitlines()]

    def read(self, name):
        return (self.path / "results" / name).read_bytes()


def megabytes(text):
    """Return a size as Slurm prints it, such as 1.50G, in MB."""
    return float(text[:-1]) * {"M": 1, "G": 1024}[text[-1]]


@pytest.fixture(scope="session")
def local(tmp_path_factory):
    """The main job with --cores."""
    return Run(copy_project(tmp_path_factory.mktemp("local") / "a folder with spaces").path).locally()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The main job through Slurm."""
    return Run(copy_project(tmp_path_factory.mktemp("slurm") / "a folder with spaces").path).on_slurm()


@pytest.mark.parametrize("name", TABLES)
def test_slurm_gives_the_bytes_of_a_local_run(local, undisturbed, name):
    assert undisturbed.read(name) == local.read(name)


def test_light_rules_are_local_and_heavy_ones_are_not(undisturbed):
    rules = {re.match(r"rule_(.*?)(_wildcards_.*)?$", comment)[1] for _, comment, *_ in undisturbed.jobs()}
    assert not rules & LIGHT
    assert rules >= HEAVY


def test_a_job_asks_for_memory_by_the_size_of_what_it_reads_whole(undisturbed):
    asked = {comment: (megabytes(memory), limit) for _, comment, memory, limit, _ in undisturbed.jobs()}
    results = undisturbed.path / "results"
    metadata = sum(path.stat().st_size for path in results.glob("survey/*.csv")) / 2**20
    for split in ("split_01", "split_02"):
        assert asked[f"rule_ingest_wildcards_{split}"] == (int(400 + 400 + 8 * metadata), "6:00")
        read = sum((results / kind / f"{split}.parquet").stat().st_size for kind in ("lightcurves", "objects")) / 2**20
        assert asked[f"rule_fit_lightcurves_wildcards_{split}"] == (400 + 800, f"{int(15 + 18 * read + 1)}:00")
    table = (results / "features" / "train.parquet").stat().st_size / 2**20
    trained = {memory for comment, (memory, _) in asked.items() if comment.startswith("rule_cross_validate_")}
    assert trained == {int(400 + 1000 + 20 * table)}
    assert min(trained) > 400 + 1000


# What a job does before its own work in the disturbed runs. Each execution leaves a line in the file `ledger`.
PREAMBLE = """if "snakemake" in globals():
    import os, time
    from pathlib import Path
    output, job = snakemake.output[0], os.environ["SLURM_JOB_ID"]
    with open("ledger", "a") as ledger:
        ledger.write(f"{output} {job} {os.environ['TMPDIR']}\\n")
    def once(name):
        if not Path(name).exists():
            Path(name + ".part").write_text(job + " " + os.environ["SLURMD_NODENAME"])
            Path(name + ".part").rename(name)
            time.sleep(3600)
"""
OVER_MEMORY = """
    if snakemake.wildcards.part == "split_01" and snakemake.resources.mem_mb < 1500:
        much = b"x" * 1_600_000_000
        time.sleep(60)
"""
OVER_TIME = """
    if snakemake.wildcards.part == "split_01" and snakemake.resources.runtime < 2:
        time.sleep(3600)
"""
HELD = """
    if output == "results/{path}.parquet":
        once("{name}")
"""


def disturb(run, rule, fault):
    """Make the adapter of `rule` in a copy of the project do something else first."""
    adapter = run.path / "workflow" / "scripts" / f"{rule}.py"
    text = adapter.read_text()
    wiring = 'if "snakemake" in globals():\n'
    assert text.count(wiring) == 1
    adapter.write_text(text.replace(wiring, PREAMBLE + fault + wiring))


def copy_without(run, target, *folders):
    """Return a copy of a finished run, without some of its results and without records of the code that made them."""
    shutil.copytree(run.path, target)
    for folder in [".snakemake/metadata", *(f"results/{folder}" for folder in folders)]:
        shutil.rmtree(target / folder)
    return Run(target)


def ledger(run):
    """Return [(output, job)] for each time that a job was executed."""
    return [tuple(line.split()[:2]) for line in (run.path / "ledger").read_text().splitlines()]


def paths_of(*names):
    """Return the paths of families of features of both splits."""
    return [f"results/families/{name}/{split}.parquet" for name in names for split in ("split_01", "split_02")]


def lose(node):
    """Kill a node: its slurmd, and all processes of its jobs, at once. Return the jobs that were on it."""
    os.kill(int(Path(STATE, "run", f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
    jobs = set(subprocess.check_output(["squeue", "-h", "-w", node, "-o", "%A"], text=True).split())
    steps, others = [], []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            step = re.match(rb"slurmstepd: \[(\d+)\.", (process / "cmdline").read_bytes())
            environment = (process / "environ").read_bytes().split(b"\0")
            if f"SLURM_CONF={STATE}/etc/slurm.conf".encode() not in environment:
                continue
            if step and step[1].decode() in jobs:
                steps.append(int(process.name))
            elif f"SLURMD_NODENAME={node}".encode() in environment:
                others.append(int(process.name))
    for process in steps + others:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return jobs


DISTURBED = ["results/features/train.parquet", *paths_of("statistics", "multiband", "redshift", "drw", "matern")]


@pytest.fixture(scope="session")
def disturbed(local, tmp_path_factory):
    """A run in which a node is lost, a job is cancelled from outside, one takes too much memory and one too long."""
    run = copy_without(local, tmp_path_factory.mktemp("disturbed") / "run", "families", "features", "fits")
    disturb(run, "fit_lightcurves", OVER_MEMORY + HELD.format(path="fits/drw/split_02/u", name="to_be_cancelled"))
    held = HELD.format(path="families/statistics/split_02", name="on_lost_node")
    disturb(run, "extract_features", OVER_TIME + held)
    disturb(run, "join_features", "")
    run.start_on_slurm("--set-resources", "extract_features:runtime=attempt", "--", *DISTURBED)
    run.wait_for((run.path / "to_be_cancelled").exists, "the job that is to be cancelled runs")
    run.cancelled = (run.path / "to_be_cancelled").read_text().split()[0]
    subprocess.run(["scancel", run.cancelled], check=True)
    run.wait_for((run.path / "on_lost_node").exists, "the job on the node that is to be lost runs")
    run.lost = lose((run.path / "on_lost_node").read_text().split()[1])
    try:
        run.end()
    finally:
        subprocess.run([HERE / "start.sh", STATE], check=True, capture_output=True)
    return run


def assert_same_features(path, expected):
    """Compare two tables to the bit. Their files differ: each says by which code it was made, and faults are code."""
    found, expected = read_columns(path), read_columns(expected)
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=f"{path}: {name}")


def test_a_disturbed_run_gives_the_same_features(local, disturbed):
    for path in DISTURBED:
        assert_same_features(disturbed.path / path, local.path / path)


def states(run, comment):
    """Return [(state, MB, time limit)] of the Slurm jobs of one job of the workflow, oldest first."""
    jobs = sorted((int(job), state, memory, limit) for job, name, memory, limit, state in run.jobs() if name == comment)
    return [job[1:] for job in jobs]


def test_a_job_over_its_memory_is_given_more(disturbed):
    (first, asked, _), (second, given, _) = states(disturbed, "rule_fit_lightcurves_wildcards_split_01")
    assert first in ("FAILED", "OUT_OF_MEMORY")
    assert second == "COMPLETED"
    assert megabytes(given) == pytest.approx(2 * megabytes(asked), rel=0.1)


def test_a_job_over_its_time_is_given_more(disturbed):
    jobs = states(disturbed, "rule_extract_features_wildcards_split_01")
    assert [(state, limit) for state, _, limit in jobs] == [("TIMEOUT", "1:00"), ("COMPLETED", "2:00")]


def test_a_cancelled_job_is_run_again(disturbed):
    first, second = states(disturbed, "rule_fit_lightcurves_wildcards_split_02")
    assert (first[0], second[0]) == ("CANCELLED", "COMPLETED")


def test_the_job_of_a_lost_node_is_run_again(disturbed):
    held = [job for output, job in ledger(disturbed) if output == "results/families/statistics/split_02.parquet"]
    assert len(held) == 2
    assert held[0] in disturbed.lost


def test_faults_re_run_only_the_jobs_they_hit(disturbed):
    hit = {output for output, job in ledger(disturbed) if job in disturbed.lost | {disturbed.cancelled}}
    hit |= {output for output, _ in ledger(disturbed) if "split_01" in output}
    times = Counter(output for output, _ in ledger(disturbed))
    assert {output for output, n in times.items() if n > 1} <= hit
    assert len(times) > len(hit)


def set_site(run, **values):
    """Set in the profile of a copy of the project what users set there."""
    profile = run.path / "profiles" / "slurm" / "config.yaml"
    text = profile.read_text()
    for name, value in values.items():
        text, n = re.subn(rf"^  (# )?{name}: .*$", f"  {name}: {value}", text, flags=re.MULTILINE)
        assert n == 1, name
    profile.write_text(text)


RESTARTED = paths_of("statistics", "redshift")


@pytest.fixture(scope="session")
def restarted(local, tmp_path_factory):
    """A run whose snakemake is killed, and the next one in its folder, as docs/howto/cluster.md has it."""
    run = copy_without(local, tmp_path_factory.mktemp("restarted") / "run", "families")
    disturb(run, "extract_features", HELD.format(path="families/statistics/split_01", name="held"))
    (run.path / "scratch").mkdir()
    set_site(run, slurm_partition="second", tmpdir=run.path / "scratch")
    run.start_on_slurm("--", *RESTARTED)
    run.wait_for(lambda: (run.path / "held").exists() and run.jobs("COMPLETED"), "one job is held and others are done")
    run.process.kill()
    run.process.wait()
    subprocess.run(["scancel", "--name", run.name], check=True)
    end = time.monotonic() + PATIENCE
    while run.jobs("PENDING,RUNNING,COMPLETING"):
        assert time.monotonic() < end
        time.sleep(0.3)
    run.done = {job for job, *_ in run.jobs("COMPLETED")}
    run.start("--profile", str(run.path / "profiles" / "slurm"), "--unlock")
    run.end()
    return run.on_slurm("--", *RESTARTED)


def test_a_run_goes_on_after_snakemake_was_killed(local, restarted):
    for path in RESTARTED:
        assert_same_features(restarted.path / path, local.path / path)


def test_a_restart_runs_nothing_that_was_finished(restarted):
    done = {output for output, job in ledger(restarted) if job in restarted.done}
    times = Counter(output for output, _ in ledger(restarted))
    assert done
    assert {times[output] for output in done} == {1}
    assert times["results/families/statistics/split_01.parquet"] == 2


def test_partition_and_scratch_of_the_profile_reach_the_jobs(restarted):
    assert set(restarted.jobs(fields="%P")) == {("second",)}
    scratch = {line.split()[2] for line in (restarted.path / "ledger").read_text().splitlines()}
    assert scratch == {str(restarted.path / "scratch")}


def test_two_splits_of_real_data_give_the_bytes_of_a_local_run(tmp_path):
    if "MALLORN_DATA" not in os.environ:
        pytest.skip("MALLORN_DATA is not set: nothing is run on real data")
    survey = tmp_path / "survey"
    subset(os.environ["MALLORN_DATA"], survey, ["split_01", "split_02"])
    data = ("--config", f"data_dir={survey}")
    wanted = ["--", *(f"results/{name}" for name in TABLES)]
    local, on_slurm = (Run(copy_project(tmp_path / name).path, data) for name in ("local", "slurm"))
    local.locally(*wanted)
    on_slurm.on_slurm(*wanted)
    for name in TABLES:
        assert on_slurm.read(name) == local.read(name), name
