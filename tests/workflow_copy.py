"""The real workflow on a tiny simulated survey, in a copy of the project whose path has a space in it."""

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import forks

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "workflow" / "tiny.yaml"


@dataclass
class Workspace:
    """A copy of the project in `path`, with everything in it that a run needs."""

    path: Path
    configfile: Path = TINY
    snakefile: Path | None = None  # of another copy of the project, for a folder that holds results alone

    def snakemake(self, *arguments, ok=True, cores=2):
        """Run snakemake with the tiny configuration, it and its jobs as forks, and return the finished process."""
        return self._finished(forks.run(*self._where, self._arguments(arguments, cores), clean_environment()), ok)

    def snakemake_anew(self, *arguments, ok=True, cores=2):
        """Run snakemake as users do, it and its jobs as new processes, and return it when it has finished."""
        process = self.start(*arguments, cores=cores)
        out, err = process.communicate()
        return self._finished(subprocess.CompletedProcess(process.args, process.returncode, out, err), ok)

    def start(self, *arguments, cores=2, output=subprocess.PIPE):
        """Start snakemake with the tiny configuration and return the running process."""
        command = [sys.executable, "-m", "snakemake", *self._arguments(arguments, cores)]
        environment = clean_environment()
        return subprocess.Popen(command, cwd=self.path, env=environment, stdout=output, stderr=output, text=True)

    def dry(self, *arguments, ok=True):
        """Return the finished process of a command that runs no job."""
        return self.snakemake(*arguments, ok=ok)

    def fork(self, *arguments, cores=2):
        """Start a run in a fork, its jobs as new processes; its output is lost."""
        return forks.start(*self._where, self._arguments(arguments, cores), clean_environment())

    @property
    def _where(self):
        """The folder of the project, and that of the results."""
        return (self.snakefile.parent if self.snakefile else self.path), self.path

    def _arguments(self, arguments, cores):
        snakefile = ["--snakefile", str(self.snakefile)] if self.snakefile else []
        return ["--cores", str(cores), *arguments, *snakefile, "--configfile", str(self.configfile)]

    @staticmethod
    def _finished(process, ok):
        if ok and process.returncode:
            out, err = process.stdout[-6000:], process.stderr[-6000:]
            raise AssertionError(f"{' '.join(process.args)} failed:\n{out}\n{err}")
        return process

    def planned(self, *arguments):
        """Return {rule: set of its output files} that the next run would make again."""
        table = self.dry("--summary", *arguments).stdout.splitlines()
        plan = {}
        for row in csv.DictReader(table, delimiter="\t"):
            if row["plan"] != "no update":
                plan.setdefault(row["rule"], set()).add(row["output_file"])
        return plan

    def read(self, name):
        return (self.path / name).read_bytes()

    def results(self):
        """Return {path: content} of all results but those that tell of the run: logs, times, data, compiled code."""
        telling = {
            "log",
            "benchmarks",
            "kernels",
            "survey",
            "report",
            "history.parquet",
            "provenance.json",
            "input.json",
        }
        paths = [path.relative_to(self.path / "results") for path in (self.path / "results").rglob("*")]
        paths = [path for path in paths if path.parts[0] not in telling and path.suffix not in ("", ".part")]
        return {str(path): (self.path / "results" / path).read_bytes() for path in paths}


def clean_environment():
    """Return the environment less what pytest and another Snakemake have set."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE"))}


def copy_project(target, source=ROOT):
    """Copy to `target` what a run needs of the project in `source`."""
    target.mkdir(parents=True)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(source / name, target)
    for name in ("rules", "workflow", "src", "envs", "profiles"):
        shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return Workspace(target)
