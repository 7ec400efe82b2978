"""Readers of files that are of another format, or of none: a valid batch or an error that says what was expected."""

import importlib
import json

import pytest
from survey_checks import check, sound, surveys

from mallorn.errors import DataError

READERS = ["manytde", "alerce", "ztf_alerts", "bts", "ztf_forced", "atlas", "redback", "open_catalog"]

FILES = {
    "packed.json": b"\x1f\x8b\x08\x00broken",
    "deep.json": b"[" * 100_000,
    "long_number.json": b"[" + b"9" * 5000 + b"]",
    "latin.csv": "oid,mjd,magpsf\nä,1,2\n".encode("latin-1"),
    "binary.txt": bytes(range(256)) * 10,
    "utf16.csv": "oid,mjd,magpsf\n".encode("utf-16"),
    "one_line.txt": b"x" * 100_000,
    "true.json": b"true",
    "names.json": json.dumps(
        {"name": "x", "objectId": "y", "photometry": {}, "candidate": [], "detections": 1}
    ).encode(),
}


def reader_of(name):
    return importlib.import_module(f"mallorn.sources.{name}")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", sorted(FILES))
def test_files_of_no_format_are_refused(tmp_path, reader, name):
    (tmp_path / name).write_bytes(FILES[name])
    with pytest.raises(DataError, match="Next step"):
        check(reader_of(reader).batches(tmp_path / name, {}))


@pytest.mark.parametrize("reader", READERS)
def test_nothing_and_an_empty_folder_are_refused(tmp_path, reader):
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(DataError, match="Next step"):
            check(reader_of(reader).batches(path, {}))


@pytest.mark.parametrize("reader", READERS)
def test_real_files_of_other_formats_are_refused_or_read(reader):
    paths = [path for path in surveys().rglob("*") if path.stat().st_size < 200_000]
    assert len(paths) > 100
    refused = [path for path in paths if isinstance(sound(reader_of(reader), path), DataError)]
    assert len(refused) > len(paths) / 2
