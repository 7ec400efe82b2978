import os
import subprocess
import sys
from pathlib import Path

import pytest

from mallorn.runtime.usage import FIELDS, read_usage

JOB = """
import sys
sum(range(4_000_000))
from mallorn.runtime.job_log import job_log
with job_log(sys.argv[1]):
    block = bytearray(200 * 2**20)
    sum(range(8_000_000))
    open(sys.argv[1] + ".data", "wb").write(bytes(3 * 2**20))
"""


def run(log, code=JOB):
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    return subprocess.run([sys.executable, "-c", code, str(log)], env=environment, capture_output=True, text=True)


def test_a_job_tells_what_it_used_in_its_log_alone(tmp_path):
    before = sum(os.times()[2:4])
    done = run(tmp_path / "fit" / "a.log")
    spent = sum(os.times()[2:4]) - before
    [(name, usage)] = read_usage(tmp_path)
    assert str(name) == os.path.join("fit", "a.log")
    assert tuple(usage) == FIELDS
    assert "usage" not in done.stderr
    assert 0.5 * spent < usage["cpu_s"] <= spent + 0.02
    assert 0.0 < usage["start_cpu_s"] < 0.8 * usage["cpu_s"]
    assert usage["peak_mb"] == pytest.approx(220.0, abs=40.0)
    if sys.platform == "linux":
        assert usage["wall_s"] > 0.5 * usage["cpu_s"]
        assert usage["written_mb"] == pytest.approx(3.0, abs=0.1)
        assert usage["read_mb"] > 0.1


def test_a_failed_job_and_other_files_tell_nothing(tmp_path):
    assert run(tmp_path / "a.log", JOB + "    raise ValueError\n").returncode == 1
    (tmp_path / "b.log").write_text("nothing of use\n")
    (tmp_path / "c.txt").write_text('usage: {"cpu_s": 1}\n')
    assert read_usage(tmp_path) == []
