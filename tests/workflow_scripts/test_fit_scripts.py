"""The adapters that fit and predict, run as Snakemake runs them, and imported as Python does."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.gp.posterior import read_posterior
from mallorn.io.tables import number_of_groups, read_columns, read_units
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import LightCurves, read_lightcurves, write_lightcurves
from mallorn.survey.passbands import LSST, SLOTS

ROOT = Path(__file__).parents[2]


class Named(SimpleNamespace):
    """Files of a job, as Snakemake hands them over."""

    def __getitem__(self, k):
        return list(vars(self).values())[k]

    def get(self, name):
        return vars(self).get(name)

    def items(self):
        return vars(self).items()


class Positional(list):
    """Files of a job without names."""

    def items(self):
        return []


@pytest.fixture(scope="module")
def config():
    return defaults()


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
    lc = LightCurves(
        ids, 0.2 * three, 0 * three, 0.05 * three, 900 * three, start, mjd, band, flux, np.full(62, 0.2), passbands=LSST
    )
    write_lightcurves(lc, tmp_path / "points.parquet", tmp_path / "objects.parquet")
    return tmp_path


def run(script, folder, settings, outputs, name="auto", **more):
    """Run an adapter as Snakemake does; return the tables that it writes to `outputs`, {name: file}.

    script: "fit_NAME" is fit_process for the process of that name, which has no names of outputs for all passbands.
    """
    process = script.removeprefix("fit_")
    job = SimpleNamespace(
        input=Named(points=f"{folder}/points.parquet", objects=f"{folder}/objects.parquet", **more),
        output=Named(**{name: str(folder / file) for name, file in outputs.items()}),
        log=[str(folder / f"{script}.log")],
        params=SimpleNamespace(settings=settings, gp={"engine": name}, process=process),
    )
    if process == "multiband":
        job.output = Positional(vars(job.output).values())
    script = "fit_process" if script.startswith("fit_") else script
    runpy.run_path(str(ROOT / "workflow" / "scripts" / f"{script}.py"), init_globals={"snakemake": job})
    return {name: read_columns(folder / file) for name, file in outputs.items()}


@pytest.mark.parametrize(("model", "scale"), [("drw", "ln_tau"), ("matern", "ln_length")])
def test_fits_of_each_passband(model, scale, survey, config):
    tables = run(f"fit_{model}", survey, config["fits"][model], {band: f"{band}.parquet" for band in SLOTS})
    points = read_columns(survey / "points.parquet")["band"]
    for band, table in tables.items():
        assert table["object_id"].tolist() == ["elf", "moon", "tree"]
        assert table["n_points"].sum() == np.sum(points == band)
    table, r_points = tables["r"], points == "r"
    assert table["n_points"].tolist() == [r_points[:60].sum(), 0, r_points[60:].sum()]
    assert table["status"][0] == 0
    assert np.isfinite(table[scale][0])
    assert np.isnan(table[scale][1])
    assert table["reason"][1] == "no points"
    assert read_units(survey / "r.parquet")[scale] == "ln d"
    missing = sum((table["n_points"] == 0).sum() for table in tables.values())
    assert f"{model}: {missing} of 18 objects and passbands: no points" in (survey / f"fit_{model}.log").read_text()


def test_multiband_fits_and_posterior(survey, config):
    fits = run("fit_multiband", survey, config["fits"]["multiband"], {"fits": "fits.parquet"})["fits"]
    assert fits["status"].tolist() == [0, 1, 2]
    outputs = {"posterior": "posterior.parquet"}
    run("predict_posterior", survey, config["posterior"], outputs, fits=f"{survey}/fits.parquet")
    posterior = read_posterior(survey / "posterior.parquet", config["posterior"])
    assert posterior.status.tolist() == [0, 1, 1]
    assert posterior.peak_mjd[0] == pytest.approx(60200.0, abs=15.0)
    assert np.isnan(posterior.mean[1:]).all()
    assert read_units(survey / "posterior.parquet")["knot_cov"] == "uJy2"


def test_splits_in_groups_of_objects_are_fitted_alike(survey, config):
    def all_jobs():
        tables = run("fit_drw", survey, config["fits"]["drw"], {"g": "g.parquet", "r": "r.parquet"})
        tables |= run("fit_multiband", survey, config["fits"]["multiband"], {"fits": "fits.parquet"})
        outputs = {"posterior": "posterior.parquet"}
        tables |= run("predict_posterior", survey, config["posterior"], outputs, fits=f"{survey}/fits.parquet")
        extract = runpy.run_path(str(ROOT / "workflow" / "scripts" / "extract_features.py"))["main"]
        artifacts = {name: str(survey / f"{name}.parquet") for name in ("points", "posterior")}
        settings = {"features": config["features"]["template"], "posterior": config["posterior"]}
        made = {"artifacts": {"lightcurves": artifacts.pop("points"), **artifacts}, "settings": settings, "code": "a"}
        extract(survey / "objects.parquet", {"template": made}, [survey / "template.parquet"])
        return tables | {"template": read_columns(survey / "template.parquet")}

    whole, lc = all_jobs(), read_lightcurves(survey / "points.parquet", survey / "objects.parquet")
    write_lightcurves(lc, survey / "points.parquet", survey / "objects.parquet", per_group=1)
    grouped = all_jobs()
    assert number_of_groups(survey / "template.parquet") == 3
    for name, table in whole.items():
        for column, values in table.items():
            if values.dtype == object:
                assert grouped[name][column].tolist() == values.tolist()
            else:
                np.testing.assert_allclose(grouped[name][column], values, rtol=1e-9)


def test_the_compiled_engine_gives_the_same_fits(survey, config, tmp_path):
    runpy.run_path(str(ROOT / "workflow" / "scripts" / "compile_kernels.py"))["main"](tmp_path / "engine")
    for model in ("drw", "multiband"):
        files, folder = {"r": f"{model}.parquet"}, str(tmp_path / "engine")
        theirs = run(f"fit_{model}", survey, config["fits"][model], files, "celerite2")["r"]
        ours = run(f"fit_{model}", survey, config["fits"][model], files, "compiled", engine=folder)["r"]
        assert list(ours) == list(theirs)
        assert ours["status"].tolist() == theirs["status"].tolist()
        for column in ("ln_sigma", "ln_likelihood", "ln_posterior"):
            np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-8, atol=1e-8)


def test_a_bad_flux_ends_the_job_with_its_object_in_the_log(survey, config):
    lc = read_columns(survey / "points.parquet")
    objects = read_columns(survey / "objects.parquet")
    flux = np.r_[np.nan, lc["flux"][1:]]
    band = np.zeros(62, np.int8)
    columns = (objects[name] for name in ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance"))
    bad = LightCurves(*columns, np.array([0, 60, 60, 62]), lc["mjd"], band, flux, lc["flux_err"], passbands=LSST)
    write_lightcurves(bad, survey / "points.parquet", survey / "objects.parquet")
    with pytest.raises(SystemExit):
        run("fit_drw", survey, config["fits"]["drw"], {"u": "fits.parquet"})
    log = (survey / "fit_drw.log").read_text()
    assert "object 'elf': a flux that is not a finite number" in log
    assert "Traceback" not in log
    assert not (survey / "fits.parquet").exists()
