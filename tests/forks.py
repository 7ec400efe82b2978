"""Commands of Snakemake, each in a fork of one process that has imported it and has read the code.

A new process spends two of its three seconds on these. A fork notices every edit as a new process does: what
`mallorn.runs.fingerprints` remembers of a file, it remembers with the date and size of that file. But that module,
`mallorn.plugins` and `mallorn.errors` are in memory already: to make them do other things takes a new process.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from functools import cache, lru_cache
from pathlib import Path

import psutil
from quick_jobs import QuickJobs


def start(project, folder, arguments, environment, out=(os.devnull, os.devnull), quick=False):
    """Start `snakemake ARGUMENTS` in `folder` on the copy of the project in `project`; return its `Fork`.

    out: the files that it prints to, as its standard output and error. quick: whether its jobs are forks too, see
    `quick_jobs`.
    """
    server = _server(str(project), tuple(sorted(environment.items())))
    jobs = _quick_jobs().command if quick else None
    return Fork(server, server.ask("start", arguments, str(folder), [str(path) for path in out], jobs))


def run(project, folder, arguments, environment):
    """Run such a command to its end, with quick jobs; return the finished process."""
    with tempfile.TemporaryDirectory() as beside:
        out = [Path(beside, name) for name in ("out", "err")]
        status = start(project, folder, arguments, environment, out, quick=True).wait()
        command = ["python", "-m", "snakemake", *arguments]
        return subprocess.CompletedProcess(command, status, *(path.read_text(encoding="utf-8") for path in out))


class Fork:
    """A running command, used as a `subprocess.Popen`."""

    def __init__(self, server, pid):
        self._server, self.pid, self.returncode = server, pid, None

    def poll(self):
        """Return the exit status, None as long as it runs."""
        if self.returncode is None and psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE:
            self.wait()
        return self.returncode

    def wait(self, timeout=None):
        """Return the exit status once it has ended; after `timeout` seconds raise subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        while end is not None and self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("snakemake", timeout)
            time.sleep(0.02)
        if self.returncode is None:
            self.returncode = self._server.ask("wait", self.pid)
        return self.returncode

    def kill(self):
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


@cache
def _quick_jobs():
    return QuickJobs({name: value for name, value in os.environ.items() if name != "PYTHONPATH"})


@lru_cache(maxsize=4)
def _server(project, environment):
    return _Server(project, dict(environment))


class _Server:
    """The process that forks, which ends when this object is no longer used."""

    def __init__(self, project, environment):
        command, pipe = [sys.executable, __file__, project], subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
        weakref.finalize(self, self._process.communicate)

    def ask(self, *request):
        """Return the number that answers a request: "start" and its arguments, or "wait" and a process."""
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def _serve(project):
    """Answer each line of standard input: of a command to start by its process, of one to wait for by its status."""
    from snakemake.cli import get_argument_parser

    get_argument_parser()  # imports the plug-ins of Snakemake
    sys.path.insert(0, str(project / "src"))
    from mallorn.runs.fingerprints import module_digests

    for adapter in sorted((project / "workflow" / "scripts").glob("*.py")):
        module_digests(adapter)
    for line in sys.stdin:
        what, *given = json.loads(line)
        if what == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(*given, 0)[1])
        else:
            answer = os.fork() or _command(*given)
        print(answer, flush=True)


def _command(arguments, folder, out, jobs):
    """Run `snakemake ARGUMENTS` as this process, and end it; scripts by the command `jobs`, None for a new python."""
    from snakemake.cli import main

    if jobs:
        _run_scripts_by(jobs)
    os.chdir(folder)
    sys.argv[1:] = arguments
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    for stream, path in zip((sys.stdout, sys.stderr), out, strict=True):
        with open(path, "wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    status = 1
    try:
        main(arguments)
    except SystemExit as end:
        status = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run_scripts_by(command):
    from snakemake.script import PythonScript

    def execute_script(self, fname, edit=False):
        self._execute_cmd(f"{command} {{fname:q}}", fname=fname, is_python_script=True)

    PythonScript.execute_script = execute_script


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
