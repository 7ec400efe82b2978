"""Finding the splits of a survey, and telling which of them a change of the logs concerns."""

import os
import subprocess
import sys
import time

import pytest
from surveys import LOG, TEST, sound_survey, write_survey

from mallorn.errors import DataError
from mallorn.io.digests import file_digest
from mallorn.sources.kaggle import LIGHTCURVE_FILES, metadata_digest, splits


def with_splits(*names):
    files = {name: content for name, content in sound_survey().items() if "/" not in name}
    return files | {f"{split}/{file}": "" for split in names for file in LIGHTCURVE_FILES.values()}


def test_splits_come_in_natural_order(tmp_path):
    survey = write_survey(with_splits("split_10", "split_2", "split_1", "split_b", "split_1b", "split_02"), tmp_path)
    assert splits(survey) == ["split_1", "split_1b", "split_02", "split_2", "split_10", "split_b"]


def test_number_of_splits_is_free(tmp_path):
    names = [f"split_{k:03d}" for k in range(1, 131)]
    assert splits(write_survey(with_splits(*names), tmp_path)) == names


def test_linked_splits_are_found(tmp_path):
    write_survey(with_splits("split_1"), tmp_path / "real")
    survey = write_survey(with_splits(), tmp_path / "survey")
    (survey / "split_1").symlink_to(tmp_path / "real" / "split_1", target_is_directory=True)
    assert splits(survey) == ["split_1"]


@pytest.mark.parametrize("name", ["split_1 2", "split_1.5", "split_ä", "split_{x}", "split_a\nb", "split_"])
def test_split_names_that_could_not_be_file_names_everywhere(tmp_path, name):
    with pytest.raises(DataError, match="rename the folder"):
        splits(write_survey(with_splits("split_1", name), tmp_path))


def test_folder_that_is_none(tmp_path):
    with pytest.raises(DataError, match="found nothing.*data_dir"):
        splits(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="found a file"):
        splits(tmp_path / "file")


def digests(folder, edit=None):
    """Write the sound survey with an edited log and return the digests of its two splits."""
    files = sound_survey()
    if edit is not None:
        name, old, new = edit
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)
    survey = write_survey({name: files[name] for name in (LOG, TEST) if files[name]}, folder)
    return tuple(metadata_digest(survey, split) for split in ("split_01", "split_02"))


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        ((LOG, "b,0.2", "b,0.25"), (True, False)),
        ((LOG, "0.3,,0.04", "0.3,,0.05"), (False, True)),
        ((TEST, "0.5,0.04", "0.5,0.05"), (False, True)),
        ((TEST, "\nx,", "\nw,"), (True, False)),
        ((LOG, "stone,split_02", "stone,split_01"), (True, True)),
        ((LOG, "SN Ia", "SN II"), (False, False)),
        ((LOG, "split_01,0", "split_01,1"), (False, False)),
        ((LOG, "elf, moon", "elf"), (False, False)),
        ((LOG, "object_id,Z,", "object_id,redshift,"), (True, True)),  # unreadable: digested whole
        ((LOG, "tree,split_01,0\n", "tree\n"), (True, True)),
        ((LOG, "\na,", "\n\na,"), (False, False)),
        ((LOG, "object_id", "\ufeffobject_id"), (False, False)),
    ],
)
def test_digest_changes_with_what_a_split_reads(tmp_path, edit, changed):
    before, after = digests(tmp_path / "before"), digests(tmp_path / "after", edit)
    assert tuple(one != other for one, other in zip(before, after, strict=True)) == changed


def test_digest_does_not_mind_the_order_of_rows(tmp_path):
    before = digests(tmp_path)
    header, *rows = (tmp_path / LOG).read_text().splitlines(keepends=True)
    (tmp_path / LOG).write_text(header + "".join(rows[::-1]))
    assert tuple(metadata_digest(tmp_path, split) for split in ("split_01", "split_02")) == before


def test_digest_follows_a_file_that_is_replaced(tmp_path):
    before = digests(tmp_path)
    time.sleep(0.01)
    text = (tmp_path / LOG).read_text().replace("b,0.2", "b,0.7")
    (tmp_path / LOG).write_text(text)
    assert metadata_digest(tmp_path, "split_01") != before[0]


def test_digest_tells_train_from_test(tmp_path):
    survey = write_survey(sound_survey(), tmp_path)
    forward = metadata_digest(survey, "split_01")
    assert metadata_digest(survey, "split_01", ("test", "train")) != forward


def test_digest_of_a_missing_log_is_left_to_the_job_to_report(tmp_path):
    assert metadata_digest(tmp_path / "nowhere", "split_01")


def test_file_digest_follows_the_content_and_not_the_date(tmp_path):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("a,1\n")
    before = file_digest(one)
    os.utime(one, (1e9, 1e9))
    assert file_digest(one) == before
    other.write_text("a,2\n")
    assert file_digest(other) != before
    os.utime(other, (1e9, 1e9))
    other.replace(one)
    os.utime(one, (1e9 + 1, 1e9 + 1))
    assert file_digest(one) != before
    assert file_digest(tmp_path / "absent.csv") not in (before, "")


def test_nothing_but_the_standard_library_is_imported():
    code = "import sys, mallorn.sources.kaggle; print({'numpy', 'pyarrow'} & set(sys.modules))"
    path = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert done.stdout.strip() == "set()", done.stderr
