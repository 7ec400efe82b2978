"""Files are whole or absent, whoever dies and whatever the disk says."""

import errno
import os
import resource
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from bad_inputs import DISK

from mallorn.errors import DataError
from mallorn.io.csv_tables import write_csv
from mallorn.io.files import atomic_write, remove, remove_half_written, write_text
from mallorn.io.tables import write_table


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a" / "t.txt"
    write_text(path, "old\n")
    with atomic_write(path) as beside:
        beside.write_text("half")
        assert path.read_text() == "old\n"
        assert beside.parent == path.parent
    assert path.read_text() == "half"
    assert names(path.parent) == ["t.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "t.txt"
    write_text(path, "old\n")

    def fail():
        with atomic_write(path) as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "old\n"
    assert names(tmp_path) == ["t.txt"]


def test_a_writer_left_over_from_a_killed_run_does_no_harm(tmp_path):
    """Its file is taken away: it fails, and the writer that replaces it does not."""
    path = tmp_path / "t.txt"

    def overtaken():
        with atomic_write(path) as left_over:
            left_over.write_text("half")
            with atomic_write(path) as beside:
                assert beside != left_over
                beside.write_text("whole")

    with pytest.raises(FileNotFoundError):
        overtaken()
    assert path.read_text() == "whole"
    assert names(tmp_path) == ["t.txt"]


def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path):
    inside = tmp_path / "pages" / "more"
    inside.mkdir(parents=True)
    kept = [tmp_path / "t.txt", tmp_path / ".other.txt.01.part", inside / "page.html"]
    for path in (*kept, tmp_path / ".t.txt.01.part", tmp_path / ".pages.02.part", inside / ".page.html.03.part"):
        path.touch()
    for path in (tmp_path / "t.txt", tmp_path / "pages", tmp_path / "absent"):
        remove_half_written(path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


@contextmanager
def files_of_at_most(n_bytes):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "x" * 10_000),
        lambda path: write_csv(path, {"x": np.arange(10_000)}),
        lambda path: write_table(path, {"x": np.random.default_rng(1).random(10_000)}),
    ],
    ids=["text", "csv", "parquet"],
)
def test_a_file_that_may_not_grow_is_named_with_the_next_step(tmp_path, write):
    with files_of_at_most(4096), pytest.raises(DataError) as caught:
        write(tmp_path / "t")
    promise = DISK["a file beyond what a user may write"]
    assert f"{tmp_path}/t: expected to write this file, found {promise}" in str(caught.value)
    assert names(tmp_path) == []


def test_a_full_disk_is_named_with_the_next_step(tmp_path):
    def write():
        with atomic_write(tmp_path / "t"), open("/dev/full", "w") as disk:
            disk.write("x" * 100_000)

    with pytest.raises(DataError) as caught:
        write()
    assert f"{tmp_path}/t: expected to write this file, found {DISK['a full disk']}" in str(caught.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/sys/kernel/mallorn.txt", "a read-only disk or folder"),
        ("/dev/null/mallorn.txt", "a file where a folder must be"),
    ],
)
def test_a_folder_that_takes_no_file_is_named_with_the_next_step(path, kind):
    with pytest.raises(DataError) as caught:
        write_text(path, "x")
    assert f"{path}: expected to write this file" in str(caught.value)
    assert DISK[kind] in str(caught.value)
    assert not Path(path).exists()


def test_other_errors_of_the_block_are_not_blamed_on_the_file(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "t"):
        (tmp_path / "absent").read_text()


def test_what_is_removed_is_gone_at_once_and_its_room_is_freed(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread))
    for name in ("folder/inner/file", "aside/left/over", "kept/file"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    thread = remove([tmp_path / name for name in ("folder", "file", "link", "absent")], tmp_path / "aside")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aside", "kept"]
    assert started == [thread]
    thread.run()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").is_file()


def test_a_folder_that_cannot_be_moved_is_removed_where_it_is(tmp_path, monkeypatch):
    def on_another_disk(source, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    monkeypatch.setattr(os, "replace", on_another_disk)
    remove([tmp_path / "folder"], tmp_path / "aside").join()
    assert list(tmp_path.iterdir()) == []
