"""A small simulated survey, made once, and the configuration it was made with."""

import pytest

from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults
from mallorn.simulate.lightcurves import write_split
from mallorn.simulate.logs import write_logs
from mallorn.simulate.names import split_names
from mallorn.survey.passbands import LSST

SEED = 7


@pytest.fixture(scope="session")
def config():
    """The block `simulation` of the shipped configuration with few sources and many deep fields."""
    simulation = defaults()["simulation"]
    few = {"AGN": 12, "SN Ia": 6, "SN II": 3, "SN IIn": 2, "SLSN-I": 1, "TDE": 6}
    return simulation | {"n_splits": 3, "sources": dict.fromkeys(simulation["sources"], 0) | few}


@pytest.fixture(scope="session")
def make_survey(tmp_path_factory):
    """Return a function that writes a whole survey and returns its folder and its truth."""

    def make(config, seed=SEED, passbands=LSST):
        folder = tmp_path_factory.mktemp("survey")
        write_logs(config, passbands, seed, folder)
        truth = read_columns(folder / "truth.parquet")
        for split in split_names(config["n_splits"]):
            write_split(config, passbands, seed, split, truth, folder)
        return folder, truth

    return make


@pytest.fixture(scope="session")
def survey(config, make_survey):
    """Folder and truth of a survey made with `config`."""
    return make_survey(config)
