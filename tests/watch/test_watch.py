"""A watch of files and of a broker: what accumulates, what is scored and told, and what a kill leaves."""

import json
import os
import shutil
import socket
import subprocess
import sys

import alerce_server
import alerts_in_time
import killed_watch
import pytest
from click.testing import CliRunner

from mallorn.command.main import mallorn
from mallorn.errors import DataError
from mallorn.settings.resolve import defaults
from mallorn.sources.ztf_alerts import batches
from mallorn.watch.following import cycle, follow, workers
from mallorn.watch.inputs import Broker, Folder
from mallorn.watch.messages import TAXONOMY, Outbox
from mallorn.watch.store import Store, read_scores

FORMS = killed_watch.FORMS


@pytest.fixture(scope="module")
def alerts(tmp_path_factory):
    """A folder of seventy alerts of seven objects."""
    folder = tmp_path_factory.mktemp("stream") / "alerts"
    alerts_in_time.write_alerts(folder, 7, 10)
    return folder


def said(out, form):
    return [json.loads(line) for line in (out / "messages" / f"{form}.jsonl").read_text().splitlines()]


def test_nothing_is_lost_or_doubled_whenever_a_watch_is_killed(alerts, tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, killed_watch.__file__, str(alerts), str(tmp_path), "20"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["hit"] >= 8
    assert len(set(told["stages"])) >= 4  # they met it at many points of its way
    whole, killed = ([*read_scores(tmp_path / name / "watch.sqlite")] for name in ("whole", "killed"))
    assert killed == whole
    assert [one.number for one in sorted(whole, key=lambda one: one.number)] == list(range(1, 71))
    for form in FORMS:
        assert said(tmp_path / "killed", form) == said(tmp_path / "whole", form)
    assert [one["number"] for one in said(tmp_path / "killed", "scores")] == list(range(1, 71))


@pytest.fixture
def small(alerts, tmp_path):
    """A folder that has the first alerts of a few objects."""
    folder = tmp_path / "alerts"
    folder.mkdir()
    for path in sorted(alerts.iterdir())[:20]:
        shutil.copy(path, folder)
    return folder


def test_alerts_of_one_object_accumulate(alerts, small, tmp_path, monkeypatch):
    def no_network(*_):
        raise AssertionError("a watch of a folder has nothing to ask of the network")

    monkeypatch.setattr(socket, "socket", no_network)
    first = killed_watch.watched(small, tmp_path)
    assert (first.alerts, first.scored, first.told) == (20, 7, 21)
    again = killed_watch.watched(small, tmp_path)
    assert (again.alerts, again.scored, again.told) == (0, 0, 0)
    for path in sorted(alerts.iterdir())[20:]:
        shutil.copy(path, small)
    killed_watch.watched(small, tmp_path)
    scores = [*read_scores(tmp_path / "watch.sqlite")]
    last = {one.object_id: one.row["n_points"] for one in scores}
    (whole,) = batches(small, {})
    counts = {name: int((whole.points["object_id"] == name).sum()) for name in whole.objects["object_id"]}
    assert last == counts  # ten nights each, though an alert tells of eight
    assert set(last.values()) == {10}
    one = next(iter(last))
    assert [score.row["n_points"] for score in read_scores(tmp_path / "watch.sqlite", [one])] == [3, 10]


def test_messages_are_copies_of_the_scores(small, tmp_path):
    for path in sorted(small.iterdir())[7:]:  # two objects have one alert alone, which gets no probability
        path.rename(small / f"_{path.name}")
    (small / f"_{7:05d}.json").rename(small / f"{7:05d}.json")
    killed_watch.watched(small, tmp_path)
    plain, lasair, desc = (said(tmp_path, form) for form in FORMS)
    assert [one["number"] for one in plain] == list(range(1, 8))
    assert [len(one["classifications"]) for one in desc] == [2, 1, 1, 1, 1, 1, 1]
    assert {one["classifications"][0]["classId"] for one in desc[1:]} == {300}
    for one in desc:
        assert sum(part["probability"] for part in one["classifications"]) == pytest.approx(1.0, abs=1e-12)
    assert [part["classId"] for part in desc[0]["classifications"]] == [TAXONOMY["TDE"], TAXONOMY["AGN"]]
    (annotation,) = lasair
    named = {"topic", "objectId", "classification", "version", "explanation", "classdict", "url"}
    assert set(annotation) == named
    assert annotation["classdict"] == {name: round(plain[0][f"probability__{name}"], 4) for name in ("TDE", "AGN")}
    path = tmp_path / "messages" / "scores.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"number": 8, "obj')  # a killed process left half a line
    killed_watch.watched(small, tmp_path)
    with Store(tmp_path / "watch.sqlite", "a model") as store:
        Outbox(tmp_path / "messages", FORMS, killed_watch.ABOUT).catch_up(store)
    assert path.read_bytes() == whole


def test_processes_read_and_score_to_the_same_end(small, tmp_path, monkeypatch):
    killed_watch.in_small_parts(monkeypatch.setattr)
    (small / "00005.json").write_text("[")
    found = {}
    for jobs in (1, 2):
        folder = Folder(small, "ztf_alerts", ("ztf",), defaults())
        with (
            Store(tmp_path / f"{jobs}.sqlite", "a model") as store,
            workers(killed_watch.Scoring(), jobs) as (score, read),
        ):
            counts = cycle(folder, store, score, None, lambda: "now", read)
            found[jobs] = counts.alerts, [*counts.bad], [*read_scores(store.path)]
    assert found[1] == found[2]
    assert found[1][:2] == (19, [str(small / "00005.json")])


def test_what_cannot_be_read_is_told_and_read_again_when_it_has_changed(small, tmp_path):
    path = max(small.iterdir())
    whole = path.read_text()
    path.write_text(whole[:100])
    first = killed_watch.watched(small, tmp_path)
    assert list(first.bad) == [str(path)]
    assert "expected JSON" in first.bad[str(path)]
    assert first.alerts == 19
    assert killed_watch.watched(small, tmp_path).bad == {}
    path.write_text(whole)
    assert killed_watch.watched(small, tmp_path).alerts == 1


def test_another_model_scores_all_objects_anew_beside_the_old_scores(small, tmp_path):
    killed_watch.watched(small, tmp_path)
    folder = Folder(small, "ztf_alerts", ("ztf",), defaults())
    with Store(tmp_path / "watch.sqlite", "another model") as store:
        assert cycle(folder, store, killed_watch.scores).scored == 7
        assert cycle(folder, store, killed_watch.scores).scored == 0
        with pytest.raises(DataError, match="another watch"), Store(store.path, "another model"):
            pass
    assert [one.model for one in read_scores(tmp_path / "watch.sqlite")] == ["a model", "another model"] * 7
    out = CliRunner().invoke(mallorn, ["history", "--store", str(tmp_path / "watch.sqlite")]).stdout
    assert len(out.splitlines()) == 15
    (tmp_path / "no.sqlite").write_text("this is no database, and too long for an empty one" * 20)
    done = CliRunner().invoke(mallorn, ["history", "--store", str(tmp_path / "no.sqlite")])
    assert done.exit_code == 3
    assert "expected the store of a watch" in done.stderr


def test_a_broker_is_asked_for_what_has_changed(tmp_path):
    objects = [alerce_server.ztf_object(number, "TDE", 0.9) for number in range(3)]
    with alerce_server.serving(objects) as server:
        block = alerce_server.settings_for(server, tmp_path, classes={"TDE": "TDE"})
        broker = Broker({**defaults(), "alerce": block})
        with Store(tmp_path / "watch.sqlite", "a model") as store:
            first = cycle(broker, store, killed_watch.scores)
            assert (first.alerts, first.scored) == (3, 3)
            assert len(server.asked("/lightcurve")) == 6  # detections, and forced photometry
            assert cycle(broker, store, killed_watch.scores).alerts == 0
            curve = alerce_server.ztf_lightcurve("")
            curve["detections"].append(curve["detections"][-1] | {"mjd": 59010.25, "candid": "1"})
            server.curves[objects[1]["oid"]] = curve
            objects[1] |= {"lastmjd": 59010.25}
            server.objects[1] = objects[1]
            second = cycle(broker, store, killed_watch.scores)
            assert (second.alerts, second.scored) == (1, 1)
            counts = [one.row["n_points"] for one in read_scores(store.path, [objects[1]["oid"]])]
            assert counts[1] == counts[0] + 1
            server.faults["objects"] = [(403, {})]
            left, told = iter((False, False, True)), []
            follow(lambda: cycle(broker, store, killed_watch.scores), 0.0, told.append, lambda: next(left))
            assert [one.alerts for one in told] == [0]  # one poll was refused, the next was not


def test_listed_objects_are_asked_for_at_each_poll_and_scored_when_they_change(tmp_path):
    objects = [alerce_server.ztf_object(number, "TDE", 0.9) for number in range(2)]
    (tmp_path / "ids.txt").write_text(objects[0]["oid"] + "\n")
    with alerce_server.serving(objects) as server:
        block = alerce_server.settings_for(server, tmp_path, ids=str(tmp_path / "ids.txt"))
        broker = Broker({**defaults(), "alerce": block})
        with Store(tmp_path / "watch.sqlite", "a model") as store:
            assert [cycle(broker, store, killed_watch.scores).scored for _ in range(2)] == [1, 0]
        assert len(server.asked("/lightcurve")) == 4
