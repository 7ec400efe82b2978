"""Light curves of a split: what is kept, what is set aside, in which order; against a slow and plain reading."""

import csv
import io
import math
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surveys import CONFIG, LOG, TEST, TEST_LC, TRAIN_LC, ingest, read_split, sound_survey, write_survey

from mallorn.errors import DataError
from mallorn.ingest import csv_file, lightcurves
from mallorn.ingest.lightcurves import REASONS, ingest_split
from mallorn.ingest.objects import read_objects
from mallorn.ingest.split import write_split
from mallorn.io.tables import number_of_groups, read_columns
from mallorn.survey.lightcurves import LightCurves, read_lightcurves
from mallorn.survey.passbands import LSST, SLOTS, Passbands

HEADER = "object_id,Time (MJD),Flux,Flux_err,Filter\n"


@pytest.fixture(scope="module")
def objects():
    """Three objects of a split as `read_objects` returns them."""
    return {
        "object_id": np.array(["a", "b", "x"], dtype=object),
        "set": np.array(["train", "train", "test"], dtype=object),
        "Z": np.array([0.1, 0.2, 0.4]),
        "Z_err": np.array([np.nan, np.nan, 0.03]),
        "EBV": np.array([0.02, 0.03, 0.05]),
        "luminosity_distance": np.array([477.0, 1013.0, 2240.0]),
    }


def run(folder, objects, train, test="x,61000,1,1,r\n", passbands=LSST, **config):
    """Ingest one split given the rows of its two files; return light curves, rows set aside and counts."""
    (folder / "split_01").mkdir(exist_ok=True)
    paths = [folder / "split_01" / f"{kind}_full_lightcurves.csv" for kind in ("train", "test")]
    for path, rows in zip(paths, (train, test), strict=True):
        path.write_text(HEADER + rows, encoding="utf-8", newline="")
    outputs = [folder / name for name in ("points.parquet", "objects.parquet", "set_aside.parquet")]
    counts = write_split(partial(ingest_split, *paths, objects, {**CONFIG, **config}, passbands), passbands, *outputs)
    return Ingested(read_lightcurves(*outputs[:2]), read_columns(outputs[2]), counts["rows_read"])


class Ingested(NamedTuple):
    lightcurves: LightCurves
    set_aside: dict
    rows_read: int


def test_sorted_by_object_time_and_passband(tmp_path, objects):
    rows = "b,2e4,1,1,r\na,3e4,2,1,z\na,3e4,3,1,u\nb,18000.5,4,1,y\na,2.5e4,5,1,y\n"
    lc = run(tmp_path, objects, rows).lightcurves
    assert list(lc.object_id) == ["a", "b", "x"]
    np.testing.assert_array_equal(lc.start, [0, 3, 5, 6])
    np.testing.assert_array_equal(lc.mjd, [25000, 30000, 30000, 18000.5, 20000, 61000])
    np.testing.assert_array_equal(lc.flux, [5, 3, 2, 4, 1, 1])
    assert [SLOTS[k] for k in lc.band] == ["y", "u", "z", "y", "r", "r"]
    np.testing.assert_array_equal(lc.redshift, objects["Z"])
    np.testing.assert_array_equal(lc.luminosity_distance, objects["luminosity_distance"])


def test_average_worked_by_hand(tmp_path, objects):
    # weights 1/1 and 1/0.25: (1 * 2 + 4 * 7) / 5 = 6, error 1 / sqrt(5); the duplicate of the first does not weigh in
    result = run(tmp_path, objects, "a,61000,2,1,g\na,61000,7,0.5,g\na,61000,2,1,g\na,61000,2,1,r\nb,61000,2,1,g\n")
    lc = result.lightcurves
    np.testing.assert_allclose(lc[0].flux, [6.0, 2.0], rtol=1e-15)
    np.testing.assert_allclose(lc[0].flux_err, [5**-0.5, 1.0], rtol=1e-15)
    assert lc.flux[1] == 2.0  # points without a twin are left as they were, to the last bit
    assert list(result.set_aside["reason"]) == [REASONS[-2], REASONS[-1]]
    assert list(result.set_aside["first_line"]) == [4, 3]
    assert list(result.set_aside["n_rows"]) == [1, 1]
    assert result.rows_read == 6


def test_set_aside_is_grouped_by_file_reason_and_object(tmp_path, objects):
    train = "b,61000,,1,r\na,61000,,1,r\nb,61001,,1,r\nb,61002,3,0,r\n" + "a,61003,1,1,g\n" * 5
    result = run(tmp_path, objects, train, "x,61000,1,1,r\nx,61000,1,1,q\n", max_set_aside=1.0)
    table = list(zip(*result.set_aside.values(), strict=True))
    assert table == [
        ("split_01/train_full_lightcurves.csv", "flux missing", "b", 2, 2),
        ("split_01/train_full_lightcurves.csv", "flux missing", "a", 1, 3),
        ("split_01/train_full_lightcurves.csv", "error not positive", "b", 1, 5),
        ("split_01/train_full_lightcurves.csv", "exact duplicate", "a", 4, 7),
        ("split_01/test_full_lightcurves.csv", "unknown passband 'q'", "x", 1, 3),
    ]


def test_counts_are_kept_with_the_file_and_logged(tmp_path, caplog):
    files = sound_survey()
    files[TRAIN_LC] = files[TRAIN_LC].replace("-1.25,0.5", ",0.5").replace("0.25,0.5", "0.25,-1", 1)
    with caplog.at_level("INFO"):
        ingest(write_survey(files, tmp_path / "survey"), tmp_path)
    assert read_split(tmp_path, "split_01")[2] == {"rows_read": 18, "points_kept": 15, "rows_set_aside": 3}
    messages = {record.getMessage(): record.levelname for record in caplog.records}
    assert messages["3 objects: 18 rows read, 15 points kept, 3 rows set aside"] == "INFO"
    assert messages["2 rows set aside: flux missing"] == "INFO"
    assert messages["1 rows set aside: error not positive"] == "WARNING"


def test_objects_without_points_are_kept_and_named(tmp_path, objects, caplog):
    with caplog.at_level("INFO"):
        result = run(tmp_path, objects, "a,61000,1,1,r\n")
    assert list(result.lightcurves.n_points) == [1, 0, 1]
    message = next(record for record in caplog.records if "no usable point" in record.getMessage())
    assert (message.getMessage(), message.levelname) == ("1 objects have no usable point: 'b'", "WARNING")


def test_rows_that_went_astray_are_named_with_the_object_they_may_be_of(tmp_path, objects, caplog):
    """Neither object gets the rows: nobody but the user can say that they are of it."""
    objects = {**objects, "object_id": np.array(["1.6989654549109e+17", "l\u00e9", "x"], dtype=object)}
    rows = "169896545491091497,61000,1,1,r\n" * 2 + "le\u0301,61000,1,1,r\n" + "x ,61000,1,1,r\n"
    result = run(tmp_path, objects, rows, "x ,61000,1,1,r\n", max_set_aside=1.0)
    assert list(result.lightcurves.n_points) == [0, 0, 0]
    messages = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "3 objects have no usable point: '1.6989654549109e+17', 'l\u00e9', 'x'" in messages
    told = "'169896545491091497' (2 rows), 'le\u0301' (1 rows), 'x ' (2 rows)"
    assert f"5 rows are of 3 ids that stand for no object: {told}" in messages
    pairs = [
        ("169896545491091497", "1.6989654549109e+17", "one of them went through a floating-point number"),
        ("le\u0301", "l\u00e9", "they are other Unicode forms of one text"),
        ("x ", "x", "a blank is in one of them"),
    ]
    for stray, name, how in pairs:
        told = f"the rows of {stray!r} may be those of {name!r}: {how}. Next step: write the id alike in both files"
        assert told in messages


def test_the_share_that_may_be_set_aside_is_configured(tmp_path, objects):
    rows = "a,61000,,1,r\na,61001,1,1,r\na,61002,1,1,r\na,61003,1,1,r\n"
    assert run(tmp_path, objects, rows, max_set_aside=0.25).rows_read == 5
    with pytest.raises(DataError, match=r"line 2: expected at least 80% .* found 1 .* 'a', '61000', '', '1', 'r'"):
        run(tmp_path, objects, rows, max_set_aside=0.2)


def test_averaged_rows_do_not_count_as_faults(tmp_path, objects):
    rows = "".join(f"a,61000,{k},1,r\n" for k in range(1, 10))
    lc = run(tmp_path, objects, rows, max_set_aside=0.0).lightcurves
    np.testing.assert_allclose([lc.flux[0], lc.flux_err[0]], [5.0, 1 / 3], rtol=1e-15)


def test_split_that_the_logs_do_not_name(tmp_path):
    survey = write_survey(sound_survey(), tmp_path)
    with pytest.raises(DataError, match="split_09.*no object of it"):
        read_objects(survey / LOG, survey / TEST, "split_09", CONFIG)


def test_a_split_looks_at_its_own_rows_of_the_logs(tmp_path):
    survey = write_survey(sound_survey(), tmp_path)
    whole = read_objects(survey / LOG, survey / TEST, "split_01", CONFIG)
    with open(survey / TEST, "a", encoding="utf-8") as log:
        fields = (survey / TEST).read_text(encoding="utf-8").splitlines()[0].split(",")
        row = {"object_id": "stranger", "Z": "much", "split": "split_77"}
        log.write(",".join(row.get(name, "") for name in fields) + "\n")
    with pytest.raises(DataError, match=f"line {len((survey / TEST).read_text().splitlines())}.*'much'"):
        read_objects(survey / LOG, survey / TEST, "split_77", CONFIG)
    again = read_objects(survey / LOG, survey / TEST, "split_01", CONFIG)
    assert all(list(map(str, whole[name])) == list(map(str, again[name])) for name in whole)


def test_an_object_of_both_files_keeps_the_rows_of_its_own_set(tmp_path):
    files = sound_survey()
    files[TEST_LC] += "a,62000,5,1,r\n"
    ingest(write_survey(files, tmp_path / "survey"), tmp_path)
    lc, aside, _ = read_split(tmp_path, "split_01")
    assert lc.n_points[0] == 6
    assert list(aside["object_id"]) == ["a"]


def plain_reading(rows, sets, kind):
    """Return {(id, mjd, band): set of (flux, error)} of the usable rows: one at a time, in plain Python."""
    points = {}
    for name, *texts, band in rows:
        try:
            mjd, flux, flux_err = (float(text) for text in texts)
        except ValueError:
            continue
        usable = (
            math.isfinite(flux)
            and flux != 0
            and math.isfinite(mjd)
            and 15020 <= mjd <= 88069
            and 1e-9 <= flux_err <= 1e10
        )
        if sets.get(name) == kind and usable and abs(flux) <= 1e10 and band in SLOTS:
            points.setdefault((name, mjd, band), set()).add((flux, flux_err))
    return points


_texts = st.sampled_from(
    ["", "NaN", "inf", "-inf", "0", "-0.0", "1", "1.0", "2.5", "-3", "1e400", "1e11", "x", "1e-12"]
)
_times = st.sampled_from(["61000", "61000.0", "61001.25", "61002", "", "0", "2461000", "noon", "nan"])
_ids = st.sampled_from(["a", "b", "x", "nobody", "", "a ", 'b"', "é\n,"])
_bands = st.sampled_from([*SLOTS, "U", "", "gr"])
_rows = st.lists(st.tuples(_ids, _times, _texts, _texts, _bands), max_size=30)
_usable = st.lists(st.tuples(st.sampled_from("abx"), _times, _texts, st.just("1"), st.sampled_from("gr")), max_size=30)


@settings(max_examples=200, deadline=None)
@given(train=_rows | _usable, test=_rows | _usable, shuffle=st.randoms(use_true_random=False))
def test_arbitrary_rows(tmp_path_factory, objects, train, test, shuffle):
    folder = tmp_path_factory.getbasetemp()

    def text(rows):
        stream = io.StringIO(newline="")
        csv.writer(stream, lineterminator="\n").writerows(rows)
        return stream.getvalue()

    if not train or not test:
        with pytest.raises(DataError, match="only a header"):
            run(folder, objects, text(train), text(test), max_set_aside=1.0)
        return
    result = run(folder, objects, text(train), text(test), max_set_aside=1.0)
    lc, aside = result.lightcurves, result.set_aside

    assert result.rows_read == len(train) + len(test) == len(lc.mjd) + aside["n_rows"].sum()
    sets = dict(zip(objects["object_id"], objects["set"], strict=True))
    expected = plain_reading(train, sets, "train") | plain_reading(test, sets, "test")
    found = {}
    for k, curve in enumerate(lc):
        assert list(zip(curve.mjd, curve.band, strict=True)) == sorted(set(zip(curve.mjd, curve.band, strict=True)))
        for mjd, band, flux, flux_err in zip(curve.mjd, curve.band, curve.flux, curve.flux_err, strict=True):
            found[lc.object_id[k], mjd, SLOTS[band]] = flux, flux_err
    assert found.keys() == expected.keys()
    for key, (flux, flux_err) in found.items():
        weights = {pair: pair[1] ** -2 for pair in expected[key]}
        total = sum(weights.values())
        mean = sum(weight * pair[0] for pair, weight in weights.items()) / total
        scale = sum(weight * abs(pair[0]) for pair, weight in weights.items()) / total
        assert flux == pytest.approx(mean, rel=1e-12, abs=1e-14 * scale)
        assert flux_err == pytest.approx(total**-0.5, rel=1e-12)

    shuffle.shuffle(train)
    shuffle.shuffle(test)
    again = run(folder, objects, text(train), text(test), max_set_aside=1.0).lightcurves
    for name in ("start", "mjd", "band", "flux", "flux_err"):
        np.testing.assert_array_equal(getattr(again, name), getattr(lc, name))


@settings(max_examples=200, deadline=None)
@given(train=_rows | _usable, part=st.integers(1, 60), per_group=st.integers(1, 3), quoted=st.booleans())
def test_parts_of_files_and_groups_of_objects_make_no_difference(
    tmp_path_factory, objects, train, part, per_group, quoted
):
    folder = tmp_path_factory.getbasetemp()
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(stream, lineterminator="\n", quoting=quoting).writerows(train)
    text = "a,61000,1,1,r\n" + stream.getvalue()
    whole = run(folder, objects, text, max_set_aside=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "PART", part)
        patch.setattr(lightcurves, "OBJECTS_PER_GROUP", per_group)
        pieces = run(folder, objects, text, max_set_aside=1.0)
    assert number_of_groups(folder / "objects.parquet") == math.ceil(3 / per_group)
    assert pieces.rows_read == whole.rows_read
    for name in LightCurves.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(pieces.lightcurves, name), getattr(whole.lightcurves, name))
    for name, values in whole.set_aside.items():
        assert pieces.set_aside[name].tolist() == values.tolist()


def test_a_fault_in_a_later_part_is_told_with_its_line_and_leaves_nothing(tmp_path, objects, monkeypatch):
    monkeypatch.setattr(csv_file, "PART", 20)
    monkeypatch.setattr(lightcurves, "OBJECTS_PER_GROUP", 1)
    rows = "".join(f"a,{61000 + k},1,1,r\n" for k in range(6))
    with pytest.raises(DataError, match=r"line 8: expected 5 values separated by commas, found 2 in 'a,61006'"):
        run(tmp_path, objects, rows + "a,61006\n")
    with pytest.raises(DataError, match=r"line 8: expected UTF-8 text, found a NUL byte"):
        run(tmp_path, objects, rows + "a,61006,1,1,\0\n")
    with pytest.raises(DataError, match=r"line 5: expected at least 90% .* found 1 .* 'a', '61003', 'one', '1', 'r'"):
        run(tmp_path, objects, rows.replace("61003,1", "61003,one"), max_set_aside=0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["split_01"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_no_room_for_the_temporary_file_is_told_in_words(tmp_path, objects, monkeypatch):
    monkeypatch.setattr(lightcurves, "OBJECTS_PER_GROUP", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(open, "/dev/full", "w+b"))
    with pytest.raises(DataError, match=r"room for a temporary file, found No space left .* set TMPDIR"):
        run(tmp_path, objects, "a,61000,1,1,r\n")
    assert [path.name for path in tmp_path.iterdir()] == ["split_01"]


@pytest.mark.skipif("MALLORN_DATA" not in os.environ, reason="MALLORN_DATA, the folder of the real survey, is not set")
def test_real_survey_loses_nothing_but_missing_fluxes(tmp_path):
    splits = ingest(Path(os.environ["MALLORN_DATA"]), tmp_path)
    tallies = [read_split(tmp_path, split) for split in splits]
    assert sum(len(lc) for lc, _, _ in tallies) == 10178
    assert sum(counts["rows_read"] for _, _, counts in tallies) == 1624509
    assert sum(counts["rows_set_aside"] for _, _, counts in tallies) == 2913
    assert {reason for _, aside, _ in tallies for reason in aside["reason"]} == {"flux missing"}
    for lc, _, _ in tallies:
        np.testing.assert_array_equal(np.lexsort((lc.band, lc.mjd, lc.owner)), np.arange(len(lc.mjd)))
        assert ((np.diff(lc.owner) > 0) | (np.diff(lc.mjd) > 0) | (np.diff(lc.band) > 0)).all()


MIXED = Passbands((("g", 4746.0, 23.9, 1), ("F-r", 6367.0, 27.5, 2), ("W", 2684.0, 31.4, -1)))


def test_fluxes_are_made_microjansky_by_the_zero_point_of_their_passband(tmp_path, objects):
    """A flux of 1000 at zero point 31.4 (nanojansky) is 1 microjansky; at 27.5 it is 1000 x 10^-1.44 = 36.3078."""
    rows = "a,61000,1000,10,g\na,61001,1000,10,F-r\na,61002,1000,10,W\n"
    lc, _, _ = run(tmp_path, objects, rows, test="x,61000,1,1,g\n", passbands=MIXED)
    a = lc[list(lc.object_id).index("a")]
    np.testing.assert_allclose(a.flux, [1000.0, 36.3078055, 1.0], rtol=1e-8)
    np.testing.assert_allclose(a.flux_err, [10.0, 0.363078055, 0.01], rtol=1e-8)
    assert a.flux[0] == 1000.0  # to the last bit
    assert lc.passbands == MIXED


def test_unknown_passbands_are_told_by_name(tmp_path, objects, caplog):
    with caplog.at_level("WARNING"):
        run(tmp_path, objects, "a,61000,1,1,r\na,61001,1,1,ZTF_r\na,61002,1,1,ZTF_r\n", max_set_aside=1.0)
    assert "unknown passbands 'ZTF_r' (2 rows); the survey has u, g, r, i, z, y" in caplog.text


def test_a_file_of_another_survey_is_refused_with_the_setting_that_names_it(tmp_path, objects):
    with pytest.raises(DataError, match="name the survey of these files in `survey` or `new_survey`"):
        run(tmp_path, objects, "a,61000,1,1,ZTF_r\n")
