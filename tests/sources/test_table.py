"""Long tables of any format: guesses, mappings, units, limits, signs; nothing lost, nothing but clear errors."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_checks import damages, needs_surveys, read, real, rows_or_error
from tables_written import FORMATS, some_points, write_table

from mallorn.errors import DataError
from mallorn.sources import parquet_parts, table
from mallorn.sources.table_points import passband_of

ZP_27_5 = 0.0363078055


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_points_from_every_format(tmp_path, form):
    points, objects, aside, about = read(table, write_table(tmp_path / f"a.{form}", some_points()))
    assert points["object_id"].tolist() == ["007", "007", "1e5"]
    assert points["mjd"].tolist() == [60000.5, 60001.5, 60000.25]
    assert points["passband"].tolist() == ["lsst.g", "lsst.r", "lsst.y"]
    assert points["flux"].tolist() == pytest.approx([100 * ZP_27_5, -50 * ZP_27_5, 10 * ZP_27_5])
    assert points["flux_err"].tolist() == pytest.approx([10 * ZP_27_5, 5 * ZP_27_5, ZP_27_5])
    assert points["detected"].tolist() == [1, 0, 1]
    assert objects["object_id"].tolist() == ["007", "1e5"]
    assert aside == {"no flux": 1, "flux error not above 0": 1, "saturated (PHOTFLAG 1024)": 1}
    assert about["flux"] == "difference"


@pytest.mark.parametrize("form", ["csv", "parquet", "fits"])
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_few_rows_in_memory_give_the_same_objects(tmp_path, form, rows):
    path = write_table(tmp_path / f"a.{form}", some_points())
    whole, _, whole_aside, _ = read(table, path)
    points, _, aside, _ = read(table, path, rows_in_memory=rows)
    assert sorted(zip(points["object_id"], points["mjd"], points["flux"], strict=True)) == sorted(
        zip(whole["object_id"], whole["mjd"], whole["flux"], strict=True)
    )
    assert aside == whole_aside


def test_a_mapping_holds_before_guesses(tmp_path):
    columns = {"k": ["a"], "when": [2460000.5], "colour": ["weird"], "f": [3.0], "df": [0.5], "mjd": [1.0], "q": [1]}
    mapping = {"object_id": "k", "jd": "when", "mjd": None, "passband": "colour", "flux": "f", "flux_err": "df"}
    path = write_table(tmp_path / "a.csv", columns)
    points, _, _, about = read(
        table, path, columns=mapping, unit="nJy", passbands={"weird": "own.W"}, scale="TAI", flux="direct"
    )
    assert (points["mjd"][0], points["passband"][0]) == (60000.0, "own.W")
    assert (points["flux"][0], points["flux_err"][0]) == pytest.approx((0.003, 0.0005))
    assert (about["time"], about["flux"]) == ("JD, converted TAI", "direct")


def test_what_cannot_be_guessed_is_told_with_the_columns_found(tmp_path):
    path = write_table(tmp_path / "a.csv", {"object_id": ["a"], "epoch": [1], "band": ["g"], "flux": [1], "err": [1]})
    with pytest.raises(DataError, match=r"column for mjd or jd.*'object_id', 'epoch', 'band', 'flux', 'err'"):
        read(table, path)
    with pytest.raises(DataError, match=r"column for flux_err.*columns\.flux_err"):
        read(table, path, columns={"mjd": "epoch"})
    with pytest.raises(DataError, match="roles of"):
        read(table, path, columns={"when": "epoch"})
    with pytest.raises(DataError, match="'date' for mjd"):
        read(table, path, columns={"mjd": "date"})


def test_passbands_of_no_known_survey(tmp_path):
    columns = {"id": ["a", "a"], "mjd": [1, 2], "band": ["V", "V"], "flux": [1, 2], "fluxerr": [1, 1]}
    path = write_table(tmp_path / "a.csv", columns)
    with pytest.raises(DataError, match="set survey"):
        read(table, path)
    assert read(table, path, survey="own")[0]["passband"].tolist() == ["own.V", "own.V"]
    path = write_table(tmp_path / "b.csv", columns | {"band": ["V", "r"]})
    points, _, aside, _ = read(table, path)
    assert points["passband"].tolist() == ["lsst.r"]
    assert aside == {"passband 'V' of no known survey": 1}


def test_a_column_of_passbands_that_holds_something_else(tmp_path):
    n = 20_000
    columns = {"id": ["a"] * n, "mjd": [1.0] * n, "band": [f"note {k}" for k in range(n // 2)] + ["g"] * (n // 2)}
    path = write_table(tmp_path / "a.parquet", columns | {"flux": [1.0] * n, "fluxerr": [1.0] * n})
    points, _, aside, _ = read(table, path)
    assert len(points["mjd"]) == n // 2
    assert aside["passband of no known survey"] == n // 2 - 50


@pytest.mark.parametrize(
    ("name", "survey", "passband"),
    [
        ("g", None, "lsst.g"),
        ("Y", None, "lsst.y"),
        ("5", None, "lsst.y"),
        ("LSST-Y", None, "lsst.y"),
        ("DES-g", None, "des.g"),
        ("DES-Y", None, "des.Y"),
        ("zr", None, "ztf.r"),
        ("ztf_i", None, "ztf.i"),
        ("ztfg", None, "ztf.g"),
        ("lssty", None, "lsst.y"),
        ("ps1::i", None, "ps1.i"),
        ("2", "ztf", "ztf.r"),
        ("R", "ztf", "ztf.r"),
        ("o", "atlas", "atlas.o"),
        ("V", None, None),
        ("-", "des", None),
        ("", None, None),
    ],
)
def test_names_of_passbands(name, survey, passband):
    assert passband_of(name, survey) == passband


def test_magnitudes_signs_and_limits(tmp_path):
    columns = {
        "oid": ["ZTF1"] * 6,
        "mjd": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "fid": [1, 2, 3, 1, 1, 1],
        "magpsf": [20.0, 20.0, "", 18.9, 100.0, 18.0],
        "sigmapsf": [0.1, 0.1, "", 100, 0.1, 0.1],
        "isdiffpos": ["t", "f", "", "1", "-1", "?"],
        "diffmaglim": [20.5, 20.5, 20.4, 20.5, -999, 20.5],
    }
    points, _, aside, about = read(table, write_table(tmp_path / "a.csv", columns))
    assert points["passband"].tolist() == ["ztf.g", "ztf.r", "ztf.i"]
    assert points["flux"].tolist() == pytest.approx([36.3078, -36.3078, 0.0], abs=1e-3)
    assert points["flux_err"].tolist() == pytest.approx([3.3441, 3.3441, 25.1189 / 5], abs=1e-3)
    assert points["limit"].tolist() == [False, False, True]
    assert points["detected"].tolist() == [1, 1, 0]
    assert aside == {"no flux error": 1, "no flux": 1, "no sign in isdiffpos": 1}
    assert about["flux"] == "difference"


def test_limits_told_by_a_flag(tmp_path):
    columns = {"id": ["a", "a"], "mjd": [1, 2], "filter": ["g", "g"], "mag": [18.9, 21.4], "e_mag": [0.1, ""]}
    path = write_table(tmp_path / "a.csv", columns | {"upperlimit": ["F", "T"]})
    points, _, _, _ = read(table, path)
    assert points["limit"].tolist() == [False, True]
    assert points["flux"].tolist() == pytest.approx([100.0, 0.0])
    assert points["flux_err"][1] == pytest.approx(2.0)


def test_zero_points_of_rows_and_units_of_files(tmp_path):
    columns = {"id": ["a", "a"], "mjd": [1.0, 2.0], "band": ["g", "g"], "flux": [10.0, 10.0], "flux_err": [1.0, 1.0]}
    points, *_ = read(table, write_table(tmp_path / "a.csv", columns | {"zp": [23.9, 26.4]}))
    assert points["flux"].tolist() == pytest.approx([10.0, 1.0])
    points, *_ = read(table, write_table(tmp_path / "b.csv", columns), zero_point=26.4)
    assert points["flux"].tolist() == pytest.approx([1.0, 1.0])
    with_unit = Table({name: np.asarray(values) for name, values in columns.items()})
    with_unit["flux"].unit = units.mJy
    for name, form in (("c.fits", "fits"), ("c.ecsv", "ascii.ecsv"), ("c.vot", "votable")):
        with_unit.write(str(tmp_path / name), format=form)
        points, *_ = read(table, tmp_path / name)
        assert points["flux"].tolist() == pytest.approx([10000.0, 10000.0])
    with pytest.raises(DataError, match="unit of flux density"):
        read(table, tmp_path / "b.csv", unit="counts")


def test_objects_from_columns_header_and_tables(tmp_path):
    columns = some_points() | {"RA": [10.0] * 6, "DECL": [-9.0] * 6, "SIM_TYPE_NAME": ["Ia"] * 6}
    _, objects, _, _ = read(table, write_table(tmp_path / "a.parquet", columns))
    assert (objects["ra"].tolist(), objects["dec"].tolist()) == ([10.0, 10.0], [-9.0, -9.0])
    assert objects["label"].tolist() == ["Ia", "Ia"]
    told = {"id": ["1e5", "007"], "RA": ["01:00:00", "02:00:00"], "dec": ["-00:30:00", "+10:00:00"]}
    told |= {"redshift": ["-", "0.5"], "A_V": [0.31, -999], "hostgal_mag_r": [999, 20.5], "type": ["-", "TDE"]}
    write_table(tmp_path / "objects.csv", told | {"note": ["x", "y"]})
    path = write_table(tmp_path / "b.parquet", some_points())
    _, objects, _, _ = read(table, path, objects="objects.csv", carry=[])
    assert objects["ra"].tolist() == [30.0, 15.0]
    assert objects["dec"].tolist() == [10.0, -0.5]
    assert objects["redshift_kind"].tolist() == ["spectroscopic", "none"]
    assert objects["ebv"][1] == pytest.approx(0.1)
    assert np.isnan(objects["ebv"][0])
    assert objects["label"].tolist() == ["TDE", None]
    assert objects["host_mag_r"][0] == 20.5
    assert np.isnan(objects["host_mag_r"][1])
    points = {name: values for name, values in some_points().items() if name != "SNID"}
    path = write_table(tmp_path / "obj9.ecsv", points, RA=5.0, DEC=6.0, REDSHIFT_HELIO=0.3, HOSTGAL_MAG_g=-9999.0)
    _, objects, _, _ = read(table, path)
    assert objects["object_id"].tolist() == ["obj9"]
    assert objects["redshift"].tolist() == [0.3]
    assert np.isnan(objects["host_MAG_g"][0])


def test_an_object_that_the_table_of_objects_does_not_name_is_told(tmp_path, caplog):
    told = {"id": ["1e5 ", "7.0"], "redshift": [0.1, 0.2]}
    write_table(tmp_path / "objects.parquet", told)
    path = write_table(tmp_path / "a.parquet", some_points())
    _, objects, _, _ = read(table, path, objects="objects.parquet")
    assert objects["redshift_kind"].tolist() == ["none", "none"]
    assert "2 objects are not in objects.parquet, which says nothing of them: '007', '1e5'" in caplog.text
    assert "'1e5 ' of objects.parquet may be '1e5': a blank is in one of them" in caplog.text
    assert "'7.0' of objects.parquet may be '007': one of them went through a floating-point number" in caplog.text


def test_a_flux_of_exactly_0_is_no_measurement(tmp_path):
    columns = some_points() | {"FLUXCAL": [0.0, *some_points()["FLUXCAL"][1:]]}
    _, _, aside, _ = read(table, write_table(tmp_path / "a.csv", columns))
    assert aside["flux of exactly 0: no template"] == 1


def test_a_folder_of_tables_is_one_survey(tmp_path):
    points = {name: values for name, values in some_points().items() if name != "SNID"}
    write_table(tmp_path / "0012.csv", points)
    write_table(tmp_path / "ZTF20abc.parquet", points)
    write_table(tmp_path / "objects.csv", {"id": ["0012"], "z": [1], "redshift": [0.1]})
    _, objects, _, _ = read(table, tmp_path, objects=["objects.csv"])
    assert objects["object_id"].tolist() == ["0012", "ZTF20abc"]
    assert objects["redshift"][0] == 0.1


def test_rows_dropped_by_masks_and_values(tmp_path):
    path = write_table(tmp_path / "a.csv", some_points() | {"catflags": [0, 32768, 0, 0, 0, 0], "use": list("aabaab")})
    _, _, aside, _ = read(table, path, drop={"use": ["b"]})
    assert aside["catflags & 32768"] == 1
    assert aside["use of drop"] == 2


def test_ids_keep_their_digits(tmp_path):
    ids = ["NA", "nan", "00012", "1e5", "170028500555406485", "null"]
    for form in ("csv", "parquet", "fits", "ecsv"):
        path = write_table(tmp_path / f"a.{form}", some_points() | {"SNID": ids, "FLUXCALERR": [1.0] * 6})
        assert read(table, path)[1]["object_id"].tolist() == ids
    whole = some_points() | {"SNID": [170028500555406485] * 6}
    for form in ("csv", "parquet", "fits", "ecsv", "vot"):
        path = write_table(tmp_path / f"b.{form}", whole)
        assert read(table, path)[1]["object_id"].tolist() == ["170028500555406485"]


@pytest.mark.parametrize(
    ("ids", "found"),
    [([1.7002850055540648e17] * 6, "1.7002850055540646e\\+17"), ([3.0] * 5 + [np.nan], "nan"), ([2.5] * 6, "2.5")],
)
def test_ids_that_floats_do_not_keep_are_refused(tmp_path, ids, found):
    path = write_table(tmp_path / "c.parquet", some_points() | {"SNID": ids})
    with pytest.raises(DataError, match=f"SNID.*{found}, which loses the digits.*Next step: write the ids as text or"):
        read(table, path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "header"),
        (b"SNID,MJD,BAND,FLUXCAL,FLUXCALERR\n", "header only"),
        (b"SNID,MJD,BAND,FLUXCAL,FLUXCALERR\na,1,g,x1,2\n", "line 2, column 'FLUXCAL'"),
        (b'SNID,MJD,BAND,FLUXCAL,FLUXCALERR\n\n"a\nb",1,g,1,2\na,1,g,,2\na,1,g,wrong,2\n', "line 6, column 'FLUXCAL'"),
        (b"SNID,MJD,BAND,FLUXCAL,FLUXCALERR\na,1,g,1\n", "line 2: expected 5 values"),
        (b"SNID;MJD;BAND;FLUXCAL;FLUXCALERR\na;1;g;1;1\n", "instead of ';'"),
        (b"SNID,MJD,MJD,BAND,FLUXCAL,FLUXCALERR\na,1,1,g,1,1\n", "'MJD' twice"),
        (b"SNID,MJD,BAND,FLUXCAL,FLUXCALERR\n\xff\xfe,1,g,1,1\n", "UTF"),
        (b"\xff\xfeS\0N\0", "UTF-16"),
    ],
)
def test_broken_csv(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(table, tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.parquet", "a.fits", "a.ecsv", "a.vot"])
@pytest.mark.parametrize("content", [b"", b"text, text\n1,2\n", b"\0" * 5000, b"PAR1" * 8, b"SIMPLE  = T"])
def test_files_that_are_not_what_their_name_claims(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"Next step"):
        read(table, tmp_path / name)


def test_files_that_claim_more_than_they_hold_or_point_elsewhere(tmp_path):
    data = write_table(tmp_path / "a.fits", some_points()).read_bytes()
    for old, new in (
        (b"NAXIS2  =                    6", b"NAXIS2  =         999999999999"),
        (b"NAXIS1  =  ", b"NAXIS1  = 9"),
        (b"NAXIS2  =                    6", b"NAXIS2  =                   -6"),
    ):
        assert data.count(old) == 1
        (tmp_path / "b.fits").write_bytes(data.replace(old, new))
        assert rows_or_error(table, tmp_path / "b.fits") is None
    text = write_table(tmp_path / "a.vot", some_points()).read_text()
    for old, new in (
        ("<TABLE>", '<TABLE nrows="99999999999">'),
        ("<TABLEDATA>", '<BINARY><STREAM href="file:///etc/passwd"/></BINARY><TABLEDATA>'),
        ("<VOTABLE", '<!DOCTYPE a [<!ENTITY b "c">]><VOTABLE'),
    ):
        assert old in text
        (tmp_path / "b.vot").write_text(text.replace(old, new, 1))
        assert rows_or_error(table, tmp_path / "b.vot") is None


def test_parquet_that_unpacks_to_far_more_than_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_parts, "FREE_VALUES", 1000)
    columns = {name: np.zeros(2_000_000, dtype="i1") for name in ("id", "mjd", "flux", "fluxerr", "band")}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="in a file of its size"):
        read(table, tmp_path / "a.parquet")


@pytest.mark.parametrize("form", FORMATS)
def test_damaged_files_are_read_or_refused(tmp_path, form):
    path = write_table(tmp_path / f"a.{form}", some_points())
    data, rng = path.read_bytes(), np.random.default_rng(1)
    for damaged in damages(data, rng, 8 if form in ("ecsv", "vot") else 30):
        path.write_bytes(damaged)
        rows_or_error(table, path)


def test_cut_fits_is_never_read_as_whole(tmp_path):
    path = write_table(tmp_path / "a.fits", some_points())
    data = path.read_bytes()
    for end in (100, 2880, 3000, len(data) - 2880, len(data) - 2879):
        path.write_bytes(data[:end])
        assert rows_or_error(table, path) is None


def test_byte_orders_and_types_do_not_matter(tmp_path):
    expected = read(table, write_table(tmp_path / "a.fits", some_points()))[0]["flux"]
    for kind in ("<f8", ">f4", "<f4"):
        columns = some_points() | {"FLUXCAL": np.array(some_points()["FLUXCAL"], dtype=kind)}
        columns |= {"PHOTFLAG": np.array(some_points()["PHOTFLAG"], dtype="u2")}
        points = read(table, write_table(tmp_path / "b.fits", columns))[0]
        assert points["flux"].tolist() == pytest.approx(expected.tolist())
    columns = some_points() | {"MJD": [str(value) for value in some_points()["MJD"]]}
    assert len(read(table, write_table(tmp_path / "c.parquet", columns))[0]["mjd"]) == 3
    columns = some_points() | {"MJD": [True, None, True, None, True, True]}
    assert rows_or_error(table, write_table(tmp_path / "d.parquet", columns)) == 6
    columns = some_points() | {"MJD": [[1.0]] * 6}
    assert rows_or_error(table, write_table(tmp_path / "e.parquet", columns)) is None


NUMBERS = st.one_of(st.floats(), st.sampled_from([None, 0.0, -999.0, 1e300, 1e-300]))
TEXTS = st.sampled_from(["g", "Y", "", "-", "DES-i", "V", "é", None])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.tuples(TEXTS, NUMBERS, TEXTS, NUMBERS, NUMBERS), min_size=1, max_size=20),
    form=st.sampled_from(["csv", "parquet"]),
    names=st.permutations(["name", "time", "filter", "flux_nJy", "flux_err_nJy"]),
    memory=st.sampled_from([1, 7, 1000]),
)
def test_every_row_is_a_point_or_set_aside(tmp_path, rows, form, names, memory):
    kinds = [pa.string(), pa.float64(), pa.string(), pa.float64(), pa.float64()]
    columns = dict(zip(["name", "time", "filter", "flux_nJy", "flux_err_nJy"], zip(*rows, strict=True), strict=True))
    kinds = dict(zip(columns, kinds, strict=True))
    if form == "csv":
        path = write_table(tmp_path / "a.csv", {name: columns[name] for name in names})
    else:
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({name: pa.array(columns[name], kinds[name]) for name in names}), path)
    found = rows_or_error(table, path, rows_in_memory=memory)
    assert found in (len(rows), None)
    if found is None:  # only passbands of no known survey, in most of the rows, are an error here
        bands = [row[2] for row in rows]
        assert sum(map(bands.count, ("V", "é"))) > sum(map(bands.count, ("g", "Y", "DES-i")))


@needs_surveys
def test_real_supernovae_of_ztf():
    expected = json.loads(real("expected.json").read_text())["bts_snia"]
    points, objects, aside, _ = read(table, real("bts_snia"), objects="bts.csv")
    assert sorted(objects["object_id"]) == sorted(expected)
    assert len(points["mjd"]) + sum(aside.values()) == sum(one["points"] for one in expected.values())
    for name, one in expected.items():
        at = points["object_id"] == name
        assert at.sum() == one["points"]
        first = {key: values[at][0] for key, values in points.items()}
        assert first["mjd"] == pytest.approx(one["first"]["mjd"], abs=1e-6)
        assert first["passband"] == {"g": "ztf.g", "R": "ztf.r"}[one["first"]["band"]]
        assert first["flux"] == pytest.approx(one["first"]["flux_uJy"], abs=1e-5)
        assert first["flux_err"] == pytest.approx(one["first"]["flux_err_uJy"], abs=1e-5)
        assert objects["redshift"][objects["object_id"] == name][0] == float(one["z"])
        assert objects["label"][objects["object_id"] == name][0].startswith("SN Ia")


@needs_surveys
@pytest.mark.parametrize(
    ("parts", "options", "n_objects", "rows"),
    [
        (("alerce", "detections_sample.parquet"), {"objects": "object_info_sample.parquet"}, 10, 2586),
        (("alerce", "lc_sample_wo_nev_comp.parquet"), {}, 400, 23860),
        (("alerce", "30_sne_detections_corr.csv"), {}, 30, 784),
        (("elasticc", "elasticc_lc_chunk.parquet"), {"objects": "elasticc_metadata_chunk.parquet"}, 10, 1521),
        (("ecsv", "AGN_17032813.ecsv"), {}, 1, 226),
        (("ecsv", "fake_SN.ecsv"), {}, 1, 36),
        (("snana", "DES_PHOT.csv"), {"survey": "des"}, 2, 127),
        (("snana", "example_lc.csv"), {"survey": "des"}, 1, 72),
        (("hard_curves",), {"survey": "own"}, 11, 2438),
    ],
)
def test_real_tables_are_accounted_for(parts, options, n_objects, rows):
    points, objects, aside, _ = read(table, real(*parts), **options)
    assert len(objects["object_id"]) == n_objects
    assert len(points["mjd"]) + sum(aside.values()) == rows


@needs_surveys
def test_corrected_magnitudes_of_alerce_by_a_mapping():
    mapping = {"magnitude": "magpsf_corr", "magnitude_err": "sigmapsf_corr_ext", "sign": None}
    path = real("alerce", "detections_sample.parquet")
    points, _, aside, _ = read(table, path, columns=mapping, flux="direct")
    frame = pq.read_table(path, columns=["magpsf_corr", "sigmapsf_corr_ext"]).to_pydict()
    good = [m is not None and e is not None and 0 < e < 90 and m < 90 for m, e in zip(*frame.values(), strict=True)]
    assert len(points["mjd"]) == sum(good)
    assert len(points["mjd"]) + sum(aside.values()) == 2586
    assert (points["flux"] > 0).all()


@needs_surveys
@pytest.mark.parametrize("name", ["100_objects.csv", "100_objects_labels.csv", "object_info_sample.parquet"])
def test_real_tables_without_points_are_refused_with_their_columns(name):
    with pytest.raises(DataError, match="found the columns"):
        read(table, real("alerce", name))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_whether_a_point_is_a_detection_may_be_untold(tmp_path, form):
    """-1 is what `mallorn convert` writes for points of which a file does not tell."""
    told = np.array([1, 0, -1], dtype=np.int8)
    columns = {"object_id": ["a"] * 3, "mjd": 60000.5 + np.arange(3.0), "band": ["g"] * 3, "detected": told}
    path = write_table(tmp_path / f"a.{form}", {**columns, "flux": np.ones(3), "flux_err": np.ones(3)})
    points, *_ = read(table, path)
    assert points["detected"].tolist() == [1, 0, -1]
