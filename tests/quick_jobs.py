"""Jobs of all runs of the tests, in forks of one process that has imported the packages of others, and none of ours.

What a job finds is as in a process of its own: its file, arguments, folder, environment and output. Only what is
measured of it, which is that of the process that waits for it, is less.
"""

import subprocess
import sys
import tempfile
import weakref
from pathlib import Path

SERVER = Path(__file__).parents[1] / "src" / "mallorn" / "runs" / "job_server.py"
PACKAGES = (
    "snakemake.script",
    "pyarrow.parquet",
    "pandas",
    "numba",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.linear_model",
    "sklearn.neural_network",
    "lightgbm",
    "xgboost",
    "catboost",
    "celerite2",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
)


class QuickJobs:
    """The process that forks, which ends when this object is no longer used; `command` takes the place of `python`."""

    def __init__(self, environment):
        folder = tempfile.mkdtemp()
        command = [sys.executable, str(SERVER), "serve", folder, *PACKAGES]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        self.command = f"{sys.executable} -ISE {SERVER} run {folder} -"
        weakref.finalize(self, process.communicate)
