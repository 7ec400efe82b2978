"""The adapters from feature families to submission and scores, called as the rules call them."""

import csv
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from learning_data import CLASSES, SELECTION, SPEC, survey

from mallorn.decide.decision import decide
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.tables import DatasetFiles
from mallorn.metrics import average_precision
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import LightCurves, write_lightcurves
from mallorn.survey.passbands import LSST

ROOT = Path(__file__).parents[2]
CONFIG = defaults()
THRESHOLD = {"rule": "maximum_f1", "ratio": 1.0, "precision": 0.9, "fraction": None}
DECISION = {"threshold": THRESHOLD, "calibration": {"method": "platt"}}
NO_LABELS = {"enabled": False, "confidence": 0.9, "weight": 1.0}
TRAINING = {
    "log_columns": ["Z"],
    "exclude": ["noise__9*"],
    "oversample": "none",
    "classes": CLASSES,
    "other_class": "other SN",
    "importance_weights": False,
    "pseudo_labels": NO_LABELS,
}
FOLDS = {"number": 3, "repeats": 2, "rare": 5, "grid": {"epochs": 1000, "rounding": 1e-4}}


def script(name):
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, ROOT / "workflow" / "scripts" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder of results up to folds and joined features: 180 objects, a sixth of them for the test, two splits."""
    folder = tmp_path_factory.mktemp("results with spaces")
    ids, types, target, event, values = survey()
    n, rng = len(ids), np.random.default_rng(3)
    test, split = np.arange(n) % 6 == 5, np.where(np.arange(n) % 2, "split_01", "split_02").astype(object)
    z = np.round(rng.uniform(0.1, 0.9, n), 4)
    order = rng.permutation(test.sum())
    columns = {
        "object_id": ids,
        "set": np.where(test, "test", "train").astype(object),
        "split": split,
        "Z": z,
        "Z_err": np.where(test, 0.05, np.nan),
        "EBV": np.full(n, 0.02),
        "spec_type": np.where(test, None, types),
        "target": np.where(test, -1, target).astype(np.int8),
        "submission_row": np.full(n, -1, dtype=np.int32),
    }
    columns["submission_row"][test] = order
    write_table(folder / "metadata.parquet", columns)
    number = np.unique(event, return_inverse=True)[1]
    for name in ("split_01", "split_02"):
        members = np.flatnonzero(split == name)
        members = members[np.argsort(ids[members].astype(str))]
        for family, chosen in (("good", slice(0, 3)), ("noise", slice(3, 10))):
            features = {f"{family}__{k}": values[members, k].astype(float) for k in range(*chosen.indices(10))}
            write_table(folder / "families" / family / f"{name}.parquet", {"object_id": ids[members], **features})
        steps = [np.sort(rng.choice(1000, 30, replace=False)) for _ in members]
        spans = (500 + 10 * number[members]) * (1 + z[members])
        mjd = np.concatenate([np.round(61000 + s * span / 999, 4) for s, span in zip(steps, spans, strict=True)])
        points = {key: np.ones(len(mjd)) for key in ("flux", "flux_err")} | {"band": np.zeros(len(mjd), np.int8)}
        objects = {key: np.full(len(members), 0.1) for key in ("redshift_err", "ebv", "luminosity_distance")}
        lc = LightCurves(
            ids[members],
            z[members],
            start=30 * np.arange(len(members) + 1),
            mjd=mjd,
            **objects,
            **points,
            passbands=LSST,
        )
        write_lightcurves(lc, folder / "lightcurves" / f"{name}.parquet", folder / "objects" / f"{name}.parquet")
    families = [folder / "families" / f / f"{s}.parquet" for f in ("good", "noise") for s in ("split_01", "split_02")]
    tables = [folder / "features" / f"{name}.parquet" for name in ("train", "test")]
    for path in tables:
        script("join_features")(folder / "metadata.parquet", families, ["good", "noise"], path.stem, path, "")
    made = [[folder / kind / f"{s}.parquet" for s in ("split_01", "split_02")] for kind in ("lightcurves", "objects")]
    settings = {"seed": 5, "target": "TDE", "folds": FOLDS, "training": TRAINING}
    script("make_folds")(folder / "metadata.parquet", *made, folder / "folds.parquet", settings)
    write_table(folder / "truth.parquet", {"object_id": ids, "event": event, "target": target})
    return folder


def predictions(results, protocol, model, repeat, training="final"):
    return results / "predictions" / training / protocol / str(repeat) / model


SETTINGS = {"seed": 5, "target": "TDE", "training": TRAINING}


def train(results, about, spec, predicts=True):
    """Run cross_validate for `about` with the model block `spec`."""
    folder = predictions(results, about["protocol"], about["model"], about["repeat"], about["training"])
    cross_validate = script("cross_validate")
    cross_validate.__globals__["main"](
        cross_validate.__globals__["Inputs"](
            *(results / "features" / f"{name}.parquet" for name in ("train", "test")), results / "folds.parquet"
        ),
        cross_validate.__globals__["Outputs"](
            *(folder / f"{name}.parquet" for name in ("out_of_fold", "held_out", "importance"))
        ),
        about,
        {**SETTINGS, "selection": SELECTION, "model": spec, "predicts": predicts},
        2,
    )
    return folder


@pytest.fixture(scope="module")
def predicted(results):
    """The same folder with the predictions of two models."""
    for model, classes in (("one", "binary"), ("two", "multiclass")):
        for protocol in ("stratified", "grouped"):
            for repeat in ("0", "1"):
                about = {"training": "final", "protocol": protocol, "repeat": repeat, "model": model}
                train(results, about, {**SPEC, "classes": classes, "selection": model == "two"})
    return results


def test_joined_tables_hold_the_objects_of_the_logs_in_order_and_no_labels(results):
    log = read_columns(results / "metadata.parquet")
    for name in ("train", "test"):
        table = read_columns(results / "features" / f"{name}.parquet")
        assert table["object_id"].tolist() == log["object_id"][log["set"] == name].tolist()
        names = [*(f"good__{k}" for k in range(3)), *(f"noise__{k}" for k in range(3, 10))]
        assert list(table) == ["object_id", "Z", "Z_err", "EBV", *names]


def test_folds_keep_the_true_events_together(results):
    truth, folds = read_columns(results / "truth.parquet"), read_columns(results / "folds.parquet")
    event = dict(zip(truth["object_id"], truth["event"], strict=True))
    found = {(event[i], s) for i, s in zip(folds["object_id"], folds["event"], strict=True)}
    assert len(found) == len({s for s, _ in found}) == len({s for _, s in found}) == 60
    assert set(folds["protocol"]) == {"stratified", "grouped"}
    assert set(folds["repeat"]) == {0, 1}


def test_predictions_cover_both_sets(predicted):
    folder = predictions(predicted, "grouped", "two", 1)
    for name, table in (("out_of_fold", "train"), ("held_out", "test")):
        p = read_columns(folder / f"{name}.parquet")
        assert (
            p["object_id"].tolist() == read_columns(predicted / "features" / f"{table}.parquet")["object_id"].tolist()
        )
        assert p["probability"].tolist() == p["probability__TDE"].tolist()
        total = sum(p[f"probability__{c}"] for c in ("TDE", "AGN", "SN Ia", "other SN"))
        np.testing.assert_allclose(total, 1.0)
    importance = read_columns(folder / "importance.parquet")
    assert set(importance["feature"][:2]) == {"good__0", "good__1"}
    assert "noise__9" not in importance["feature"]
    assert {"Z", "noise__8"} <= set(importance["feature"])


def test_an_outer_training_set_knows_nothing_of_its_fold(predicted):
    """Its inner folds are the other folds; what it predicts are the objects of its own, whatever their labels."""
    about = {"training": "outer_1", "protocol": "grouped", "repeat": "0", "model": "one"}
    folder = train(predicted, about, {**SPEC, "classes": "binary"})
    inside, apart = (read_columns(folder / f"{name}.parquet") for name in ("out_of_fold", "held_out"))
    assert set(inside["fold"]) == {0, 2}
    folds = read_columns(predicted / "folds.parquet")
    mine = (folds["protocol"] == "grouped") & (folds["repeat"] == 0) & (folds["fold"] == 1)
    assert set(apart["object_id"]) == set(folds["object_id"][mine])
    assert not set(apart["object_id"]) & set(inside["object_id"])
    flipped = {**folds, "target": np.where(mine, 1 - folds["target"], folds["target"]).astype(np.int8)}
    flipped["spec_type"] = np.where(mine, "AGN", folds["spec_type"])
    write_table(predicted / "flipped" / "folds.parquet", flipped)
    (predicted / "flipped" / "features").symlink_to(predicted / "features")
    again = read_columns(train(predicted / "flipped", about, {**SPEC, "classes": "binary"}) / "held_out.parquet")
    assert np.array_equal(again["probability"], apart["probability"])


def test_altered_objects_are_trained_on_and_predicted_with_theirs(results, tmp_path):
    """Altered objects of a held-out object are no training data: those that are as they were score as it does."""
    cross_validate = script("cross_validate").__globals__
    table = read_columns(results / "features" / "train.parquet")
    write_table(tmp_path / "altered.parquet", {name: values[::-1].copy() for name, values in table.items()})
    about = {"training": "final", "protocol": "grouped", "repeat": "0", "model": "one"}
    paths = [results / "features" / "train.parquet", results / "features" / "test.parquet", results / "folds.parquet"]
    names = ("out_of_fold", "held_out", "importance", "photoz")
    for folder, jitter in (("plain", ""), ("jittered", tmp_path / "altered.parquet")):
        cross_validate["main"](
            cross_validate["Inputs"](*paths, photoz=tmp_path / "altered.parquet", jitter=jitter),
            cross_validate["Outputs"](*(tmp_path / folder / f"{name}.parquet" for name in names)),
            about,
            {
                "seed": 5,
                "target": "TDE",
                "training": TRAINING,
                "selection": SELECTION,
                "predicts": True,
                "model": {**SPEC, "classes": "binary"},
            },
            1,
        )
        own, altered = (read_columns(tmp_path / folder / f"{name}.parquet") for name in ("out_of_fold", "photoz"))
        assert np.array_equal(altered["probability"][::-1], own["probability"])
        assert np.array_equal(altered["fold"][::-1], own["fold"])
    plain, jittered = (read_columns(tmp_path / f / "out_of_fold.parquet")["probability"] for f in ("plain", "jittered"))
    assert not np.array_equal(plain, jittered)


def test_copies_and_test_objects_are_averaged_over_draws_of_their_redshifts(results, tmp_path):
    cross_validate = script("cross_validate").__globals__
    tables = {name: read_columns(results / "features" / f"{name}.parquet") for name in ("train", "test")}
    some = np.arange(len(tables["test"]["Z"])) % 2 == 0
    for draw in range(2):
        changed = {
            name: {key: -v if draw and key.startswith("good") else v for key, v in table.items()}
            for name, table in tables.items()
        }
        write_table(tmp_path / f"photoz{draw}.parquet", {key: v[::-1].copy() for key, v in changed["train"].items()})
        write_table(tmp_path / f"test{draw}.parquet", {key: v[some] for key, v in changed["test"].items()})
    settings = {**SETTINGS, "selection": SELECTION, "predicts": True}
    settings["model"] = {**SPEC, "classes": "binary"}
    about = {"training": "final", "protocol": "grouped", "repeat": "0", "model": "one"}
    paths = [results / "features" / "train.parquet", results / "features" / "test.parquet", results / "folds.parquet"]
    names = ("out_of_fold", "held_out", "importance", "photoz", "photoz_averaged")

    def run(*draws):
        made = {name: tmp_path / f"{name}{len(draws)}{draws}.parquet" for name in names}
        drawn = {kind: tuple(tmp_path / f"{kind[:-6]}{k}.parquet" for k in draws) for kind in cross_validate["DRAWN"]}
        inputs = cross_validate["Inputs"](*paths, photoz=tmp_path / "photoz0.parquet", **drawn)
        cross_validate["main"](inputs, cross_validate["Outputs"](**made), about, settings, 1)
        return {name: read_columns(path) for name, path in made.items() if path.exists()}

    plain, first, second, both = run(), run(0), run(1), run(0, 1)
    assert "photoz_averaged" not in plain
    for p in (first, both):
        assert np.array_equal(p["photoz"]["probability"], plain["photoz"]["probability"])
    assert np.array_equal(first["photoz_averaged"]["probability"], plain["photoz"]["probability"])
    mean = (first["photoz_averaged"]["probability"] + second["photoz_averaged"]["probability"]) / 2
    np.testing.assert_allclose(both["photoz_averaged"]["probability"], mean)
    assert both["photoz_averaged"]["object_id"].tolist() == plain["photoz"]["object_id"].tolist()
    given, drawn = plain["held_out"]["probability"], both["held_out"]["probability"]
    assert np.array_equal(drawn[~some], given[~some])
    np.testing.assert_allclose(drawn[some], ((given + second["held_out"]["probability"]) / 2)[some])
    assert (drawn[some] != given[some]).any()


def test_models_of_a_protocol_that_is_not_submitted_predict_no_test_object(predicted, tmp_path):
    """Their ensembles neither; what they say of the training objects is the same."""
    about = {"training": "final", "protocol": "grouped", "repeat": "0", "model": "two"}
    links = {path.name: path for path in predicted.iterdir() if path.name != "predictions"}
    for name, path in links.items():
        (tmp_path / name).symlink_to(path)
    folder = train(tmp_path, about, {**SPEC, "classes": "multiclass", "selection": True}, predicts=False)
    outside, inside = (read_columns(folder / f"{name}.parquet") for name in ("held_out", "out_of_fold"))
    assert {"object_id", "probability"} <= set(outside)
    assert not any(map(len, outside.values()))
    expected = read_columns(predictions(predicted, "grouped", "two", 0) / "out_of_fold.parquet")
    assert inside["probability"].tolist() == expected["probability"].tolist()
    paths = {name: folder / f"{name}.parquet" for name in ("out_of_fold", "held_out")}
    blocks = {
        name: {"method": name, "members": ["two"], "step": 0.5, "C": [1.0]} for name in ("mean", "rank", "weighted")
    }
    blocks["stacked"] = {**blocks["mean"], "method": "stacked"}
    made = {
        name: {kind: tmp_path / f"{name}_{kind}" for kind in ("out_of_fold", "held_out", "learned")} for name in blocks
    }
    script("combine")({"two": paths}, tmp_path / "folds.parquet", made, about, blocks)
    for name in blocks:
        assert len(read_columns(made[name]["held_out"])["object_id"]) == 0
        assert len(read_columns(made[name]["out_of_fold"])["object_id"]) == len(inside["object_id"])


def test_ensembles_are_made_like_models(predicted):
    about = {"training": "final", "protocol": "grouped", "repeat": "0"}
    names = ("out_of_fold", "held_out")
    models = {m: {n: predictions(predicted, "grouped", m, 0) / f"{n}.parquet" for n in names} for m in ("one", "two")}
    folder = predictions(predicted, "grouped", "both", 0)
    outputs = {**{n: folder / f"{n}.parquet" for n in names}, "learned": folder / "learned.json"}
    block = {"method": "mean", "members": ["one", "two"], "step": 0.1, "C": [1.0]}
    script("combine")(models, predicted / "folds.parquet", {"both": outputs}, about, {"both": block})
    for name in names:
        one, two, both = (read_columns(paths[name]) for paths in (models["one"], models["two"], outputs))
        assert np.array_equal(one["object_id"], both["object_id"])
        np.testing.assert_allclose(both["probability"], (one["probability"] + two["probability"]) / 2)
        # the members' classes differ: what is left is shared out as the one that knows more classes does
        ratio = both["probability__AGN"] / both["probability__SN Ia"]
        np.testing.assert_allclose(ratio, two["probability__AGN"] / two["probability__SN Ia"])
        total = sum(both[f"probability__{c}"] for c in ("TDE", "AGN", "SN Ia", "other SN"))
        np.testing.assert_allclose(total, 1.0)
    learned = json.loads((folder / "learned.json").read_text())
    assert learned == {"members": ["one", "two"], "method": "mean", "weights": [0.5, 0.5]}
    for path in folder.iterdir():
        path.unlink()


BINS = {"redshift": [0.5], "points": [20], "snr": [0.5], "magnitude": [22.0], "probability": 5}
SCORING = {
    "seed": 5,
    "threshold": THRESHOLD,
    "calibration": {"method": "platt"},
    "evaluation": {"level": 0.95, "rounds": 50, "precision": 0.9, "bins": {"probability": 10}},
}


def test_scores_have_a_row_for_each_model_protocol_and_repeat(predicted):
    files = sorted(predicted.glob("predictions/final/*/*/*/out_of_fold.parquet"), reverse=True)
    out = predicted / "evaluation" / "scores.csv"
    script("score")(files, {}, predicted / "folds.parquet", out, SCORING)
    table = rows(out)
    assert list(table[0])[:10] == [
        *("protocol", "model", "repeat", "average_precision", "roc_auc", "f1", "precision", "recall", "threshold"),
        "redshift",
    ]
    keys = [(row["protocol"], row["model"], row["repeat"]) for row in table]
    assert keys == [(p, m, r) for p in ("stratified", "grouped") for m in ("one", "two") for r in ("0", "1")]
    assert all(float(row["average_precision"]) > 0.35 for row in table)
    for name in ("average_precision", "f1", "brier"):
        assert all(float(row[f"{name}_low"]) <= float(row[name]) <= float(row[f"{name}_high"]) for row in table)


def test_photometric_redshifts_are_scored_with_what_was_chosen_on_spectroscopic_ones(predicted, tmp_path):
    files = sorted(predicted.glob("predictions/final/grouped/*/one/out_of_fold.parquet"))
    flat = tmp_path / "photoz.parquet"
    columns = {**read_columns(files[0])}
    order = np.random.default_rng(1).permutation(len(columns["object_id"]))
    about = {"training": "final", "protocol": "grouped", "repeat": "0", "model": "one"}
    write_table(flat, {name: values[order] for name, values in columns.items()}, metadata=about)
    others = {"photoz": [flat], "photoz_averaged": [flat], "no_redshift": [flat]}
    script("score")(files, others, predicted / "folds.parquet", tmp_path / "scores.csv", SCORING)
    table = rows(tmp_path / "scores.csv")
    served = ["photometric", "photometric, averaged", "none"]
    assert [row["redshift"] for row in table] == ["spectroscopic", "spectroscopic", *served]
    assert all({**table[0], "redshift": ""} == {**row, "redshift": ""} for row in table[2:])
    write_table(flat, {**columns, "probability": columns["probability"] / 2}, metadata=about)
    script("score")(files, others, predicted / "folds.parquet", tmp_path / "scores.csv", SCORING)
    halved, _, own = rows(tmp_path / "scores.csv")[2:]
    assert halved["average_precision"] == table[0]["average_precision"]
    assert halved["threshold"] == table[0]["threshold"]
    assert float(halved["recall"]) < float(table[0]["recall"])
    assert (own["recall"], own["threshold"]) != (halved["recall"], halved["threshold"])  # it has a threshold of its own
    assert own["recall"] == table[0]["recall"]


@pytest.mark.parametrize("protocol", ["stratified", "grouped"])
def test_submission_follows_from_probabilities_and_threshold(predicted, protocol):
    folders = [predictions(predicted, protocol, "two", repeat) for repeat in (0, 1)]
    threshold = predicted / "threshold.json"
    script("choose_threshold")(
        [f / "out_of_fold.parquet" for f in folders], predicted / "folds.parquet", threshold, DECISION
    )
    chosen = json.loads(threshold.read_text())
    assert (chosen["rule"], chosen["model"], chosen["protocol"]) == ("maximum_f1", "two", protocol)
    assert chosen["target"] == "TDE"
    outputs = [predicted / "submission.csv", predicted / "probabilities.csv"]
    tests = [f / "held_out.parquet" for f in folders]
    decisions = {"predictions": tests, "threshold": threshold, "without": [], "without_threshold": ""}
    script("write_submission")(predicted / "metadata.parquet", decisions, *outputs)
    submission, probabilities = map(rows, outputs)
    log = read_columns(predicted / "metadata.parquet")
    place = dict(zip(log["object_id"], log["submission_row"].tolist(), strict=True))
    assert [place[row["object_id"]] for row in submission] == list(range(30))
    assert list(submission[0]) == ["object_id", "prediction"]
    classes = [f"probability__{name}" for name in ("TDE", "AGN", "SN Ia", "other SN")]
    assert list(probabilities[0]) == ["object_id", "probability", *classes, "redshift_kind"]
    assert {row["redshift_kind"] for row in probabilities} == {"photometric"}
    for row in probabilities:
        assert sum(float(row[name]) for name in classes) == pytest.approx(1.0, abs=1e-5)
        assert row["probability"] == row["probability__TDE"]
    p = np.array([float(row["probability"]) for row in probabilities])
    assert [int(row["prediction"]) for row in submission] == (p >= chosen["threshold"]).astype(int).tolist()
    mean = np.mean([read_columns(path)["probability"] for path in tests], axis=0)
    mean = decide(chosen, mean)[0]
    ids = read_columns(tests[0])["object_id"]
    assert p == pytest.approx([dict(zip(ids, mean, strict=True))[row["object_id"]] for row in submission], rel=1e-5)


def test_objects_without_redshift_are_submitted_by_the_models_trained_without(predicted, tmp_path, caplog):
    log = read_columns(predicted / "metadata.parquet")
    none = (log["set"] == "test") & (np.arange(len(log["Z"])) % 12 == 5)
    write_table(tmp_path / "metadata.parquet", {**log, "Z": np.where(none, np.nan, log["Z"])})
    known = predictions(predicted, "grouped", "two", 0) / "held_out.parquet"
    columns = read_columns(known)
    rows_of = [k for k, name in enumerate(columns["object_id"]) if name in set(log["object_id"][none])]
    flipped = {
        name: values[rows_of] if values.dtype == object else 1.0 - values[rows_of] for name, values in columns.items()
    }
    write_table(tmp_path / "without.parquet", flipped, metadata={**about_of("grouped"), "training": "no_redshift"})
    decision = {"calibration": {"method": "none"}, "spread": 0.0, "rule": "maximum_f1"}
    for name, threshold in (("with", 0.2), ("without", 0.9)):
        (tmp_path / f"{name}.json").write_text(json.dumps({**decision, "threshold": threshold}))
    outputs = [tmp_path / "submission.csv", tmp_path / "probabilities.csv"]
    decisions = {"predictions": [known], "threshold": tmp_path / "with.json"}
    trained = {"without": [tmp_path / "without.parquet"], "without_threshold": tmp_path / "without.json"}
    script("write_submission")(tmp_path / "metadata.parquet", {**decisions, **trained}, *outputs)
    probability = dict(zip(columns["object_id"], columns["probability"], strict=True))
    for decided, row in zip(*map(rows, outputs), strict=True):
        lacks = row["redshift_kind"] == "none"
        p = probability[row["object_id"]]
        assert float(row["probability"]) == pytest.approx(1.0 - p if lacks else p, rel=1e-5)
        assert decided["prediction"] == str(int(1.0 - p >= 0.9 if lacks else p >= 0.2))
    assert sum(row["redshift_kind"] == "none" for row in rows(outputs[1])) == none.sum() > 0
    nothing = {"without": [], "without_threshold": ""}
    script("write_submission")(tmp_path / "metadata.parquet", {**decisions, **nothing}, *outputs)
    for decided, row in zip(*map(rows, outputs), strict=True):
        assert (row["redshift_kind"] == "none") == (row["probability"] == "") == (decided["prediction"] == "")
    assert f"{none.sum()} of 30 objects have no redshift and get no probability" in caplog.text


def about_of(protocol):
    return {"training": "final", "protocol": protocol, "repeat": "0", "model": "two"}


def test_models_without_redshifts_learn_from_copies_and_predict_who_has_none(results, tmp_path):
    cross_validate = script("cross_validate").__globals__
    train_table, test_table = (read_columns(results / "features" / f"{name}.parquet") for name in ("train", "test"))
    copies = {**train_table, "Z": np.full(len(train_table["Z"]), np.nan)}
    lacks = np.arange(len(test_table["Z"])) % 3 == 0
    tables = {
        "copies": copies,
        "some": {**train_table, "Z": np.where(np.arange(len(copies["Z"])) % 10, train_table["Z"], np.nan)},
        "test": {**test_table, "Z": np.where(lacks, np.nan, test_table["Z"])},
    }
    for name, table in tables.items():
        write_table(tmp_path / f"{name}.parquet", table)
    settings = {**SETTINGS, "selection": SELECTION, "predicts": True}
    settings["model"] = {**SPEC, "classes": "binary"}
    made = {}
    for training, table in (("no_redshift", "copies"), ("final", "some")):
        names = ("out_of_fold", "held_out", "importance")
        paths = [tmp_path / training / f"{name}.parquet" for name in names]
        inputs = cross_validate["Inputs"](
            *(tmp_path / f"{name}.parquet" for name in (table, "test")), results / "folds.parquet"
        )
        outputs = cross_validate["Outputs"](*paths, models=tmp_path / training / "models")
        about = {"training": training, "protocol": "grouped", "repeat": "0", "model": "one"}
        cross_validate["main"](inputs, outputs, about, settings, 1)
        made[training] = [read_columns(path) for path in paths]
        assert len(list((tmp_path / training / "models").iterdir())) == 4  # three folds and the index
    inside, apart, _ = made["no_redshift"]
    assert len(inside["object_id"]) == len(copies["Z"])
    assert apart["object_id"].tolist() == test_table["object_id"][lacks].tolist()
    inside, apart, _ = made["final"]
    assert set(inside["object_id"]) == set(train_table["object_id"][np.isfinite(tables["some"]["Z"])])
    assert len(apart["object_id"]) == len(lacks)


def test_threshold_is_the_mean_over_folds_and_repeats(predicted):
    from mallorn.decide.thresholds import maximum_f1

    folders = [predictions(predicted, "grouped", "one", repeat) for repeat in (0, 1)]
    paths = [f / "out_of_fold.parquet" for f in folders]
    settings = {"threshold": THRESHOLD, "calibration": {"method": "none"}}
    script("choose_threshold")(paths, predicted / "folds.parquet", predicted / "t.json", settings)
    truth = read_columns(predicted / "truth.parquet")
    target = dict(zip(truth["object_id"], truth["target"].tolist(), strict=True))
    expected = []
    for path in paths:
        p = read_columns(path)
        y = np.array([target[i] for i in p["object_id"]])
        expected += [maximum_f1(y[p["fold"] != k], p["probability"][p["fold"] != k]) for k in range(3)]
    chosen = json.loads((predicted / "t.json").read_text())
    assert chosen["threshold"] == pytest.approx(np.mean(expected))
    assert chosen["spread"] == pytest.approx(np.std(expected))
    assert chosen["repeats"] == 2


def test_ablation_and_selection_write_their_tables(results):
    train, folds = results / "features" / "train.parquet", results / "folds.parquet"
    settings = {"seed": 5, "target": "TDE", "training": TRAINING}
    ablation = {"model": "one", "repeats": 1, "rounds": 10}
    more = {"threshold": THRESHOLD, "ablation": ablation, "model": SPEC}
    script("ablate_families")(train, folds, results / "ablation.csv", {**settings, **more}, 2)
    table = rows(results / "ablation.csv")
    gain = {(r["protocol"], r["variant"], r["family"]): float(r["average_precision_gain"]) for r in table}
    assert len(gain) == len(table) == 2 * 7
    assert gain["grouped", "without", "good"] < -0.1
    assert gain["stratified", "all", ""] == 0
    script("select_features")(train, folds, results / "selection.csv", {**settings, "selection": SELECTION})
    table = rows(results / "selection.csv")
    assert table[0]["feature"] == "good__0"
    assert [float(r["frequency"]) >= 0.6 for r in table] == [r["selected"] == "1" for r in table]


def test_nested_scores_pool_the_outer_folds(predicted, tmp_path):
    folders = []
    for k in range(3):
        about = {"training": f"outer_{k}", "protocol": "grouped", "repeat": "1", "model": "one"}
        folders.append(train(predicted, about, {**SPEC, "classes": "binary"}))
    paths = [[f / f"{name}.parquet" for f in folders] for name in ("out_of_fold", "held_out")]
    script("score_nested")(*paths, predicted / "folds.parquet", tmp_path / "nested.csv", SCORING)
    (row,) = rows(tmp_path / "nested.csv")
    held = [read_columns(path) for path in paths[1]]
    ids, p = (np.concatenate([part[name] for part in held]) for name in ("object_id", "probability"))
    assert len(set(ids)) == len(ids) == 150
    truth = read_columns(predicted / "truth.parquet")
    target = dict(zip(truth["object_id"], truth["target"].tolist(), strict=True))
    expected = average_precision([target[name] for name in ids], p)
    assert float(row["average_precision"]) == pytest.approx(expected, rel=1e-4)
    script("score")([], {}, predicted / "folds.parquet", tmp_path / "none.csv", SCORING)
    assert (tmp_path / "none.csv").read_text().splitlines()[0].split(",") == list(row)


def test_evaluation_tables_and_figures(predicted, tmp_path):
    splits = ("split_01", "split_02")
    made = [[predicted / kind / f"{s}.parquet" for s in splits] for kind in ("lightcurves", "objects")]
    folds, objects = predicted / "folds.parquet", tmp_path / "objects.parquet"
    script("describe_objects")(predicted / "metadata.parquet", *made, objects)
    described = read_columns(objects)
    assert len(described["object_id"]) == 150
    assert set(described["points"]) == {30}
    files = sorted(predicted.glob("predictions/final/*/*/*/out_of_fold.parquet"))
    settings = {**SCORING, "evaluation": {**SCORING["evaluation"], "bins": BINS}}
    names = ("by_type", "confusion", "calibration", "learning_curve")
    tables = {name: tmp_path / f"{name}.csv" for name in names}
    bare = [path for path in files if path.parent.name == "two"]
    script("score_groups")(files, bare, folds, objects, *(tables[name] for name in names[:3]), settings)
    by_type = rows(tables["by_type"])
    assert {(row["protocol"], row["model"], row["redshift"]) for row in by_type} == {
        (protocol, model, redshift)
        for protocol in ("stratified", "grouped")
        for model, redshift in (("one", "spectroscopic"), ("two", "spectroscopic"), ("two", "none"))
    }
    two = [{**row, "redshift": ""} for row in by_type if row["model"] == "two"]
    assert two[: len(two) // 2] == two[len(two) // 2 :]  # the same predictions, stated twice
    assert {row["property"] for row in by_type} == {"spec_type", "redshift", "points", "snr"}  # none is detected
    confusion = rows(tables["confusion"])
    for kind in ("TDE", "AGN", "SN Ia", "SN II"):
        mine = [r for r in confusion if (r["protocol"], r["model"], r["spec_type"]) == ("grouped", "two", kind)]
        assert {r["predicted"] for r in mine} == {"TDE", "AGN", "SN Ia", "other SN"}
        assert sum(float(r["fraction"]) for r in mine) == pytest.approx(1.0, abs=1e-5)
    assert {row["method"] for row in rows(tables["calibration"])} == {"none", "platt", "isotonic"}
    curve = {"model": "one", "fractions": [0.3, 1.0], "draws": 1, "repeats": 1}
    settings |= {"target": "TDE", "training": TRAINING, "model": SPEC, "learning_curve": curve}
    train_table = predicted / "features" / "train.parquet"
    script("learning_curve")(DatasetFiles(train_table), folds, tables["learning_curve"], settings, 1)
    points = rows(tables["learning_curve"])
    assert [(row["protocol"], row["fraction"]) for row in points] == [
        (protocol, fraction) for protocol in ("stratified", "grouped") for fraction in ("0.3", "1")
    ]
    figures = tmp_path / "figures"
    script("plot_evaluation")(tables, figures, {"submission": {"model": "two"}})
    script("draw_curves")(files, folds, figures)
    stems = {"precision_recall", "roc", "calibration", "learning_curve", "confusion"}
    stems |= {"by_redshift", "by_points", "by_snr", "by_magnitude", "by_type"}
    assert {path.name for path in figures.iterdir()} == {f"{s}.{end}" for s in stems for end in ("png", "svg")}


def test_audits_write_a_verdict_each_and_catch_a_leak(results, tmp_path):
    splits = ("split_01", "split_02")
    made = [[results / kind / f"{s}.parquet" for s in splits] for kind in ("lightcurves", "objects")]
    train_table, test_table = (results / "features" / f"{name}.parquet" for name in ("train", "test"))
    folds, logs = results / "folds.parquet", results / "metadata.parquet"
    audits = {**CONFIG["audits"], "model": {key: SPEC[key] for key in ("learner", "balance", "params")}, "shuffles": 1}
    settings = {"seed": 5, "folds": FOLDS, "training": TRAINING, "audits": audits}
    names = ("labels", "siblings_from_features", "class_from_times", "features", "shift", "siblings")
    out = {name: tmp_path / f"{name}.json" for name in names}

    def audit(table):
        script("audit_labels")(table, folds, out["labels"], settings, 1)
        times = (out["siblings_from_features"], out["class_from_times"])
        script("audit_times")(table, folds, *made, *times, settings, 1)
        script("audit_features")(table, test_table, folds, out["features"], tmp_path / "features.csv", settings)
        script("adversarial_validation")(table, test_table, out["shift"], tmp_path / "weights.parquet", settings, 1)
        script("audit_siblings")(logs, folds, *made, out["siblings"], settings)
        script("audit")(list(out.values()), tmp_path / "audits.json")
        merged = json.loads((tmp_path / "audits.json").read_text())
        return merged["verdict"], {one["name"]: one["verdict"] for one in merged["audits"]}

    # feature 2 of this survey is a number of the event: it tells siblings and nothing else
    worst, verdicts = audit(train_table)
    assert (worst, len(verdicts)) == ("fail", 6)
    assert verdicts.pop("siblings from features") == "fail"
    assert "fail" not in verdicts.values()
    assert "good__2" in json.loads(out["siblings_from_features"].read_text())["finding"]
    weights = read_columns(tmp_path / "weights.parquet")
    assert weights["weight"].mean() == pytest.approx(1.0)
    assert len(weights["object_id"]) == 150

    columns = read_columns(train_table)
    truth = read_columns(results / "truth.parquet")
    target = dict(zip(truth["object_id"], truth["target"].tolist(), strict=True))
    columns["good__0"] = np.array([float(target[name]) for name in columns["object_id"]])
    write_table(tmp_path / "leaky.parquet", columns)
    assert audit(tmp_path / "leaky.parquet")[1]["features"] == "fail"
    assert "good__0" in json.loads(out["features"].read_text())["finding"]


def test_shipped_settings_are_those_that_the_adapters_read():
    """Every learner of the shipped configuration knows its parameters, and the submission's model exists."""
    from mallorn.learners.learner import learner

    for block in (*CONFIG["models"].values(), CONFIG["selection"]["ranker"], CONFIG["audits"]["model"]):
        assert import_module(learner(block["learner"], block["params"]).__name__)
        assert set(TRAINING) == set(CONFIG["training"])
    assert set(THRESHOLD) == set(CONFIG["threshold"])
    assert set(FOLDS) == set(CONFIG["folds"])
    assert set(SELECTION) == set(CONFIG["selection"])
