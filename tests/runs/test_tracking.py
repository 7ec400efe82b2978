import importlib.util

import pytest

from mallorn.errors import ConfigError
from mallorn.runs.tracking import check_tracking, parameters, track_run


def test_mlflow_that_is_asked_for_and_not_there_is_told_with_the_next_step(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    check_tracking({"tracking": {"mlflow": False}})
    with pytest.raises(ConfigError, match="pip install mlflow-skinny"):
        check_tracking({"tracking": {"mlflow": True}})


def test_parameters_are_the_leaves():
    assert parameters({"a": {"b": {"c": 1}, "d": [1, 2]}, "e": None}) == {"a.b.c": "1", "a.d": "[1, 2]", "e": "None"}
    assert len(parameters({"a": "x" * 9000})["a"]) == 500


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="mlflow, an optional package, is not installed")
def test_a_run_is_found_again_with_all_that_was_logged(tmp_path):
    import mlflow

    uri = str(tmp_path / "a folder")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "one.png").write_bytes(b"png")
    score = {"protocol": "grouped", "model": "m", "score": "f1", "repeats": 1, "mean": 0.5, "sd": 0.0}
    tracking = {"mlflow": True, "uri": uri, "experiment": "mallorn"}
    files = {"figures": tmp_path / "figures"}
    runs = [track_run(tracking, "run", {"a": {"odd[1]": 2}}, {"code": "c"}, [score], files) for _ in range(2)]
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{uri}/mlflow.db")
    for run in map(client.get_run, runs):
        assert run.data.params == {"a.odd_1_": "2"}
        assert run.data.metrics["grouped.m.f1.mean"] == 0.5
        assert run.info.status == "FINISHED"
        assert [found.path for found in client.list_artifacts(run.info.run_id, "figures")] == ["figures/one.png"]
