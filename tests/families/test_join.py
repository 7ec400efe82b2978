import numpy as np
import pyarrow.parquet as pq
import pytest

from mallorn.errors import DataError
from mallorn.families import join
from mallorn.families.join import join_features
from mallorn.io.tables import read_columns, read_notes, read_units, write_table

SPLITS = {"split_01": ["b", "a", "d"], "split_02": ["c", "f", "e"]}


@pytest.fixture
def logs(tmp_path):
    ids = np.array([i for members in SPLITS.values() for i in members], dtype=object)
    columns = {
        "object_id": ids,
        "set": np.array(["train", "train", "test", "train", "test", "train"], dtype=object),
        "split": np.repeat(list(SPLITS), 3).astype(object),
        "Z": np.arange(6) / 10,
        "Z_err": np.where(np.arange(6) % 2 == 0, np.nan, 0.05),
        "EBV": np.full(6, 0.02),
        "spec_type": np.array(["TDE"] * 6, dtype=object),
        "target": np.ones(6, dtype=np.int8),
    }
    write_table(tmp_path / "metadata.parquet", columns)
    return tmp_path / "metadata.parquet"


def family(folder, name, columns=("x",), leave_out=(), extra=()):
    """Write a family whose features are the letter's place in the alphabet plus the number of the column."""
    files = {}
    for split, members in SPLITS.items():
        ids = sorted(set(members) - set(leave_out)) + list(extra)
        values = np.array([ord(i[0]) - ord("a") for i in ids], dtype=float)
        table = {f"{name}__{c}": values + k for k, c in enumerate(columns)}
        files[split] = folder / name / f"{split}.parquet"
        write_table(files[split], {"object_id": np.array(ids, dtype=object), **table}, {f"{name}__{columns[0]}": "d"})
    return files


@pytest.mark.parametrize("rows_per_group", [1, 2, 100])
def test_rows_are_in_log_order_and_columns_in_that_of_the_families(tmp_path, logs, rows_per_group):
    families = {"shape": family(tmp_path, "shape"), "color": family(tmp_path, "color", ("u", "v"))}
    out = tmp_path / "features" / "train.parquet"
    join_features(logs, families, out, "train", rows_per_group)
    table = read_columns(out)
    assert list(table) == ["object_id", "Z", "Z_err", "EBV", "shape__x", "color__u", "color__v"]
    assert table["object_id"].tolist() == ["b", "a", "c", "e"]
    assert table["shape__x"].tolist() == [1, 0, 2, 4]
    assert table["color__v"].tolist() == [2, 1, 3, 5]
    assert table["Z"].tolist() == [0.0, 0.1, 0.3, 0.5]
    assert np.isnan(table["Z_err"]).tolist() == [True, False, False, False]
    assert read_units(out) == {"EBV": "mag", "shape__x": "d", "color__u": "d"}
    assert pq.ParquetFile(out).num_row_groups == -(-4 // rows_per_group)
    join_features(logs, families, tmp_path / "test.parquet", "test", rows_per_group)
    assert read_columns(tmp_path / "test.parquet", ["object_id"])["object_id"].tolist() == ["d", "f"]


def test_features_that_the_survey_cannot_have_are_noted_and_logged(tmp_path, logs, caplog):
    why, files = "the survey has no passband in slot u", {}
    for split, members in SPLITS.items():
        table = {"object_id": np.array(members, dtype=object), "color__g": np.ones(3), "color__u": np.full(3, np.nan)}
        files[split] = tmp_path / "color" / f"{split}.parquet"
        write_table(files[split], table, notes={"color__u": why})
    with caplog.at_level("INFO"):
        join_features(logs, {"color": files}, tmp_path / "train.parquet", "train")
    assert read_notes(tmp_path / "train.parquet") == {"color__u": why}
    assert f"1 features are unknown for all objects, such as color__u: {why}" in caplog.text


def test_a_set_without_objects_is_a_table_without_rows(tmp_path, logs):
    join_features(logs, {"shape": family(tmp_path, "shape")}, tmp_path / "none.parquet", "validation")
    assert pq.ParquetFile(tmp_path / "none.parquet").metadata.num_rows == 0


def _missing(folder):
    return {"shape": family(folder, "shape", leave_out="c")}, "shape: 1 objects of the log .* first is 'c'"


def _twice(folder):
    return {"shape": family(folder, "shape", extra="a")}, "shape: an object has more than one row"


def _clash(folder):
    other = family(folder / "other", "shape")
    return {
        "shape": family(folder, "shape"),
        "other": other,
    }, "other: its column 'shape__x' is already one of family shape"


def _uneven(folder):
    files = family(folder, "shape", ("x", "y"))
    return {"shape": files | {"split_02": family(folder / "old", "shape")["split_02"]}}, "shape differ .*: shape__y"


def _absent(folder):
    return {"shape": {"split_01": family(folder, "shape")["split_01"]}}, "shape: no file for split_02"


@pytest.mark.parametrize("case", [_missing, _twice, _clash, _uneven, _absent])
def test_what_does_not_fit_is_an_error_and_leaves_no_file(tmp_path, logs, case):
    families, message = case(tmp_path)
    out = tmp_path / "features" / "train.parquet"
    with pytest.raises(DataError, match=message):
        join_features(logs, families, out, "train")
    assert not list(out.parent.glob("*train*"))


def test_columns_that_would_be_made_from_the_same_are_taken_from_the_table_before(tmp_path, logs, monkeypatch):
    read, out = [], tmp_path / "train.parquet"
    monkeypatch.setattr(join, "_table", lambda path: (read.append(path.parent.name), pq.ParquetFile(path).read())[1])

    def joined(families, code="one"):
        """Join the families; return who was read."""
        read.clear()
        join_features(logs, families, out, "train", rows_per_group=3, code=code)
        return set(read)

    def anew(families, code="one"):
        join_features(logs, families, tmp_path / "anew.parquet", "train", rows_per_group=3, code=code)
        return (tmp_path / "anew.parquet").read_bytes()

    families = {name: family(tmp_path, name, ("x", "y")) for name in ("shape", "color", "decay")}
    assert joined(families) == {"shape", "color", "decay"}
    assert joined(families) == set()
    assert out.read_bytes() == anew(families)
    families["color"] = family(tmp_path, "color", ("x", "y", "z"))
    assert joined(families) == {"color"}
    assert out.read_bytes() == anew(families)
    del families["shape"]
    assert joined(dict(reversed(families.items()))) == set()
    assert out.read_bytes() == anew(dict(reversed(families.items())))
    assert joined(families, code="another") == {"color", "decay"}
    assert out.read_bytes() == anew(families, code="another")
    table = read_columns(logs)
    write_table(logs, {**table, "Z": table["Z"] + 0.1})
    assert joined(families, code="another") == {"color", "decay"}
    out.write_bytes(b"no table")
    assert joined(families) == {"color", "decay"}
    assert out.read_bytes() == anew(families)
