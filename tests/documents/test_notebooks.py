"""The tutorials run from top to bottom, and are committed without output."""

import json
import re
import shlex

import forks
import pytest
from document_blocks import NOTEBOOKS, ROOT, cells
from workflow_copy import clean_environment


def shell(folder):
    """Return what stands for a line `!snakemake ...`: the same command, its jobs as forks, which must succeed."""

    def run(line):
        program, *words = shlex.split(line)
        assert program == "snakemake", "a tutorial's tests run no other program"
        done = forks.run(ROOT, folder, words, clean_environment())
        assert done.returncode == 0, done.stderr[-3000:]

    return run


def as_python(text):
    """Return a cell as plain Python: lines `!command` as calls of `_shell`, and none that tells Jupyter how to draw."""
    text = text.replace("%matplotlib inline\n", "")
    return re.sub(r"^!(.*)$", lambda m: f"_shell(f{m[1]!r})", text, flags=re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_has_no_output(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def run(path, folder, monkeypatch):
    """Run the cells of a notebook in `folder`, as Jupyter does, and return their names."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MALLORN_PROJECT", str(ROOT))
    scope = {"_shell": shell(folder)}
    for k, (kind, text) in enumerate(cells(path)):
        if kind == "code":
            exec(compile(as_python(text), f"{path.name}, cell {k}", "exec"), scope)
    return scope


def test_score_your_light_curves(tmp_path, monkeypatch):
    scope = run(ROOT / "docs" / "tutorials" / "score.ipynb", tmp_path, monkeypatch)
    assert len(scope["scores"]) == len(scope["curves"])
    assert scope["scores"]["probability"].max() == scope["scores"]["probability"][scope["best"]]
    assert scope["again"].object_id[0] == scope["best"]


def test_train_on_your_survey(tmp_path, monkeypatch):
    scope = run(ROOT / "docs" / "tutorials" / "train.ipynb", tmp_path, monkeypatch)
    assert set(scope["scores"]["protocol"]) == {"stratified", "grouped"}
    assert scope["scores"]["average_precision"].between(0.2, 1.0).all()


def test_every_tutorial_is_run_by_a_test():
    assert {path.stem for path in NOTEBOOKS} == {"score", "train"}
