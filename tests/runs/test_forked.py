"""Jobs as forks: each is like a process of its own, ends with the one that asked for it, and finds its imports done."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from mallorn.runs import job_server
from mallorn.runs.forked import Forks, possible

pytestmark = pytest.mark.skipif(not possible(), reason="needs Linux")

SLOW = """
from pathlib import Path
with Path(__file__).with_name("times").open("a") as times:
    times.write("x")
"""


@pytest.fixture
def forks():
    """Return a function that makes `Forks`, which end with the test."""
    made = []

    def make(*scripts):
        made.append(Forks(scripts))
        return made[-1]

    yield make
    for one in made:
        one.close()


def run(command, script, *arguments, **options):
    command = [*command, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


def written(folder, text, name="script.py"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_script_has_its_own_arguments_folder_environment_and_output(tmp_path, forks):
    script = written(
        tmp_path,
        "import os, sys\n"
        "print(__name__, sys.argv[1:], os.getcwd(), os.environ['GIVEN'], sys.path[0])\n"
        "print('wrong', file=sys.stderr)\n",
    )
    command = forks("script.py").command("script.py", None, {}, 1)
    done = run(command, script, "a", "b c", cwd=tmp_path, env={**os.environ, "GIVEN": "there"})
    assert done.stdout == f"__main__ ['a', 'b c'] {tmp_path} there {tmp_path}\n"
    assert (done.stderr, done.returncode) == ("wrong\n", 0)


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit('no such file')", 1, "no such file\n"),
        ("raise ValueError('mended by nobody')", 1, "ValueError: mended by nobody\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 1, ""),
    ],
)
def test_a_script_ends_as_by_python(tmp_path, forks, end, status, said):
    script = written(tmp_path, f"import sys\n{end}\n")
    done = run(forks("script.py").command("script.py", None, {}, 1), script)
    assert done.returncode == status
    assert done.stderr.endswith(said)
    assert bool(done.stderr) == bool(said)


def test_imports_are_made_once_also_those_of_modules_that_settings_name(tmp_path, forks, monkeypatch):
    written(tmp_path, SLOW, "slow_to_import.py")
    script = written(
        tmp_path, "if True:\n    import slow_to_import\nimport sys\nprint('mallorn.learners.logistic' in sys.modules)\n"
    )
    source = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(source / "src")]))
    made, adapter = forks(*["script.py"] * 4), source / "workflow" / "scripts" / "cross_validate.py"
    for used, said in (({}, "False"), ({}, "False"), ({"learner": "logistic"}, "True"), ({}, "True")):
        assert run(made.command("script.py", adapter, used, 1), script).stdout == f"{said}\n"
    assert (tmp_path / "times").read_text() == "x"


def test_what_a_script_does_to_its_modules_stays_with_it(tmp_path, forks):
    script = written(tmp_path, "import colorsys\nprint(getattr(colorsys, 'mine', 0))\ncolorsys.mine = 1\n")
    command = forks("script.py").command("script.py", None, {}, 1)
    assert [run(command, script).stdout for _ in range(2)] == ["0\n", "0\n"]


def test_a_script_ends_with_the_process_that_asked_for_it(tmp_path, forks):
    script = written(tmp_path, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    command = [*forks("script.py").command("script.py", None, {}, 1), str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        job = psutil.Process(int(asking.stdout.readline()))
        asking.kill()
    job.wait(10)


def test_if_the_server_is_gone_python_runs_the_script(tmp_path, forks):
    script = written(tmp_path, "import sys\nprint(sys.argv[1])\nsys.exit(2)\n")
    made = forks("script.py")
    command = made.command("script.py", None, {}, 1)
    made.close()
    done = run(command, script, "a")
    assert (done.stdout, done.returncode) == ("a\n", 2)


def test_a_server_ends_after_the_last_planned_job_of_its_kind(forks):
    def servers():
        children = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
        return sum(job_server.__file__ in one.cmdline() for one in children)

    before = servers()
    made = forks(*["often.py"] * 3, "once.py", "twice.py", "twice.py")
    counts = []
    for script in ("often.py", "once.py", "often.py", "twice.py", "often.py", "twice.py"):
        made.command(script, None, {}, 1)
        made.ended(script)
        counts.append(servers() - before)
    assert counts == [1, 2, 2, 2, 1, 0]


def test_nothing_is_left_of_a_server_and_its_scripts_also_if_nobody_closes_it(tmp_path):
    script = written(tmp_path, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    begin = "import sys\nfrom mallorn.runs.forked import Forks\n"
    begin += "print(*Forks(['script.py']).command('script.py', None, {}, 1), sep='\\n', flush=True)\nsys.stdin.read()\n"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen([sys.executable, "-c", begin], **pipes) as run:
        command = [run.stdout.readline().removesuffix("\n") for _ in range(6)]
        folder = Path(command[4])
        assert [path.name for path in folder.iterdir()] == ["jobs"]
        with subprocess.Popen([*command, str(script)], stdout=subprocess.PIPE, text=True) as asking:
            job = psutil.Process(int(asking.stdout.readline()))
            run.kill()
            assert asking.wait(60) == 1
    assert not job.is_running()
    end = time.monotonic() + 60
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert list(temporary.iterdir()) == []


def test_a_script_that_runs_while_its_server_is_closed_runs_to_its_end(tmp_path, forks):
    go = tmp_path / "go"
    os.mkfifo(go)
    script = written(tmp_path, "import sys\nprint('here', flush=True)\nprint(open(sys.argv[1]).read())\n")
    made = forks("script.py")
    command = [*made.command("script.py", None, {}, 1), str(script), str(go)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout.readline() == "here\n"
        closing = threading.Thread(target=made.close)
        closing.start()
        time.sleep(0.2)  # the server has read that it is closed
        go.write_text("and there")
        assert asking.stdout.read() == "and there\n"
    closing.join()
    assert asking.returncode == 0


def test_where_no_socket_can_be_made_python_runs_the_script(tmp_path, forks, monkeypatch, capfd):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    script = written(tmp_path, "print('here')\n")
    assert run(forks("script.py").command("script.py", None, {}, 1), script).stdout == "here\n"
    assert capfd.readouterr().err == ""
    assert list(folder.iterdir()) == []


def test_requests_that_end_early_leave_the_server_as_it_is(tmp_path, forks):
    script = written(tmp_path, "print('here')\n")
    command = forks("script.py").command("script.py", None, {}, 1)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.path.join(command[4], "jobs"))
        socket.send_fds(connection, [(100).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(b"{")
    assert run(command, script).stdout == "here\n"


def test_libraries_of_linear_algebra_have_the_threads_of_the_job(tmp_path, forks):
    script = written(
        tmp_path,
        "import numpy\nfrom threadpoolctl import threadpool_info\n"
        "print({one['num_threads'] for one in threadpool_info()})\n",
    )
    made = forks(*["script.py"] * 3)
    for threads in (1, 2):
        assert run(made.command("script.py", None, {}, threads), script).stdout == f"{{{threads}}}\n"
