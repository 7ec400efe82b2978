"""Strict reading of CSV files, against Python's own csv module and float."""

import csv
import io
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mallorn.errors import DataError
from mallorn.ingest import csv_file
from mallorn.ingest.csv_file import MISSING, NOT_A_NUMBER, NUMBER, CsvFile, csv_parts


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("csv") / "table.csv"


def read(path, text, columns=("a", "b"), **options):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return CsvFile(path, columns, **options)


def test_texts_codes_and_numbers(path):
    file = read(path, 'b,c,a\n1.5,,x\n-2e3,"q ""r""",y\n,,x\n')
    assert len(file) == 3
    assert list(file.text("a")) == ["x", "y", "x"]
    codes, names = file.codes("a")
    assert [names[k] for k in codes] == ["x", "y", "x"]
    values, state = file.numbers("b")
    np.testing.assert_array_equal(values, [1.5, -2000.0, np.nan])
    np.testing.assert_array_equal(state, [NUMBER, NUMBER, MISSING])


@pytest.mark.parametrize(
    ("text", "value", "state"),
    [
        ("1", 1.0, NUMBER),
        (" 1.0\t", 1.0, NUMBER),
        ("+.5", 0.5, NUMBER),
        ("5.", 5.0, NUMBER),
        ("1E-3", 0.001, NUMBER),
        ("0.1", 0.1, NUMBER),
        ("9007199254740993", 9007199254740992.0, NUMBER),
        ("inf", math.inf, NUMBER),
        ("-Infinity", -math.inf, NUMBER),
        ("1e999", math.inf, NUMBER),
        ("", math.nan, MISSING),
        ("nan", math.nan, MISSING),
        ("-NaN", math.nan, MISSING),
        ("NA", math.nan, MISSING),
        ("null", math.nan, MISSING),
        ("1_0", math.nan, NOT_A_NUMBER),
        ("0x10", math.nan, NOT_A_NUMBER),
        ("1e", math.nan, NOT_A_NUMBER),
        ("1 2", math.nan, NOT_A_NUMBER),
        ("١", math.nan, NOT_A_NUMBER),
        ("-", math.nan, NOT_A_NUMBER),
        ("True", math.nan, NOT_A_NUMBER),
    ],
)
@pytest.mark.parametrize("beside", ["2", "abc"])  # the second leads around the fast way of parsing
def test_number(path, text, value, state, beside):
    values, states = read(path, f'a,b\n,"{text}"\n,{beside}\n').numbers("b")
    np.testing.assert_array_equal(values[0], value)
    assert states[0] == state


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789+-.eEinfatyNAI ()", max_size=8))
def test_a_number_is_the_same_beside_a_bad_one(path, text):
    alone = read(path, f'a,b\n,"{text}"\n').numbers("b")
    beside = read(path, f'a,b\n,"{text}"\n,bad\n').numbers("b")
    np.testing.assert_array_equal(alone[0][0], beside[0][0])
    assert alone[1][0] == beside[1][0]
    if alone[1][0] == NUMBER:
        assert alone[0][0] == float(text)
    elif alone[1][0] == NOT_A_NUMBER:
        with pytest.raises(ValueError, match="float"):
            float(text)


_fields = st.text('ab1,"\n\r é', max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(_fields, _fields), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_whole_files_are_read_as_written(path, rows, line_break, bom):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=line_break, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    file = read(path, ("\ufeff" if bom else "") + stream.getvalue())
    assert list(zip(file.text("a"), file.text("b"), strict=True)) == rows
    line = 2
    for k, row in enumerate(rows):
        assert file.line(k) == line
        line += 1 + sum(len(re.findall("\r\n|\n|\r", field)) for field in row)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text('a,b"\n\r1', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(path, content):
    try:
        file = read(path, b"a,b\n" + content)
    except DataError:
        return
    n_lines = len((b"a,b\n" + content).splitlines())
    lines = [file.line(k) for k in range(len(file))]
    assert lines == sorted(lines)
    assert all(2 <= line <= n_lines for line in lines)
    file.numbers("b")
    assert len(file.codes("a")[0]) == len(file.text("a")) == len(file)


def test_blocks_make_no_difference(path, monkeypatch):
    text = "a,b\n" + "".join(f'x{k % 7},"{k}\n"\n' if k % 11 == 0 else f"x{k % 7},{k}\n\n" for k in range(200))
    text += "y,bad\nz,\n"
    whole = read(path, text)
    monkeypatch.setattr(csv_file, "_BLOCK", 64)
    pieces = read(path, text)
    assert pieces._table.column("a").num_chunks > 5
    np.testing.assert_array_equal(pieces.numbers("b"), whole.numbers("b"))
    np.testing.assert_array_equal(pieces.text("a"), whole.text("a"))
    codes, names = pieces.codes("a")
    assert [names[code] for code in codes] == list(whole.text("a"))
    assert [pieces.line(k) for k in range(202)] == [whole.line(k) for k in range(202)]
    with pytest.raises(DataError, match=r"line 404: expected 2 values separated by commas, found 1 in 'end'"):
        read(path, text + "end")


@settings(max_examples=500, deadline=None)
@given(st.text("a,\n\r1é", max_size=60) | st.text('a,b"\n\r1', max_size=40), st.integers(1, 30), st.booleans())
def test_parts_are_the_whole(path, content, part, bom):
    path.write_bytes((("\ufeff" if bom else "") + "\n" * (part % 3) + "a,b\n" + content).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "PART", part)
        try:
            whole = CsvFile(path, ["b", "a"])
        except DataError:
            with pytest.raises(DataError):
                list(csv_parts(path, ["b", "a"]))
            return
        parts = list(csv_parts(path, ["b", "a"]))
    for name in ("a", "b"):
        assert [text for p in parts for text in p.text(name)] == list(whole.text(name))
    lines = [p.line(k) for p in parts for k in range(len(p))]
    assert lines == [whole.line(k) for k in range(len(whole))]
    assert [line for p in parts for line in p.lines(np.arange(len(p)))] == lines


def test_a_part_is_no_longer_than_it_need_be(path, monkeypatch):
    monkeypatch.setattr(csv_file, "PART", 100)
    path.write_text("a,b\n" + "1,2\n" * 200 + '"3",4\n' + "5,6\n" * 200)
    lengths = [len(part) for part in csv_parts(path, ["a"])]
    assert sum(lengths) == 401
    assert max(lengths[:-1]) == 25
    assert 200 < lengths[-1] <= 225  # from the first quote on, the rest


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        CsvFile(tmp_path / "absent.csv", ["a"])
    with pytest.raises(DataError, match="Is a directory"):
        CsvFile(tmp_path, ["a"])


def test_long_texts_are_cut_in_messages(path):
    file = read(path, f"a,b\n{'x' * 1000},1\n")
    assert len(file.value("a", 0)) < 80
    with pytest.raises(DataError) as caught:
        read(path, "x" * 1000 + "\n")
    assert len(str(caught.value)) < 600


def test_rows_with_one_text_keep_their_lines(path):
    file = read(path, "a,b\nx,1\n\ny,2\nx,3\n").only("a", "x")
    assert list(file.text("b")) == ["1", "3"]
    assert [file.line(k) for k in range(2)] == [2, 5]
    assert len(file.only("a", "z")) == 0
