"""How many alerts a second `mallorn watch` scores: python tools/watch_rate.py [ALERTS] [JOBS].

Each alert is one of another object, in a file of its own, with a history of 30 points in ZTF's g and r: no work is
shared. The wall time is from the shell to the last message, so start and reading included; compiled code is in the
cache.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

POINTS, ASKED, SECONDS = 30, 10_000, 30.0  # of each object; alerts that brokers want to take in so many seconds


def main(alerts=ASKED, jobs=1):
    """Write the alerts, score them, and print the rate, the CPU time and the time that 10,000 alerts would take."""
    with tempfile.TemporaryDirectory() as work:
        _written(Path(work, "one"), 1)
        _written(Path(work, "many"), alerts)
        _watch(Path(work, "one"), jobs)
        wall, cpu = time.monotonic(), _used()
        _watch(Path(work, "many"), jobs)
        wall, cpu = time.monotonic() - wall, _used() - cpu
        told = Path(work, "many", "messages", "scores.jsonl").read_text(encoding="utf-8").splitlines()
    scored = sum(json.loads(line)["probability"] is not None for line in told)
    print(f"{alerts} alerts of {POINTS} points, --jobs {jobs}: {scored} scored in {wall:.1f} s, CPU {cpu:.1f} s")
    print(f"{alerts / wall:.0f} alerts a second, {1e3 * cpu / alerts:.1f} ms of CPU each;", end=" ")
    print(f"{ASKED} alerts take {ASKED * wall / alerts:.0f} s of {SECONDS:.0f} s")


def _written(folder, alerts):
    folder = folder / "alerts"
    folder.mkdir(parents=True)
    for number in range(alerts):
        rows = _detections(np.random.default_rng(number))
        letters = (chr(97 + number // 26**k % 26) for k in range(6, -1, -1))
        alert = {"objectId": f"ZTF20{''.join(letters)}", "candidate": rows[-1], "prv_candidates": rows[:-1]}
        (folder / f"{number:06d}.json").write_text(json.dumps(alert), encoding="utf-8")


def _detections(rng):
    """Return the detections of an event that rises and fades in its own time, between 17 and 20 mag."""
    days = np.sort(rng.uniform(0.0, 120.0, POINTS))
    peak, rise, fall, bright = rng.uniform(10, 40), rng.uniform(5, 20), rng.uniform(20, 80), rng.uniform(17, 18.5)
    fade = np.where(days < peak, ((peak - days) / rise) ** 2, (days - peak) / fall)
    magnitude = np.minimum(bright + 0.5 * fade, 20.0) + rng.normal(0.0, 0.08, POINTS)
    place = {"ra": float(rng.uniform(0, 360)), "dec": float(rng.uniform(-25, 80)), "rb": 0.9}
    seen = {"sigmapsf": 0.08, "isdiffpos": "t", "diffmaglim": 20.5}
    return [
        {"jd": 2458849.5 + float(day), "fid": 1 + k % 2, "magpsf": round(float(value), 3), **seen, **place}
        for k, (day, value) in enumerate(zip(days, magnitude, strict=True))
    ]


def _watch(folder, jobs):
    options = ["--source", "ztf_alerts", "--once", "--quiet", "--jobs", str(jobs), "--model", "released"]
    places = ["--store", str(folder / "watch.sqlite"), "--messages", str(folder / "messages")]
    subprocess.run([sys.executable, "-m", "mallorn", "watch", str(folder / "alerts"), *options, *places], check=True)


def _used():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
