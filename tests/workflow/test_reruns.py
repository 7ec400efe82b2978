"""Any change is noticed and re-runs what depends on it, nothing else; results are the same wherever they were made."""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from typing import NamedTuple

import pytest
import yaml
from csv_rows import read_rows, write_rows
from workflow_copy import copy_project

PROJECT = ("Snakefile", "config.yaml", "clone.yaml", "rules", "workflow", "src", "envs", "profiles", "survey")
LOGS = ("survey/train_log.csv", "survey/test_log.csv")
SAMPLE = "survey/sample_submission.csv"


class Change(NamedTuple):
    """A change of a finished workspace, made by `make`; `first` are the rules that it re-runs, with all that follow.

    No file whose path has `spared` in it is made again.
    """

    what: str
    make: Callable
    first: tuple = ()
    spared: str | None = None


def files_of(workspace):
    paths = [path for name in PROJECT for path in [workspace.path / name, *(workspace.path / name).rglob("*")]]
    return [path for path in paths if path.is_file()]


def touch(workspace):
    for path in files_of(workspace):
        os.utime(path)


def comment(workspace):
    for path in files_of(workspace):
        if path.suffix in (".py", ".smk", ".yaml") or path.name == "Snakefile":
            text = path.read_text()
            path.write_text(re.sub('"""', '"""Other words. ', text, count=1) + "\n# a comment\n")


def append(name, text):
    def make(workspace):
        with open(workspace.path / name, "a", encoding="utf-8") as file:
            file.write(text)

    return make


def swap(name, pattern, new, old_date=False):
    def make(workspace):
        path = workspace.path / name
        before = path.read_text()
        after = re.sub(pattern, new, before, count=1, flags=re.MULTILINE)
        assert after != before
        path.write_text(after)
        if old_date:
            os.utime(path, (1e9, 1e9))

    return make


def setting(key, value):
    def make(workspace):
        config = yaml.safe_load(workspace.configfile.read_text())
        block = config
        for part in key.split(".")[:-1]:
            block = block.setdefault(part, {})
        block[key.split(".")[-1]] = value
        workspace.configfile.write_text(yaml.safe_dump(config))

    return make


def other_order(workspace):
    """Give the own values of the configuration in the reverse order, blocks and keys."""

    def reverse(block):
        return {key: reverse(block[key]) for key in reversed(block)} if isinstance(block, dict) else block

    config = reverse(yaml.safe_load(workspace.configfile.read_text()))
    workspace.configfile.write_text(yaml.safe_dump(config, sort_keys=False))


def reverse_sample(workspace):
    path = workspace.path / SAMPLE
    write_rows(path, read_rows(path)[::-1])


def add_split(workspace):
    """Add split_03, with the objects of split_02 under new names."""

    def renamed(rows):
        return [{**row, "object_id": f"{row['object_id']} again"} for row in rows]

    added = set()
    for path in (workspace.path / name for name in LOGS):
        rows = read_rows(path)
        more = [row for row in rows if row["split"] == "split_02"]
        added |= {row["object_id"] for row in more}
        write_rows(path, rows + [{**row, "split": "split_03"} for row in renamed(more)])
    sample = read_rows(workspace.path / SAMPLE)
    write_rows(workspace.path / SAMPLE, sample + renamed([row for row in sample if row["object_id"] in added]))
    shutil.copytree(workspace.path / "survey/split_02", workspace.path / "survey/split_03")
    for path in (workspace.path / "survey/split_03").iterdir():
        write_rows(path, renamed(read_rows(path)))


def remove_split(workspace):
    shutil.rmtree(workspace.path / "survey/split_02")
    left = set()
    for path in (workspace.path / name for name in LOGS):
        rows = [row for row in read_rows(path) if row["split"] != "split_02"]
        left |= {row["object_id"] for row in rows}
        write_rows(path, rows)
    sample = read_rows(workspace.path / SAMPLE)
    write_rows(workspace.path / SAMPLE, [row for row in sample if row["object_id"] in left])


OF_DATA = ("record_input",)
FITS = ("fit_lightcurves",)
SPLIT_1 = "survey/split_01/train_full_lightcurves.csv"
A_FLUX = r"(^[^,]+,[^,]+),[-0-9.e]+,"
A_TYPE = (r"SN Ia,(.*),0$", r"SN II,\1,0")
Z_OF_SPLIT_2 = (r"^([^,]+),[^,]+,(.*,split_02,)", r"\1,0.4567,\2")

CHANGES = [
    Change("touch every file", touch),
    Change("comments and docstrings in every file", comment),
    Change("own values given in another order", other_order),
    Change("a value that nothing uses", setting("benchmark.fits.random_starts", 3)),
    Change("a default, written as a decimal", setting("folds.rare", 10.0)),
    Change("a value that a family uses", setting("features.color.max_sd", 0.4), ("extract_features",)),
    Change("a value that fits of a passband use", setting("fits.drw.min_points", 4), FITS),
    Change("a value that all fits share", setting("gp.engine", "celerite2"), FITS),
    Change("code of one kind of fit", append("src/mallorn/families/artifacts/drw.py", "\n_EDITED = 1\n"), FITS),
    Change("a value of the folds", setting("folds.rare", 5), ("make_folds",)),
    Change("code of a module", append("src/mallorn/families/join.py", "\n_EDITED = 1\n"), ("join_features",)),
    Change("code of an adapter", append("workflow/scripts/make_folds.py", "\n_EDITED = 1\n"), ("make_folds",)),
    Change(
        "wiring of an adapter",
        append("workflow/scripts/fit_lightcurves.py", "        _EDITED = 1\n"),
        FITS,
    ),
    Change("logging, which makes no results", append("src/mallorn/runtime/job_log.py", "\n_EDITED = 1\n")),
    Change("other light curves in a split", swap(SPLIT_1, A_FLUX, r"\1,7.25,"), ("ingest", *OF_DATA), "split_02"),
    Change(
        "older ones in a split", swap(SPLIT_1, A_FLUX, r"\1,7.25,", old_date=True), ("ingest", *OF_DATA), "split_02"
    ),
    Change("another type in the log", swap(LOGS[0], *A_TYPE), ("ingest_metadata", *OF_DATA), "split_"),
    Change(
        "another type in an older log", swap(LOGS[0], *A_TYPE, old_date=True), ("ingest_metadata", *OF_DATA), "split_"
    ),
    Change(
        "another redshift in the log", swap(LOGS[0], *Z_OF_SPLIT_2), ("ingest_metadata", "ingest", *OF_DATA), "split_01"
    ),
    Change("another order of the submission", reverse_sample, ("ingest_metadata", *OF_DATA), "split_"),
    Change("one split more", add_split, ("ingest_metadata", "ingest", *OF_DATA), "split_01"),
    Change("one split less", remove_split, ("ingest_metadata", *OF_DATA), "split_"),
]


@contextmanager
def preserved(workspace, backup):
    """Put the files of the project and the survey back as they were in the end, with their dates."""
    for name in PROJECT:
        path = workspace.path / name
        shutil.copytree(path, backup / name) if path.is_dir() else shutil.copy2(path, backup / name)
    try:
        yield
    finally:
        for name in PROJECT:
            path = workspace.path / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            shutil.move(backup / name, path)


@pytest.fixture(scope="module")
def followers(clone):
    """{rule: rules that read what it makes}. Of the logs, `ingest` reads only its own split's rows (params)."""
    graph = clone.dry("--rulegraph", "dot").stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', graph))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", graph)} - {("ingest_metadata", "ingest")}
    return {name: {b for a, b in edges if a == name} - {"all", "default"} for name in names.values()}


def all_after(first, followers):
    found, todo = set(), list(first)
    while todo:
        rule = todo.pop()
        if rule not in found:
            found.add(rule)
            todo += followers[rule]
    return found


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.what)
def test_a_change_re_runs_what_depends_on_it(clone, followers, tmp_path, change):
    with preserved(clone, tmp_path):
        change.make(clone)
        plan = clone.planned()
    assert set(plan) == all_after(change.first, followers)
    if change.spared:
        assert not [path for paths in plan.values() for path in paths if change.spared in path]


def test_a_fresh_clone_over_old_results_re_runs_nothing(clone, tmp_path):
    """Every file of a fresh clone is newer than the results, and lies elsewhere."""
    fresh = copy_project(tmp_path / "fresh")
    touch(fresh)
    fresh.configfile = clone.configfile
    assert fresh.planned("--directory", str(clone.path)) == {}


def test_results_are_the_same_in_another_clone_on_another_number_of_cores_in_another_order(clone, finished):
    ours, theirs = clone.results(), finished.results()
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert {"submission.csv", "features/train.parquet", "folds.parquet"} <= ours.keys()
