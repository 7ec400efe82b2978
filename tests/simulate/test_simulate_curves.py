"""Light curves in memory are those of the simulated survey's files."""

import numpy as np

import mallorn
from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults
from mallorn.simulate.curves import simulated_lightcurves
from mallorn.simulate.lightcurves import write_split
from mallorn.simulate.logs import write_logs
from mallorn.survey.passbands import LSST


def test_light_curves_in_memory_are_those_of_the_files(tmp_path):
    few = {"n_splits": 1, "sources": {"TDE": 2, "AGN": 1, "dwarf-nova": 1}, "siblings": {"train": 1, "test": 1}}
    simulation = {**defaults()["simulation"], **few}
    write_logs(simulation, LSST, 3, tmp_path)
    write_split(simulation, LSST, 3, "split_01", read_columns(tmp_path / "truth.parquet"), tmp_path)
    read, made = mallorn.read(tmp_path), simulated_lightcurves(simulation, LSST, 3)
    for name in ("object_id", "start", "mjd", "band", "flux", "flux_err", "redshift", "ebv", "luminosity_distance"):
        np.testing.assert_array_equal(getattr(made, name), getattr(read, name), err_msg=name)
    assert np.isfinite(made.redshift_err).any()
    np.testing.assert_array_equal(made.redshift_err, read.redshift_err)
    assert np.isnan(made.redshift).any()
