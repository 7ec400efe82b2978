"""Packed light curves against lists of objects, and their way to a file and back."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mallorn.errors import DataError
from mallorn.io.tables import read_columns, read_units, write_table
from mallorn.survey.cosmology import MIN_REDSHIFT
from mallorn.survey.dust import extinction_per_ebv
from mallorn.survey.lightcurves import (
    LightCurves,
    find_objects,
    joined,
    lightcurve_groups,
    lightcurve_writer,
    read_lightcurves,
    read_passbands,
    redshift_kind,
    write_lightcurves,
)
from mallorn.survey.passbands import LSST, NO_SLOT, SLOTS, Passbands

POINTS = ("mjd", "band", "flux", "flux_err", "detected", "limit")
OBJECTS = ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance")


def make(counts, seed=1):
    """Return light curves of objects with `counts` points."""
    rng = np.random.default_rng(seed)
    n, start = len(counts), np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
    size = start[-1]
    mjd = rng.integers(60000, 60000 + 3 * size + 1, size) / 2.0
    band = rng.integers(0, 6, size).astype(np.int8)
    order = np.lexsort((band, mjd, np.repeat(np.arange(n), counts)))
    return LightCurves(
        object_id=np.array([f"{'äbc'[k % 3]}{k:04d}" for k in range(n)], dtype=object),
        redshift=rng.uniform(-0.02, 3, n),
        redshift_err=np.where(rng.random(n) < 0.5, np.nan, 0.03),
        ebv=rng.uniform(0, 0.5, n),
        luminosity_distance=rng.uniform(20, 3e4, n),
        start=start,
        mjd=mjd[order],
        band=band[order],
        flux=rng.normal(0, 10, size),
        flux_err=rng.uniform(0.1, 1, size),
        passbands=LSST,
        detected=rng.integers(-1, 2, size).astype(np.int8),
        limit=rng.random(size) < 0.2,
    )


def as_lists(lc):
    """Return [(id, [(mjd, band, flux, error), ...]), ...], made from `start` alone."""
    rows = list(zip(lc.mjd, lc.band, lc.flux, lc.flux_err, strict=True))
    return [(lc.object_id[k], rows[lc.start[k] : lc.start[k + 1]]) for k in range(len(lc.object_id))]


def assert_equal(ours, theirs, rtol=0):
    for name in (*OBJECTS, "start", *POINTS):
        found, expected = getattr(ours, name), getattr(theirs, name)
        assert found.dtype == expected.dtype, name
        if rtol and name in ("flux", "flux_err"):
            np.testing.assert_allclose(found, expected, rtol=rtol)
        else:
            np.testing.assert_array_equal(found, expected, err_msg=name)


counts = st.lists(st.integers(0, 7), max_size=8)


@settings(max_examples=60, deadline=None)
@given(counts, st.data())
def test_access_agrees_with_lists(counts, data):
    lc = make(counts)
    plain = as_lists(lc)
    assert len(lc) == len(counts)
    assert [(c.object_id, list(zip(*c[2:], strict=True))) for c in lc] == plain
    assert list(lc.n_points) == counts
    assert list(lc.owner) == [k for k, n in enumerate(counts) for _ in range(n)]

    chosen = data.draw(st.lists(st.sampled_from(range(len(counts))), max_size=6)) if counts else []
    assert as_lists(lc.take(chosen)) == [plain[k] for k in chosen]
    for name in OBJECTS:
        np.testing.assert_array_equal(getattr(lc.take(chosen), name), getattr(lc, name)[chosen])

    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(lc.mjd), max_size=len(lc.mjd))), dtype=bool)
    flags = iter(keep)
    assert as_lists(lc.where(keep)) == [(name, [row for row in rows if next(flags)]) for name, rows in plain]
    for band in range(6):
        assert as_lists(lc.in_band(band)) == [(name, [row for row in rows if row[1] == band]) for name, rows in plain]


def test_many_objects_are_shown_in_a_line():
    four = LightCurves(
        np.array(["a", "b"], dtype=object), *np.zeros((4, 2)), np.array([0, 1, 4]),
        np.arange(4.0), np.zeros(4, np.int8), np.zeros(4), np.ones(4), LSST,
    )  # fmt: skip
    assert repr(four) == "LightCurves(2 objects, 4 points in u, g, r, i, z, y)"


def test_one_object_is_a_view():
    lc = make([2, 3])
    curve = lc[1]
    assert curve.mjd.base is lc.mjd
    assert curve.redshift == lc.redshift[1]
    assert len(curve.flux_err) == 3


def test_without_a_redshift_the_frame_is_the_observers():
    known = make([3, 2, 4])
    lc = known.with_redshift([0.5, np.nan, 0.1], [np.nan, np.nan, 0.02])
    assert lc.has_redshift.tolist() == [True, False, True]
    np.testing.assert_array_equal(lc.rest_redshift, [0.5, 0.0, 0.1])
    assert [curve.stretch for curve in lc] == [1.5, 1.0, 1.1]
    assert [np.isnan(curve.redshift) for curve in lc] == [False, True, False]
    np.testing.assert_allclose(lc.luminosity_distance[[0, 2]], [2918.9, 475.8], rtol=1e-3)
    assert np.isnan(lc.luminosity_distance[1])
    assert redshift_kind(lc.redshift, lc.redshift_err).tolist() == ["spectroscopic", "none", "photometric"]
    assert redshift_kind(np.array([np.nan]), np.array([0.1])).tolist() == ["none"]
    assert not lc.without_redshift().has_redshift.any()
    assert lc.flux is known.flux


def test_low_redshifts_are_clipped_for_physics_only():
    lc = make([1, 1])
    lc.redshift[:] = -0.01, 0.5
    np.testing.assert_array_equal(lc.rest_redshift, [MIN_REDSHIFT, 0.5])
    assert lc[0].redshift == MIN_REDSHIFT
    assert lc.redshift[0] == -0.01


def test_dereddening_worked_by_hand():
    # E(B-V) = 1 / A_r per unit of E(B-V) is one magnitude in r: fluxes are divided by 10^-0.4 = 0.3981072
    lc = make([3, 2])
    lc.band[:] = 2, 2, 2, 2, 5
    lc.ebv[:] = 1 / LSST.extinction[2], 0.0
    bright = lc.dereddened()
    np.testing.assert_allclose(bright.flux[:3], lc.flux[:3] * 2.5118864, rtol=1e-7)
    np.testing.assert_allclose(bright.flux_err[:3], lc.flux_err[:3] * 2.5118864, rtol=1e-7)
    np.testing.assert_array_equal(bright.flux[3:], lc.flux[3:])
    np.testing.assert_array_equal(bright.mjd, lc.mjd)


@pytest.mark.parametrize("counts", [[3, 0, 5, 1], [0, 0], [0], [4], [2] * 300])
def test_round_trip(tmp_path, counts):
    lc, points, objects = make(counts), tmp_path / "a" / "points.parquet", tmp_path / "b" / "objects.parquet"
    write_lightcurves(lc, points, objects)
    assert_equal(read_lightcurves(points, objects), lc)
    for k, name in enumerate(SLOTS):
        assert_equal(read_lightcurves(points, objects, band=name), lc.in_band(k))


@pytest.mark.parametrize("counts", [[3, 0, 5, 1, 2], [0, 0, 0, 4], [0], [2, 2]])
def test_groups_of_objects_are_read_one_by_one(tmp_path, counts):
    lc, points, objects = make(counts), tmp_path / "points.parquet", tmp_path / "objects.parquet"
    write_lightcurves(lc, points, objects, per_group=2)
    assert_equal(read_lightcurves(points, objects), lc)
    groups = list(lightcurve_groups(points, objects))
    assert [k for k, _ in groups] == list(range(-(-len(counts) // 2)))
    for k, group in groups:
        assert_equal(group, lc.take(range(2 * k, min(2 * k + 2, len(counts)))))
    assert [len(bare) for _, bare in lightcurve_groups(None, objects)] == [len(group) for _, group in groups]


def test_objects_are_found_in_their_groups(tmp_path):
    lc, points, objects = make([2, 0, 3, 1, 2]), tmp_path / "points.parquet", tmp_path / "objects.parquet"
    write_lightcurves(lc, points, objects, per_group=2)
    found = {group: rows.tolist() for group, rows in find_objects(objects, lc.object_id[[4, 1, 0]])}
    assert found == {0: [0, 1], 2: [0]}
    assert list(find_objects(objects, ["nobody"])) == []


def test_points_in_other_groups_than_objects_are_refused(tmp_path):
    lc, paths = make([3, 0, 5]), (tmp_path / "p", tmp_path / "o")
    write_lightcurves(lc, *paths, per_group=2)
    pq.write_table(pq.read_table(paths[0]), paths[0], row_group_size=4)
    with pytest.raises(DataError, match="expected the 3 points of the objects of .*found 4"):
        next(lightcurve_groups(*paths))


def test_files_tell_units_and_order(tmp_path):
    lc = make([3, 0, 2])
    write_lightcurves(lc, tmp_path / "p", tmp_path / "o")
    assert read_units(tmp_path / "p") == {"mjd": "d", "flux": "uJy", "flux_err": "uJy"}
    assert read_units(tmp_path / "o") == {"ebv": "mag", "luminosity_distance": "Mpc"}
    p = pq.ParquetFile(tmp_path / "p")
    assert [p.schema_arrow.names[c.column_index] for c in p.metadata.row_group(0).sorting_columns] == [
        "object_id",
        "mjd",
    ]
    assert [str(t) for t in p.schema_arrow.types[1:2] + p.schema_arrow.types[3:]] == ["double"] * 3 + ["int8", "bool"]
    columns = read_columns(tmp_path / "p")
    assert list(columns["object_id"]) == list(lc.object_id[lc.owner])
    assert list(columns["band"]) == [SLOTS[k] for k in lc.band]
    assert list(read_columns(tmp_path / "o")["n_points"]) == [3, 0, 2]


def test_bands_of_a_file_by_others_may_be_numbered_otherwise(tmp_path):
    lc = make([30])
    write_lightcurves(lc, tmp_path / "p", tmp_path / "o")
    table = pq.read_table(tmp_path / "p")
    plain = table.set_column(2, "band", table.column("band").cast("string"))  # numbered by first appearance when read
    pq.write_table(plain, tmp_path / "p", row_group_size=7)
    assert_equal(read_lightcurves(tmp_path / "p", tmp_path / "o"), lc)


def test_joined_light_curves_are_all_objects_by_id():
    parts = [make([3, 0, 2], seed=1), make([], seed=2), make([4, 1], seed=3)]
    for k, part in enumerate(parts):
        part.object_id[:] = [f"{name}{k}" for name in part.object_id]
    expected = sorted(pair for part in parts for pair in as_lists(part))
    assert as_lists(joined(parts)) == expected


EIGHT = Passbands((*LSST.rows, ("o", 6790.0, 23.9, 2), ("UVW1", 2684.0, 23.9, NO_SLOT)))


def in_bands(passbands, *points):
    """Return the light curve of one object, in the given passbands, of points (mjd, name, flux, error)."""
    mjd, names, flux, error = zip(*points, strict=True)
    band = np.array([passbands.index(name) for name in names], dtype=np.int8)
    one = make([len(points)])
    values = {"mjd": np.array(mjd, float), "band": band, "flux": np.array(flux), "flux_err": np.array(error)}
    return replace(one, passbands=passbands, **values)


def test_light_curves_of_the_slots_are_not_copied():
    lc = make([3, 2])
    assert lc.in_slots() is lc


def test_points_by_slot_worked_by_hand():
    """r and o share a slot and a time: weights 1 and 1/4 make (4 + 6 / 4) / (5 / 4) = 4.4, error (5 / 4)^-1/2."""
    lc = in_bands(
        EIGHT, (1, "g", 1.0, 1.0), (1, "UVW1", 9.0, 1.0), (2, "r", 4.0, 1.0), (2, "o", 6.0, 2.0), (3, "o", 5.0, 0.5)
    )
    slots = lc.in_slots()
    np.testing.assert_array_equal(slots.start, [0, 3])
    np.testing.assert_array_equal(slots.mjd, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(slots.band, [1, 2, 2])
    assert slots.band.dtype == np.int8
    np.testing.assert_allclose(slots.flux, [1.0, 4.4, 5.0])
    np.testing.assert_allclose(slots.flux_err, [1.0, 1.25**-0.5, 0.5])
    assert slots.passbands.slots == SLOTS


def test_points_by_slot_are_sorted_by_time_then_slot():
    reddest_first = Passbands((("y", 10056.0, 23.9, 5), ("u", 3641.0, 23.9, 0)))
    slots = in_bands(reddest_first, (1, "y", 1.0, 1.0), (1, "u", 2.0, 1.0)).in_slots()
    np.testing.assert_array_equal(slots.band, [0, 5])
    np.testing.assert_array_equal(slots.flux, [2.0, 1.0])
    assert slots.passbands.slots == ("u", "y")
    assert_equal(slots.in_slots(), slots)


def test_each_passband_is_dereddened_by_its_own_extinction():
    lc = in_bands(EIGHT, (1, "r", 1.0, 1.0), (2, "o", 1.0, 1.0), (3, "UVW1", 1.0, 1.0))
    lc.ebv[:] = 0.3
    expected = 10.0 ** (0.4 * 0.3 * extinction_per_ebv([6155.0, 6790.0, 2684.0]))
    np.testing.assert_allclose(lc.dereddened().flux, expected, rtol=1e-12)


def test_files_keep_the_passbands_and_need_them(tmp_path):
    lc = in_bands(EIGHT, (1, "r", 1.0, 1.0), (2, "o", 1.0, 1.0), (3, "UVW1", 1.0, 1.0))
    points, objects = tmp_path / "points.parquet", tmp_path / "objects.parquet"
    write_lightcurves(lc, points, objects)
    assert read_lightcurves(points, objects).passbands == EIGHT
    assert read_lightcurves(None, objects).passbands == EIGHT
    assert read_passbands(points) == read_passbands(objects) == EIGHT
    assert_equal(read_lightcurves(points, objects, band="o"), lc.in_band(6))
    write_table(points, read_columns(points))
    with pytest.raises(DataError, match="expected the passbands of the survey"):
        read_lightcurves(points, objects)


def test_a_file_holds_light_curves_of_one_survey(tmp_path):
    with (
        pytest.raises(ValueError, match="expected light curves in"),
        lightcurve_writer(tmp_path / "points", tmp_path / "objects", LSST) as write,
    ):
        write(in_bands(EIGHT, (1, "r", 1.0, 1.0)))
    assert not list(tmp_path.iterdir())
