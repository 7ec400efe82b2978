"""The Python interface on a finished run: what the workflow keeps in files, it makes in memory, to the bit."""

import os
import shutil
import subprocess
import sys
import sysconfig

import numpy as np
import pytest
from workflow_copy import ROOT

import mallorn
from mallorn.io.tables import read_columns


@pytest.fixture(scope="module")
def scored(finished):
    """A model, the light curves of its test objects, and what the workflow made of these."""
    results = finished.path / "results"
    curves = mallorn.read(results / "survey")
    held_out = sorted(results.glob("predictions/final/stratified/*/mean/held_out.parquet"))
    tables = [read_columns(path) for path in held_out]
    ids = tables[0]["object_id"]
    place = {name: k for k, name in enumerate(curves.object_id)}
    test = curves.take(np.sort([place[name] for name in ids]))
    mean = np.mean([table["probability"] for table in tables], axis=0)
    return mallorn.load_model(results / "model"), test, dict(zip(ids, mean, strict=True))


def test_a_model_gives_the_probabilities_of_the_workflow_exactly(scored):
    model, curves, expected = scored
    table = model.predict(curves)
    assert list(table.index) == list(curves.object_id)
    assert [table["probability"][name] for name in expected] == list(expected.values())
    classes = [f"probability__{name}" for name in model.classes]
    np.testing.assert_allclose(table[classes].sum(axis=1), 1.0)
    assert (table["probability"] == table[f"probability__{model.target}"]).all()
    assert ((table["probability"] >= model.threshold) == table["decision"]).all()
    assert model.target in repr(model)


def test_one_object_alone_has_the_probability_that_it_has_in_company(scored):
    model, curves, _ = scored
    whole = model.predict(curves)
    for k in (0, len(curves) - 1):
        alone = model.predict(curves.take([k]))
        np.testing.assert_allclose(alone["probability"], whole["probability"].iloc[k : k + 1], atol=1e-6)


def test_features_are_those_of_the_workflow_exactly(finished, scored):
    results, settings = finished.path / "results", scored[0].settings
    curves = mallorn.read(results / "survey")
    here = {name: k for k, name in enumerate(curves.object_id)}
    kept = {}
    for side in ("train", "test"):
        table = read_columns(results / "features" / f"{side}.parquet")
        names = [name for name in table if "__" in name]
        kept |= dict(zip(table["object_id"], np.column_stack([table[name] for name in names]), strict=True))
    splits = sorted((results / "objects").glob("split_*.parquet"))
    assert len(splits) > 1
    for split in splits:  # objects that are fitted together share the rounding of their sums
        ids = read_columns(split, ["object_id"])["object_id"]
        made = mallorn.features(curves.take([here[name] for name in ids]), {"features": settings["features"]})
        assert list(made.columns) == names
        expected = np.array([kept[name] for name in ids])
        for k, name in enumerate(names):
            np.testing.assert_array_equal(made[name].to_numpy(), expected[:, k], err_msg=f"{split.name}: {name}")


def test_reasons_are_features_with_their_meanings(scored):
    model, curves, _ = scored
    reasons = model.explain(curves.take([0, 1]), features=5)
    assert list(reasons["object_id"]) == [name for name in curves.object_id[:2] for _ in range(5)]
    assert set(reasons["feature"]) <= set(model.columns)
    assert (reasons["meaning"].str.len() > 3).all()
    assert np.isfinite(reasons["shap"]).all()


SCORE = """
import sys
import mallorn
assert "site" not in mallorn.__file__ or "src" not in mallorn.__file__
curves = mallorn.read(sys.argv[1])
print(mallorn.load_model(sys.argv[2]).predict(curves.take([0]))["probability"].iloc[0])
print(mallorn.__file__)
"""


def test_the_wheel_scores_a_light_curve_in_an_empty_environment(finished, tmp_path):
    """The environment has the wheel, and the packages of this one; it has nothing of the checkout."""
    source = tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("mallorn-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    (site,) = (tmp_path / "env").glob("lib/python*/site-packages")
    (site / "required.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    results = finished.path / "results"
    command = [str(python), "-c", SCORE, str(results / "survey"), str(results / "model")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    probability, place = done.stdout.split()
    assert 0.0 <= float(probability) <= 1.0
    assert place.startswith(str(site))
    for arguments, told in ((["info"], "# Model card"), (["score", "--example"], "object_id,")):
        command = [str(tmp_path / "env" / "bin" / "mallorn"), *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert told in done.stdout, done.stderr
    assert "99 of 100 objects scored" in done.stderr
