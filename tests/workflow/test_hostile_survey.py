"""A survey whose ids and hosts are hostile and whose light curves are poor gives a prediction for every object."""

import io
import os
import re
import shutil

import numpy as np
import pytest
import yaml
from astropy.io.votable import parse_single_table, validate
from browser import Visit, chromium
from csv_rows import read_rows, write_rows
from dust_written import write_sfd
from workflow_copy import TINY

from mallorn.io.tables import read_columns
from mallorn.report.links import SITES
from mallorn.report.names import page_name

IDS = ["../../etc/passwd", "<script>alert(1)</script>", 'a, "b"; c', "Ær-光", "=1+1", "NaN", "{split}", "-rf *"]
LOGS = ("train_log.csv", "test_log.csv")
HOSTS = ["", "<img src=x onerror=alert(1)>", '"; DROP', "]]></TD>&amp;"]


def rename(survey):
    """Give every object an id that is one of IDS and a number, in all files."""
    old = [row["object_id"] for name in LOGS for row in read_rows(survey / name)]
    new = {name: f"{IDS[k % len(IDS)]} {k}" for k, name in enumerate(old)}
    for path in survey.rglob("*.csv"):
        write_rows(path, [{**row, "object_id": new[row["object_id"]]} for row in read_rows(path)])


def join_splits(survey):
    """Put all objects into split_01: half the jobs find the same faults."""
    for name in LOGS:
        write_rows(survey / name, [{**row, "split": "split_01"} for row in read_rows(survey / name)])
    for path in (survey / "split_02").iterdir():
        write_rows(survey / "split_01" / path.name, read_rows(survey / "split_01" / path.name) + read_rows(path))
    shutil.rmtree(survey / "split_02")


def impoverish(survey):
    """Leave test objects without points, with one, with one passband, without fluxes, and a training object bare.

    Another test object gets a redshift below zero. Returns the ids of the test objects.
    """
    test = read_rows(survey / LOGS[1])
    none, single, band, missing, behind = (row["object_id"] for row in test[:5])
    bare = next(row["object_id"] for row in read_rows(survey / LOGS[0]) if row["target"] == "0")
    write_rows(survey / LOGS[1], [{**row, "Z": "-0.01"} if row["object_id"] == behind else row for row in test])
    for path in survey.glob("split_*/*.csv"):
        kept, seen = [], set()
        for row in read_rows(path):
            name = row["object_id"]
            if name in (none, bare) or (name == single and name in seen) or (name == band and row["Filter"] != "i"):
                continue
            seen.add(name)
            kept.append({**row, "Flux": "" if name == missing else row["Flux"]})
        write_rows(path, kept)
    return {none, single, band, missing, behind}


def place(survey):
    """Give all objects but each third a position, and hosts; every fourth loses its E(B-V)."""
    for name in LOGS:
        table = read_rows(survey / name)
        for k, row in enumerate(table):
            known = {"RA": f"{(k * 7.3) % 360:.6f}", "dec": f"{(k * 1.7) % 180 - 90:.6f}"} if k % 3 else {}
            row |= {"RA": "", "dec": "", **known, "host_name": HOSTS[k % len(HOSTS)], "host_z": f"{k / 64}"}
            row["EBV"] = row["EBV"] if k % 4 else ""
        write_rows(survey / name, table)


@pytest.fixture(scope="module")
def hostile(empty, finished):
    """A folder after a run on such a survey; `poor` are the test objects with no or few points."""
    workspace = empty("hostile")
    survey = workspace.path / "survey"
    shutil.copytree(finished.origin / "results" / "survey", survey)
    join_splits(survey)
    rename(survey)
    workspace.poor = impoverish(survey)
    place(survey)
    write_sfd(workspace.path / "sfd", 0.1, 0.1)
    write_rows(survey / "sample_submission.csv", read_rows(survey / "sample_submission.csv")[::-1])
    workspace.configfile = workspace.path / "hostile.yaml"
    config = {"data_dir": "survey", "ingest": {"dust_map": {"name": "sfd", "folder": "sfd"}}}
    workspace.configfile.write_text(yaml.safe_dump({**yaml.safe_load(TINY.read_text()), **config}))
    log = read_rows(survey / LOGS[1])
    workspace.shown = next(row for row in log if row["RA"] and row["host_name"].startswith("<img"))
    page = f"results/report/objects/{page_name(workspace.shown['object_id'])}.html"
    workspace.snakemake("results/submission.csv", "results/report/candidates.vot", page)
    workspace.page = workspace.path / page
    return workspace


def test_every_object_gets_a_prediction_under_its_own_id(hostile):
    asked = [row["object_id"] for row in read_rows(hostile.path / "survey/sample_submission.csv")]
    submission, probabilities = (
        read_rows(hostile.path / f"results/{name}.csv") for name in ("submission", "probabilities")
    )
    assert [row["object_id"] for row in submission] == asked == [row["object_id"] for row in probabilities]
    assert {row["prediction"] for row in submission} <= {"0", "1"}
    assert all(0 <= float(row["probability"]) <= 1 for row in probabilities)
    assert hostile.poor <= set(asked)
    assert {re.sub(r" \d+$", "", name) for name in asked} == set(IDS)


def test_no_id_becomes_a_path(hostile):
    odd = re.compile(r"passwd$|passwd \d|[<>*光{}=]|a, ")
    inside = [path.relative_to(hostile.path) for path in hostile.path.rglob("*") if ".snakemake" not in path.parts]
    assert [str(path) for path in inside if odd.search(path.name)] == []
    assert sorted(path.name for path in hostile.path.iterdir()) == [
        ".snakemake",
        "hostile.yaml",
        "results",
        "sfd",
        "survey",
    ]


def test_another_dust_map_is_followed_whatever_its_date(hostile):
    path = hostile.path / "sfd" / "SFD_dust_4096_ngp.fits"
    before, date = path.read_bytes(), path.stat().st_mtime

    def planned():
        done = hostile.snakemake("-n", "results/submission.csv")
        return set(re.findall(r"^(ingest\w*) +\d+$", done.stdout + done.stderr, re.MULTILINE))

    assert planned() == set()
    path.write_bytes(before[:-4000] + bytes(4000))
    os.utime(path, (1e9, 1e9))
    assert planned() == {"ingest", "ingest_metadata"}
    path.write_bytes(before)
    os.utime(path, (date, date))
    assert planned() == set()


def test_positions_and_hosts_reach_the_candidates(hostile):
    log = {row["object_id"]: row for row in read_rows(hostile.path / "survey/test_log.csv")}
    table = read_rows(hostile.path / "results/report/candidates.csv")
    assert {row["object_id"] for row in table} == set(log)
    for row in table:
        given = log[row["object_id"]]
        assert [row["ra"], row["dec"]] == [
            f"{float(text):.15g}" if text else "" for text in (given["RA"], given["dec"])
        ]
        assert (row["host_name"], float(row["host_z"])) == (given["host_name"], float(given["host_z"]))
        assert row["redshift_kind"] == ("photometric" if given["Z_err"] else "spectroscopic")
    path = hostile.path / "results/report/candidates.vot"
    assert validate(path, output=io.StringIO())
    votable = parse_single_table(path).array
    assert list(votable["object_id"]) == [row["object_id"] for row in table]
    assert list(votable["host_name"]) == [row["host_name"] for row in table]


def test_the_page_of_a_hostile_object_links_by_its_position(hostile):
    given = hostile.shown
    with chromium() as browser:
        visit = Visit(browser)
        page = visit.open(hostile.page)
        assert page.inner_text("h1") == given["object_id"]
        assert given["host_name"] in page.inner_text("main")
        links = page.eval_on_selector_all(".links a", "all => all.map(a => [a.href, a.rel, a.target])")
        assert len(links) == len(SITES)
        assert {tuple(link[1:]) for link in links} == {("noopener noreferrer", "_blank")}
        assert all(f"{float(given['RA']):.6f}" in link[0] for link in links)
        assert visit.complaints == []
        assert visit.outside(hostile.path / "results") == []


def test_a_missing_reddening_is_that_of_the_map(hostile):
    table = read_columns(hostile.path / "results/metadata.parquet", ["object_id", "EBV", "ra"])
    log = {row["object_id"]: row for name in LOGS for row in read_rows(hostile.path / "survey" / name)}
    for name, ebv, ra in zip(table["object_id"], table["EBV"], table["ra"], strict=True):
        given = log[name]["EBV"]
        assert ebv == pytest.approx(float(given) if given else 0.0 if np.isnan(ra) else 0.086, rel=1e-6)
    assert "E(B-V) = 0" in (hostile.path / "results/log/ingest_metadata.log").read_text()
