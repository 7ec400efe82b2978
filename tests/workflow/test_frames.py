"""Nested frames on a finished run: scored at once, and as a catalogue on a cluster of Dask's."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

import mallorn
from mallorn.command.main import mallorn as command
from mallorn.errors import DataError
from mallorn.interface.model import Model


@pytest.fixture(scope="module")
def scored(finished):
    """The folder of a model, a nested frame of the simulated survey's first objects, and what the model says of them.

    The survey tells no positions; the frame has made-up ones."""
    results = finished.path / "results"
    curves = mallorn.read(results / "survey").take(np.arange(12))
    model = mallorn.load_model(results / "model")
    return results / "model", nested(curves), model.predict(curves, tell=False)


def nested(curves):
    """Return a frame with an object in each row and its points in a nested column, as lsdb has them."""
    points = zip(curves.mjd, np.array(curves.passbands.names)[curves.band], curves.flux, curves.flux_err, strict=True)
    flat = [dict(zip(("mjd", "band", "flux", "fluxerr"), point, strict=True)) for point in points]
    lists = [flat[begin:end] for begin, end in zip(curves.start[:-1], curves.start[1:], strict=True)]
    photometric = np.isfinite(curves.redshift_err)
    table = {
        "object_id": curves.object_id.astype(str),
        "ra": 15.0 + 20.0 * np.arange(len(curves)),
        "dec": -60.0 + 8.0 * np.arange(len(curves)),
        "redshift": np.where(photometric, np.nan, curves.redshift),
        "photoz": np.where(photometric, curves.redshift, np.nan),
        "photoz_err": curves.redshift_err,
        "ebv": curves.ebv,
    }
    return pd.DataFrame(table).assign(sources=pd.Series(lists, dtype=pd.ArrowDtype(pa.array(lists).type)))


SETTINGS = {"readers": {"hats": {"unit": "uJy"}}}


def test_a_nested_frame_gets_the_probabilities_of_its_light_curves(scored, monkeypatch):
    folder, frame, expected = scored
    index = pd.Index(np.arange(len(frame)) * 7, name="_healpix_29")
    shuffled = frame.iloc[::-1].set_index(index)
    monkeypatch.setattr("mallorn.interface.frames.OBJECTS_PER_BATCH", 5)
    found = mallorn.predict_frame(shuffled, folder, "lsst", SETTINGS)
    assert found.index.equals(index)
    assert "sources" not in found
    assert found["ra"].tolist() == shuffled["ra"].tolist()
    by_id = found.set_index("object_id").loc[expected.index]
    for name in ("probability", "probability_high", "probability__AGN", "threshold"):
        np.testing.assert_allclose(by_id[name].to_numpy(float), expected[name].to_numpy(float), atol=1e-6, err_msg=name)
    assert by_id["decision"].tolist() == expected["decision"].astype("Int8").tolist()
    assert by_id["redshift_kind"].tolist() == expected["redshift_kind"].tolist()
    empty = mallorn.predict_frame(shuffled.head(0), Model(folder), "lsst", SETTINGS)
    assert empty.dtypes.equals(found.dtypes)  # what dask asks of it before it has a partition


def test_a_frame_without_light_curves_or_with_an_object_twice_is_refused(scored):
    folder, frame, _ = scored
    with pytest.raises(DataError, match="expected a nested column"):
        mallorn.predict_frame(frame.drop(columns="sources"), folder)
    with pytest.raises(DataError, match="expected each object once"):
        mallorn.predict_frame(pd.concat([frame.head(2), frame.head(1)]), folder, "lsst", SETTINGS)


def test_a_cluster_scores_a_catalogue_as_one_process_does(scored, finished, tmp_path):
    """The catalogue is that of the simulated survey, by way of `mallorn convert`, as HATS on the disk."""
    lsdb = pytest.importorskip("lsdb", reason="the extra cluster is not installed: lsdb")
    from dask.distributed import Client
    from nested_pandas import NestedFrame

    folder, frame, expected = scored
    path = tmp_path / "long.parquet"
    done = CliRunner().invoke(command, ["convert", str(finished.path / "results" / "survey"), "--out", str(path)])
    assert done.exit_code == 0, done.output
    known = ["redshift", "photoz", "photoz_err", "ebv"]
    long = pd.read_parquet(path).drop(columns=["ra", "dec", "label"]).merge(frame[["object_id", "ra", "dec"]])
    flat = NestedFrame.from_flat(long, base_columns=["ra", "dec", *known], on="object_id", name="sources").reset_index()
    lsdb.from_dataframe(flat, ra_column="ra", dec_column="dec", partition_rows=4).write_catalog(tmp_path / "catalogue")
    catalogue = lsdb.open_catalog(tmp_path / "catalogue")
    assert catalogue.npartitions > 1
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None):
        found = catalogue.map_partitions(mallorn.predict_frame, str(folder), survey="lsst", settings=SETTINGS).compute()
    assert set(found["object_id"]) <= set(expected.index)
    assert len(found) >= 5  # those of the first objects that are in the test set, which is what `convert` reads
    expected = expected["probability"].loc[found["object_id"]]
    np.testing.assert_allclose(found["probability"].to_numpy(float), expected, atol=1e-6)
