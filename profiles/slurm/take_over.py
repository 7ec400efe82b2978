"""Tell Snakemake of the jobs that ended well in Slurm after it was killed, so that the next run does not repeat them.

Usage, in the folder of the run: python profiles/slurm/take_over.py [its options, such as --config data_dir=...]
"""

import base64
import json
import subprocess
import sys
from pathlib import Path

RUNNING = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED"}


def unheard(folder):
    """Return {output: job of Slurm} of the jobs that Snakemake had submitted, and whose end it did not see."""
    jobs = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            jobs[base64.urlsafe_b64decode(name).decode()] = json.loads(path.read_text()).get("external_jobid")
    return jobs


def states():
    """Return {job: state} of the user's jobs that Slurm remembers."""
    command = ["squeue", "--me", "--noheader", "--states=all", "--format=%A|%T"]
    return dict(line.split("|") for line in subprocess.check_output(command, text=True).split())


def main(arguments):
    jobs, known = unheard(Path(".snakemake", "incomplete")), states()
    running = sorted({job for job in jobs.values() if known.get(job) in RUNNING})
    if running:
        sys.exit(f"jobs of this run are still in the queue: wait for them, or scancel {' '.join(running)}")
    done = sorted(output for output, job in jobs.items() if known.get(job) == "COMPLETED" and Path(output).exists())
    snakemake = [sys.executable, "-m", "snakemake", *arguments, "--cores", "1", "--quiet"]
    subprocess.run([*snakemake, "--unlock"], check=True)
    if done:
        subprocess.run([*snakemake, "--touch", "--", *done], check=True)
    sys.stderr.write(f"{len(done)} outputs of {len(jobs)} had been finished\n")


if __name__ == "__main__":
    main(sys.argv[1:])
