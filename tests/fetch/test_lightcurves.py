"""Light curves fetched from a server on loopback, killed and gone on with, and read as a survey."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from alerce_server import lsst_object, serving, settings_for, ztf_id, ztf_object
from survey_checks import check, surveys
from workflow_copy import ROOT

from mallorn.errors import DataError
from mallorn.fetch.alerce import Alerce
from mallorn.fetch.lightcurves import fetch_lightcurves, write_lightcurves
from mallorn.fetch.pace import Pace
from mallorn.fetch.sample import balanced, write_objects
from mallorn.sources.alerce import batches

N = 12
IDS = [ztf_id(k) for k in range(N)]


@pytest.fixture
def server():
    with serving([ztf_object(k, "TDE", 0.9) for k in range(N)]) as server:
        yield server


def fetched_once(server):
    """Whether no request was made twice."""
    return len(server.log) == len(set(server.log))


def test_what_is_there_is_not_fetched_again(server, tmp_path):
    broker = Alerce(settings_for(server, tmp_path))
    assert fetch_lightcurves(IDS[:5], broker) == 10
    assert fetch_lightcurves(IDS[:8], broker) == 6
    assert fetch_lightcurves(IDS[:8], Alerce(settings_for(server, tmp_path))) == 0
    assert len(server.log) == 16
    assert fetched_once(server)


def test_forced_photometry_is_left_out_if_it_is_not_wanted(server, tmp_path):
    broker = Alerce(settings_for(server, tmp_path, forced_photometry=False))
    assert fetch_lightcurves(IDS[:5], broker) == 5
    assert server.asked("forced") == []
    counts = write_lightcurves(IDS[:5], broker, tmp_path / "lightcurves_1.json.gz")
    assert counts["forced_photometry"] == 0
    assert fetch_lightcurves(IDS[:5], Alerce(settings_for(server, tmp_path))) == 5


def test_faults_on_the_way_change_nothing(server, tmp_path):
    quiet = Alerce(settings_for(server, tmp_path / "quiet"))
    fetch_lightcurves(IDS, quiet)
    write_lightcurves(IDS, quiet, tmp_path / "quiet.json.gz")
    server.log.clear()
    faults = [500, "cut", "html", 429, (503, {"Retry-After": "0"}), "hang", 502]
    server.faults = {"lightcurve": list(faults)}
    troubled = Alerce(settings_for(server, tmp_path / "troubled", timeout=0.3, tries=10))
    fetch_lightcurves(IDS, troubled)
    write_lightcurves(IDS, troubled, tmp_path / "troubled.json.gz")
    assert len(server.log) == 2 * N + len(faults)
    assert (tmp_path / "troubled.json.gz").read_bytes() == (tmp_path / "quiet.json.gz").read_bytes()


class Clock:
    """A clock that only sleeping moves, for several threads."""

    def __init__(self):
        self.now, self.lock = 1000.0, threading.Lock()

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        with self.lock:
            self.now += seconds


@pytest.mark.parametrize("connections", [1, 4])
def test_all_connections_together_keep_the_rate_and_the_wait_that_the_server_asks_for(server, tmp_path, connections):
    clock = Clock()
    settings = settings_for(server, tmp_path, connections=connections)
    broker = Alerce(settings, pace=Pace(tmp_path / "pace", 2.0, clock, clock.sleep))
    fetch_lightcurves(IDS, broker)
    assert len(server.log) == 2 * N
    assert clock.now - 1000.0 >= (2 * N - 1) / 2.0 - 1e-6
    begun, server.faults = clock.now, {"lightcurve": [(429, {"Retry-After": 60})]}
    fetch_lightcurves([ztf_id(k) for k in range(N, N + 5)], broker)
    assert clock.now - begun >= 60.0


@pytest.mark.parametrize("connections", [1, 4])
def test_a_server_that_stays_down_is_told_with_what_is_kept(server, tmp_path, connections):
    fetch_lightcurves(IDS[:3], Alerce(settings_for(server, tmp_path)))
    server.faults = {"lightcurve": [500] * 1000}
    settings = settings_for(server, tmp_path, tries=3, connections=connections)
    with pytest.raises(DataError, match="status 500 at the last of 3 tries.* run again") as raised:
        fetch_lightcurves(IDS, Alerce(settings))
    assert f"6 of {2 * N} answers are in {tmp_path}" in str(raised.value)
    assert len(server.log) <= 6 + 3 * connections + connections  # the others stop too
    server.faults = {}
    assert fetch_lightcurves(IDS, Alerce(settings)) == 2 * N - 6


def test_a_broker_goes_on_after_an_error(server, tmp_path):
    broker = Alerce(settings_for(server, tmp_path, tries=1))
    server.faults = {"lightcurve": [500]}
    with pytest.raises(DataError, match="status 500"):
        fetch_lightcurves(IDS, broker)
    fetch_lightcurves(IDS, broker)
    assert all(broker.has("lightcurve", oid) for oid in IDS)


def test_objects_without_a_light_curve_are_counted_and_not_lost(tmp_path, caplog):
    with serving([ztf_object(k, "TDE", 0.9) for k in range(4)], without=IDS[:1]) as server:
        broker = Alerce(settings_for(server, tmp_path))
        server.faults = {f"{IDS[1]}/lightcurve": ['{"detections": [], "non_detections": []}']}
        server.faults |= {f"forced-photometry/{IDS[1]}": ["[]"]}
        fetch_lightcurves(IDS[:4], broker)
        assert "no light curve of 1 of 4 objects" in caplog.text
        counts = write_lightcurves(IDS[:4], broker, tmp_path / "lightcurves_1.json.gz")
        assert counts == {
            "objects": 4,
            "without points": 2,
            "detections": 12,
            "non_detections": 6,
            "forced_photometry": 8,
        }
        assert fetch_lightcurves(IDS[:4], broker) == 0
        curves = json.loads(gzip.decompress((tmp_path / "lightcurves_1.json.gz").read_bytes()))
        assert [curve["oid"] for curve in curves] == IDS[:4]


def survey(folder, found, settings):
    """Write objects and their light curves as a survey, in two files; return the folder."""
    rows, _ = balanced({"TDE": found}, {"TDE": "TDE"}, len(found), seed=1)
    write_objects(folder / "objects.csv", rows)
    broker, ids = Alerce(settings), [row["oid"] for row in rows]
    fetch_lightcurves(ids, broker)
    half = len(ids) // 2
    write_lightcurves(ids[:half], broker, folder / "lightcurves_0001.json.gz")
    write_lightcurves(ids[half:], broker, folder / "lightcurves_0002.json.gz")
    write_lightcurves([], broker, folder / "lightcurves_0003.json.gz")
    return folder


def test_a_fetched_ztf_survey_is_read_with_labels_and_all_kinds_of_points(server, tmp_path):
    server.without = {IDS[3]}
    folder = survey(tmp_path / "sample", server.objects, settings_for(server, tmp_path))
    (batch,) = batches(folder, {})
    objects, points = batch.objects, batch.points
    assert set(objects["object_id"]) == set(IDS) - {IDS[3]}
    assert set(objects["label"]) == {"TDE"}
    assert batch.about["objects without light curves"] == "1"
    np.testing.assert_allclose(objects["ra"][objects["object_id"] == IDS[2]], 21.0)
    mine = points["object_id"] == IDS[0]
    mjd, flux = points["mjd"][mine], points["flux"][mine]
    assert mine.sum() == 6 + 3 + 3  # of four rows of forced photometry one has a procstatus that is not sound
    assert set(points["passband"][mine]) == {"ztf.g", "ztf.r"}
    assert points["limit"][mine].sum() == 3
    assert points["detected"][mine].sum() == 6
    np.testing.assert_allclose(flux[mjd == 59000.25], 10 ** (-0.4 * (18.9 - 23.9)))
    np.testing.assert_allclose(flux[mjd == 59005.25], -(10 ** (-0.4 * (19.4 - 23.9))))
    np.testing.assert_allclose(flux[mjd == 58981.25], -(10 ** (-0.4 * (21.0 - 23.9))))
    assert batch.aside[("procstatus is not sound", IDS[0])] == 1


def test_a_fetched_lsst_survey_is_read_with_all_digits_and_passbands(tmp_path):
    with serving([lsst_object(k, "TDE", 0.9) for k in range(4)]) as server:
        folder = survey(tmp_path / "sample", server.objects, settings_for(server, tmp_path, survey="lsst"))
        assert len(server.log) == 4
        broker = Alerce(settings_for(server, tmp_path, survey="lsst", forced_photometry=False))
        counts = write_lightcurves([str(server.objects[0]["oid"])], broker, tmp_path / "detections.json.gz")
        assert (counts["detections"], counts["forced_photometry"]) == (3, 0)
    (batch,) = batches(folder, {})
    assert sorted(batch.objects["object_id"]) == [str(313963405132693000 + k) for k in range(4)]
    assert set(batch.objects["label"]) == {"TDE"}
    mine = batch.points["object_id"] == "313963405132693001"
    assert sorted(batch.points["passband"][mine]) == ["lsst.g", "lsst.i", "lsst.r"] + ["lsst.r"] * 5
    np.testing.assert_allclose(batch.points["flux"][mine & (batch.points["mjd"] == 61000.1)], 5.0)
    assert batch.points["detected"][mine].sum() == 3


def test_real_detections_come_back_as_their_own_file_is_read(tmp_path):
    """Answers that hold the rows of real supernovae give the points that the reader makes of ALeRCE's own table."""
    path = surveys("alerce", "30_sne_detections_corr.csv")
    table = pd.read_csv(path, dtype={"objectId": str, "candid": str})
    curves = {oid: json.loads(rows.to_json(orient="records")) for oid, rows in table.groupby("objectId")}
    found = [ztf_object(k, "SNIa", 0.9) | {"oid": oid} for k, oid in enumerate(curves)]
    with serving(found) as server:
        server.curves = {oid: {"detections": rows, "non_detections": []} for oid, rows in curves.items()}
        folder = survey(tmp_path / "sample", found, settings_for(server, tmp_path, forced_photometry=False))
    for settings in ({}, {"flux": "direct"}):
        (fetched,), (own,) = check(batches(folder, settings)), check(batches(path, settings))
        assert len(own.points["mjd"]) > 300
        assert sum(fetched.aside.values()) == sum(own.aside.values())
        order, own_order = (
            np.lexsort((b.points["flux"], b.points["mjd"], b.points["object_id"])) for b in (fetched, own)
        )
        for name in ("object_id", "passband", "detected"):
            assert (fetched.points[name][order] == own.points[name][own_order]).all()
        for name in ("mjd", "flux", "flux_err"):
            np.testing.assert_allclose(fetched.points[name][order], own.points[name][own_order], rtol=1e-7)


FETCHER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from mallorn.fetch.alerce import Alerce
from mallorn.fetch.lightcurves import fetch_lightcurves
given = json.loads(sys.argv[2])
fetch_lightcurves(given["ids"], Alerce(given["settings"]))
"""


def start(settings):
    given = json.dumps({"ids": IDS, "settings": settings})
    return subprocess.Popen([sys.executable, "-c", FETCHER, str(ROOT / "src"), given])


def asked(server, n, process, patience=120.0):
    """Wait until the server was asked n times."""
    end = time.monotonic() + patience
    while len(server.log) < n and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    assert len(server.log) >= n


def test_a_run_that_is_killed_again_and_again_leaves_whole_files_and_fetches_none_of_them_twice(server, tmp_path):
    server.slow = 0.05
    settings = settings_for(server, tmp_path, connections=2)
    kills = (3, 9, 16)
    for n in kills:
        process = start(settings)
        asked(server, n, process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for path in (tmp_path / "answers").rglob("*.json.gz"):
            if not path.name.startswith("."):
                json.loads(gzip.decompress(path.read_bytes()))
    before = sum(not path.name.startswith(".") for path in (tmp_path / "answers").rglob("*.json.gz"))
    assert 0 < before < 2 * N
    log = len(server.log)
    assert start(settings).wait() == 0
    assert len(server.log) - log == 2 * N - before
    assert len(server.log) <= 2 * N + settings["connections"] * len(kills)
    broker = Alerce(settings)
    counts = write_lightcurves(IDS, broker, tmp_path / "killed.json.gz")
    assert counts["objects"] == N
    assert counts["detections"] == 6 * N
    quiet = Alerce(settings_for(server, tmp_path / "quiet"))
    fetch_lightcurves(IDS, quiet)
    write_lightcurves(IDS, quiet, tmp_path / "quiet.json.gz")
    assert (tmp_path / "killed.json.gz").read_bytes() == (tmp_path / "quiet.json.gz").read_bytes()
