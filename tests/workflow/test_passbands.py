"""Surveys of two and of eight passbands run to the report; new objects of another survey are scored by LSST's model."""

import shutil
from copy import deepcopy

import numpy as np
import pytest
import yaml
from csv_rows import read_rows
from workflow_copy import TINY, Workspace

import mallorn
from mallorn.io.tables import read_columns, read_notes
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import read_passbands
from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS, shipped_depths

SHIPPED = defaults()
TWO = {"ZTF_g": {"wavelength": 4746}, "ZTF_r": {"wavelength": 6367}}
EIGHT = {
    **{name: {"wavelength": at} for name, at in zip(SLOTS, SLOT_WAVELENGTHS.tolist(), strict=True)},
    "o": {"wavelength": 6790},
    "UVW1": {"wavelength": 2684},
}


def small(name, passbands, depth):
    """Return a configuration of one model on one split of a simulated survey of its own called `name`."""
    config = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    config["surveys"] = {name: passbands}
    config["simulation"] |= {"survey": name, "n_splits": 1, "nights_per_season": 20, "depth": depth}
    for block in ("models", "ensembles", "augmentations"):
        for key in SHIPPED[block]:
            config.setdefault(block, {}).setdefault(key, {})["enabled"] = block == "models" and key == "lightgbm"
    config["submission"] = {"model": "lightgbm"}
    config["explanations"] = {"models": ["lightgbm"]}
    return config


def run(workspace, config, *further):
    workspace.configfile = workspace.path / "config_of_test.yaml"
    workspace.configfile.write_text(yaml.safe_dump(config), encoding="utf-8")
    workspace.snakemake("results/report/index.html", *further)
    return workspace


@pytest.fixture(scope="module")
def two(empty):
    once = {"export": {"trained": "once"}}
    return run(empty("two passbands"), {**small("two", TWO, {"ZTF_g": 20.8, "ZTF_r": 20.6}), **once}, "results/model")


@pytest.fixture(scope="module")
def eight(empty):
    depth = {**shipped_depths("lsst"), "o": 23.0, "UVW1": 22.5}
    return run(empty("eight passbands"), small("eight", EIGHT, depth))


def unknown(table):
    """Return {column: whether every object lacks it} of a feature table, and its notes."""
    columns = read_columns(table)
    numbers = {name: values for name, values in columns.items() if "__" in name}
    return {name: bool(np.isnan(values).all()) for name, values in numbers.items()}, read_notes(table)


def test_two_passbands_reach_the_report(two):
    results = two.path / "results"
    assert read_passbands(results / "objects" / "split_01.parquet").names == ("ZTF_g", "ZTF_r")
    assert {path.stem for path in (results / "fits/drw/split_01").iterdir()} == set(SLOTS)
    assert set(read_columns(results / "fits/drw/split_01/u.parquet")["reason"]) == {"no points"}
    empty, notes = unknown(results / "features" / "train.parquet")
    assert all(empty[column] for column in notes)
    known = [column for column in empty if column not in notes]
    assert len(known) > 600
    assert np.mean([empty[column] for column in known]) < 0.05
    assert notes["color__g_r_p0"] if "color__g_r_p0" in notes else not empty["color__g_r_p0"]
    assert notes["statistics__mean__u"] == "the survey has no passband in slot u"
    assert notes["color__r_i_p0"] == "the survey has no passband in slot i"
    assert not empty["blackbody__log10_temperature_p0"]
    assert not empty["hypotheses__achromatic_ln_T"]
    page = (results / "report" / "features.html").read_text(encoding="utf-8")
    assert "the survey has no passband in slot u" in page
    candidate = next((results / "report" / "candidates").glob("*.html")).read_text(encoding="utf-8")
    assert "ZTF_g" in candidate
    assert "features are unknown for all objects" in (results / "log/join_features/train.log").read_text()


def test_a_model_trained_once_is_one_fit_that_scores(two):
    folder = two.path / "results" / "model"
    assert [path.name for path in (folder / "0" / "lightgbm").iterdir() if path.is_dir()] == ["000"]
    assert not (folder / "1").exists()
    assert mallorn.load_model(folder).check() == []


def test_eight_passbands_reach_the_report(eight):
    results = eight.path / "results"
    passbands = read_passbands(results / "lightcurves" / "split_01.parquet")
    assert passbands.slot.tolist() == [-1, 0, 1, 2, 2, 3, 4, 5]
    points = read_columns(results / "lightcurves" / "split_01.parquet", ["band"])["band"]
    assert set(points) == set(EIGHT)
    hypotheses = read_columns(results / "fits" / "hypotheses" / "split_01.parquet", ["achromatic_amplitude"])
    assert hypotheses["achromatic_amplitude"].shape[1] == len(EIGHT)
    empty, notes = unknown(results / "features" / "train.parquet")
    assert notes == {}
    assert np.mean(list(empty.values())) < 0.05
    counts = read_columns(
        results / "features" / "train.parquet", ["statistics__n_points__r", "statistics__n_points__i"]
    )
    ratio = counts["statistics__n_points__r"].sum() / counts["statistics__n_points__i"].sum()
    assert ratio == pytest.approx(1.0, abs=0.1)  # r and o are visited together: they are one point of the slot
    assert (results / "report" / "index.html").exists()
    assert "UVW1" in next((results / "report" / "candidates").glob("*.html")).read_text(encoding="utf-8")


def test_a_model_of_lsst_scores_new_objects_of_two_passbands(finished, two, tmp_path):
    """The new objects' survey lacks four slots: the log says in words which features of the model it cannot have."""
    workspace = Workspace(tmp_path / "mixed", snakefile=finished.origin / "Snakefile")
    shutil.copytree(finished.origin / "results", workspace.path / "results")
    shutil.copytree(finished.origin / ".snakemake" / "metadata", workspace.path / ".snakemake" / "metadata")
    config = deepcopy(yaml.safe_load(TINY.read_text(encoding="utf-8")))
    config |= {"surveys": {"two": TWO}, "new_survey": "two", "new_data": str(two.path / "results" / "survey")}
    workspace.configfile = workspace.path / "mixed.yaml"
    workspace.configfile.write_text(yaml.safe_dump(config), encoding="utf-8")
    workspace.snakemake("classify")
    results = workspace.path / "results"
    rows = read_rows(results / "classified" / "probabilities.csv")
    asked = read_rows(two.path / "results" / "survey" / "test_log.csv")
    assert [row["object_id"] for row in rows] == [row["object_id"] for row in asked]
    assert all(0.0 <= float(row["probability"]) <= 1.0 for row in rows)
    log = (results / "log" / "classify.log").read_text(encoding="utf-8")
    assert "features are unknown for all new objects" in log
    assert "the survey has no passband in slot u" in log
