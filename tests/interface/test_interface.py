"""The Python interface, on light curves that the embedded simulation makes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import mallorn
from mallorn.errors import DataError
from mallorn.families import pipeline
from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults
from mallorn.simulate.lightcurves import write_split
from mallorn.simulate.logs import write_logs
from mallorn.simulate.names import split_names
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

SOURCE = Path(mallorn.__file__).parents[1]


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """A simulated survey of two splits on disk."""
    folder, simulation = tmp_path_factory.mktemp("survey"), defaults()["simulation"]
    few = dict.fromkeys(simulation["sources"], 0) | {"AGN": 4, "SN Ia": 4, "TDE": 4}
    simulation |= {"n_splits": 2, "sources": few, "siblings": {"train": 2, "test": 2}}
    write_logs(simulation, LSST, 7, folder)
    truth = read_columns(folder / "truth.parquet")
    for split in split_names(2):
        write_split(simulation, LSST, 7, split, truth, folder)
    return folder


@pytest.fixture(scope="module")
def curves(survey):
    return mallorn.read(survey, splits=["split_01"])


def test_importing_loads_nothing_heavy():
    code = "import sys, mallorn; print([m for m in ('numpy', 'pandas', 'pyarrow', 'numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_what_is_offered_is_there_and_documented():
    assert set(mallorn.__all__) <= set(dir(mallorn))
    for name in mallorn.__all__:
        assert getattr(mallorn, name).__doc__
    with pytest.raises(AttributeError, match="it has LightCurves"):
        _ = mallorn.classify


def test_the_stub_offers_the_same():
    stub = (SOURCE / "mallorn" / "__init__.pyi").read_text()
    assert all(f" import {name} as {name}\n" in stub for name in mallorn.__all__)


def test_reading_gives_the_objects_of_the_splits_asked_for(survey, curves):
    whole = mallorn.read(survey)
    assert isinstance(curves, LightCurves)
    assert 0 < len(curves) < len(whole)
    assert set(curves.object_id) <= set(whole.object_id)
    with pytest.raises(DataError, match="no split 'split_09'; expected some of split_01, split_02"):
        mallorn.read(survey, splits=["split_09"])
    with pytest.raises(DataError, match="expected the folder of a survey, found nothing"):
        mallorn.read(survey / "nowhere")


def test_features_are_a_table_of_the_families_asked_for(curves):
    few = curves.take(np.arange(4))
    table = mallorn.features(few, families=["statistics", "multiband"])
    assert list(table.index) == list(few.object_id)
    assert {name.split("__")[0] for name in table.columns} == {"statistics", "multiband"}
    tail = mallorn.features(few, {"features": {"statistics": {"tail": 0.1}}}, ["statistics"])
    changed = (tail != table[tail.columns]) & tail.notna()
    assert changed.any().any()
    assert all("percentile" in name or "ratio" in name for name in changed.columns[changed.any()])


def test_features_do_not_depend_on_the_threads_of_linear_algebra(curves, monkeypatch):
    seen = []
    monkeypatch.setattr(pipeline, "family_features", lambda *_: seen.append(threadpool_info()) or {"x": np.zeros(1)})
    with threadpool_limits(2, user_api="blas"):
        mallorn.features(curves.take([0]), families=["statistics"])
        after = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert {pool["num_threads"] for pool in seen[0] if pool["user_api"] == "blas"} == {1}
    assert set(after) == {2}


def test_plotting_one_object(curves, tmp_path):
    name = str(curves.object_id[2])
    figure = mallorn.plot(curves, name)
    figure.savefig(tmp_path / "one.png")
    assert (tmp_path / "one.png").stat().st_size > 10_000
    with pytest.raises(DataError, match="no object 'nobody'"):
        mallorn.plot(curves, "nobody")
    with pytest.raises(DataError, match="expected the id of one of"):
        mallorn.plot(curves)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected a model, found nothing"):
        mallorn.load_model(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(DataError, match="found format 99"):
        mallorn.load_model(tmp_path)
