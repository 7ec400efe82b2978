"""A feature family, a learner, a hypothesis and a source of a stranger's own, through the real DAG to a submission.

`plugins/` holds each as one file, as CONTRIBUTING.md says how to write it. They are used in both ways: as files that
the configuration names, and as an installed package with entry points.
"""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from csv_rows import read_rows, write_rows
from workflow_copy import TINY

from mallorn.io.tables import read_columns, read_metadata, read_units
from mallorn.settings.resolve import defaults

PLUGINS = {
    "sparkle": "features",
    "nearest_mean": "learners",
    "kilonova": "hypotheses",
    "one_file_each": "sources",
}
FOLDER = Path(__file__).parent / "plugins"


def other_format(survey, target):
    """Write the simulated survey in the format of plugins/one_file_each.py."""
    objects = []
    for name in ("train", "test"):
        for row in read_rows(survey / f"{name}_log.csv"):
            kind = row["SpecType"] if name == "train" else ""
            objects.append({"id": row["object_id"], "z": row["Z"], "ebv": row["EBV"], "type": kind})
    write_rows(target / "objects.csv", objects)
    points = {}
    for path in survey.glob("split_*/*.csv"):
        for row in read_rows(path):
            given = {"mjd": row["Time (MJD)"], "flux": row["Flux"], "flux_err": row["Flux_err"], "band": row["Filter"]}
            points.setdefault(row["object_id"], []).append(given)
    for name, rows in points.items():
        write_rows(target / "points" / f"{name}.csv", rows)


def install(site):
    """Lay an installed package `their_package` with the four plug-ins into the folder `site`."""
    package, about = site / "their_package", site / "their_package-1.0.dist-info"
    package.mkdir(parents=True)
    about.mkdir()
    (package / "__init__.py").write_text("")
    groups = []
    for name, kind in PLUGINS.items():
        shutil.copy(FOLDER / f"{name}.py", package)
        groups.append(f"[mallorn.{kind}]\n{name} = their_package.{name}\n")
    (about / "entry_points.txt").write_text("\n".join(groups))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their_package\nVersion: 1.0\n")
    return package


def configuration(plugins):
    """Return what a stranger writes: one line for each plug-in, and blocks that use them; the rest keeps it small."""
    shipped = defaults()
    no_more = {"models": ["kilonova"], "residuals": [], "sampling": [], "comparisons": [], "competing": ["kilonova"]}
    families = {name: {"enabled": name in ("statistics", "hypotheses")} for name in shipped["features"]}
    families["hypotheses"] |= no_more
    families["sparkle"] = {"bright": 4.0}
    models = {name: {"enabled": False} for name in shipped["models"]}
    block = {"learner": "nearest_mean", "classes": "binary", "balance": 0.5, "seeds": 1}
    models["theirs"] = {"enabled": True, "tuned": False, "params": {"softness": 1.0}, **block}
    return {
        **yaml.safe_load(TINY.read_text()),
        "plugins": plugins,
        "source": "one_file_each",
        "data_dir": "survey",
        "features": families,
        "fits": {"hypotheses": {"models": ["kilonova"]}},
        "models": models,
        "ensembles": {name: {"enabled": False} for name in shipped["ensembles"]},
        "submission": {"model": "theirs"},
        "explanations": {"models": []},
        "tuning": {"models": []},
        "ablation": {"model": "theirs"},
        "evaluation": {"learning_curve": {"model": "theirs"}},
    }


@pytest.fixture(scope="module", params=["files", "package"])
def extended(request, empty, finished):
    """A folder in which a survey of another format went to a submission; `plugins` is the folder of the plug-ins."""
    workspace = empty(f"extended by {request.param}")
    other_format(finished.origin / "results" / "survey", workspace.path / "survey")
    before = os.environ.get("PYTHONPATH")
    if request.param == "files":
        workspace.plugins = shutil.copytree(
            FOLDER, workspace.path / "mine", ignore=shutil.ignore_patterns("__*", "dat_files.py")
        )
        listed = [f"mine/{name}.py" for name in PLUGINS]
    else:
        workspace.plugins, listed = install(workspace.path / "site"), []
        os.environ["PYTHONPATH"] = str(workspace.path / "site")
    workspace.configfile = workspace.path / "mine.yaml"
    workspace.configfile.write_text(yaml.safe_dump(configuration(listed)))
    try:
        workspace.snakemake("results/submission.csv")
        yield workspace
    finally:  # whatever fails: other tests must not find the package
        os.environ.pop("PYTHONPATH", None)
        if before is not None:
            os.environ["PYTHONPATH"] = before


def test_every_test_object_is_submitted_in_the_order_of_the_source(extended):
    asked = [row["id"] for row in read_rows(extended.path / "survey" / "objects.csv") if not row["type"]]
    assert [row["object_id"] for row in read_rows(extended.path / "results" / "submission.csv")] == asked


def test_the_source_set_points_without_flux_aside_and_counted_them(extended):
    path = extended.path / "results" / "set_aside" / "split_01.parquet"
    table, counts = read_columns(path), read_metadata(path)
    points = [row for path in (extended.path / "survey" / "points").iterdir() for row in read_rows(path)]
    without = sum(row["flux"] == "" for row in points)
    assert without > 0
    assert (int(counts["rows_read"]), int(counts["rows_set_aside"])) == (len(points), without)
    assert set(table["reason"]) == {"flux missing"}


def test_the_family_and_the_hypothesis_became_features(extended):
    path = extended.path / "results" / "features" / "train.parquet"
    table, units = read_columns(path), read_units(path)
    assert units["sparkle__brightest"] == "uJy"
    assert (table["sparkle__brightest"] > 0).mean() > 0.9
    assert ((table["sparkle__bright"] >= 0) & (table["sparkle__bright"] <= 1)).mean() > 0.9
    assert units["hypotheses__kilonova_ln_fall"] == "ln d"
    assert (table["hypotheses__kilonova_width50"] > 0).any()


def test_the_learner_saved_its_fits_in_its_own_format(extended):
    folder = extended.path / "results" / "predictions" / "final" / "stratified" / "0" / "theirs"
    assert len(list((folder / "models").glob("*/learner/model.npz"))) == 3
    assert read_columns(folder / "out_of_fold.parquet")["probability"].max() <= 1


@contextmanager
def edited(path):
    text = path.read_text()
    try:
        path.write_text(text + "\n_EDITED = 1\n")
        yield
    finally:
        path.write_text(text)


AFTER_MODELS = {"choose_threshold", "write_submission"}
AFTER_FAMILIES = {"join_features", "cross_validate", *AFTER_MODELS}
AFTER_POINTS = {"ingest", "ingest_metadata", "make_folds", "extract_features", "fit_lightcurves", *AFTER_FAMILIES}


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("sparkle", {"extract_features", *AFTER_FAMILIES}),
        ("nearest_mean", {"cross_validate", *AFTER_MODELS}),
        ("kilonova", {"fit_lightcurves", "extract_features", *AFTER_FAMILIES}),
        ("one_file_each", AFTER_POINTS),
    ],
)
def test_an_edit_of_a_plug_in_plans_what_depends_on_it(extended, name, rules):
    with edited(extended.plugins / f"{name}.py"):
        plan = extended.planned("results/submission.csv")
    assert set(plan) == rules


def test_a_stranger_touches_one_file_and_the_configuration(extended):
    """The files that are not part of the project, nor made by it: the plug-ins, the configuration, and the survey."""
    made = {"results", ".snakemake", "survey"}
    own = [p for p in extended.path.rglob("*") if p.is_file() and p.relative_to(extended.path).parts[0] not in made]
    written = {p.name for p in own if p.parent == extended.plugins or p.suffix == ".yaml"} - {"__init__.py"}
    assert written == {"mine.yaml", *(f"{name}.py" for name in PLUGINS)}
