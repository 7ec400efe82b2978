"""Files of a model that may come from others: hostile ones end in words, in little memory, and run nothing."""

import gzip
import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from mallorn.errors import DataError
from mallorn.io.received import read_arrays, read_gzip, read_json


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def npy(array, shape=None):
    """Return the bytes of an .npy file, with another shape in its header if asked for."""
    stream = io.BytesIO()
    if shape is None:
        np.save(stream, array, allow_pickle=True)
    else:
        header = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(array.tobytes())
    return stream.getvalue()


def archive(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("weights.npy", content)
    return path


def test_arrays_come_back_as_they_were_saved(tmp_path):
    saved = {"weights": np.arange(6.0).reshape(2, 3), "bias": np.array([1, 2], dtype=np.int8)}
    np.savez_compressed(tmp_path / "a.npz", **saved)
    found = read_arrays(tmp_path / "a.npz")
    assert found.keys() == saved.keys()
    for name, values in saved.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (npy(np.array([Hostile()], dtype=object)), "objects in 'weights.npy'"),
        (npy(np.zeros(3), shape=(10**11,)), r"a claim of 100000000000 values in \d+ bytes"),
        (b"no array", "magic"),
    ],
)
def test_arrays_that_are_none_are_refused(tmp_path, content, told):
    with pytest.raises(DataError, match=rf"a.npz: expected arrays of numbers.*{told}.*Next step"):
        read_arrays(archive(tmp_path / "a.npz", content))


def test_a_small_archive_of_much_is_refused_in_little_memory(tmp_path):
    path = archive(tmp_path / "a.npz", npy(np.zeros(5_000_000)))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="at most 1 MB, found 40.0001 MB"):
            read_arrays(path, most=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_small_gzip_file_of_much_is_refused_in_little_memory(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(5_000_000)))
    assert len(read_gzip(path)) == 5_000_000
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="at most 1 MB unpacked, found more"):
            read_gzip(path, most=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="a.gz: expected a gzip file.*Next step"):
        read_gzip(path)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(DataError, match="expected arrays of numbers"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("text", "told"),
    [("[" * 100_000, "lists in lists without end"), ("{", "Expecting"), ('{"a": "' + "x" * 2000, "at most 0.001 MB")],
)
def test_json_that_cannot_be_is_refused(tmp_path, text, told):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=rf"a.json: expected .*{told}.*Next step"):
        read_json(tmp_path / "a.json", most=1000 if "x" in text else 1_000_000)
