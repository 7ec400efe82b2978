"""The adapters that fit and predict, run as Snakemake runs them, and imported as Python does."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from mallorn.gp.posterior import read_posterior
from mallorn.lightcurves import LightCurves, write_lightcurves
from mallorn.tables import read_columns, read_units

ROOT = Path(__file__).parents[2]


class Named(SimpleNamespace):
    def __getitem__(self, k):
        return list(vars(self).values())[k]


@pytest.fixture(scope="module")
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


@pytest.fixture
def survey(tmp_path):
    """Three objects, of 60, 0 and 2 points, as the ingest rule leaves them."""
    rng = np.random.default_rng(1)
    mjd = np.sort(rng.uniform(60000.0, 60400.0, 62))
    band = rng.integers(0, 6, 62).astype(np.int8)
    flux = 5.0 * np.exp(-0.5 * ((mjd - 60200.0) / 25.0) ** 2) + rng.normal(0.0, 0.2, 62)
    ids = np.array(["elf", "moon", "tree"], dtype=object)
    three = np.ones(3)
    start = np.array([0, 60, 60, 62])
    lc = LightCurves(ids, 0.2 * three, 0 * three, 0.05 * three, 900 * three, start, mjd, band, flux, np.full(62, 0.2))
    write_lightcurves(lc, tmp_path / "points.parquet", tmp_path / "objects.parquet")
    return tmp_path


def run(script, folder, output, settings, band=None, **more):
    job = SimpleNamespace(
        input=Named(points=f"{folder}/points.parquet", objects=f"{folder}/objects.parquet", **more),
        output=[str(folder / output)],
        log=[str(folder / f"{script}.log")],
        params=SimpleNamespace(settings=settings),
        wildcards=SimpleNamespace(band=band),
    )
    runpy.run_path(str(ROOT / "workflow" / "scripts" / f"{script}.py"), init_globals={"snakemake": job})
    return read_columns(folder / output)


@pytest.mark.parametrize(("model", "scale"), [("drw", "log_tau"), ("matern", "log_length")])
def test_fits_of_one_passband(model, scale, survey, config):
    table = run(f"fit_{model}", survey, "fits.parquet", config["fits"][model], band="r")
    assert table["object_id"].tolist() == ["elf", "moon", "tree"]
    r_points = read_columns(survey / "points.parquet")["band"] == "r"
    assert table["n_points"].tolist() == [r_points[:60].sum(), 0, r_points[60:].sum()]
    assert table["status"][0] == 0
    assert np.isfinite(table[scale][0])
    assert np.isnan(table[scale][1])
    assert table["reason"][1] == "no points"
    assert read_units(survey / "fits.parquet")[scale] == "ln d"
    assert f"{model}: 1 of 3 objects: no points" in (survey / f"fit_{model}.log").read_text()


def test_multiband_fits_and_posterior(survey, config):
    fits = run("fit_multiband", survey, "fits.parquet", config["fits"]["multiband"])
    assert fits["status"].tolist() == [0, 1, 2]
    run("predict_posterior", survey, "posterior.parquet", config["posterior"], fits=f"{survey}/fits.parquet")
    posterior = read_posterior(survey / "posterior.parquet", config["posterior"])
    assert posterior.status.tolist() == [0, 1, 1]
    assert posterior.peak_mjd[0] == pytest.approx(60200.0, abs=15.0)
    assert np.isnan(posterior.mean[1:]).all()
    assert read_units(survey / "posterior.parquet")["knot_cov"] == "uJy2"


def test_a_bad_flux_ends_the_job_with_its_object_in_the_log(survey, config):
    lc = read_columns(survey / "points.parquet")
    objects = read_columns(survey / "objects.parquet")
    flux = np.r_[np.nan, lc["flux"][1:]]
    band = np.zeros(62, np.int8)
    columns = (objects[name] for name in ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance"))
    bad = LightCurves(*columns, np.array([0, 60, 60, 62]), lc["mjd"], band, flux, lc["flux_err"])
    write_lightcurves(bad, survey / "points.parquet", survey / "objects.parquet")
    with pytest.raises(SystemExit):
        run("fit_drw", survey, "fits.parquet", config["fits"]["drw"], band="u")
    log = (survey / "fit_drw.log").read_text()
    assert "object 'elf': a flux that is not a finite number" in log
    assert "Traceback" not in log
    assert not (survey / "fits.parquet").exists()
