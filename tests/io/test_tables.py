"""Parquet tables: whole or absent, with units, and the same values back."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mallorn.errors import DataError
from mallorn.io.tables import (
    arrow_array,
    column_blocks,
    number_of_groups,
    numpy_array,
    read_codes,
    read_columns,
    read_metadata,
    read_notes,
    read_units,
    table_writer,
    write_table,
)

COLUMNS = {
    "id": np.array(["b", "ä,\n", ""], dtype=object),
    "flag": np.array([True, False, True]),
    "count": np.array([1, -2, 3], dtype=np.int16),
    "value": np.array([1.5, np.nan, -np.inf]),
    "small": np.array([1.5, np.nan, 0.1], dtype=np.float32),
    "grid": np.arange(12.0).reshape(3, 2, 2),
    "type": np.array(["TDE", None, "AGN"], dtype=object),
}


def flattened(values):
    """Return `values` with all axes but the first made one."""
    return values.reshape(len(values), int(np.prod(values.shape[1:]))) if values.ndim > 1 else values


def assert_same(found, expected):
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rows", [slice(None), slice(0, 1), slice(0, 0)])
def test_round_trip(tmp_path, rows):
    path = tmp_path / "new" / "folder" / "table.parquet"
    columns = {name: values[rows] for name, values in COLUMNS.items()}
    write_table(path, columns)
    back = read_columns(path)
    assert list(back) == list(columns)
    for name, values in columns.items():
        assert_same(back[name], flattened(values))


def test_columns_and_rows_can_be_chosen(tmp_path):
    write_table(tmp_path / "t", COLUMNS)
    back = read_columns(tmp_path / "t", columns=["grid", "id"], rows=[2, 0, 2])
    assert list(back) == ["grid", "id"]
    assert_same(back["id"], np.array(["", "b", ""], dtype=object))
    assert_same(back["grid"], np.arange(12.0).reshape(3, 4)[[2, 0, 2]])
    assert_same(read_columns(tmp_path / "t", columns=["count"], filters=[("id", "=", "")])["count"], np.int16([3]))
    with pytest.raises(KeyError, match="no column absent"):
        read_columns(tmp_path / "t", columns=["id", "absent"])
    with pytest.raises(KeyError, match="absent"):
        read_codes(tmp_path / "t", "absent")


def test_groups_of_rows(tmp_path):
    path, whole = tmp_path / "t", {"a": np.arange(5.0), "b": np.array(["x", "y", "y", "z", "x"], dtype=object)}
    with table_writer(path, {"a": "d"}, sorted_by=("a",)) as write:
        for rows in (slice(0, 2), slice(2, 2), slice(2, 5)):
            write({name: values[rows] for name, values in whole.items()})
            assert not path.exists()
    assert number_of_groups(path) == 3
    for name, values in read_columns(path).items():
        assert_same(values, whole[name])
    assert [read_columns(path, ["a"], group=k)["a"].tolist() for k in range(3)] == [[0, 1], [], [2, 3, 4]]
    codes, names = read_codes(path, "b", group=2)
    assert [names[k] for k in codes] == ["y", "z", "x"]
    assert read_units(path) == {"a": "d"}


def test_groups_of_rows_that_end_in_an_error_leave_no_file(tmp_path):
    def write_and_fail():
        with table_writer(tmp_path / "t") as write:
            write({"a": np.arange(5.0)})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert not list(tmp_path.iterdir())


def test_columns_are_read_a_few_at_a_time(tmp_path):
    path = tmp_path / "t.parquet"
    with table_writer(path) as write:
        for start in (0.0, 10.0):
            write({name: start + np.array([k, np.nan]) for k, name in enumerate("abcde")})
    blocks = list(column_blocks(path, tuple("edcba"), group=1, width=2))
    assert [(begin, list(table)) for begin, table in blocks] == [(0, ["e", "d"]), (2, ["c", "b"]), (4, ["a"])]
    for name, values in read_columns(path, group=1).items():
        np.testing.assert_array_equal(next(table for _, table in blocks if name in table)[name], values)
    with pytest.raises(KeyError, match="has no column x"):
        next(column_blocks(path, ["a", "x"], group=0, width=1))


def test_codes(tmp_path):
    names = np.array(["r", "g", None, "r", "u"], dtype=object)
    write_table(tmp_path / "plain", {"band": names})
    write_table(tmp_path / "coded", {"band": arrow_array(names).dictionary_encode()})
    pq.write_table(pa.table({"band": arrow_array(names)}), tmp_path / "groups", row_group_size=1)
    for file in ("plain", "coded", "groups"):
        codes, known = read_codes(tmp_path / file, "band")
        assert [known[code] if code >= 0 else None for code in codes] == list(names)


def test_units_and_metadata(tmp_path):
    write_table(tmp_path / "t", {"mjd": np.zeros(1), "n": np.zeros(1)}, {"mjd": "d"}, metadata={"rows_read": "7"})
    assert read_units(tmp_path / "t") == {"mjd": "d"}
    assert read_metadata(tmp_path / "t")["rows_read"] == "7"


def test_notes_stand_beside_units(tmp_path):
    columns = {name: np.zeros(1) for name in ("mjd", "flux", "n")}
    write_table(tmp_path / "t", columns, {"mjd": "d"}, notes={"mjd": "ä note", "flux": "another"})
    assert read_units(tmp_path / "t") == {"mjd": "d"}
    assert read_notes(tmp_path / "t") == {"mjd": "ä note", "flux": "another"}


def test_sorting_is_declared_and_compression_is_zstd(tmp_path):
    write_table(tmp_path / "t", {"a": np.zeros(2), "b": np.arange(2), "c": np.arange(2)}, sorted_by=("c", "b"))
    group = pq.ParquetFile(tmp_path / "t").metadata.row_group(0)
    assert group.sorting_columns == (pq.SortingColumn(2), pq.SortingColumn(1))
    assert group.column(1).compression == "ZSTD"


def test_same_columns_make_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_table(tmp_path / name, COLUMNS, {"value": "uJy"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("before", [None, b"what was there"])
def test_a_write_that_fails_changes_nothing(tmp_path, monkeypatch, before):
    path = tmp_path / "t.parquet"
    if before:
        path.write_bytes(before)

    def fail_half_way(writer, table, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fail_half_way)
    with pytest.raises(DataError, match="No space left"):
        write_table(path, COLUMNS)
    assert [p.name for p in tmp_path.iterdir()] == (["t.parquet"] if before else [])
    assert not before or path.read_bytes() == before


def test_the_name_appears_only_with_the_whole_file(tmp_path, monkeypatch):
    seen, close = [], pq.ParquetWriter.close

    def watch(writer):
        close(writer)
        seen.append(os.listdir(tmp_path))

    monkeypatch.setattr(pq.ParquetWriter, "close", watch)
    write_table(tmp_path / "t.parquet", COLUMNS)
    assert [name.startswith(".t.parquet.") for name in seen[0]] == [True]
    assert os.listdir(tmp_path) == ["t.parquet"]


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.uint16, np.bool_]),
        hnp.array_shapes(max_dims=2, max_side=20),
    ),
    st.integers(0, 3),
)
def test_arrays_pass_through_arrow(values, offset):
    expected = flattened(values[offset:])
    assert_same(numpy_array(arrow_array(values[offset:])), expected)
    assert_same(numpy_array(arrow_array(values)[offset:]), expected)
    assert_same(numpy_array(arrow_array(np.asfortranarray(values)[offset:])), expected)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))), st.integers(0, 3))
def test_strings_pass_through_arrow(values, offset):
    strings = np.array([*values, None], dtype=object)[:-1]
    array = arrow_array(strings)
    array.validate(full=True)
    assert array.to_pylist() == values
    assert_same(numpy_array(array[offset:]), strings[offset:])


def test_missing_values(tmp_path):
    assert_same(numpy_array(pa.array([1.5, None, 2.5])), np.array([1.5, np.nan, 2.5]))
    assert_same(numpy_array(pa.array([None, 2.5], pa.float32())[:1]), np.array([np.nan], dtype=np.float32))
    assert_same(numpy_array(pa.array([1, None])), np.array([1, np.nan]))
    assert_same(numpy_array(pa.chunked_array([pa.array([1.0]), pa.array([None, 2.0])])), np.array([1.0, np.nan, 2.0]))


def test_other_kinds_of_arrays():
    assert_same(numpy_array(arrow_array(np.array([1, 2], dtype=">i4"))), np.array([1, 2], dtype=np.int32))
    assert_same(numpy_array(arrow_array(["a", "b"])), np.array(["a", "b"], dtype=object))
    dates = np.array(["2027-01-01"], dtype="datetime64[D]")
    assert numpy_array(arrow_array(dates))[0] == dates[0]


def test_pandas_is_not_imported(tmp_path):
    code = f"""
import sys, numpy as np
from mallorn.io.tables import read_codes, read_columns, write_table
path = {str(tmp_path / "t")!r}
columns = {{"id": np.array(["a", None], dtype=object), "x": np.ones((2, 3)), "b": np.array([True, False])}}
write_table(path, columns, {{"x": "d"}}, sorted_by=("id",))
read_columns(path, rows=[0])
read_codes(path, "id")
print("pandas" in sys.modules)
"""
    path = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert done.stdout.strip() == "False", done.stderr


def test_floats_have_no_dictionary_and_names_have_one(tmp_path):
    columns = {"x": np.arange(9.0), "name": np.array(["a", "b", "c"] * 3, dtype=object), "k": np.arange(9)}
    write_table(tmp_path / "a.parquet", columns)
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0)
    dictionary = {group.column(k).path_in_schema: group.column(k).has_dictionary_page for k in range(3)}
    assert dictionary == {"x": False, "name": True, "k": True}


def test_lists_of_a_part_of_a_column_are_those_of_its_rows():
    values = np.arange(24.0).reshape(6, 2, 2)
    assert np.array_equal(numpy_array(arrow_array(values).slice(2, 3)).reshape(3, 2, 2), values[2:5])
