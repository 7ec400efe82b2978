"""The rate of requests, shared through a file; times are those of a clock that only sleeping moves."""

import subprocess
import sys
import threading

import pytest
from workflow_copy import ROOT

from mallorn.fetch.pace import LONGEST_PAUSE, Pace, Stopped


class Clock:
    def __init__(self, now=1000.0):
        self.now, self.slept = now, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def pace(path, per_second, clock):
    return Pace(path, per_second, clock, clock.sleep)


def test_requests_keep_their_distance(tmp_path):
    clock = Clock()
    one = pace(tmp_path / "pace", 4.0, clock)
    times = []
    for _ in range(4):
        one.wait()
        times.append(clock.now)
    assert times == pytest.approx([1000.0, 1000.25, 1000.5, 1000.75])


def test_all_who_name_the_same_file_share_the_rate(tmp_path):
    clock = Clock()
    first, second = pace(tmp_path / "pace", 2.0, clock), pace(tmp_path / "pace", 2.0, clock)
    for one in (first, second, first):
        one.wait()
    assert clock.now == pytest.approx(1001.0)


def test_a_pause_of_one_holds_for_all_and_is_never_cut_short(tmp_path):
    clock = Clock()
    first, second = pace(tmp_path / "pace", 2.0, clock), pace(tmp_path / "pace", 2.0, clock)
    first.pause(30.0)
    first.pause(5.0)
    second.wait()
    assert clock.now == pytest.approx(1030.0)


def test_a_request_that_comes_late_does_not_wait(tmp_path):
    clock = Clock()
    one = pace(tmp_path / "pace", 2.0, clock)
    one.wait()
    clock.now += 10.0
    one.wait()
    assert clock.slept == []


@pytest.mark.parametrize("text", ["", "17 apples", f"{1000.0 + 10 * LONGEST_PAUSE:.1f}"])
def test_a_file_that_says_nothing_sensible_holds_nobody_up(tmp_path, text):
    (tmp_path / "pace").write_text(text)
    clock = Clock()
    one = pace(tmp_path / "pace", 2.0, clock)
    one.wait()
    assert clock.slept == []
    one.wait()
    assert clock.slept == pytest.approx([0.5])


def test_threads_get_a_turn_each(tmp_path):
    clock, times = Clock(), []
    lock = threading.Lock()

    def sleep(seconds):
        with lock:
            clock.now += seconds

    one = Pace(tmp_path / "pace", 10.0, clock, sleep)
    threads = [threading.Thread(target=lambda: [one.wait(), times.append(clock.now)]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 20
    assert clock.now >= 1000.0 + 1.9 - 1e-6  # 20 turns are 19 intervals


WAITER = """
import sys
sys.path.insert(0, sys.argv[2])
from mallorn.fetch.pace import Pace
pace = Pace(sys.argv[1], 1.0, clock=lambda: 1000.0, sleep=lambda seconds: sys.exit(f"waits {seconds:g}"))
pace.wait()
"""


def test_another_process_waits_too(tmp_path):
    clock = Clock()
    pace(tmp_path / "pace", 0.25, clock).wait()
    command = [sys.executable, "-c", WAITER, str(tmp_path / "pace"), str(ROOT / "src")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "waits 4" in done.stderr


def test_who_waits_is_told_to_stop(tmp_path):
    one = Pace(tmp_path / "pace", 1.0)
    one.pause(1000.0)
    raised = []

    def wait():
        try:
            one.wait()
        except Stopped:
            raised.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    one.stop()
    thread.join(timeout=20.0)
    assert raised == [True]
    one.go()
    (tmp_path / "pace").write_text("")
    one.wait()
