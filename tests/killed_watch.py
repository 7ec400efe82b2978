"""A watch that is killed at random moments: forks of one process that has imported it, so that each takes no time.

Run as a script: FOLDER of alerts, OUT, number of kills. It lets one watch run to its end in OUT/whole, then others in
OUT/killed, the last of them to its end. Prints {"hit": kills that met a watch at work, "stages": number of scores in
the store after each}.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import psutil

from mallorn.settings.resolve import defaults
from mallorn.watch import inputs, store
from mallorn.watch.following import cycle
from mallorn.watch.inputs import Folder
from mallorn.watch.messages import Outbox
from mallorn.watch.store import Store, read_scores

ABOUT = {"topic": "tests", "target": "TDE", "version": "0"}
FORMS = ("scores", "lasair", "desc")


def scores(groups, names):
    """Yield scores of groups of objects that tell the number of their points and their sum of fluxes."""
    for group in groups:
        time.sleep(0.002)
        yield {name: row(points) for name, points, _ in group}


class Scoring:
    """Scores of the same kind, that another process can give."""

    plugins = ()

    def __call__(self, objects, names):
        return {name: row(points) for name, points, _ in objects}


def row(points):
    p = float(1.0 / (1.0 + np.abs(points["flux"]).sum())) if len(points) > 1 else None
    about = {"probability": p, "decision": None if p is None else int(p > 0.01), "n_points": len(points)}
    reason = "" if p is not None else "too few points: 1 of 2 points"
    about |= {"domain": "in domain", "domain_reason": reason, "reasons": ""}
    return about | {"probability__TDE": p, "probability__AGN": None if p is None else 1.0 - p}


def watched(folder, out):
    """Let one cycle run on a folder of ZTF's alerts; return its `Counts`."""
    settings = defaults()
    source = Folder(Path(folder), "ztf_alerts", ("ztf",), settings)
    with Store(Path(out, "watch.sqlite"), "a model") as kept:
        return cycle(source, kept, scores, Outbox(Path(out, "messages"), FORMS, ABOUT), lambda: "now")


def in_small_parts(patch):
    """Let transactions be small, so that there are many moments to be killed at. patch: setattr, or monkeypatch's."""
    patch(inputs, "FILES_AT_A_TIME", 4)
    patch(store, "OBJECTS_PER_GROUP", 3)


def wait_for(pid, seconds):
    """Wait until a process has used so many seconds of CPU time, which the load of the machine does not change."""
    process, sleeping = psutil.Process(pid), 0.002
    while process.status() != psutil.STATUS_ZOMBIE and sum(process.cpu_times()[:2]) < seconds:
        time.sleep(sleeping)


def main(folder, out, kills):
    in_small_parts(setattr)
    first = Folder(min(Path(folder).iterdir()), "ztf_alerts", ("ztf",), defaults())
    list(next(first.new({}))[0].read())  # which imports what reads
    begun = time.process_time()
    watched(folder, Path(out, "whole"))
    takes = time.process_time() - begun
    rng, hit, stages, out = random.Random(20261126), 0, [], Path(out, "killed")
    for _ in range(kills):
        pid = os.fork()
        if not pid:
            watched(folder, out)
            os._exit(0)
        wait_for(pid, rng.uniform(0.0, 0.13 * takes))
        os.kill(pid, signal.SIGKILL)
        hit += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        try:
            stages.append(sum(1 for _ in read_scores(out / "watch.sqlite")))
        except ValueError:  # killed before there was a store
            stages.append(0)
    watched(folder, out)
    print(json.dumps({"hit": hit, "stages": stages}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
