"""Measure what a job of Slurm costs: jobs that do nothing, one by one, grouped, and as an array.

Usage: tests/slurm/run.sh .venv/bin/python tests/slurm/overhead.py [N_JOBS]

CPU time is that of the whole machine, which should have nothing else to do; or, with CPUACCT=FOLDER, that of a control
group in which all was started.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
MODES = {
    "single": [],
    "groups of 4": ["--groups", "nothing=some", "--group-components", "some=4"],
    "one group": ["--groups", "nothing=some", "--group-components", "some={n}"],
    "array": ["--slurm-array-jobs", "nothing"],
}


def cpu_seconds():
    """Return the CPU time spent so far, in s."""
    if "CPUACCT" in os.environ:
        return int(Path(os.environ["CPUACCT"], "cpuacct.usage").read_text()) / 1e9
    ticks = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    user, nice, system = map(int, ticks[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def measure(mode, n):
    """Run `n` jobs in one mode; return how many Slurm jobs they were, and the wall and CPU seconds for each."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", HERE / "overhead.smk", "--executor", "slurm"]
    command += ["--cores", "1", "--jobs", "1000", "--latency-wait", "60", "--slurm-status-command", "squeue"]
    command += ["--slurm-init-seconds-before-status-checks", "1", "--config", f"n_jobs={n}"]
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.monotonic(), cpu_seconds()
        options = [option.format(n=n) for option in MODES[mode]]
        done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=True)
        wall, cpu = time.monotonic() - wall, cpu_seconds() - cpu
        ends = sorted(float(path.read_text()) for path in Path(folder, "out").iterdir())
    submitted = len(re.findall(r"has been submitted with SLURM jobid|SLURM job ID \d+", done.stderr + done.stdout))
    return {
        "mode": mode,
        "jobs": n,
        "sbatch_calls": submitted,
        "wall_s_per_job": round(wall / n, 2),
        "first_to_last_s_per_job": round((ends[-1] - ends[0]) / (n - 1), 2),
        "cpu_s_per_job": round(cpu / n, 2),
    }


def main(n):
    rows = [measure(mode, n) for mode in MODES]
    writer = csv.DictWriter(sys.stdout, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
