"""How files of a format become splits, and what every format says of itself."""

import os
import re
import shutil

import pytest

from mallorn.errors import DataError
from mallorn.plugins import constant, load, names
from mallorn.sources import format as formats
from mallorn.sources.format import FormatSource
from mallorn.survey.passbands import shipped_surveys


def source(name, rows_of_object=None):
    return FormatSource(name, {"ingest": {"rows_of_object": rows_of_object}, "readers": {}})


def fill(folder, sizes):
    """Write files of so many bytes, {name: bytes}."""
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return folder


def plan(reader, folder):
    """Return {split: names of its files}."""
    return {split: [os.path.basename(path) for path in reader.files(folder, split)] for split in reader.splits(folder)}


@pytest.mark.parametrize("name", names("formats"))
def test_a_format_says_what_it_reads_and_documents_its_settings(name):
    module = load("formats", name)
    re.compile(constant("formats", name, "FILES"))
    assert set(constant("formats", name, "SURVEYS")) <= set(shipped_surveys())
    assert constant("formats", name, "ROWS_OF_OBJECT") in ("file", "folder")
    for setting in constant("formats", name, "SETTINGS"):
        assert re.search(rf"\b{setting}\b", module.__doc__), f"{name}: {setting} is not in the module's text"


@pytest.mark.parametrize("name", names("formats"))
def test_a_format_names_the_key_of_a_folder_that_it_cannot_read(name, tmp_path):
    fill(tmp_path, {"notes.md": 3})
    for path, found in ((tmp_path, "notes.md"), (tmp_path / "nowhere", "nothing")):
        with pytest.raises(DataError, match=f"found {found}.*correct new_data, or name the reader") as error:
            source(name).splits(path, ["test"], "new_data")
        assert f"files of the format {name}" in str(error.value)


def test_small_files_are_read_together_and_large_ones_by_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "SPLIT_BYTES", 100)
    monkeypatch.setattr(formats, "MOST_FILES", 3)
    fill(
        tmp_path, {"a.json": 30, "b.json": 30, "c.json": 50, "d.json": 290, "e.json.gz": 1, "_x.json": 1, ".y.json": 1}
    )
    fill(tmp_path, {f"more/{k}.json": 1 for k in range(4)})
    assert plan(source("manytde"), tmp_path) == {
        "split_a": ["a.json", "b.json"],
        "split_c": ["c.json"],
        "split_d_001": ["d.json"],
        "split_d_002": ["d.json"],
        "split_d_003": ["d.json"],
        "split_e": ["e.json.gz", "0.json", "1.json"],
        "split_2": ["2.json", "3.json"],
    }


def test_a_new_file_leaves_the_names_of_others_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "SPLIT_BYTES", 100)
    fill(tmp_path, {"a.json": 90, "c.json": 90})
    before = plan(source("manytde"), tmp_path)
    fill(tmp_path, {"b.json": 90})
    after = plan(source("manytde"), tmp_path)
    assert before.items() <= after.items()
    assert list(after) == ["split_a", "split_b", "split_c"]


def test_a_folder_whose_files_share_objects_is_read_whole_for_each_part(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "SPLIT_BYTES", 100)
    fill(tmp_path / "alerts 2026", {"a.avro": 150, "b.avro": 150})
    folder = tmp_path / "alerts 2026"
    whole = {f"split_alerts_2026_00{k}": ["a.avro", "b.avro"] for k in (1, 2, 3)}
    assert plan(source("rubin_alerts"), folder) == whole
    assert list(plan(source("rubin_alerts", "file"), folder)) == [
        "split_a_001",
        "split_a_002",
        "split_b_001",
        "split_b_002",
    ]


@pytest.mark.parametrize("given", ["alerts", "alerts/a.avro", "alerts/one_PHOT.FITS"])
@pytest.mark.parametrize("rows_of_object", ["file", "folder"])
def test_a_split_is_read_in_another_process_without_a_look_at_the_folder(tmp_path, monkeypatch, given, rows_of_object):
    monkeypatch.setattr(formats, "SPLIT_BYTES", 100)
    fill(tmp_path / "alerts", {"a.avro": 150, "b.avro": 30, "more/c.avro": 30, "one_HEAD.FITS": 20, "one_PHOT.FITS": 9})
    planned = source("snana" if given.endswith("FITS") else "rubin_alerts", rows_of_object)
    told = {split: planned.chosen(tmp_path / given, split) for split in planned.splits(tmp_path / given)}
    shutil.move(tmp_path / "alerts", tmp_path / "moved")
    moved = tmp_path / given.replace("alerts", "moved")
    monkeypatch.setattr(formats, "_plan", None)
    for split, chosen in told.items():
        before, other = planned._plan(tmp_path / given)[split], source(planned.name)
        other.choose(moved, split, chosen)
        found = other._plan(moved)[split]
        assert [path.replace("moved", "alerts") for path in found.paths] == list(before.paths)
        assert (found.part, found.parts) == (before.part, before.parts)
    assert told


def test_names_of_files_that_cannot_be_those_of_splits_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "SPLIT_BYTES", 1)
    monkeypatch.setattr(formats, "MOST_PARTS", 1)
    fill(tmp_path, {"é.json": 2, "ü.json": 2, "a b.json": 2, "a_b.json": 2})
    assert sorted(plan(source("manytde"), tmp_path)) == ["split_a_b", "split_a_b_2", "split_files", "split_files_2"]


def test_files_in_pairs_and_files_read_with_all_count_among_those_of_a_split(tmp_path):
    fill(tmp_path, {"A_HEAD.FITS.gz": 1, "A_PHOT.FITS.gz": 1, "B_head.fits": 1, "b_phot.fits": 1, "C_PHOT.FITS": 1})
    files = plan(source("snana"), tmp_path)
    assert files == {"split_A_HEAD": ["A_HEAD.FITS.gz", "A_PHOT.FITS.gz", "B_head.fits", "b_phot.fits"]}
    assert plan(source("snana"), tmp_path / "b_phot.fits") == {"split_B_head": ["B_head.fits", "b_phot.fits"]}
    fill(tmp_path / "bts", {"bts.csv": 1, "ZTF18a.csv": 1})
    assert plan(source("bts"), tmp_path / "bts") == {"split_ZTF18a": ["ZTF18a.csv", "bts.csv"]}
    fill(tmp_path / "plasticc", {"training_set.csv": 1, "training_set_metadata.csv": 1})
    assert plan(source("plasticc"), tmp_path / "plasticc" / "training_set.csv") == {
        "split_training_set": ["training_set.csv", "training_set_metadata.csv"]
    }
