"""Jobs of the workflow, each in a fork of one process that has imported the packages of others, and nothing of ours.

A small job spends most of its time on these. What it finds is as in a process of its own: its file, arguments, folder,
environment and output; only what is measured of it, which is that of the process that waits for it, is less.
`quick_jobs.py run SOCKET SCRIPT` is to be called in place of `python SCRIPT`.
"""

import os
import socket
import sys

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
MOST = 1 << 20  # bytes of a request


class QuickJobs:
    """The process that forks, which ends when this object is no longer used; `command` takes the place of `python`."""

    def __init__(self, environment):
        import subprocess
        import tempfile
        import weakref

        folder = tempfile.TemporaryDirectory()
        path = os.path.join(folder.name, "jobs")
        command = [sys.executable, __file__, "serve", path]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        self.command = f"{sys.executable} -ISE {__file__} run {path}"
        weakref.finalize(self, _end, process, folder)


def _end(process, folder):
    process.communicate()
    folder.cleanup()


def run(path, *arguments):
    """Have a job run with this process's folder, environment and output; return its exit status."""
    import json

    request = json.dumps({"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [len(request).to_bytes(8)], [0, 1, 2])
        connection.sendall(request)
        return int(connection.recv(8) or 1)


def _serve(path):
    """Answer requests, each in a fork, until standard input ends."""
    import importlib
    import select

    for name in PACKAGES:
        importlib.import_module(name)
    search = list(sys.path[1:])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [], 1.0)[0]):
            if ready:
                connection, _ = listener.accept()
                if not os.fork():
                    listener.close()
                    _job(connection, search)
                connection.close()
            _reap()


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _job(connection, search):
    """Run the script of a request as this process, tell its exit status, and end."""
    import atexit
    import json
    import runpy

    size, given, _, _ = socket.recv_fds(connection, 8, 3)
    request = b""
    while len(request) < int.from_bytes(size):
        request += connection.recv(MOST)
    request = json.loads(request)
    for place, file in enumerate(given):
        os.dup2(file, place)
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
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(status).encode())
        os._exit(status)


if __name__ == "__main__":
    what, path, *arguments = sys.argv[1:]
    sys.exit(run(path, *arguments) if what == "run" else _serve(path))
