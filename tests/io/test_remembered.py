"""What is remembered of files: it is found once for each content, and nothing goes wrong without the file."""

import pytest

from mallorn.io.remembered import Remembered


@pytest.fixture
def code(tmp_path, monkeypatch):
    monkeypatch.setenv("MALLORN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "code.py").write_text("A = 1\n")
    return tmp_path / "code.py"


def test_a_result_is_found_once_for_each_content_and_kept(code, tmp_path):
    (tmp_path / "read.txt").write_text("one")
    first, calls = Remembered("name", [code]), []

    def find():
        calls.append(1)
        return [len(calls), "two"]

    assert first.of(tmp_path / "read.txt", "about", find) == [1, "two"]
    assert first.of(tmp_path / "read.txt", "about", find) == [1, "two"]
    assert first.of(tmp_path / "read.txt", "another", find) == [2, "two"]
    first._write()
    again = Remembered("name", [code])
    assert again.of(tmp_path / "read.txt", "about", find) == [1, "two"]
    (tmp_path / "read.txt").write_text("other")
    assert again.of(tmp_path / "read.txt", "about", find) == [3, "two"]
    (tmp_path / "code.py").write_text("A = 2\n")
    assert Remembered("name", [code]).of(tmp_path / "read.txt", "about", find) == [4, "two"]


@pytest.mark.parametrize("content", ["", "no JSON", "[1, 2]"])
def test_a_damaged_file_is_as_good_as_none(code, tmp_path, content):
    first = Remembered("name", [code])
    first.of(code, "about", lambda: "found")
    first._write()
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text(content)
    again = Remembered("name", [code])
    assert again.of(code, "about", lambda: "found anew") == "found anew"
    again._write()
    assert Remembered("name", [code]).of(code, "about", lambda: "unused") == "found anew"


def test_a_cache_that_cannot_be_written_is_no_error(code, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder would be")
    first = Remembered("name", [code])
    assert first.of(code, "about", lambda: 5) == 5
    first._write()
