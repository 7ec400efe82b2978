"""PLAsTiCC's CSV files: classes by number, Galactic objects without redshift, every row accounted for."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_checks import damages, read, rows_or_error

from mallorn.errors import DataError
from mallorn.sources import plasticc

CURVES = """object_id,mjd,passband,flux,flux_err,detected
615,59750.4229,2,-544.810303,3.622952,1
615,59750.4306,1,-816.434326,5.553370,1
713,59825.2600,0,0.096187,4.1,0
713,59826.2600,5,1.5,2.5,1
1000005,59827.2600,4,2.5,2.5,0
"""
METADATA = """object_id,ra,decl,gal_l,gal_b,ddf,hostgal_specz,hostgal_photoz,hostgal_photoz_err,distmod,mwebv,target
615,349.046051,-61.943836,320.796530,-51.753706,1,0.0000,0.0000,0.0000,nan,0.017,92
713,53.085938,-27.784405,223.525509,-54.460748,1,1.8181,1.6267,0.2552,45.4063,0.007,88
1000005,33.574219,-6.579593,170.455585,-61.548219,1,nan,0.2262,0.0157,40.2561,0.021,995
"""
ZP_27_5 = 0.0363078055


def write(folder, curves=CURVES, metadata=METADATA, packed=False):
    end = ".csv.gz" if packed else ".csv"
    for name, text in (("training_set", curves), ("training_set_metadata", metadata)):
        if text is not None:
            data = text.encode()
            (folder / (name + end)).write_bytes(gzip.compress(data) if packed else data)
    return folder


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("single", [False, True])
def test_points_and_objects(tmp_path, packed, single):
    path = write(tmp_path, packed=packed)
    path = path / ("training_set.csv.gz" if packed else "training_set.csv") if single else path
    points, objects, aside, about = read(plasticc, path)
    assert points["object_id"].tolist() == ["615", "615", "713", "713", "1000005"]
    assert points["passband"].tolist() == ["lsst.r", "lsst.g", "lsst.u", "lsst.y", "lsst.z"]
    assert points["flux"][0] == pytest.approx(-544.810303 * ZP_27_5)
    assert points["flux_err"][1] == pytest.approx(5.553370 * ZP_27_5)
    assert points["detected"].tolist() == [1, 1, 0, 1, 0]
    assert not aside
    assert objects["label"].tolist() == ["RR Lyrae", "AGN", "uLens-String"]
    assert objects["redshift_kind"].tolist() == ["none", "spectroscopic", "photometric"]
    assert objects["redshift"].tolist() == pytest.approx([np.nan, 1.8181, 0.2262], nan_ok=True)
    assert objects["redshift_err"][2] == 0.0157
    assert objects["ebv"].tolist() == [0.017, 0.007, 0.021]
    assert objects["dec"][0] == -61.943836
    assert about["flux"] == "difference"


def test_names_of_classes_can_be_set_and_metadata_left_out(tmp_path):
    assert read(plasticc, write(tmp_path), types={88: "QSO"})[1]["label"][1] == "QSO"
    (tmp_path / "training_set_metadata.csv").unlink()
    _, objects, _, _ = read(plasticc, tmp_path)
    assert objects["label"].tolist() == [None] * 3
    assert np.isnan(objects["redshift"]).all()


def test_several_files_and_few_rows_in_memory(tmp_path):
    write(tmp_path)
    lines = CURVES.splitlines(keepends=True)
    (tmp_path / "test_set_batch1.csv").write_text("".join([lines[0], "615,59760.0,3,1.0,1.0,0\n"]).replace(
        "detected", "detected_bool"
    ))  # fmt: skip
    points, objects, _, _ = read(plasticc, tmp_path, rows_in_memory=2)
    assert np.sum(points["object_id"] == "615") == 3
    assert len(objects["object_id"]) == 3


@pytest.mark.parametrize(
    ("curves", "metadata", "message"),
    [
        (None, METADATA, "light curves"),
        (CURVES.replace("flux_err", "sigma"), METADATA, "'flux_err'"),
        (CURVES.replace(",-544.810303", ",many"), METADATA, "line 2, column 'flux'"),
        (CURVES[:-9], METADATA, "6 values|line 6"),
        (CURVES, METADATA + "615,1,1,1,1,1,1,1,1,1,1,1\n", "each object once"),
        (CURVES, METADATA.replace("object_id", "key"), "object_id"),
        (CURVES.splitlines(keepends=True)[0], METADATA, "header only"),
    ],
)
def test_broken_files(tmp_path, curves, metadata, message):
    with pytest.raises(DataError, match=message):
        read(plasticc, write(tmp_path, curves, metadata))


@pytest.mark.parametrize("name", ["training_set.csv", "training_set_metadata.csv"])
def test_damaged_files_are_read_or_refused(tmp_path, name):
    path = write(tmp_path) / name
    data, rng = path.read_bytes(), np.random.default_rng(5)
    for damaged in damages(data, rng, 60):
        path.write_bytes(damaged)
        rows_or_error(plasticc, tmp_path)


CELLS = st.sampled_from(["", "nan", "inf", "0", "1.5", "-999", "1e40"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["1", "2", ""]), CELLS, st.sampled_from(["0", "5", "", "9"]), CELLS, CELLS),
        min_size=1,
        max_size=15,
    ),
    most=st.sampled_from([1, 4, 1000]),
)
def test_every_row_is_a_point_or_set_aside(tmp_path, rows, most):
    text = "object_id,mjd,passband,flux,flux_err,detected\n" + "".join(",".join(row) + ",1\n" for row in rows)
    found = rows_or_error(plasticc, write(tmp_path, text), rows_in_memory=most)
    unknown = sum(row[2] == "9" for row in rows)
    known = sum(row[2] in ("0", "5") for row in rows)
    assert found == (None if unknown > known else len(rows))
