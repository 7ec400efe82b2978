"""Queries and answers of both of ALeRCE's interfaces, asked of a server on loopback through the client."""

import gzip
import json
from functools import partial

import pytest
from alerce_server import CLASSIFIER, lsst_object, serving, settings_for, ztf_id, ztf_lightcurve, ztf_object

from mallorn.errors import ConfigError, DataError
from mallorn.fetch import alerce
from mallorn.fetch.alerce import FORCED, LIGHTCURVE, Alerce

TDES = [ztf_object(k, "TDE", 0.99 - 0.01 * k, firstmjd=59000.0 + k) for k in range(23)]
QSOS = [ztf_object(100 + k, "QSO", 0.7) for k in range(5)]


@pytest.fixture
def server():
    with serving([*TDES, *QSOS]) as server:
        yield server


def broker(server, folder, **given):
    return Alerce(settings_for(server, folder, **given))


def answers(folder):
    return sorted(str(path.relative_to(folder / "answers")) for path in (folder / "answers").rglob("*.gz"))


def test_a_query_reads_all_its_pages_once_each(server, tmp_path):
    for _ in range(2):
        rows = broker(server, tmp_path, page_size=10).objects("TDE", 1000)
        assert [row["oid"] for row in rows] == [row["oid"] for row in TDES]
    pages = server.asked("/ztf/v1/objects?")
    assert [f"page={k}&" in page for k, page in enumerate(pages, 1)] == [True] * 3
    for part in (f"classifier={CLASSIFIER}", "class=TDE", "probability=0.5", "order_by=probability", "order_mode=DESC"):
        assert part in pages[0]


def test_a_query_stops_when_it_has_enough_and_goes_on_when_more_is_wanted(server, tmp_path):
    assert len(broker(server, tmp_path, page_size=10).objects("TDE", 5)) == 10
    assert len(server.log) == 1
    assert len(broker(server, tmp_path, page_size=10).objects("TDE", 11)) == 20
    assert len(server.log) == 2


def test_a_query_by_date_and_number_of_detections(server, tmp_path):
    rows = broker(server, tmp_path, first_mjd=[59003.0, 59006.0], min_detections=8).objects("TDE", 1000)
    assert [row["firstmjd"] for row in rows] == [59003.0, 59004.0, 59005.0, 59006.0]
    assert "firstmjd=59003.0&firstmjd=59006.0" in server.log[0]
    assert "&ndet=8&ndet=1000000" in server.log[0]


def test_a_query_of_any_class_names_no_classifier(server, tmp_path):
    rows = broker(server, tmp_path, first_mjd=[59010.0, 59011.0]).objects(None, 1000)
    assert {row["firstmjd"] for row in rows} == {59010.0, 59011.0}
    assert "class" not in server.log[0]
    assert "probability" not in server.log[0]


def test_another_query_is_asked_anew(server, tmp_path):
    broker(server, tmp_path).objects("TDE", 1000)
    broker(server, tmp_path, probability=0.9).objects("TDE", 1000)
    broker(server, tmp_path).objects("QSO", 1000)
    assert len(server.log) == 3


def test_the_manifest_says_what_was_asked_and_where(server, tmp_path):
    broker(server, tmp_path).objects("TDE", 1000)
    (path,) = (tmp_path / "answers").rglob("query.json")
    about = json.loads(path.read_text())
    assert about["survey"] == "ztf"
    assert about["address"] == server.url
    assert about["parameters"]["class_name"] == "TDE"
    assert about["client"].startswith("alerce 2.")


@pytest.mark.parametrize("page", ['{"items": []}', '{"items": [], "has_next": true}'])
def test_a_query_ends_at_an_empty_page_whatever_the_server_says_of_more(server, tmp_path, page):
    first = json.dumps({"items": TDES[:2]})
    server.faults = {"objects?": [first, page]}
    assert len(broker(server, tmp_path, page_size=2).objects("TDE", 1000)) == 2
    assert len(server.log) == 2


def test_a_server_that_ignores_the_number_of_the_page_is_not_asked_for_ever(server, tmp_path, caplog):
    same = json.dumps({"items": TDES[:2], "has_next": True})
    server.faults = {"objects?": [same] * 9}
    assert len(broker(server, tmp_path).objects("TDE", 1000)) == 2
    assert len(server.log) == 2
    assert "brings no new object" in caplog.text


def test_a_page_that_is_not_there_ends_the_query(server, tmp_path, caplog):
    server.faults = {"page=2": [404]}
    assert len(broker(server, tmp_path, page_size=10).objects("TDE", 1000)) == 10
    assert "there is no such page" in caplog.text


def test_answers_about_an_object_are_kept_as_they_came(server, tmp_path):
    here = broker(server, tmp_path)
    oid = ztf_id(0)
    for kind in (LIGHTCURVE, FORCED):
        assert not here.has(kind, oid)
        here.fetch(kind, oid)
        assert here.has(kind, oid)
    raw = gzip.decompress((tmp_path / "answers/ztf/lightcurve/aa/ZTF20aaaaaaa.json.gz").read_bytes())
    assert raw == json.dumps(ztf_lightcurve(oid)).encode()
    forced = json.loads(gzip.decompress((tmp_path / f"answers/ztf/forced_photometry/aa/{oid}.json.gz").read_bytes()))
    assert forced[0]["aid"] == "AL1"  # which the client would take away
    assert here.kept(LIGHTCURVE, oid) == ztf_lightcurve(oid)


def test_lsst_keeps_the_digits_of_ids_and_the_numbers_of_passbands(tmp_path):
    with serving([lsst_object(k, "TDE", 0.9) for k in range(3)]) as server:
        here = broker(server, tmp_path, survey="lsst", min_detections=2)
        rows = here.objects("TDE", 10)
        assert [row["oid"] for row in rows] == [313963405132693000 + k for k in range(3)]
        assert "survey=lsst" in server.log[0]
        assert "n_det=2" in server.log[0]
        oid = str(rows[1]["oid"])
        here.fetch(LIGHTCURVE, oid)
        assert server.log[-1] == f"/lightcurve_api/lightcurve?survey_id=lsst&oid={oid}"
        kept = here.kept(LIGHTCURVE, oid)
        assert kept["detections"][0]["band_map"]["1"] == "g"
        assert kept["detections"][0]["oid"] == 313963405132693001


def test_a_change_of_the_answer_that_the_client_cannot_follow_is_no_loss(tmp_path):
    with serving([lsst_object(0, "TDE", 0.9)]) as server:
        body = '{"detections": [{"mjd": 61000.0, "psfFlux": 1.0, "band": 1}], "non_detections": []}'  # no band_map
        server.faults = {"lightcurve?": [body]}
        here = broker(server, tmp_path, survey="lsst")
        here.fetch(LIGHTCURVE, "313963405132693000")
        assert here.kept(LIGHTCURVE, "313963405132693000") == json.loads(body)


def test_an_object_without_a_light_curve_is_noted(server, tmp_path):
    here = broker(server, tmp_path)
    here.fetch(LIGHTCURVE, "ZTF20zzzzzzz")
    assert here.has(LIGHTCURVE, "ZTF20zzzzzzz")
    assert here.kept(LIGHTCURVE, "ZTF20zzzzzzz") is None
    assert answers(tmp_path) == ["ztf/lightcurve/zz/ZTF20zzzzzzz.json.gz"]


@pytest.mark.parametrize(
    ("survey", "part", "body"),
    [
        ("ztf", "objects?", '{"detail": "no items today"}'),
        ("ztf", "objects?", '[{"oid": "ZTF20aaaaaaa"}]'),
        ("ztf", "objects?", '{"items": [{"id": 1}]}'),
        ("lsst", "list_objects", '{"detail": "no items today"}'),
        ("lsst", "list_objects", "[1, 2]"),
        ("ztf", "/lightcurve", "[]"),
        ("ztf", "/lightcurve", '{"detail": "no"}'),
        ("lsst", "/lightcurve", '{"detections": "none"}'),
        ("lsst", "/lightcurve", "null"),
        ("ztf", "forced", '{"detail": "no"}'),
        ("ztf", "forced", "[1]"),
    ],
)
def test_an_answer_of_another_form_is_an_error_and_is_not_kept(tmp_path, survey, part, body):
    with serving(TDES[:1]) as server:
        server.faults = {part: [body]}
        here = broker(server, tmp_path, survey=survey)
        kind = FORCED if part == "forced" else LIGHTCURVE
        ask = partial(here.objects, "TDE", 10) if "objects" in part else partial(here.fetch, kind, "ZTF20aaaaaaa")
        with pytest.raises(DataError, match="expected .*Next step: see whether ALeRCE is well"):
            ask()
        assert len(server.log) == 1
        assert answers(tmp_path) == []


def test_a_damaged_file_of_the_cache_is_named(server, tmp_path):
    here = broker(server, tmp_path)
    here.fetch(LIGHTCURVE, ztf_id(0))
    (path,) = (tmp_path / "answers").rglob("*.gz")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="ZTF20aaaaaaa.*delete this file"):
        here.kept(LIGHTCURVE, ztf_id(0))


def test_without_the_client_a_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(alerce, "find_spec", lambda name: None)
    with serving() as server, pytest.raises(ConfigError, match='pip install "alerce>=2.3"'):
        broker(server, tmp_path)


def test_the_address_is_that_of_the_client_unless_another_is_named(tmp_path):
    with serving() as server:
        ours = Alerce(settings_for(server, tmp_path, url=None))
    client, connection = ours._client()
    assert client.legacy_ztf_client.ztf_url.startswith("https://api.alerce.online")
    assert client.legacy_ztf_client.session is connection
    assert client.multisurvey_client.session is connection
