import hashlib
import json
import os

from mallorn.runs.inputs import input_columns, line, record_input, write_first


def survey(folder):
    (folder / "split_01").mkdir(parents=True)
    paths = [folder / "log.csv", folder / "split_01" / "points.csv"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_the_digest_is_of_names_and_content(tmp_path):
    paths = survey(tmp_path / "a")
    record = record_input("my survey", tmp_path / "a", paths)
    each = [hashlib.sha256(text.encode()).hexdigest() for text in ("log.csv", "points.csv")]
    told = f"log.csv {each[0]}\nsplit_01/points.csv {each[1]}"
    assert record["sha256"] == hashlib.sha256(told.encode()).hexdigest()
    assert record["files"][str(paths[0])] == {"bytes": 7, "sha256": each[0]}
    assert line(record) == f"my survey [sha256 {record['sha256'][:16]}]"


def test_the_digest_follows_neither_place_nor_date_nor_order(tmp_path):
    first = record_input("a", tmp_path / "a", survey(tmp_path / "a"))
    paths = survey(tmp_path / "b")
    for path in paths:
        os.utime(path, (1e9, 1e9))
    assert record_input("b", tmp_path / "b", [*paths[::-1], paths[0]])["sha256"] == first["sha256"]
    paths[1].write_text("other")
    assert record_input("b", tmp_path / "b", paths)["sha256"] != first["sha256"]


def test_a_single_file_and_no_file_have_a_digest(tmp_path):
    (tmp_path / "one.csv").write_text("one")
    assert len(record_input("one", tmp_path / "one.csv", [tmp_path / "one.csv"])["sha256"]) == 64
    assert record_input("none", tmp_path, [])["files"] == {}


def test_the_first_line_of_the_file_says_what_the_data_are(tmp_path):
    record = record_input('a "survey" with\nbreaks', tmp_path, [])
    write_first(tmp_path / "input.json", record)
    text = (tmp_path / "input.json").read_text()
    assert text.splitlines()[0] == '{"data": "a \\"survey\\" with\\nbreaks",'
    assert json.loads(text) == record
    columns = input_columns(tmp_path / "input.json", 3)
    assert columns["input"].tolist() == ['a "survey" with\nbreaks'] * 3
    assert set(columns["input_sha256"]) == {record["sha256"]}
