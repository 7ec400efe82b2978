"""Commands of Snakemake that run no job, each in a fork of one process that has imported it and has read the code.

A new process spends two of its three seconds on these. A fork notices every edit as a new process does: what
`mallorn.runs.fingerprints` remembers of a file, it remembers with the date and size of that file. But that module,
`mallorn.plugins` and `mallorn.errors` are in memory already: to make them do other things takes a new process.
"""

import json
import os
import subprocess
import sys
import tempfile
import weakref
from functools import lru_cache
from pathlib import Path


def dry_run(project, folder, arguments, environment):
    """Run `snakemake ARGUMENTS` in `folder` on the copy of the project in `project`; return the finished process."""
    server = _server(str(project), tuple(sorted(environment.items())))
    with tempfile.TemporaryDirectory() as beside:
        out = [Path(beside, name) for name in ("out", "err")]
        status = server.ask(arguments, folder, out)
        command = ["python", "-m", "snakemake", *arguments]
        return subprocess.CompletedProcess(command, status, *(path.read_text(encoding="utf-8") for path in out))


@lru_cache(maxsize=2)
def _server(project, environment):
    return _Server(project, dict(environment))


class _Server:
    """The process that forks, which ends when this object is no longer used."""

    def __init__(self, project, environment):
        command, pipe = [sys.executable, __file__, project], subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
        weakref.finalize(self, self._process.communicate)

    def ask(self, arguments, folder, out):
        """Return the exit status of `snakemake ARGUMENTS` in `folder`, which prints to the files `out`."""
        request = json.dumps([arguments, str(folder), [str(path) for path in out]])
        print(request, file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def _serve(project):
    """Answer each line of standard input, a command, by a line with its exit status."""
    from snakemake.cli import get_argument_parser

    get_argument_parser()  # imports the plug-ins of Snakemake
    sys.path.insert(0, str(project / "src"))
    from mallorn.runs.fingerprints import module_digests

    for adapter in sorted((project / "workflow" / "scripts").glob("*.py")):
        module_digests(adapter)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _command(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _command(arguments, folder, out):
    """Run `snakemake ARGUMENTS` as this process, and end it."""
    from snakemake.cli import main

    os.chdir(folder)
    sys.argv[1:] = arguments
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


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
