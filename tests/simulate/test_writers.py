"""What the writers write is read back by our readers, and by others' code, as it was."""

import gzip

import fastavro
import numpy as np
import pytest
from astropy.io import fits

from mallorn.settings.resolve import defaults
from mallorn.simulate import seen as sight
from mallorn.simulate.objects import draw_objects
from mallorn.simulate.source import is_star
from mallorn.simulate.writers import rubin_alerts, snana
from mallorn.sources.rubin_alerts import batches as read_alerts
from mallorn.sources.snana import batches as read_snana
from mallorn.survey.passbands import LSST, survey_passbands

SEED = 31
SPLITS = ("split_01", "split_02")
SOURCES = {"TDE": 2, "AGN": 1, "SN Ia-91bg-like": 1, "KN": 1, "RRL": 1, "EB": 1, "uLens": 1}
LABEL = {"label": ["diaObject.spec_type"]}


@pytest.fixture(scope="module")
def config():
    simulation = defaults()["simulation"]
    return simulation | {"n_splits": 2, "sources": dict.fromkeys(simulation["sources"], 0) | SOURCES}


@pytest.fixture(scope="module")
def truth(config):
    """Of which the first object is so near that it saturates."""
    drawn, _, _ = draw_objects(config, LSST, SEED)
    first = np.flatnonzero((drawn["spec_type"] == "TDE") & (drawn["set"] == "train"))[0]
    drawn["luminosity_distance"][first] = 20.0
    return drawn


def write(writer, folder, config, truth, passbands=LSST):
    n = sum(writer.write_split(config, passbands, SEED, split, truth, folder) for split in SPLITS)
    return folder, n


@pytest.fixture(scope="module")
def pairs(config, truth, tmp_path_factory):
    return write(snana, tmp_path_factory.mktemp("snana"), config, truth)


@pytest.fixture(scope="module")
def alerts(config, truth, tmp_path_factory):
    return write(rubin_alerts, tmp_path_factory.mktemp("alerts"), config, truth)


def rows_of(truth, part):
    return [row for split in SPLITS for row in sight.members(truth, split, part)]


def read(batches):
    """Return {id: points, sorted} and {id: what is known} of some batches."""
    points, known = {}, {}
    for batch in batches:
        for name in batch.objects["object_id"]:
            rows = np.flatnonzero(batch.points["object_id"] == name)
            rows = rows[np.lexsort((batch.points["passband"][rows], batch.points["mjd"][rows]))]
            points[name] = {column: values[rows] for column, values in batch.points.items()}
        for k, name in enumerate(batch.objects["object_id"]):
            known[name] = {column: values[k] for column, values in batch.objects.items()}
    return points, known


def made(config, row, passbands=LSST):
    """Return the `Seen` of an object, its passbands by their names, and the order in which `read` has them."""
    curve = sight.seen(config, passbands, SEED, row)
    names = np.array([f"{config['survey']}.{passbands.names[k]}" for k in curve.band], dtype=object)
    return curve, names, np.lexsort((names, curve.mjd))


def check_known(known, row, part, config):
    assert known["label"] == (row["spec_type"] if part == "train" else None)
    assert known["ebv"] == pytest.approx(row["ebv"], rel=1e-6)
    assert (known["ra"], known["dec"]) == sight.position(SEED, row)
    if is_star(row["spec_type"]):
        assert np.isnan(known["redshift"])
        assert known["redshift_kind"] == "none"
    else:
        assert known["redshift"] == pytest.approx(row["log_redshift"], rel=1e-6)
        assert known["redshift_err"] == pytest.approx(sight.redshift(row)[1], rel=1e-6)
        assert known["redshift_kind"] == ("spectroscopic" if part == "train" else "photometric")


@pytest.mark.parametrize("part", ["train", "test"])
def test_pairs_are_read_back_as_they_were(pairs, config, truth, part):
    points, known = read(read_snana(pairs[0] / part, {"drop_saturated": False}))
    rows = rows_of(truth, part)
    assert set(points) == {row["object_id"] for row in rows}
    for row in rows:
        curve, names, order = made(config, row)
        found = points[row["object_id"]]
        np.testing.assert_array_equal(found["mjd"], curve.mjd[order])
        np.testing.assert_array_equal(found["passband"], names[order])
        np.testing.assert_allclose(found["flux"], curve.flux[order], rtol=1e-6)
        np.testing.assert_allclose(found["flux_err"], curve.flux_err[order], rtol=1e-6)
        flagged = (curve.detected | curve.saturated).any()
        np.testing.assert_array_equal(found["detected"], curve.detected[order] if flagged else -1)
        check_known(known[row["object_id"]], row, part, config)


def test_saturated_points_are_flagged(pairs, config, truth):
    row = next(row for row in rows_of(truth, "train") if row["luminosity_distance"] == 20.0)
    curve, _, _ = made(config, row)
    assert curve.saturated.any()
    points, _ = read(read_snana(pairs[0] / row["set"], {}))
    assert len(points[row["object_id"]]["mjd"]) == np.count_nonzero(~curve.saturated)


def test_pairs_are_those_of_snana(pairs, config, truth):
    """Pointers, ends, flags, byte order and blanks, as astropy reads them."""
    folder, n_points = pairs
    heads = sorted(folder.rglob("*_HEAD.FITS.gz"))
    types = {row["spec_type"] for row in rows_of(truth, "train")}
    assert {path.name.split("_")[2] for path in heads if "TRAIN" in path.name} == {
        name.replace(" ", "-") for name in types
    }
    rows = {row["object_id"]: row for part in ("train", "test") for row in rows_of(truth, part)}
    counted = 0
    for path in heads:
        head, phot = (fits.open(path.with_name(path.name.replace("HEAD", kind))) for kind in ("HEAD", "PHOT"))
        assert head[0].header["SURVEY"] == "LSST"
        table, points = np.asarray(head[1].data), np.asarray(phot[1].data)
        assert points.dtype["MJD"] == np.dtype(">f8")
        assert points.dtype["FLUXCAL"] == np.dtype(">f4")
        raw, width = gzip.decompress(path.read_bytes()), int(head[1].columns["SNID"].format.removesuffix("A"))
        assert all(name.ljust(width) in raw for name in table["SNID"].tolist())
        assert ("SIM_TYPE_NAME" in table.dtype.names) == ("TRAIN" in path.name)
        inside = np.zeros(len(points), dtype=bool)
        for one in table:
            curve, _, _ = made(config, rows[one["SNID"].decode().strip()])
            first, last = one["PTROBS_MIN"] - 1, one["PTROBS_MAX"]
            assert not inside[first:last].any()
            inside[first:last] = True
            assert last - first == one["NOBS"] == len(curve.mjd)
            np.testing.assert_array_equal(points["MJD"][first:last], curve.mjd)
            np.testing.assert_allclose(points["FLUXCAL"][first:last] * 0.0363078, curve.flux, rtol=1e-5)
            flag = points["PHOTFLAG"][first:last]
            np.testing.assert_array_equal(flag & 4096 > 0, curve.detected)
            np.testing.assert_array_equal(flag & 1024 > 0, curve.saturated)
            triggers = np.flatnonzero(flag & 2048)
            assert triggers.tolist() == ([curve.trigger] if curve.trigger >= 0 else [])
            assert points["MJD"][last] == -777.0
        assert (points["MJD"][~inside] == -777.0).all()
        counted += int(inside.sum())
    assert counted == n_points


def test_a_trigger_needs_two_detections_half_an_hour_apart(config, truth):
    for row in rows_of(truth, "test"):
        curve, _, _ = made(config, row)
        when = curve.mjd[curve.detected]
        if curve.trigger >= 0:
            assert curve.detected[curve.trigger]
            assert curve.mjd[curve.trigger] > when[0] + 0.02
            assert not ((when > when[0] + 0.02) & (when < curve.mjd[curve.trigger])).any()
        else:
            assert not len(when) or when.max() <= when[0] + 0.02


@pytest.mark.parametrize("part", ["train", "test"])
def test_alerts_are_read_back_as_they_were(alerts, config, truth, part):
    points, known = read(read_alerts(alerts[0] / part, LABEL | {"flags": []}))
    expected = {}
    for row in rows_of(truth, part):
        curve, names, order = made(config, row)
        if curve.detected.any():
            expected[str(rubin_alerts.dia_object_id(row))] = row, curve, names, order
    assert set(points) == set(expected)
    for name, (row, curve, names, order) in expected.items():
        when = curve.mjd[curve.detected]
        last = np.flatnonzero(curve.detected)[-1]
        told = (curve.mjd >= when[0] - 30.0) & (curve.mjd < when[-1])
        told |= curve.detected
        order = order[told[order]]
        found = points[name]
        assert last in order
        np.testing.assert_array_equal(found["mjd"], curve.mjd[order])
        np.testing.assert_array_equal(found["passband"], names[order])
        np.testing.assert_allclose(found["flux"], curve.flux[order], rtol=1e-6)
        np.testing.assert_allclose(found["flux_err"], curve.flux_err[order], rtol=1e-6)
        np.testing.assert_array_equal(found["detected"], curve.detected[order])
        check_known(known[name], row, part, config)


def test_packets_of_an_object_grow(alerts, config, truth):
    folder, n_alerts = alerts
    packets = {}
    for path in sorted(folder.rglob("*.avro")):
        with open(path, "rb") as file:
            for packet in fastavro.reader(file):
                packets.setdefault(packet["diaObject"]["diaObjectId"], []).append(packet)
    assert sum(map(len, packets.values())) == n_alerts
    for row in rows_of(truth, "train"):
        curve, _, _ = made(config, row)
        n = np.count_nonzero(curve.detected)
        of_object = packets.get(rubin_alerts.dia_object_id(row), [])
        numbers = [1 + len(packet["prvDiaSources"] or ()) for packet in of_object]
        assert numbers == sorted({2**k for k in range(20) if 2**k < n} | ({n} if n else set()))
        for packet in of_object:
            new = packet["diaSource"]
            assert packet["diaObject"]["name"] == row["object_id"]
            assert packet["diaSourceId"] == new["diaSourceId"]
            assert all(point["midpointMjdTai"] < new["midpointMjdTai"] for point in packet["prvDiaForcedSources"] or ())
            reference = sight.seen(config, LSST, SEED, row).reference[LSST.index(new["band"])]
            if is_star(row["spec_type"]):
                assert new["scienceFlux"] == pytest.approx(new["psfFlux"] + 1000.0 * reference, rel=1e-5)
            else:
                assert new["scienceFlux"] is None


def test_test_objects_tell_no_type(pairs, alerts):
    for path in sorted(alerts[0].glob("test/*.avro")):
        with open(path, "rb") as file:
            assert {packet["diaObject"]["spec_type"] for packet in fastavro.reader(file)} == {None}
    assert {path.name.split("_")[2] for path in pairs[0].glob("test/*/*")} == {"all"}


@pytest.mark.parametrize("writer", [snana, rubin_alerts])
def test_a_split_gives_the_same_bytes_alone_and_again(writer, pairs, alerts, config, truth, tmp_path):
    folder = (pairs if writer is snana else alerts)[0]
    member = truth["split"] == "split_02"
    writer.write_split(
        config, LSST, SEED, "split_02", {name: values[member] for name, values in truth.items()}, tmp_path
    )
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert files
    for path in files:
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes()


def test_pairs_and_alerts_of_ztf(config, tmp_path):
    ztf, passbands = config | {"survey": "ztf", "sources": {"TDE": 1, "d-Sct": 1}}, survey_passbands("ztf")
    drawn, _, _ = draw_objects(ztf, passbands, SEED)
    write(snana, tmp_path / "snana", ztf, drawn, passbands)
    write(rubin_alerts, tmp_path / "alerts", ztf, drawn, passbands)
    found = [
        read(read_snana(tmp_path / "snana" / "train", {"drop_saturated": False}))[0],
        read(read_alerts(tmp_path / "alerts" / "train", {"survey": "ztf", "flags": []}))[0],
    ]
    for row in rows_of(drawn, "train"):
        curve, names, order = made(ztf, row, passbands)
        np.testing.assert_array_equal(found[0][row["object_id"]]["passband"], names[order])
        np.testing.assert_allclose(found[0][row["object_id"]]["flux"], curve.flux[order], rtol=1e-6)
        assert set(found[1][str(rubin_alerts.dia_object_id(row))]["passband"]) <= {"ztf.g", "ztf.r", "ztf.i"}


def test_a_split_without_objects(config, truth, tmp_path):
    assert snana.write_split(config, LSST, SEED, "split_09", truth, tmp_path) == 0
    assert rubin_alerts.write_split(config, LSST, SEED, "split_09", truth, tmp_path) == 0
    assert not list(tmp_path.rglob("*.gz"))
    assert len(list(tmp_path.rglob("*.avro"))) == 2


def test_hosts_and_positions(config, truth):
    rows = rows_of(truth, "train") + rows_of(truth, "test")
    for row in rows:
        ra, dec = sight.position(SEED, row)
        assert 0.0 <= ra < 360.0
        assert -65.0 <= dec <= 5.0
        host = sight.host(config, LSST, SEED, row)
        if is_star(row["spec_type"]):
            assert host is None
            continue
        assert host.separation > 0.0
        assert (host.separation < 0.3) or row["spec_type"] not in ("TDE", "AGN")
        assert host.photometric == pytest.approx(row["redshift"], abs=0.12 * (1.0 + row["redshift"]))
        assert (np.diff(host.magnitude) <= 1e-9).all()  # red
