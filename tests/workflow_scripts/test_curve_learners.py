"""Learners that read light curves and posteriors, from cross-validation to files, ensembles and the bundle."""

import csv
import json
from dataclasses import replace
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from learning_data import CLASSES, PARAMS, SELECTION, SPEC, wide_domain, write_observed
from own_modules import own_modules  # noqa: F401

from mallorn.decide.predictions import read_held_out, read_out_of_fold
from mallorn.errors import ConfigError
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.folds import draw_folds
from mallorn.learning.tables import DatasetFiles
from mallorn.metrics import average_precision
from mallorn.runs.inputs import record_input, write_first
from mallorn.survey.lightcurves import LightCurves, read_lightcurves, write_lightcurves
from mallorn.survey.passbands import LSST
from mallorn.survey.taxonomy import read_taxonomy

pytestmark = pytest.mark.usefixtures("own_modules")

ROOT = Path(__file__).parents[2]
NO_LABELS = {"enabled": False, "confidence": 0.9, "weight": 1.0}
TRAINING = {"log_columns": [], "exclude": [], "classes": CLASSES, "other_class": "other SN", "oversample": "none"}
TRAINING |= {"pseudo_labels": NO_LABELS}
SETTINGS = {"seed": 5, "target": "TDE", "training": TRAINING, "selection": SELECTION, "predicts": True}
ABOUT = {"training": "final", "protocol": "grouped", "repeat": "0"}
STATE = {"reading": {}, "code": {}, "settings": {}}
SPLITS = ("split_01", "split_02")
PHASES = np.arange(0.0, 100.0, 10.0)
FALL = {"TDE": 60.0, "AGN": 1e4, "SN Ia": 15.0}
"""Days in which the flux of each type falls."""
ROCKET = {"kind": "multirocket", "columns": 700, "channels": "mean_sd", "beside": "family__*"}
MODELS = {
    "points": {"learner": "nearest_points", "params": {"k": 5, "bins": 8, "width": 12.5}, "balance": 0.0},
    "grid": {"learner": "nearest_grid", "params": {"sharpness": 3.0}, "balance": 0.0},
    "table": {"learner": "logistic", "params": PARAMS["logistic"], "balance": 0.0, "classes": "binary"},
    "rocket": {"learner": "wide_logistic", "params": {}, "balance": 0.0, "transforms": {"rocket": ROCKET}},
}

if find_spec("torch"):  # make install-neural
    NETWORK = {"width": 8, "depth": 2, "epochs": 12, "batch_size": 16, "learning_rate": 0.02, "average": 0.8}
    MODELS["network"] = {"learner": "tcn", "params": NETWORK, "balance": 0.0}


def script(name):
    spec = spec_from_file_location(name, ROOT / "workflow" / "scripts" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def light_curves(ids, types, rng):
    n, points = len(ids), 12
    t = np.sort(rng.uniform(0, 100, (n, points)), axis=1)
    fall = np.array([FALL[kind] for kind in types])[:, None]
    flux = 50 * np.exp(-t / fall) + rng.normal(size=t.shape)
    curves = LightCurves(
        *(np.array(ids, dtype=object), *np.full((4, n), 0.1)),
        start=points * np.arange(n + 1),
        mjd=(60000 + t).ravel(),
        band=np.full(n * points, 2, dtype=np.int8),
        flux=flux.ravel(),
        flux_err=np.ones(n * points),
        passbands=LSST,
    )
    mean = 50 * np.exp(-PHASES / fall)[:, None, :] + rng.normal(size=(n, 2, len(PHASES)))
    status = (rng.random(n) < 0.05).astype(np.int8)
    mean[status > 0] = np.nan
    posterior = {
        "object_id": np.array(ids, dtype=object),
        "status": status,
        "peak_mjd": np.full(n, 60000.0),
        "band_peak_mjd": np.zeros((n, 2)),
        "mean": mean.astype(np.float32),
        "sd": np.ones(mean.shape, dtype=np.float32),
    }
    return curves, posterior


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with 120 training and 30 test objects in two splits, folds, and models of them."""
    folder, rng = tmp_path_factory.mktemp("curves"), np.random.default_rng(5)
    event = np.repeat(np.arange(75), 2)
    types = np.array(list(FALL), dtype=object)[event % 3]
    ids = np.array([f"object_{k:03d}" for k in rng.permutation(len(event))], dtype=object)
    test, split = event % 5 == 4, rng.integers(0, 2, len(ids))
    for k, name in enumerate(SPLITS):
        mine = np.flatnonzero(split == k)
        mine = mine[np.argsort(ids[mine].astype(str))]
        curves, posterior = light_curves(ids[mine], types[mine], rng)
        write_lightcurves(curves, folder / "lightcurves" / f"{name}.parquet", folder / "objects" / f"{name}.parquet")
        write_table(folder / "posterior" / f"{name}.parquet", posterior)
    for name, chosen in (("train", ~test), ("test", test)):
        values = (types[chosen] == "TDE") + rng.normal(size=chosen.sum())
        logged = {"Z": np.full(chosen.sum(), 0.1), "Z_err": np.full(chosen.sum(), np.nan)}
        write_table(folder / f"{name}.parquet", {"object_id": ids[chosen], **logged, "family__x": values})
    target, events = (types == "TDE").astype(np.int8), np.array([f"event_{k}" for k in event], dtype=object)
    write_table(
        folder / "folds.parquet", draw_folds(*(x[~test] for x in (ids, types, target, events)), 3, 1, 5, seed=1)
    )
    module = script("cross_validate")
    for name, block in MODELS.items():
        spec = {**SPEC, "classes": "multiclass", **block}
        inputs = module.Inputs(
            *(folder / f"{table}.parquet" for table in ("train", "test", "folds")),
            views={"survey": views(folder, name)},
        )
        part = folder / name
        outputs = module.Outputs(
            *(part / f"{kind}.parquet" for kind in ("out_of_fold", "held_out", "importance")), models=part / "models"
        )
        about = {"training": "final", "protocol": "grouped", "repeat": "0", "model": name}
        settings = {**SETTINGS, "model": spec}
        module.main(inputs, outputs, about, settings, 2)
    return folder


VIEWS = {
    "points": ("lightcurves", "objects"),
    "table": (),
    "network": ("lightcurves", "objects", "posterior"),
}


def views(folder, model):
    """Return what a model needs beside features: nothing is there for the others, as the rules do it."""
    needed = VIEWS.get(model, ("posterior",))
    kinds = ("lightcurves", "objects", "posterior")
    return [[folder / kind / f"{split}.parquet" for split in SPLITS if kind in needed] for kind in kinds]


@pytest.mark.parametrize("model", [name for name in MODELS if name != "table"])
def test_curves_tell_what_one_feature_does_not(results, model):
    known = read_columns(results / "folds.parquet", ["object_id", "target"])
    target = dict(zip(known["object_id"], known["target"].tolist(), strict=True))
    scores = {}
    for name in (model, "table"):
        p = read_out_of_fold(results / name / "out_of_fold.parquet")
        assert p.names == (("TDE", "AGN", "SN Ia", "other SN") if name == model else ("TDE", "other"))
        np.testing.assert_allclose(p.classes.sum(axis=1), 1.0)
        assert np.array_equal(p.probability, p.classes[:, 0])
        scores[name] = average_precision([target[i] for i in p.object_id], p.probability)
    assert scores[model] > 0.9 > scores["table"]
    features = read_columns(results / model / "importance.parquet")["feature"].tolist()
    assert features == (["family__x"] if model in ("rocket", "network") else [])  # ROCKET's own columns are no features


@pytest.fixture(scope="module")
def combined(results):
    """The folder with the ensemble of all models, and the bundle of it."""
    names = ("out_of_fold", "held_out")
    models = {model: {name: results / model / f"{name}.parquet" for name in names} for model in MODELS}
    outputs = {name: results / "all" / f"{name}.parquet" for name in names} | {"learned": results / "learned.json"}
    settings = {"all": {"method": "mean", "members": list(MODELS)}}
    about = {"training": "final", "protocol": "grouped", "repeat": "0"}
    script("combine").main(models, results / "folds.parquet", {"all": outputs}, about, settings)
    decision = {"calibration": {"method": "none"}, "threshold": 0.5, "spread": 0.0}
    (results / "threshold.json").write_text(json.dumps(decision))
    folders = [{model: results / model / "models" for model in MODELS}]
    (results / "domain.json").write_text(json.dumps(wide_domain("final")))
    made = {"folders": folders, "learned": [results / "learned.json"], "threshold": results / "threshold.json"}
    export = script("export_model").main
    export({"final": made}, results / "domain.json", {}, results / "model", {"model": "all"}, STATE)
    return results


def about(folder, metadata):
    """Return the paths of what is known of new objects, and write how they were observed."""
    table = read_columns(folder / f"{metadata}.parquet")
    write_observed(folder / "observed.parquet", table["object_id"], table["Z"])
    names = {"metadata": f"{metadata}.parquet", "observed": "observed.parquet", "source": "input.json"}
    return {name: folder / path for name, path in names.items()}


def test_a_bundle_of_learners_of_all_views_scores_as_the_chain_did(combined, tmp_path):
    manifest = json.loads((combined / "model" / "model.json").read_text())
    assert manifest["needs"] == ["features", "grid", "points"]
    assert manifest["features"] == ["family__x"]
    assert manifest["classes"] == ["TDE", "AGN", "SN Ia", "other SN"]
    every = [
        [combined / kind / f"{split}.parquet" for split in SPLITS] for kind in ("lightcurves", "objects", "posterior")
    ]
    files = DatasetFiles(combined / "test.parquet", *every)
    ids = read_columns(combined / "test.parquet")["object_id"]
    write_table(tmp_path / "metadata.parquet", {"object_id": ids, **dict.fromkeys(("Z", "Z_err"), np.zeros(len(ids)))})
    outputs = tmp_path / "p.csv", tmp_path / "d.csv"
    write_first(tmp_path / "input.json", record_input("new", tmp_path, []))
    script("classify").main(combined / "model", about(tmp_path, "metadata"), (files, ()), outputs, STATE)
    with open(tmp_path / "p.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    held_out = read_held_out(combined / "all" / "held_out.parquet")
    assert [row["object_id"] for row in rows] == held_out.object_id.tolist()
    for name, p in zip(held_out.names, held_out.classes.T, strict=True):
        assert [float(row[f"probability__{name}"]) for row in rows] == pytest.approx(p, rel=1e-5, abs=1e-9)


def test_draws_of_redshifts_take_the_place_of_photometric_ones_for_all_views(combined, tmp_path):
    """Each draw is a table and curves of its own: here the objects themselves, and those with the curves of others."""
    test, parts = read_columns(combined / "test.parquet"), []
    rows, n = np.arange(len(test["object_id"])), len(test["object_id"])
    photometric = rows % 3 == 0
    other = np.where(photometric, np.roll(rows, 3), rows)  # n is a multiple of 3
    assert n % 3 == 0
    assert photometric[other[photometric]].all()
    name_of = dict(zip(test["object_id"][other], test["object_id"], strict=True))
    for draw in range(2):
        folder = tmp_path / f"draw{draw}"
        table = {name: values[other if draw else rows][photometric] for name, values in test.items()}
        table["object_id"] = test["object_id"][photometric]
        write_table(folder / "new.parquet", table)
        for split in SPLITS:
            paths = [combined / kind / f"{split}.parquet" for kind in ("lightcurves", "objects", "posterior")]
            made = [folder / f"{kind}_{split}.parquet" for kind in ("lightcurves", "objects", "posterior")]
            curves, posterior = read_lightcurves(*paths[:2]), read_columns(paths[2])
            chosen = [k for k, name in enumerate(curves.object_id) if name in set(test["object_id"][photometric])]
            names = curves.object_id[chosen]
            if draw:
                names = np.array([name_of[name] for name in names], dtype=object)
            write_lightcurves(replace(curves.take(chosen), object_id=names), *made[:2])
            write_table(made[2], {**{key: v[chosen] for key, v in posterior.items()}, "object_id": names})
        parts.append(
            [[folder / f"{kind}_{s}.parquet" for s in SPLITS] for kind in ("lightcurves", "objects", "posterior")]
        )
    write_table(tmp_path / "new.parquet", {**test, "Z_err": np.where(photometric, 0.02, np.nan)})
    views = [[combined / kind / f"{s}.parquet" for s in SPLITS] for kind in ("lightcurves", "objects", "posterior")]
    draws = [DatasetFiles(tmp_path / f"draw{k}" / "new.parquet", *paths) for k, paths in enumerate(parts)]
    outputs = tmp_path / "p.csv", tmp_path / "d.csv"
    files = DatasetFiles(tmp_path / "new.parquet", *views), draws
    write_first(tmp_path / "input.json", record_input("new", tmp_path, []))
    script("classify").main(combined / "model", about(tmp_path, "new"), files, outputs, STATE)
    with open(outputs[0], newline="", encoding="utf-8") as stream:
        found = np.array([float(row["probability"]) for row in csv.DictReader(stream)])
    own = read_held_out(combined / "all" / "held_out.parquet").probability
    assert found == pytest.approx(np.where(photometric, (own + own[other]) / 2, own), rel=1e-5, abs=1e-9)


def test_explanations_of_a_model_on_curves_are_of_the_features_beside(results, tmp_path):
    files = DatasetFiles(results / "test.parquet", *views(results, "rocket"))
    settings = {"seed": 1, "explanations": {"candidates": 4, "features": 2, "sample": 10}}
    outputs = tmp_path / "one.parquet", tmp_path / "all.parquet"
    part = results / "rocket"
    script("explain").main([part / "models"], files, [part / "held_out.parquet"], *outputs, settings)
    table = read_columns(outputs[0])
    assert table["feature"].tolist() == ["family__x"] * 4
    assert np.corrcoef(table["value"], table["shap"])[0, 1] > 0.9


def test_no_file_of_the_models_is_a_pickle(combined):
    for path in (combined / "model").rglob("*"):
        assert path.is_dir() or path.suffix in (".json", ".npz", ".safetensors")
        assert path.is_dir() or not path.read_bytes().startswith(b"\x80")


@pytest.mark.skipif("network" not in MODELS, reason="networks need torch: make install-neural")
def test_a_network_begins_from_what_it_learned_of_simulated_objects_and_learns_on_the_tree(results, tmp_path):
    rng = np.random.default_rng(8)
    types = np.array([*FALL, "SN II"], dtype=object)[np.arange(60) % 4]
    ids = np.array([f"simulated_{k:02d}" for k in range(60)], dtype=object)
    curves, posterior = light_curves(ids, np.where(types == "SN II", "SN Ia", types), rng)
    paths = [tmp_path / f"{name}.parquet" for name in ("lightcurves", "objects", "posterior", "labels")]
    write_lightcurves(curves, *paths[:2])
    write_table(paths[2], posterior)
    write_table(paths[3], {"object_id": ids, "spec_type": types, "target": (types == "TDE").astype(int)})
    block = {**SPEC, **MODELS["network"], "classes": "multiclass", "pretrained": True}
    block["params"] = {**NETWORK, "beside": "family__*", "epochs": 3, "first_epochs": 25, "loss": "hierarchical"}
    settings = {**SETTINGS, "model": block}
    settings["taxonomy"] = read_taxonomy("mallorn").as_given()
    pretrain = script("pretrain")
    parts = [[path] for path in paths[:3]]
    pretrain.main(pretrain.Inputs(*parts, paths[3]), tmp_path / "first", "network", settings)
    about = json.loads((tmp_path / "first" / "network.json").read_text())
    assert len(about["history"]) == 25
    assert about["history"][-1] < 0.7 * about["history"][0]
    module, scores = script("cross_validate"), []
    target = dict(zip(*read_columns(results / "folds.parquet", ["object_id", "target"]).values(), strict=True))
    for begun in (True, False):
        inputs = {name: results / f"{name}.parquet" for name in ("train", "test", "folds")}
        inputs |= {
            "views": {"survey": views(results, "network")},
            "pretrained": str(tmp_path / "first") if begun else "",
        }
        out = tmp_path / f"{begun}"
        outputs = module.Outputs(*(out / f"{kind}.parquet" for kind in ("out_of_fold", "held_out", "importance")))
        chosen = {**settings, "model": {**block, "pretrained": begun}}
        module.main(module.Inputs(**inputs), outputs, {**ABOUT, "model": "network"}, chosen, 1)
        p = read_out_of_fold(out / "out_of_fold.parquet")
        scores.append(average_precision([target[i] for i in p.object_id], p.probability))
    assert scores[0] > 0.9 > scores[1]
    with pytest.raises(ConfigError, match="nothing for a pretrained model to begin from"):
        module.main(module.Inputs(**{**inputs, "pretrained": ""}), outputs, {**ABOUT, "model": "network"}, settings, 1)
    few = tmp_path / "few.parquet"
    write_table(
        few, {"object_id": ids, "spec_type": np.full(60, "TDE", dtype=object), "target": np.ones(60, dtype=int)}
    )
    with pytest.raises(ConfigError, match="pretraining: expected simulated objects of each class, found none of 'AGN'"):
        pretrain.main(pretrain.Inputs(*parts, few), tmp_path / "second", "network", settings)
