"""Which objects are chosen of ALeRCE: as many of each type, each object once, the same in every run."""

import logging

import pytest
from alerce_server import lsst_object, serving, settings_for, ztf_id, ztf_object

from mallorn.errors import DataError
from mallorn.fetch.alerce import Alerce
from mallorn.fetch.ids import COLUMNS, listed_objects, number_listed
from mallorn.fetch.sample import balanced, fetch_objects, read_objects, write_objects

CLASSES = {"SNIa": "SN Ia", "QSO": "AGN", "AGN": "AGN", "TDE": "TDE"}


def some(first, n, class_name, probability=0.9):
    return [ztf_object(k, class_name, probability) for k in range(first, first + n)]


def of(rows, label):
    return [row["oid"] for row in rows if row["label"] == label]


@pytest.fixture
def candidates():
    return {
        "SNIa": some(0, 40, "SNIa"),
        "QSO": some(100, 30, "QSO"),
        "AGN": some(200, 30, "AGN"),
        "TDE": some(300, 4, "TDE"),
    }


def test_each_type_has_as_many_objects_or_all_there_are(candidates):
    rows, counts = balanced(candidates, CLASSES, 10, seed=1)
    assert {label: len(of(rows, label)) for label in ("SN Ia", "AGN", "TDE")} == {"SN Ia": 10, "AGN": 10, "TDE": 4}
    assert counts["TDE"] == {"asked": 10, "available": 4, "chosen": 4, "claimed by another type": 0}
    assert counts["AGN"] == {"asked": 10, "available": 60, "chosen": 10, "claimed by another type": 0}
    assert {row["alerce_class"] for row in rows if row["label"] == "AGN"} == {"QSO", "AGN"}
    assert [row["oid"] for row in rows] == sorted({row["oid"] for row in rows})


def test_an_object_counts_for_the_most_probable_of_its_classes(candidates):
    twice = [ztf_object(300, "SNIa", 0.95), ztf_object(301, "SNIa", 0.85), ztf_object(302, "SNIa", 0.9)]
    candidates["SNIa"] = [*candidates["SNIa"], *twice]
    rows, counts = balanced(candidates, CLASSES, 1000, seed=1)
    assert ztf_id(300) in of(rows, "SN Ia")
    assert ztf_id(301) in of(rows, "TDE")
    assert ztf_id(302) in of(rows, "SN Ia")  # equally probable: SNIa comes first by name
    assert len(rows) == len({row["oid"] for row in rows}) == 40 + 60 + 4
    assert counts["TDE"]["claimed by another type"] == 2
    assert counts["SN Ia"]["claimed by another type"] == 1


def test_an_object_of_two_classes_of_one_type_is_one_object(candidates):
    candidates["AGN"].append(ztf_object(100, "AGN", 0.99))
    rows, counts = balanced(candidates, CLASSES, 1000, seed=1)
    assert counts["AGN"]["available"] == 60
    assert next(row for row in rows if row["oid"] == ztf_id(100))["alerce_class"] == "AGN"


def test_the_choice_depends_on_ids_and_seed_alone(candidates):
    rows, _ = balanced(candidates, CLASSES, 10, seed=1)
    turned = {name: found[::-1] for name, found in candidates.items()}
    assert balanced(turned, CLASSES, 10, seed=1)[0] == rows
    assert balanced(candidates, CLASSES, 10, seed=2)[0] != rows
    more = of(balanced(candidates, CLASSES, 20, seed=1)[0], "SN Ia")
    assert set(of(rows, "SN Ia")) < set(more)


def test_the_choice_favours_no_probability():
    """Of 400 objects with falling probabilities half are drawn: the mean rank of 200 has a standard error of 5.8."""
    found = [ztf_object(k, "TDE", 1.0 - k / 1000.0) for k in range(400)]
    rows, _ = balanced({"TDE": found}, {"TDE": "TDE"}, 200, seed=1)
    ranks = [(1.0 - row["probability"]) * 1000.0 for row in rows]
    assert abs(sum(ranks) / len(ranks) - 199.5) < 4 * 5.8


def test_few_objects_are_told_with_numbers_and_none_are_an_error(tmp_path, caplog):
    with serving([*some(0, 3, "SNIa"), *some(100, 2, "QSO")]) as server:
        caplog.set_level(logging.INFO)
        broker = Alerce(settings_for(server, tmp_path, classes=CLASSES, per_class=3))
        rows, counts = fetch_objects(broker, seed=1)
        assert len(rows) == 5
        assert counts["TDE"]["available"] == 0
        warned = [record.message for record in caplog.records if record.levelno == logging.WARNING]
        assert "AGN: chose 2 of 2 available, asked for 3" in warned
        assert "TDE: chose 0 of 0 available, asked for 3" in warned
        assert any("no object of class TDE" in text for text in warned)
        assert "SN Ia: chose 3 of 3 available, asked for 3" not in warned
        nothing = Alerce(settings_for(server, tmp_path, classes={"SLSN": "SLSN"}))
        with pytest.raises(DataError, match="found none of SLSN by classifier .*Next step: name a classifier"):
            fetch_objects(nothing, seed=1)


def test_only_the_most_probable_candidates_are_drawn_from(tmp_path):
    with serving([ztf_object(k, "TDE", 1.0 - k / 1000.0) for k in range(100)]) as server:
        given = {"classes": {"TDE": "TDE"}, "per_class": 5, "candidates": 12, "page_size": 10}
        rows, counts = fetch_objects(Alerce(settings_for(server, tmp_path, **given)), seed=1)
        assert counts["TDE"]["available"] == 12
        assert {row["oid"] for row in rows} <= {ztf_id(k) for k in range(12)}
        assert len(server.log) == 2
        given["candidates"] = 1
        _, counts = fetch_objects(Alerce(settings_for(server, tmp_path, **given)), seed=1)
        assert counts["TDE"]["available"] == 5
        assert len(server.log) == 2


def test_without_classes_objects_are_chosen_by_date_and_have_no_label(tmp_path):
    found = [ztf_object(k, "TDE", 0.9, firstmjd=59000.0 + k) for k in range(50)]
    with serving(found) as server:
        given = {"classes": {}, "per_class": 4, "first_mjd": [59010.0, 59019.5]}
        rows, counts = fetch_objects(Alerce(settings_for(server, tmp_path, **given)), seed=1)
    assert counts == {"any": {"asked": 4, "available": 10, "chosen": 4, "claimed by another type": 0}}
    assert {row["label"] for row in rows} == {""}
    assert all(59010.0 <= row["firstmjd"] <= 59019.5 for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "oid,label\nZTF20aaaaaab,TDE\nZTF20aaaaaaa,SNIa\n",
        "\ufeffobjectId,z,label\nZTF20aaaaaab, 0.1, TDE\n\nZTF20aaaaaaa,,SN Ia\nZTF20aaaaaaa,,SNIa\n",
    ],
)
def test_a_list_with_labels(tmp_path, text):
    path = tmp_path / "ids.csv"
    path.write_text(text)
    rows = listed_objects(path, CLASSES)
    assert [(row["oid"], row["label"]) for row in rows] == [("ZTF20aaaaaaa", "SN Ia"), ("ZTF20aaaaaab", "TDE")]


def test_a_list_of_ids_needs_no_query(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("313963405132693600\n\n  313963405132693599\n")
    assert number_listed(path) == 2
    with serving() as server:
        rows, counts = fetch_objects(Alerce(settings_for(server, tmp_path, survey="lsst", ids=str(path))), seed=1)
        assert server.log == []
    assert [row["oid"] for row in rows] == ["313963405132693599", "313963405132693600"]
    assert counts["any"]["chosen"] == 2


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "expected ids of objects, found none"),
        ("oid,label\n", "expected ids of objects, found none"),
        ("ZTF20aaaaaaa\n../../etc/passwd\n", "line 2: expected the id of an object"),
        ("oid,label\nZTF20aaaaaaa,TDE\n,TDE\n", "line 3: expected the id of an object, found ''"),
        ("oid,label\nZTF20aaaaaaa,TDE\nZTF20aaaaaaa,AGN\n", "line 3: expected one label"),
        (b"\xff\xfe\x00", "expected a file of ids"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path, text, match):
    path = tmp_path / "ids.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=match):
        listed_objects(path, {})


def test_a_list_that_is_not_there_is_for_the_job_to_report(tmp_path):
    assert number_listed(tmp_path / "ids.csv") == 0
    with pytest.raises(DataError, match="ids.csv: expected a file of ids.*alerce.ids"):
        listed_objects(tmp_path / "ids.csv", {})


def test_an_id_that_would_leave_the_cache_is_refused(tmp_path):
    with serving([ztf_object(0, "TDE", 0.9) | {"oid": "../../../home"}]) as server:
        broker = Alerce(settings_for(server, tmp_path, classes={"TDE": "TDE"}))
        with pytest.raises(DataError, match="expected the id of an object"):
            fetch_objects(broker, seed=1)


def test_objects_come_back_from_their_table(tmp_path):
    found = [lsst_object(k, "TDE", 0.9) for k in range(2)]
    rows, _ = balanced({"TDE": found}, {"TDE": "tidal, disrupted"}, 5, seed=1)
    write_objects(tmp_path / "objects.csv", rows)
    back = read_objects(tmp_path / "objects.csv")
    assert [row["oid"] for row in back] == ["313963405132693000", "313963405132693001"]
    assert {row["label"] for row in back} == {"tidal, disrupted"}
    assert tuple(back[0]) == COLUMNS
