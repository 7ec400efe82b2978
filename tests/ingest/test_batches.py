"""Batches of readers, packed to light curves: every row is a point or is set aside, whatever the order of the rows."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from surveys import CONFIG

from mallorn.errors import DataError
from mallorn.ingest import batches, spool
from mallorn.ingest.batches import pack
from mallorn.ingest.split import write_split
from mallorn.ingest.unusable import refuse_unusable, refuse_unusable_tables
from mallorn.sources.canonical import Batch
from mallorn.survey.lightcurves import joined
from mallorn.survey.passbands import passbands_of_surveys

ZTF = passbands_of_surveys(["ztf"])
PLACES = {"ztf.g": 0, "ztf.r": 1, "ztf.i": 2}
INGEST = CONFIG | {
    "limits": "use",
    "window": "all",
    "combine_within": 0.0,
    "photoz_error": 0.05,
    "labels": {},
    "held_out": 0.0,
}


def batch(rows, aside=None, **known):
    """Return a `Batch` of rows (id, mjd, passband, flux, error[, detected, limit]); known: columns of the objects."""
    rows = [(*row, *(-1, False)[len(row) - 5 :]) for row in rows]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    names = ("object_id", "mjd", "passband", "flux", "flux_err", "detected", "limit")
    kinds = (object, float, object, float, float, np.int8, bool)
    points = {name: np.array(v, dtype=kind) for name, v, kind in zip(names, columns, kinds, strict=True)}
    ids = list(dict.fromkeys(points["object_id"]))
    n = len(ids)
    objects = {name: np.full(n, np.nan) for name in ("ra", "dec", "redshift", "redshift_err", "ebv")}
    objects |= {"object_id": np.array(ids, dtype=object), "label": np.full(n, None)}
    objects |= {
        name: np.array(values, dtype=object if isinstance(values[0], str) else float) for name, values in known.items()
    }
    kind = np.where(np.isnan(objects["redshift"]), "none", "spectroscopic").astype(object)
    return Batch(points, {"redshift_kind": kind, **objects}, Counter(aside or {}), {"time": "MJD UTC"})


def packed(parts, part=(0, 1), **settings):
    """Return the `LightCurves`, `SetAside` and known objects of batches, one a file."""
    found, write = [(f"{k}.csv", one) for k, one in enumerate(parts)], []
    aside, known = pack(found, part, INGEST | settings, (ZTF, PLACES), write.append)
    lc = joined(write)
    assert aside.rows_read == len(lc.mjd) + sum(row[3] for row in aside.rows)
    assert aside.rows_read == sum(one.n_rows for one in parts) or part[1] > 1
    return lc, aside, known


def reasons(aside):
    counts = Counter()
    for _, reason, _, n, _ in aside.rows:
        counts[reason] += n
    return counts


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "0012", "ä", "nan"]),
        st.sampled_from([60000.0, 60000.25, 60001.0, 1.0]),
        st.sampled_from(["ztf.g", "ztf.r", "ps1.y"]),
        st.floats(-1e11, 1e11),
        st.sampled_from([0.5, 2.0]),
        st.sampled_from([-1, 0, 1]),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


@given(rows=ROWS, seed=st.integers(0, 10), size=st.integers(1, 5), within=st.sampled_from([0.0, 0.5]))
@profile(max_examples=60, deadline=None)
def test_the_order_of_rows_the_parts_and_the_memory_make_no_difference(rows, seed, size, within):
    rows = [(*row[:3], 0.0, *row[4:]) if row[6] else row for row in rows]
    rows.append(("c", 60000.0, "ztf.g", 1.0, 1.0, -1, False))
    by_object = defaultdict(list)
    for row in rows:
        by_object[row[0]].append(row)
    whole = packed([batch(rows)], combine_within=within)
    rng = np.random.default_rng(seed)
    groups = [[row for name in names for row in by_object[name]] for names in np.array_split(list(by_object), size)]
    parts = [batch([group[k] for k in rng.permutation(len(group))]) for group in groups]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "MOST_BYTES", 40)
        patch.setattr(batches, "OBJECTS_PER_GROUP", 2)
        pieces = packed(parts, combine_within=within)
    assert reasons(pieces[1]) == reasons(whole[1])
    assert pieces[0].object_id.tolist() == whole[0].object_id.tolist() == sorted(by_object)
    for name in ("start", "band", "detected", "limit"):
        assert getattr(pieces[0], name).tolist() == getattr(whole[0], name).tolist()
    for name in ("mjd", "flux", "flux_err"):
        np.testing.assert_allclose(getattr(pieces[0], name), getattr(whole[0], name), rtol=1e-12)


def test_objects_are_dealt_to_parts_and_none_is_lost():
    rows = [(f"object {k}", 60000.0 + k, "ztf.g", k, 1.0) for k in range(50)]
    aside = {("bad", f"object {k}"): 2 for k in range(50)}
    found = [packed([batch(rows, aside)], (part, 4)) for part in range(4)]
    ids = [name for lc, _, _ in found for name in lc.object_id]
    assert sorted(ids) == sorted(row[0] for row in rows)
    assert all(len(lc) for lc, _, _ in found)
    assert sum(aside.rows_read for _, aside, _ in found) == 150


def test_what_cannot_be_used_is_set_aside_by_reason():
    rows = [
        ("a", 60000.0, "ztf.g", 1.0, 1.0),
        ("a", 6.0, "ztf.g", 1.0, 1.0),
        ("a", 60000.0, "lsst.u", 1.0, 1.0),
        ("a", 60000.0, "ztf.r", 1e11, 1.0),
        ("a", 60000.0, "ztf.i", 1.0, 1e11),
        ("a", 60001.0, "ztf.i", 0.0, 1.0, 0, True),
    ]
    lc, aside, _ = packed([batch(rows, {("saturated", "a"): 3})], limits="leave out")
    assert lc.flux.tolist() == [1.0]
    assert reasons(aside) == {
        "time not believable": 1,
        "passband lsst.u is not of the survey": 1,
        "flux not believable": 1,
        "error not believable": 1,
        "upper limit, left out by the settings": 1,
        "saturated": 3,
    }


def test_a_limit_stays_with_its_flag_and_gives_way_to_a_measurement():
    rows = [
        ("a", 60000.0, "ztf.g", 0.0, 2.0, 0, True),
        ("a", 60001.0, "ztf.g", 0.0, 2.0, 0, True),
        ("a", 60001.0, "ztf.g", 9.0, 1.0, 1, False),
    ]
    lc, aside, _ = packed([batch(rows)])
    assert list(zip(lc.flux, lc.flux_err, lc.detected, lc.limit, strict=True)) == [(0, 2, 0, True), (9, 1, 1, False)]
    assert reasons(aside) == {"upper limit beside a measurement": 1}


def test_points_of_one_time_are_averaged_and_copies_left_out():
    point = ("a", 60000.0, "ztf.g", 2.0, 1.0, 0, False)
    lc, aside, _ = packed([batch([point, point, ("a", 60000.0, "ztf.g", 5.0, 2.0, 1, False)])])
    assert lc.flux.tolist() == [pytest.approx((2.0 + 5.0 / 4) / 1.25)]
    assert lc.flux_err.tolist() == [pytest.approx(1.25**-0.5)]
    assert lc.detected.tolist() == [1]
    assert reasons(aside) == {
        "exact duplicate": 1,
        "averaged with another row of the same time and passband": 1,
    }


def test_visits_of_a_night_become_one_point_in_each_passband():
    rows = [("a", 60000.0 + t, band, f, 1.0) for band in ("ztf.g", "ztf.r") for t, f in ((0, 1), (0.02, 3), (0.9, 7))]
    lc, aside, _ = packed([batch(rows)], combine_within=0.1)
    assert lc.flux.tolist() == [2.0, 2.0, 7.0, 7.0]
    assert lc.mjd.tolist() == pytest.approx([60000.01, 60000.01, 60000.9, 60000.9])
    assert lc.band.tolist() == [0, 1, 0, 1]
    assert reasons(aside) == {"combined with others within 0.1 days in its passband": 2}


def test_of_a_stream_of_alerts_only_what_it_holds_is_kept():
    flags = {"a": [0, 0, 1, 0, 1, 0], "b": [0, 0, 0, 0, 0, 0], "c": [-1] * 6, "d": [1, 0, 0, 0, 0, 0]}
    rows = [(k, 60000.0 + t, "ztf.g", 1.0, 1.0, d) for k, of in flags.items() for t, d in enumerate(of)]
    lc, aside, _ = packed([batch(rows)], window="alerts")
    kept = {one.object_id: (one.mjd - 60000.0).tolist() for one in lc}
    assert kept == {"a": [1, 2, 3, 4], "b": [], "c": [0, 1, 2, 3, 4, 5], "d": [0]}
    assert reasons(aside) == {"outside of what a stream of alerts holds": 13}


def test_an_object_of_an_earlier_file_is_not_counted_twice():
    first = batch([("a", 60000.0, "ztf.g", 1.0, 1.0)], redshift=[0.5])
    second = batch([("a", 60001.0, "ztf.g", 1.0, 1.0), ("b", 60001.0, "ztf.g", 1.0, 1.0)], redshift=[0.7, 0.1])
    lc, aside, known = packed([first, second])
    assert lc.n_points.tolist() == [1, 1]
    assert known["redshift"].tolist() == [0.5, 0.1]
    assert aside.rows == [("1.csv", "the object is in an earlier file too", "a", 1, 0)]


def test_one_event_under_two_names_is_told(caplog):
    scales = {"a": 1, "b": 1, "c": 2}
    rows = [(name, 60000.0 + k, "ztf.g", k * scale, 1.0) for name, scale in scales.items() for k in range(5)]
    packed([batch(rows)])
    assert "the same points stand under two names: a and b (pairs in all: 1)" in caplog.text


def test_files_of_another_survey_are_named_and_refused_if_there_are_no_others(caplog):
    bad, sound = batch([("a", 60000.0 + k, "lsst.u", 1.0, 1.0) for k in range(2)]), batch([("b", 6e4, "ztf.g", 1, 1)])
    lc, aside, _ = packed([bad, sound])
    assert lc.n_points.tolist() == [0, 1]
    told = [record.getMessage() for record in caplog.records if "can be used" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("0.csv: no row of the split can be used: 2 rows: passband lsst.u is not of the survey.")
    refuse_unusable([aside, packed([bad])[1]])
    with pytest.raises(DataError, match=r"0.csv: .*found 4 rows: passband lsst.u is not of the survey.*`new_survey`"):
        refuse_unusable([packed([bad])[1]] * 2)


def test_of_many_bad_files_the_first_few_are_named(caplog):
    packed([batch([(f"{k}", 60000.0, "lsst.u", 1.0, 1.0)]) for k in range(20)])
    assert caplog.text.count("no row of the split can be used: ") == 8
    assert "no row of the split can be used in 12 more files" in caplog.text


def test_redshifts_and_dust_are_those_that_are_known(caplog):
    rows = [(name, 60000.0, "ztf.g", 1.0, 1.0) for name in "abcde"]
    kinds = ["spectroscopic", "photometric", "photometric", "none", "spectroscopic"]
    z, error = [0.1, 0.2, 0.3, np.nan, 400.0], [0.001, 0.04, np.nan, np.nan, np.nan]
    known = {"redshift": z, "redshift_err": error, "redshift_kind": kinds, "ebv": [0.1, np.nan, 9.0, 0.0, 0.2]}
    lc, _, found = packed([batch(rows, **known)])
    assert np.array_equal(lc.redshift, [0.1, 0.2, 0.3, np.nan, np.nan], equal_nan=True)
    np.testing.assert_allclose(lc.redshift_err, [np.nan, 0.04, 0.05 * 1.3, np.nan, np.nan])
    assert found["redshift_kind"].tolist() == ["spectroscopic", "photometric", "photometric", "none", "none"]
    assert lc.ebv.tolist() == [0.1, 0.0, 0.0, 0.0, 0.2]
    assert np.isnan(lc.luminosity_distance).tolist() == [False, False, False, True, True]
    assert "2 of 5 objects have no E(B-V)" in caplog.text
    assert "1 redshifts, such as 400, are not believable" in caplog.text
    assert "2 of 5 objects have no redshift" in caplog.text


def test_a_survey_is_refused_if_no_split_of_it_keeps_a_row(tmp_path):
    def stored(name, passband):
        found = [("0.csv", batch([(name, 60000.0, passband, 1.0, 1.0)]))]
        paths = [tmp_path / f"{name}.{kind}" for kind in ("points", "objects", "aside")]
        write_split(lambda write: pack(found, (0, 1), INGEST, (ZTF, PLACES), write)[0], ZTF, *paths)
        return paths[2]

    bad, worse, sound = stored("a", "lsst.u"), stored("b", "lsst.y"), stored("c", "ztf.g")
    refuse_unusable_tables([bad, sound, worse])
    with pytest.raises(DataError, match=r"0.csv: .*found 1 rows: passband lsst.u is not of the survey; 1 rows: p"):
        refuse_unusable_tables([bad, worse])
