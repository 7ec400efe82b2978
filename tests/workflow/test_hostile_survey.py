"""A survey whose ids are hostile and whose light curves are poor still gives a prediction for every object."""

import csv
import re
import shutil

import pytest
import yaml
from workflow_copy import TINY

IDS = ["../../etc/passwd", "<script>alert(1)</script>", 'a, "b"; c', "Ær-光", "=1+1", "NaN", "{split}", "-rf *"]
LOGS = ("train_log.csv", "test_log.csv")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path, table):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def rename(survey):
    """Give every object an id that is one of IDS and a number, in all files."""
    old = [row["object_id"] for name in LOGS for row in rows(survey / name)]
    new = {name: f"{IDS[k % len(IDS)]} {k}" for k, name in enumerate(old)}
    for path in survey.rglob("*.csv"):
        write(path, [{**row, "object_id": new[row["object_id"]]} for row in rows(path)])


def join_splits(survey):
    """Put all objects into split_01: half the jobs find the same faults."""
    for name in LOGS:
        write(survey / name, [{**row, "split": "split_01"} for row in rows(survey / name)])
    for path in (survey / "split_02").iterdir():
        write(survey / "split_01" / path.name, rows(survey / "split_01" / path.name) + rows(path))
    shutil.rmtree(survey / "split_02")


def impoverish(survey):
    """Leave test objects without points, with one, with one passband, without fluxes, and a training object bare.

    Another test object gets a redshift below zero. Returns the ids of the test objects.
    """
    test = rows(survey / LOGS[1])
    none, single, band, missing, behind = (row["object_id"] for row in test[:5])
    bare = next(row["object_id"] for row in rows(survey / LOGS[0]) if row["target"] == "0")
    write(survey / LOGS[1], [{**row, "Z": "-0.01"} if row["object_id"] == behind else row for row in test])
    for path in survey.glob("split_*/*.csv"):
        kept, seen = [], set()
        for row in rows(path):
            name = row["object_id"]
            if name in (none, bare) or (name == single and name in seen) or (name == band and row["Filter"] != "i"):
                continue
            seen.add(name)
            kept.append({**row, "Flux": "" if name == missing else row["Flux"]})
        write(path, kept)
    return {none, single, band, missing, behind}


@pytest.fixture(scope="module")
def hostile(empty, finished):
    """A folder after a run on such a survey; `poor` are the test objects with no or few points."""
    workspace = empty("hostile")
    survey = workspace.path / "survey"
    shutil.copytree(finished.origin / "results" / "survey", survey)
    join_splits(survey)
    rename(survey)
    workspace.poor = impoverish(survey)
    write(survey / "sample_submission.csv", rows(survey / "sample_submission.csv")[::-1])
    workspace.configfile = workspace.path / "hostile.yaml"
    workspace.configfile.write_text(yaml.safe_dump({**yaml.safe_load(TINY.read_text()), "data_dir": "survey"}))
    workspace.snakemake("results/submission.csv")
    return workspace


def test_every_object_gets_a_prediction_under_its_own_id(hostile):
    asked = [row["object_id"] for row in rows(hostile.path / "survey/sample_submission.csv")]
    submission, probabilities = (rows(hostile.path / f"results/{name}.csv") for name in ("submission", "probabilities"))
    assert [row["object_id"] for row in submission] == asked == [row["object_id"] for row in probabilities]
    assert {row["prediction"] for row in submission} <= {"0", "1"}
    assert all(0 <= float(row["probability"]) <= 1 for row in probabilities)
    assert hostile.poor <= set(asked)
    assert {re.sub(r" \d+$", "", name) for name in asked} == set(IDS)


def test_no_id_becomes_a_path(hostile):
    odd = re.compile(r"passwd$|passwd \d|[<>*光{}=]|a, ")
    inside = [path.relative_to(hostile.path) for path in hostile.path.rglob("*") if ".snakemake" not in path.parts]
    assert [str(path) for path in inside if odd.search(path.name)] == []
    assert sorted(path.name for path in hostile.path.iterdir()) == [".snakemake", "hostile.yaml", "results", "survey"]
