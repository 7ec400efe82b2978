"""What holds for every source of this package, and what stands in for what a source lacks."""

from types import SimpleNamespace

import pytest

from mallorn.plugins import load, names
from mallorn.sources.source import metadata_digest


@pytest.mark.parametrize("name", names("sources"))
def test_a_source_names_the_key_of_a_folder_that_it_cannot_read(name, tmp_path):
    with pytest.raises(ValueError, match="set new_data to "):
        load("sources", name).splits(tmp_path / "nowhere", ["test"], "new_data")


def test_a_source_without_a_digest_of_its_own_reads_all_splits_again_after_any_edit(tmp_path):
    path = tmp_path / "objects.csv"
    path.write_text("a\n")
    source = SimpleNamespace(metadata_files=lambda folder, sets: [f"{folder}/objects.csv"])
    before = metadata_digest(source, tmp_path, "split_01", ["test"])
    assert metadata_digest(source, tmp_path, "split_02", ["test"]) == before
    path.write_text("b\n")
    assert metadata_digest(source, tmp_path, "split_01", ["test"]) != before
