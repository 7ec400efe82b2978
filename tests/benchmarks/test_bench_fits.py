"""The benchmark of fits on a handful of simulated objects: same fits for all, misses counted."""

import csv
import runpy
from pathlib import Path

import numpy as np
import pytest

from mallorn.benchmarks.fits import COLUMNS, missed_optima
from mallorn.gp.batch import pack
from mallorn.gp.fit import fit
from mallorn.gp.models import DRW
from mallorn.gp.objective import settings
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import LightCurves, write_lightcurves
from mallorn.survey.passbands import LSST

ROOT = Path(__file__).parents[2]


def waves(n, n_points, seed):
    rng = np.random.default_rng(seed)
    mjd = np.sort(rng.uniform(60000.0, 61000.0, (n, n_points)), axis=1).ravel()
    band = rng.integers(0, 6, n * n_points).astype(np.int8)
    flux = np.sin(mjd / 60.0) + rng.normal(0.0, 0.2, n * n_points)
    ids, one = np.array([f"{seed} {k}" for k in range(n)], dtype=object), np.ones(n)
    start = n_points * np.arange(n + 1)
    return LightCurves(
        ids, one, one, 0 * one, 100 * one, start, mjd, band, flux, np.full(len(mjd), 0.2), passbands=LSST
    )


@pytest.fixture(scope="module")
def config():
    loaded = defaults()
    few = {"compared_objects": 3, "checked_objects": 4, "random_starts": 2}
    loaded["benchmark"]["fits"].update(few)
    return loaded


def test_all_methods_are_timed_on_the_same_fits(tmp_path, config, caplog):
    points, objects = ([tmp_path / f"{kind}_{k}.parquet" for k in range(2)] for kind in ("points", "objects"))
    for k in range(2):
        write_lightcurves(waves(3, 60, seed=k), points[k], objects[k])
    adapter = runpy.run_path(str(ROOT / "workflow" / "scripts" / "bench_fits.py"))
    with caplog.at_level("INFO"):
        adapter["main"](points, objects, tmp_path / "fits.csv", config)
    with open(tmp_path / "fits.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == COLUMNS
    counts = {(method.split(".")[0], model.split(",")[0]): int(n) for method, model, n, *_ in rows}
    assert counts == {
        ("mallorn", "drw"): 18,
        ("celerite2", "drw"): 18,
        ("mallorn", "matern"): 18,
        ("celerite2", "matern"): 18,
        ("mallorn", "multiband"): 3,
        ("sklearn", "multiband"): 3,
        ("mallorn", "all"): 3,
    }
    cost = {(row[0].split(".")[0], row[1]): float(row[3]) for row in rows}
    assert all(ms > 0.0 for ms in cost.values())
    ratio = next(float(row[4]) for row in rows if row[0].startswith("sklearn"))
    assert ratio == pytest.approx(cost["sklearn", "multiband"] / cost["mallorn", "multiband"])
    missed = {(row[0].split(".")[0], row[1]): float(row[5]) for row in rows}
    assert missed["mallorn", "drw"] == missed["mallorn", "matern"] == missed["mallorn", "multiband"] == 0.0
    assert missed["celerite2", "drw"] < 0.2
    assert any("S = " in message for message in caplog.messages)


def test_missed_optima_are_counted(config):
    """Starts at the optimum gain nothing; with one iteration allowed, a far start misses what a near one finds."""
    lc = waves(4, 40, seed=5)
    batch = pack(lc.mjd, lc.band, lc.flux, lc.flux_err, lc.start, wavelength=LSST.wavelength)
    how = settings(DRW, config["fits"]["drw"])
    assert missed_optima(DRW, [batch], how, how.starts, 0.05) == 0.0

    far = settings(DRW, {**config["fits"]["drw"], "starts": [{"sigma": 300.0, "tau": 2e4}], "max_iterations": 1})
    optimum = fit(DRW, batch.take([2]), how).theta - [np.log(batch.scale[2]), 0.0]
    assert missed_optima(DRW, [batch.take([2, 2]), batch.take([2])], far, optimum, 0.05) == 1.0
