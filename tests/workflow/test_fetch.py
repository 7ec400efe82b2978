"""`snakemake alerce_sample` against a server on loopback: planned without it, gone on with, and never asked twice."""

import json
import time

import psutil
import pytest
import yaml
from alerce_server import serving, settings_for, ztf_id, ztf_object
from workflow_copy import ROOT, TINY, Workspace

from mallorn.sources.alerce import batches

CLASSES = {"SNIa": "SN Ia", "QSO": "AGN", "AGN": "AGN", "TDE": "TDE"}
FIRST = {"SNIa": 0, "QSO": 100, "AGN": 200, "TDE": 300}


@pytest.fixture
def server():
    objects = [ztf_object(FIRST[name] + k, name, 0.9) for name in CLASSES for k in range(8 if name != "TDE" else 3)]
    with serving(objects) as server:
        yield server


@pytest.fixture
def sample(tmp_path, server):
    """A function of settings that returns a workspace whose configuration fetches from the server."""

    def make(**given):
        asked = settings_for(server, tmp_path / "cache", classes=CLASSES, per_class=4, objects_per_file=6)
        path = tmp_path / "alerce.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(TINY.read_text()) | {"alerce": asked | given}))
        folder = tmp_path / "a folder"
        folder.mkdir(exist_ok=True)
        return Workspace(folder, path, snakefile=ROOT / "Snakefile")

    return make


def summary(workspace):
    return json.loads(workspace.read("results/alerce/summary.json"))


def test_a_balanced_sample_is_fetched_once_and_read_as_a_survey(sample, server):
    workspace = sample()
    planned = workspace.snakemake("-n", "alerce_sample").stdout
    assert "fetch_alerce_lightcurves" in planned
    assert server.log == []
    workspace.snakemake("alerce_sample")
    found = summary(workspace)
    assert {label: count["chosen"] for label, count in found["types"].items()} == {"SN Ia": 4, "AGN": 4, "TDE": 3}
    assert found["light curves"]["objects"] == 11
    assert found["light curves"]["without points"] == 0
    assert len(server.log) == 4 + 2 * 11
    batch = next(batches(workspace.path / "results/alerce/sample", {}))
    labels = batch.objects["label"].tolist()
    assert {label: labels.count(label) for label in labels} == {"SN Ia": 4, "AGN": 4, "TDE": 3}
    assert len(batch.points["mjd"]) == 11 * (6 + 3 + 3)
    assert "Nothing to be done" in workspace.snakemake("alerce_sample").stderr
    workspace = sample(per_class=5, rate=5000.0)
    workspace.snakemake("alerce_sample")
    assert summary(workspace)["light curves"]["objects"] == 13
    assert len(server.log) == 4 + 2 * 13
    assert len(set(server.log)) == len(server.log)
    workspace = sample(per_class=1, objects_per_file=6)
    workspace.snakemake("alerce_sample")
    (batch,) = batches(workspace.path / "results/alerce/sample", {})
    assert sorted(batch.objects["label"]) == ["AGN", "SN Ia", "TDE"]
    assert len(server.log) == 4 + 2 * 13


def test_a_run_that_is_killed_or_fails_goes_on(sample, server):
    workspace = sample(tries=2)
    server.slow = 0.3
    run = workspace.fork("alerce_sample")
    while len(server.log) < 10 and run.poll() is None:
        time.sleep(0.02)
    process = psutil.Process(run.pid)
    for one in (process, *process.children(recursive=True)):
        one.kill()
    run.wait()
    workspace.snakemake("--unlock")
    server.slow, server.faults = 0.0, {"forced": [500] * 1000}
    failed = workspace.snakemake("alerce_sample", "--rerun-incomplete", ok=False)
    assert failed.returncode
    assert "are not fetched again" in failed.stderr
    server.faults = {}
    log = len(server.log)
    cached = sum(not path.name.startswith(".") for path in workspace.path.parent.rglob("cache/**/*.json.gz"))
    workspace.snakemake("alerce_sample", "--rerun-incomplete")
    assert len(server.log) - log == 4 + 2 * 11 - cached
    assert summary(workspace)["light curves"]["forced_photometry"] == 4 * 11


def test_a_list_of_ids_is_fetched_with_its_labels(sample, server, tmp_path):
    (tmp_path / "ids.csv").write_text("oid,label\n" + "".join(f"{ztf_id(k)},SNIa\n" for k in range(8)))
    workspace = sample(ids=str(tmp_path / "ids.csv"))
    workspace.snakemake("alerce_sample")
    assert len(server.log) == 16
    batch = next(batches(workspace.path / "results/alerce/sample", {}))
    assert set(batch.objects["label"]) == {"SN Ia"}
    assert len(batch.objects["object_id"]) == 8
