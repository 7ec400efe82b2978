"""The tutorials run from top to bottom, and are committed without output."""

import json
import re
import shlex

import forks
import pytest
from document_blocks import NOTEBOOKS, ROOT, cells
from workflow_copy import clean_environment

from mallorn import plugins


def shell(folder):
    """Return what stands for a line `!snakemake ...`: the same command, its jobs as forks, which must succeed.

    A pipe after it, which shortens what a reader sees, is left out.
    """

    def run(line):
        program, *words = shlex.split(line.partition(" 2>&1 |")[0])
        assert program == "snakemake", "a tutorial's tests run no other program"
        done = forks.run(ROOT, folder, words, clean_environment())
        assert done.returncode == 0, done.stderr[-3000:]

    return run


def as_python(text):
    """Return a cell as plain Python: lines `!command` as calls of `_shell`, and none that tells Jupyter how to draw."""
    text = re.sub(r"^%.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^!(.*)$", lambda m: f"_shell(f{m[1]!r})", text, flags=re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_has_no_output(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def run(name, folder, monkeypatch):
    """Run the cells of a notebook in `folder`, as Jupyter does, and return their names."""
    path = ROOT / "docs" / "tutorials" / f"{name}.ipynb"
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MALLORN_PROJECT", str(ROOT))
    scope = {"_shell": shell(folder)}
    for k, (kind, text) in enumerate(cells(path)):
        if kind == "code":
            exec(compile(as_python(text), f"{path.name}, cell {k}", "exec"), scope)
    return scope


def test_score_your_light_curves(tmp_path, monkeypatch):
    scope = run("score", tmp_path, monkeypatch)
    assert len(scope["scores"]) == len(scope["curves"])
    assert scope["scores"]["probability"].max() == scope["scores"]["probability"][scope["best"]]
    assert scope["again"].object_id[0] == scope["best"]


def test_train_on_your_survey_and_then_on_a_tree(tmp_path, monkeypatch):
    """Both have the same survey, so that the second finds its features made."""
    scope = run("train", tmp_path, monkeypatch)
    assert set(scope["scores"]["protocol"]) == {"stratified", "grouped"}
    assert scope["scores"]["average_precision"].between(0.2, 1.0).all()
    nodes = run("elasticc", tmp_path, monkeypatch)["nodes"].set_index(["level", "node"])
    assert {"TDE", "AGN", "SN"} <= set(nodes.index.get_level_values("node"))
    assert nodes["average_precision"].dropna().between(0.0, 1.0).all()


def test_add_a_feature_family(tmp_path, monkeypatch):
    try:
        scope = run("family", tmp_path, monkeypatch)
    finally:
        plugins.use([])
    assert list(scope["balance"]) == ["balance__before_peak"]
    assert scope["balance"]["balance__before_peak"].dropna().between(0.0, 1.0).all()
    assert not (tmp_path / "results" / "families").exists()


def test_vet_candidates(tmp_path, monkeypatch):
    scope = run("vet", tmp_path, monkeypatch)
    assert len(scope["sure"]) + len(scope["unsure"]) == len(scope["chosen"]) > 2
    assert (tmp_path / "shortlist.csv").read_text().count("\n") == 4


def test_classify_early(tmp_path, monkeypatch):
    """Nothing is said at the trigger, the first score is unsure, and a model of young objects is sure in the end."""
    story = run("early", tmp_path, monkeypatch)["story"]
    assert story["points"].is_monotonic_increasing
    assert story["domain"].iloc[0] == "cannot say"
    told = story["probability"].dropna()
    assert told.iloc[0] < 0.4 < 0.6 < told.iloc[-1]
    assert story["scored_as"].iloc[-1].startswith("early")


def test_on_a_cluster(tmp_path, monkeypatch):
    """Both splits are made under the profile for Slurm, and partitions get the scores of the whole."""
    scope = run("cluster", tmp_path, monkeypatch)
    assert {"ingest/split_01.log", "ingest/split_02.log"} <= set(scope["used"]["log"].map(str))
    whole = scope["mallorn"].load_model().predict(scope["curves"])
    alone = scope["scored"].set_index("object_id")["probability"]
    assert (alone - whole["probability"]).abs().max() < 1e-3
    assert list(scope["scored"].index) == list(range(20))


def test_every_tutorial_is_run_by_a_test():
    assert {path.stem for path in NOTEBOOKS} == {"score", "train", "family", "vet", "early", "elasticc", "cluster"}
