"""Rubin alerts: avro and Parquet, forced photometry and detections, several alerts of one object."""

import io
import json
from itertools import pairwise

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from alerts_written import alert, forced, schema, some_alerts, source, write_avro, write_parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_checks import damages, needs_surveys, read, real, rows_or_error

from mallorn.errors import DataError
from mallorn.sources import rubin_alerts

A, B = "313963405132693599", "170028500619100295"
N_ROWS = 12


def written(kind, folder, alerts):
    if kind == "parquet":
        return write_parquet(folder / "alerts.parquet", alerts)
    return write_avro(folder / "alerts.avro", alerts, codec=kind)


@pytest.mark.parametrize("kind", ["parquet", "null", "deflate"])
def test_points_of_two_objects(tmp_path, kind):
    points, objects, aside, about = read(rubin_alerts, written(kind, tmp_path, some_alerts()))
    of_a = points["object_id"] == A
    order = np.argsort(points["mjd"][of_a])
    assert points["mjd"][of_a][order].tolist() == [61000.1, 61000.2, 61000.3, 61000.4]
    assert points["flux"][of_a][order].tolist() == pytest.approx([1.0, 1.0, -0.3, 1.0])
    assert points["passband"][of_a][order].tolist() == ["lsst.r", "lsst.r", "lsst.g", "lsst.r"]
    assert points["detected"][of_a][order].tolist() == [1, 1, 0, 1]
    assert points["flux_err"].tolist() == pytest.approx([0.1] * 5)
    assert objects["object_id"].tolist() == [A, B]
    assert objects["ra"].tolist() == [10.001, 10.001]
    assert objects["redshift_kind"].tolist() == ["none", "none"]
    assert aside == {
        "flux of exactly 0: no template": 1,
        "detection with forced photometry of the same visit": 1,
        "the same source in another alert": 2,
        "no flux": 1,
        "psfFlux_flag": 1,
        "solar-system object, without DiaObject": 1,
    }
    assert len(points["mjd"]) + sum(aside.values()) == N_ROWS
    assert (about["time"], about["flux"]) == ("MJD TAI", "difference")


def test_forced_points_only_and_detections_only(tmp_path):
    path = write_avro(tmp_path / "a.avro", some_alerts())
    points, *_ = read(rubin_alerts, path, points="forced")
    assert sorted(points["mjd"]) == [61000.1, 61000.3]
    assert sorted(zip(points["mjd"], points["detected"], strict=True)) == [(61000.1, 1), (61000.3, 0)]
    points, *_ = read(rubin_alerts, path, points="detections")
    assert sorted(points["mjd"]) == [61000.1, 61000.2, 61000.4, 61000.6]


def test_direct_flux_is_the_science_image(tmp_path):
    path = write_avro(tmp_path / "a.avro", [alert(source(1, 61000.0), (), [forced(2, 60999.0)])])
    points, _, _, about = read(rubin_alerts, path, flux="direct")
    assert sorted(points["flux"]) == pytest.approx([4.0, 5.0])
    assert sorted(points["flux_err"]) == pytest.approx([0.2, 0.3])
    assert about["flux"] == "direct"


def test_labels_and_redshifts_of_a_broker(tmp_path):
    cross = [
        {"tns_type": None, "simbad_otype": "QSO", "legacydr8_zphot": 1.5, "legacydr8_e_zphot": 0.2},
        {"tns_type": "SN Ia", "simbad_otype": "G", "legacydr8_zphot": None, "legacydr8_e_zphot": None},
    ]
    alerts = [alert(source(1, 61000.0), object_id=int(A)), alert(source(2, 61000.0), object_id=int(B))]
    path = write_parquet(tmp_path / "a.parquet", alerts, xm=pa.array(cross))
    _, objects, _, _ = read(rubin_alerts, path)
    assert objects["label"].tolist() == ["QSO", "SN Ia"]
    assert objects["redshift_kind"].tolist() == ["photometric", "none"]
    assert objects["redshift"][0] == 1.5


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_few_rows_in_memory_give_the_same_objects(tmp_path, rows):
    path = write_parquet(tmp_path / "a.parquet", some_alerts())
    whole, whole_objects, whole_aside, _ = read(rubin_alerts, path)
    points, objects, aside, _ = read(rubin_alerts, path, rows_in_memory=rows)
    assert sorted(map(str, zip(*points.values(), strict=True))) == sorted(map(str, zip(*whole.values(), strict=True)))
    assert sorted(objects["object_id"]) == sorted(whole_objects["object_id"])
    assert aside == whole_aside


def test_a_folder_is_read_as_one_stream(tmp_path):
    for k, one in enumerate(some_alerts()):
        write_avro(tmp_path / f"{k}.avro", [one])
    _, objects, aside, _ = read(rubin_alerts, tmp_path)
    assert sorted(objects["object_id"]) == sorted([A, B])
    assert aside["the same source in another alert"] == 2


@pytest.mark.parametrize("version", ["v7_4", "v8_0", "v9_0", "v11_0"])
def test_versions_differ_in_names_only(tmp_path, version):
    path = write_avro(tmp_path / "a.avro", some_alerts(), version=version)
    assert len(read(rubin_alerts, path)[0]["mjd"]) == 5


def test_what_is_no_file_of_alerts(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(DataError, match="choose the reader"):
        list(rubin_alerts.batches(tmp_path / "other.parquet", {}))
    (tmp_path / "message.avro").write_bytes(b"\0\0\0\3\xe8rest")
    with pytest.raises(DataError, match="without its schema"):
        list(rubin_alerts.batches(tmp_path / "message.avro", {}))
    with pytest.raises(DataError, match="expected a file of alerts"):
        list(rubin_alerts.batches(tmp_path / "nothing", {}))
    path = write_avro(tmp_path / "a.avro", some_alerts())
    with pytest.raises(DataError, match="points"):
        list(rubin_alerts.batches(path, {"points": "all"}))
    with pytest.raises(DataError, match="files without any"):
        list(rubin_alerts.batches(write_avro(tmp_path / "b.avro", []), {}))


def container(described, block, count=1):
    """Return an avro file with the schema and one block as given."""

    def number(value):
        value, out = (value << 1) ^ (value >> 63), b""
        while value >= 0x80:
            out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
        return out + bytes([value])

    text, marker = json.dumps(described).encode(), b"m" * 16
    head = b"Obj\x01" + number(1) + number(11) + b"avro.schema" + number(len(text)) + text + b"\0" + marker
    return head + number(count) + number(len(block)) + block + marker


def test_avro_that_claims_more_than_it_holds(tmp_path):
    path = tmp_path / "a.avro"
    nothing = {"type": "record", "name": "nothing", "fields": []}
    fields = [{"name": name, "type": "string"} for name in ("diaSource", "diaObject")]
    huge = {"type": "record", "name": "a", "fields": fields}
    nested = {"type": "record", "name": "a", "fields": [{"name": "diaSource", "type": ["null", "a"]}]}
    lists = [{"name": name, "type": {"type": "array", "items": nothing | {"name": name}}} for name in ("diaSource",)]
    for described, block, count in (
        (huge, b"\xfe\xff\xff\xff\xff\xff\xff\x7f" + b"x" * 10, 1),
        (huge, b"\0\0", 1 << 60),
        (nested, b"\0", 1),
        ({"type": "record", "name": "a", "fields": lists}, b"\xfe\xff\xff\xff\xff\xff\xff\x7f\0", 1),
    ):
        path.write_bytes(container(described, block, count))
        with pytest.raises(DataError, match=r"a\.avro"):
            list(rubin_alerts.batches(path, {}))


@pytest.mark.parametrize("kind", ["parquet", "null", "deflate"])
def test_damaged_files_are_read_or_refused(tmp_path, kind):
    path = written(kind, tmp_path, some_alerts())
    data, rng = path.read_bytes(), np.random.default_rng(0)
    results = []
    for damaged in damages(data, rng, 60):
        path.write_bytes(damaged)
        results.append(rows_or_error(rubin_alerts, path))
    assert results.count(None) > 10


def test_cut_avro_is_never_read_as_whole(tmp_path):
    data = write_avro(tmp_path / "a.avro", some_alerts()).read_bytes()
    path = tmp_path / "cut.avro"
    for end in range(len(data) - 900, len(data), 3):
        path.write_bytes(data[:end])
        assert rows_or_error(rubin_alerts, path) is None


FLOATS = st.sampled_from([None, float("nan"), float("inf"), 0.0, -1.5, 1e30, 250.0])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(st.tuples(FLOATS, FLOATS, st.sampled_from(["r", "Y", None, ""])), min_size=1, max_size=12),
    owners=st.lists(st.sampled_from([1, 2, None, 2**62 + 1]), min_size=12, max_size=12),
    kind=st.sampled_from(["parquet", "null"]),
)
def test_every_row_is_a_point_or_set_aside(tmp_path, values, owners, kind):
    alerts = [
        alert(
            source(k, 61000.0 + k, psfFlux=flux),
            [source(100 + k, 60000.0, psfFluxErr=error)],
            [forced(200 + k, 60000.0 + k, flux=error, band=band)],
            owner,
        )
        for k, ((flux, error, band), owner) in enumerate(zip(values, owners, strict=False))
    ]
    assert rows_or_error(rubin_alerts, written(kind, tmp_path, alerts)) == 3 * len(alerts)


@pytest.mark.parametrize("change", ["float ids", "text fluxes", "no band", "text ids", "renamed"])
def test_other_types_and_columns(tmp_path, change):
    table = pq.read_table(write_parquet(tmp_path / "a.parquet", some_alerts()))
    rows = table.to_pylist()
    for row in rows:
        new = row["diaSource"]
        if change == "float ids":
            for part in (new, row["diaObject"]):
                if part and part["diaObjectId"]:
                    part["diaObjectId"] = float(part["diaObjectId"])
        elif change == "text fluxes":
            new["psfFlux"] = "bright"
        elif change == "no band":
            new.pop("band")
        elif change == "text ids" and new["diaObjectId"]:
            new["diaObjectId"] = str(new["diaObjectId"])
        if change == "renamed":
            row["source"] = row.pop("diaSource")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "b.parquet")
    rows = rows_or_error(rubin_alerts, tmp_path / "b.parquet")
    assert rows == (N_ROWS if change in ("no band", "text ids") else None)


@needs_surveys
def test_real_alerts_match_their_readme():
    expected = json.loads(real("expected.json").read_text())["rubin"]
    for name, alerts in expected.items():
        points, objects, aside, _ = read(rubin_alerts, real("rubin", name), points="forced")
        known = [one for one in alerts if str(one["diaObjectId"]) != "0"]
        assert sorted(objects["object_id"]) == sorted(str(one["diaObjectId"]) for one in known)
        forced_rows = len(points["mjd"]) + aside["flux of exactly 0: no template"]
        assert forced_rows == sum(one["forced"] for one in known)
        for one in known:
            at = objects["object_id"] == str(one["diaObjectId"])
            assert objects["ra"][at][0] == pytest.approx(one["ra"], abs=3e-4)
            assert objects["dec"][at][0] == pytest.approx(one["dec"], abs=3e-4)
            if one["forced"] and one["first"]["flux_uJy"] != 0:
                first = {
                    key: values[points["object_id"] == str(one["diaObjectId"])][0] for key, values in points.items()
                }
                assert first["mjd"] == pytest.approx(one["first"]["mjd_tai"], abs=1e-6)
                assert first["passband"] == f"lsst.{one['first']['band']}"
                assert first["flux"] == pytest.approx(one["first"]["flux_uJy"], abs=1e-6)
                assert first["flux_err"] == pytest.approx(one["first"]["flux_err_uJy"], abs=1e-6)


@needs_surveys
def test_real_alerts_are_accounted_for_and_ids_keep_their_digits():
    total = 0
    for path in sorted(real("rubin").glob("*.parquet")):
        for row in pq.read_table(path, columns=["prvDiaSources", "prvDiaForcedSources"]).to_pylist():
            total += 1 + sum(len(part or ()) for part in row.values())
    points, objects, aside, _ = read(rubin_alerts, real("rubin"))
    assert len(points["mjd"]) + sum(aside.values()) == total == 36963
    assert aside["flux of exactly 0: no template"] == 368
    assert aside["solar-system object, without DiaObject"] == 10
    assert {len(text) for text in objects["object_id"]} == {18}
    assert np.sum(objects["label"] == "QSO") == 12


@needs_surveys
def test_elasticc_alerts():
    path = real("elasticc", "agn_elasticc_alerts.parquet")
    points, objects, _, _ = read(rubin_alerts, path)
    assert len(objects["object_id"]) == 98
    assert set(points["passband"]) == {f"lsst.{band}" for band in "ugrizy"}
    first = pq.read_table(path, columns=["diaSource"]).column(0)[0].as_py()
    at = np.isclose(points["mjd"], first["midPointTai"]) & (points["object_id"] == str(first["diaObjectId"]))
    assert first["psFlux"] / 1000 in points["flux"][at]
    assert set(objects["redshift_kind"]) == {"none", "photometric", "spectroscopic"}
    told = pq.read_table(path, columns=["diaObject"]).column(0).to_pylist()
    spectroscopic = {str(one["diaObjectId"]) for one in told if one["hostgal_zspec"] > 0}
    assert set(objects["object_id"][objects["redshift_kind"] == "spectroscopic"]) == spectroscopic
    assert np.isnan(objects["redshift"][objects["object_id"] == "4062448"]).all()
    assert not (objects["host_mag_g"] > 100).any()


@needs_surveys
def test_the_random_packet_of_schema_11():
    points, objects, aside, _ = read(rubin_alerts, real("rubin_alert", "fakeAlert.avro"))
    assert objects["object_id"].tolist() == ["281323062375219201"]
    assert len(points["mjd"]) + sum(aside.values()) == 3
    assert points["flux"][0] == pytest.approx(1.241)
    with open(real("rubin_alert", "fakeAlert.avro"), "rb") as stream:
        assert next(iter(fastavro.reader(stream)))["diaSource"]["midpointMjdTai"] in points["mjd"]


def test_written_schema_is_one_that_fastavro_reads():
    stream = io.BytesIO()
    fastavro.writer(stream, fastavro.parse_schema(schema()), some_alerts())
    stream.seek(0)
    ids = [one["diaSourceId"] for one in fastavro.reader(stream)]
    assert all(a != b for a, b in pairwise(ids))
