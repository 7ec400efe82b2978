"""How networks learned: its figure and table, and its log in a real MLflow server, which a browser looks at."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from browser import chromium

from mallorn.decide.predictions import write_predictions
from mallorn.io.tables import write_table
from mallorn.learning.folds import draw_folds

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
ABOUT = {"params": {"width": 8, "loss": "focal"}, "sizes": [3, 4, 5, 2]}
LOSSES = [[1.0, 0.5, 0.25], [2.0, 1.0, 0.5]]


def script(name):
    spec = spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with two fits of a network and one of another model, its predictions, and folds."""
    folder = tmp_path_factory.mktemp("networks")
    for k, losses in enumerate(LOSSES):
        path = folder / "models" / f"{k:03d}" / "learner"
        path.mkdir(parents=True)
        (path / "network.json").write_text(json.dumps({**ABOUT, "history": losses}))
        (path / "weights.safetensors").write_bytes(b"weights")
    ids = np.array([f"object_{k}" for k in range(20)], dtype=object)
    target = np.arange(20) % 4 == 0
    types = np.where(target, "TDE", "AGN").astype(object)
    write_table(folder / "folds.parquet", draw_folds(ids, types, target.astype(np.int8), ids, 2, 1, 1, seed=1))
    p = np.where(target, 0.8, 0.1)
    about = {"training": "final", "protocol": "grouped", "repeat": "0", "model": "tcn"}
    write_predictions(
        folder / "out_of_fold.parquet", ids, np.stack([p, 1 - p], axis=1), ("TDE", "other"), about, np.zeros(20, int)
    )
    return folder


def test_the_losses_of_all_fits_are_drawn_and_written(trained, tmp_path):
    name = ("tcn", "grouped", 0)
    script("draw_networks").main({name: trained / "models"}, tmp_path / "losses.csv", tmp_path / "networks_losses")
    lines = (tmp_path / "losses.csv").read_text().split()
    assert lines[0] == "model,protocol,repeat,fit,epoch,loss"
    assert lines[1:] == [
        f"tcn,grouped,0,{fit},{k + 1},{value:g}" for fit, fits in enumerate(LOSSES) for k, value in enumerate(fits)
    ]
    assert (tmp_path / "networks_losses.png").read_bytes().startswith(b"\x89PNG")
    assert "tcn, grouped" in (tmp_path / "networks_losses.svg").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an MLflow server on this machine, which ends with the tests."""
    for package in ("mlflow", "flask"):  # mlflow-skinny has no server
        pytest.importorskip(package, reason="MLflow and its server are not installed: pip install mlflow")
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/runs.db", "--artifacts-destination", str(folder / "files")]
    more = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with open(folder / "log.txt", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=more, start_new_session=True)
    address, last = f"http://127.0.0.1:{port}", time.monotonic() + 120
    while time.monotonic() < last and process.poll() is None:
        try:
            with urlopen(f"{address}/health", timeout=5):
                break
        except OSError:
            time.sleep(0.3)
    else:
        process.kill()
        pytest.fail((folder / "log.txt").read_text()[-2000:])
    yield address
    os.killpg(process.pid, signal.SIGKILL)  # of its own session: the server and its workers
    process.wait()


def test_a_training_is_logged_to_a_real_server_and_its_page_shows_it(trained, server, tmp_path):
    networks = {("tcn", "grouped", 0): (trained / "models", trained / "out_of_fold.parquet")}
    settings = {"mlflow": True, "uri": server, "experiment": "networks"}
    script("track_networks").main(networks, trained / "folds.parquet", tmp_path / "tracked.json", settings)
    name = "tcn, grouped folds, repeat 0"
    run = json.loads((tmp_path / "tracked.json").read_text())["runs"][name]

    import mlflow

    client = mlflow.MlflowClient(tracking_uri=server)
    found = client.get_run(run)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"model": "tcn", "protocol": "grouped", "repeat": "0", "width": "8", "loss": "focal"}
    assert found.data.metrics["average_precision"] == 1.0
    history = sorted((metric.step, metric.value) for metric in client.get_metric_history(run, "loss"))
    assert history == [(1, 1.5), (2, 0.75), (3, 0.375)]
    assert {file.path for file in client.list_artifacts(run, "figures")} == {"figures/loss.png", "figures/loss.svg"}
    assert {file.path for file in client.list_artifacts(run, "model")} == {"model/000", "model/001"}
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{server}/#/experiments/{found.info.experiment_id}/runs/{run}", wait_until="load")
        page.get_by_text(name).first.wait_for(timeout=60_000)
        page.get_by_text("average_precision").first.wait_for(timeout=60_000)
