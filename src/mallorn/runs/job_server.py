"""A process that runs scripts in forks of itself, so that each finds its imports done; `mallorn.runs.forked` uses it.

    python job_server.py serve FOLDER [MODULE ...]      imports the modules, and answers until its standard input ends
    python job_server.py run FOLDER MODULES SCRIPT ...  has a script run, in place of `python SCRIPT ...`

FOLDER is empty at first, nobody else's, and removed in the end.

The script has the arguments, folder, environment and output of the process that asks, and ends with it. MODULES are
names with commas between: the server imports these, and what the script imports at its top, before it forks, and keeps
them for the next scripts; with "-" it imports nothing. If no server answers, the script runs as by `python`.

Whoever begins a server ends it by a word to its standard input. If that ends without one, as where snakemake was
killed, the scripts that still run are killed too: they would stand in the way of those of the next run.

Only the standard library is imported here.
"""

import os
import socket
import sys
from contextlib import suppress

_MOST = 1 << 20  # bytes of a request that are read at a time
_ANSWER = 8  # bytes of a number
_SOCKET = "jobs"


def run(folder, modules, *arguments):
    """Have a script run by the server that listens in `folder`; return its exit status."""
    import json

    about = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    if modules != "-":
        about["modules"] = modules.split(",")
    request = json.dumps(about).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(os.path.join(folder, _SOCKET))
            socket.send_fds(connection, [len(request).to_bytes(_ANSWER, "big")], [0, 1, 2])
            connection.sendall(request)
        except OSError:
            os.execv(sys.executable, [sys.executable, *arguments])
        return int(connection.recv(_ANSWER) or 1)  # nothing, if the script was killed


def serve(folder, *modules):
    """Answer requests, each in a fork, until standard input says "end"; then wait for the forks that still run.

    If standard input ends without this, the forks are killed. If no socket can be made there, it ends at once: those
    who ask then run their scripts by python.
    """
    import importlib
    import signal

    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the process that has begun it
    forks = set()
    del sys.path[0]  # the folder of this file
    for name in modules:
        importlib.import_module(name)
    path = os.path.join(folder, _SOCKET)
    with suppress(OSError), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        _listen(listener, list(sys.path), interrupt, forks)
        if not os.read(sys.stdin.fileno(), 1):
            for process in forks:
                os.kill(process, signal.SIGKILL)
    with suppress(OSError):
        os.unlink(path)
    with suppress(OSError):
        os.rmdir(folder)
    _reap(forks, 0)


def _listen(listener, search, interrupt, forks):
    """Answer requests until standard input can be read; keep the numbers of the processes that run in `forks`."""
    import select

    while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [], 1.0)[0]):
        if ready:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # of one that has ended
                forks.add(_answer(connection, listener, search, interrupt))
        _reap(forks, os.WNOHANG)


def _reap(forks, options):
    """Let forks that have ended go; wait for all of them if there are no `options`."""
    with suppress(ChildProcessError):
        while process := os.waitpid(-1, options)[0]:
            forks.discard(process)


def _answer(connection, listener, search, interrupt):
    """Read a request, import what it needs, and fork; return the number of the fork, which itself does not return."""
    import json
    import signal

    size, given, _, _ = socket.recv_fds(connection, _ANSWER, 3)
    request = b""
    while len(request) < int.from_bytes(size, "big"):
        part = connection.recv(_MOST)
        if not part:
            raise ConnectionError("the request ended early")
        request += part
    request = json.loads(request)
    if "modules" in request:
        _prepare(request["arguments"][0], request["modules"])
    if not (process := os.fork()):
        listener.close()
        signal.signal(signal.SIGINT, interrupt)
        _run(connection, given, request, search)
    for file in given:
        os.close(file)
    return process


def _prepare(script, modules):
    """Import what a script imports at its top, also below an `if`, and `modules`; what fails is left to the script."""
    import ast
    import importlib

    with open(script, encoding="utf-8") as file:
        body = ast.parse(file.read()).body
    names = []
    for node in [*body, *(one for outer in body if isinstance(outer, ast.If) for one in outer.body)]:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    for name in filter(None, [*names, *modules]):
        parent, _, last = name.rpartition(".")
        if not hasattr(sys.modules.get(parent), last):  # else it is no module, or there already
            with suppress(Exception):
                importlib.import_module(name)


def _run(connection, given, request, search):
    """Run the script of a request as this process, tell its exit status, and end."""
    import atexit
    import runpy

    for place, file in enumerate(given):
        os.dup2(file, place)
        os.close(file)
    _end_with(connection)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    script, *_ = sys.argv[:] = request["arguments"]
    added = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[:] = [os.path.dirname(script), *added, *search]
    status = 1
    try:
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if not isinstance(end.code, int | None):
            print(end.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        with suppress(OSError):
            _end_with(connection, False)
            connection.sendall(str(status).encode())
        os._exit(status)


def _end_with(connection, whether=True):
    """Have the system kill this process if the other end of the connection closes, or no longer."""
    import fcntl
    import signal

    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(connection, fcntl.F_GETFL)
    fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC if whether else flags & ~os.O_ASYNC)


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    sys.exit(run(*arguments) if what == "run" else serve(*arguments))
