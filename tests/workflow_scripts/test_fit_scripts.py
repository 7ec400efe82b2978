"""The adapter that fits light curves, run as Snakemake runs it."""

import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mallorn.families import stored_artifacts
from mallorn.gp.posterior import read_posterior
from mallorn.io.tables import number_of_groups, read_columns, read_units
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import LightCurves, read_lightcurves, write_lightcurves
from mallorn.survey.passbands import LSST, SLOTS

ROOT = Path(__file__).parents[2]
CONFIG = defaults()
OF_SLOTS = ("fits/drw", "fits/matern")
FITTED = (*OF_SLOTS, "fits/multiband", "posterior")


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


def asked(folder, names=FITTED, codes=None, **settings):
    """Return what makes artifacts, with a digest of code for each that is not the usual, and settings that differ."""
    blocks = {**CONFIG["fits"], "posterior": CONFIG["posterior"]}
    made = {}
    for name in names:
        short = name.rpartition("/")[2]
        paths = {slot: str(folder / f"{short}_{slot}.parquet") for slot in SLOTS}
        made[name] = {
            "output": paths if name in OF_SLOTS else str(folder / f"{short}.parquet"),
            "settings": {**blocks[short], **settings.get(short, {})},
            "code": (codes or {}).get(name, "usual"),
        }
    return made


def run(folder, made, engine="celerite2", kernels=None):
    """Run the adapter; return its log."""
    given = {"points": str(folder / "points.parquet"), "objects": str(folder / "objects.parquet")}
    job = SimpleNamespace(
        input=SimpleNamespace(**given, kernels=kernels),
        params=SimpleNamespace(artifacts=made, engine=engine),
        log=[str(folder / "fit.log")],
        config={"plugins": []},
    )
    runpy.run_path(str(ROOT / "workflow" / "scripts" / "fit_lightcurves.py"), init_globals={"snakemake": job})
    return (folder / "fit.log").read_text()


def tables(folder, made):
    """Return {(artifact, slot or ""): table}."""
    files = {
        (name, slot): path
        for name, block in made.items()
        for slot, path in (block["output"].items() if name in OF_SLOTS else [("", block["output"])])
    }
    return {key: read_columns(path) for key, path in files.items()}


@pytest.mark.parametrize(("model", "scale"), [("drw", "ln_tau"), ("matern", "ln_length")])
def test_fits_of_each_passband(model, scale, survey):
    log = run(survey, asked(survey, [f"fits/{model}"]))
    found = {slot: read_columns(survey / f"{model}_{slot}.parquet") for slot in SLOTS}
    points = read_columns(survey / "points.parquet")["band"]
    for band, table in found.items():
        assert table["object_id"].tolist() == ["elf", "moon", "tree"]
        assert table["n_points"].sum() == np.sum(points == band)
    table, r_points = found["r"], points == "r"
    assert table["n_points"].tolist() == [r_points[:60].sum(), 0, r_points[60:].sum()]
    assert table["status"][0] == 0
    assert np.isfinite(table[scale][0])
    assert np.isnan(table[scale][1])
    assert table["reason"][1] == "no points"
    assert read_units(survey / f"{model}_r.parquet")[scale] == "ln d"
    missing = sum((table["n_points"] == 0).sum() for table in found.values())
    assert f"{model}: {missing} of 18 objects and passbands: no points" in log
    assert f"fits/{model}: made for 3 objects" in log


def test_multiband_fits_and_posterior(survey):
    run(survey, asked(survey, ["fits/multiband", "posterior"]))
    assert read_columns(survey / "multiband.parquet")["status"].tolist() == [0, 1, 2]
    posterior = read_posterior(survey / "posterior.parquet", CONFIG["posterior"])
    assert posterior.status.tolist() == [0, 1, 1]
    assert posterior.peak_mjd[0] == pytest.approx(60200.0, abs=15.0)
    assert np.isnan(posterior.mean[1:]).all()
    assert read_units(survey / "posterior.parquet")["knot_cov"] == "uJy2"


@pytest.fixture
def made(monkeypatch):
    """Names of the artifacts that are computed, in order, as their modules are loaded."""
    names, load = [], stored_artifacts.load

    def watched(kind, name, *functions):
        module = load(kind, name, *functions)
        make = lambda *given: (names.append(name), module.make(*given))[1]  # noqa: E731
        return SimpleNamespace(NEEDS=module.NEEDS, ENGINE=module.ENGINE, units=module.units, make=make)

    monkeypatch.setattr(stored_artifacts, "load", watched)
    return names


def write(folder, made, engine="celerite2", names=FITTED, **more):
    stored_artifacts.write_artifacts(
        str(folder / "points.parquet"), str(folder / "objects.parquet"), asked(folder, names, **more), engine=engine
    )
    done = list(made)
    made.clear()
    return done


def test_what_would_be_made_from_the_same_stays_and_is_newer_than_its_inputs(survey, made):
    assert write(survey, made) == ["drw", "matern", "multiband", "posterior"]
    files = [path for path in survey.glob("*.parquet") if path.name not in ("points.parquet", "objects.parquet")]
    before = {path: path.read_bytes() for path in files}
    assert len(before) == 14
    for path in before:
        os.utime(path, (1e9, 1e9))
    assert write(survey, made) == []
    for path, content in before.items():
        assert path.read_bytes() == content
        assert path.stat().st_mtime >= (survey / "points.parquet").stat().st_mtime


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"codes": {"fits/drw": "another"}}, ["drw"]),
        ({"codes": {"posterior": "another"}}, ["posterior"]),
        ({"codes": {"fits/multiband": "another"}}, ["multiband", "posterior"]),
        ({"matern": {"min_points": 4}}, ["matern"]),
    ],
)
def test_a_change_of_one_artifact_makes_it_and_what_is_made_of_it_again(survey, made, change, again):
    write(survey, made)
    assert write(survey, made, **change) == again
    assert write(survey, made, **change) == []


def test_another_engine_makes_again_what_it_fits_alone(survey, made):
    names = ["fits/drw", "fits/hypotheses"]
    assert write(survey, made, names=names) == ["drw", "hypotheses"]
    assert write(survey, made, "compiled", names) == ["drw"]


def test_other_light_curves_and_lost_tables_are_made_again(survey, made):
    write(survey, made)
    (survey / "drw_z.parquet").unlink()
    whole = (survey / "posterior.parquet").read_bytes()
    (survey / "posterior.parquet").write_bytes(whole[:200])
    assert write(survey, made) == ["drw", "posterior"]
    assert (survey / "posterior.parquet").read_bytes() == whole
    lc = read_lightcurves(survey / "points.parquet", survey / "objects.parquet")
    write_lightcurves(lc.take([0, 2]), survey / "points.parquet", survey / "objects.parquet")
    assert write(survey, made) == ["drw", "matern", "multiband", "posterior"]


def test_splits_in_groups_of_objects_are_fitted_alike(survey):
    def all_jobs():
        made = asked(survey)
        run(survey, made)
        extract = runpy.run_path(str(ROOT / "workflow" / "scripts" / "extract_features.py"))["main"]
        artifacts = {name: str(survey / f"{name}.parquet") for name in ("points", "posterior")}
        settings = {"features": CONFIG["features"]["template"], "posterior": CONFIG["posterior"]}
        family = {"artifacts": {"lightcurves": artifacts.pop("points"), **artifacts}, "settings": settings, "code": "a"}
        extract(survey / "objects.parquet", {"template": family}, [survey / "template.parquet"])
        return tables(survey, made) | {"template": read_columns(survey / "template.parquet")}

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


def test_the_compiled_engine_gives_the_same_fits(survey, tmp_path):
    kernels = str(tmp_path / "kernels")
    runpy.run_path(str(ROOT / "workflow" / "scripts" / "compile_kernels.py"))["main"](kernels)
    made = asked(survey, ["fits/drw", "fits/multiband"])
    run(survey, made, "celerite2")
    theirs = tables(survey, made)
    run(survey, made, "compiled", kernels)
    for key, ours in tables(survey, made).items():
        assert list(ours) == list(theirs[key])
        assert ours["status"].tolist() == theirs[key]["status"].tolist()
        for column in ("ln_sigma", "ln_likelihood", "ln_posterior"):
            np.testing.assert_allclose(ours[column], theirs[key][column], rtol=1e-8, atol=1e-8)


def test_a_bad_flux_ends_the_job_with_its_object_in_the_log(survey):
    lc = read_columns(survey / "points.parquet")
    objects = read_columns(survey / "objects.parquet")
    flux = np.r_[np.nan, lc["flux"][1:]]
    band = np.zeros(62, np.int8)
    columns = (objects[name] for name in ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance"))
    bad = LightCurves(*columns, np.array([0, 60, 60, 62]), lc["mjd"], band, flux, lc["flux_err"], passbands=LSST)
    write_lightcurves(bad, survey / "points.parquet", survey / "objects.parquet")
    with pytest.raises(SystemExit):
        run(survey, asked(survey, ["fits/drw"]))
    log = (survey / "fit.log").read_text()
    assert "object 'elf': a flux that is not a finite number" in log
    assert "Traceback" not in log
    assert not list(survey.glob("drw_*.parquet"))
