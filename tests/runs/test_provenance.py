import hashlib
import json
import os

from workflow_copy import ROOT

from mallorn.runs.inputs import record_input
from mallorn.runs.provenance import record


def made(tmp_path, **config):
    for name in ("data.csv", "result.csv"):
        (tmp_path / name).write_text(name)
    data = record_input("the data", tmp_path, [tmp_path / "data.csv"])
    return record(ROOT, config, data, [tmp_path / "result.csv"])


def test_it_names_all_that_results_are_made_from(tmp_path):
    found = json.loads(json.dumps(made(tmp_path, seed=1)))
    assert list(found)[0] == "of"
    assert found["of"].startswith("the data [sha256 ")
    expected = {"bytes": 8, "sha256": hashlib.sha256(b"data.csv").hexdigest()}
    assert found["data"] == {str(tmp_path / "data.csv"): expected}
    assert found["results"][str(tmp_path / "result.csv")]["sha256"] == hashlib.sha256(b"result.csv").hexdigest()
    assert found["packages"]["numpy"]
    assert {"ingest", "mallorn.families.color", "mallorn.learners.lightgbm"} <= set(found["code"])
    assert found["machine"]["cores"] == os.cpu_count()
    assert found["machine"]["memory_bytes"] > 1e8
    assert found["configuration"]["values"] == {"seed": 1}


def test_the_digest_of_the_configuration_follows_values_and_not_the_place_of_the_data(tmp_path):
    digests = [
        made(tmp_path, **config)["configuration"]["sha256"]
        for config in ({"a": 1, "b": 2, "data_dir": "x"}, {"data_dir": "y", "b": 2, "a": 1}, {"a": 1, "b": 3})
    ]
    assert digests[0] == digests[1] != digests[2]


def test_no_variable_of_the_environment_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLE_KEY", "a-secret-token")
    monkeypatch.setenv("USER", "a-secret-name")
    assert "a-secret" not in json.dumps(made(tmp_path))


def test_a_folder_that_is_no_checkout_has_no_commit(tmp_path):
    (tmp_path / "src").mkdir()
    assert record(tmp_path, {}, record_input("none", tmp_path, []), [])["project"] == {"commit": None}
