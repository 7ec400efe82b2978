"""Audits: what is sound passes, and what leaks is caught."""

import json

import numpy as np
import pytest
from learning_data import SPEC, labelled, survey

from mallorn.errors import DataError
from mallorn.evaluate.audits.features import audit_features, describe_features
from mallorn.evaluate.audits.labels import audit_labels, shuffled_events
from mallorn.evaluate.audits.shift import adversarial_validation, audit_shift, importance_weights
from mallorn.evaluate.audits.siblings import audit_siblings, curve_digests, shared_spans
from mallorn.evaluate.audits.time_grid import (
    audit_class_from_times,
    audit_siblings_from_features,
    sibling_resolution,
    sibling_retrieval,
    time_features,
)
from mallorn.evaluate.audits.verdict import merge, verdict, write_verdict
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

MODEL = {key: SPEC[key] for key in ("learner", "balance", "params")}
LIMITS = {"separation": 0.98, "missing": 0.5}


@pytest.fixture(scope="module")
def drawn():
    """A survey, with folds of both protocols: {"types", "target", "event", "values", "stratified", "grouped"}."""
    ids, types, target, event, values = survey(n_events=90)
    folds = draw_folds(ids, types, target, event, 3, 1, 5, 1)
    order = np.argsort(ids.astype(str))
    names = ("object_id", "types", "target", "event", "values")
    drawn = dict(zip(names, (x[order] for x in (ids, types, target, event, values)), strict=True))
    protocols = {p: fold_of(folds, p, 0, drawn["object_id"])["fold"] for p in ("stratified", "grouped")}
    return {**drawn, **protocols, "folds": folds}


def predictor(drawn, values=None, protocol="grouped"):
    values = drawn["values"] if values is None else values

    def predict(target):
        model = {**SPEC, **MODEL}
        objects = labelled(values, np.where(target == 1, 0, 1), 2, drawn["event"])
        p = cross_validate(objects, drawn[protocol], model, seed=2, threads=1)
        return p.inside[:, 0]

    return predict


# --- shuffled labels ---


def test_shuffled_labels_stay_with_their_events(drawn):
    rng = np.random.default_rng(3)
    shuffled = shuffled_events(drawn["target"], drawn["event"], rng)
    assert not np.array_equal(shuffled, drawn["target"])
    events = {(event, label) for event, label in zip(drawn["event"], shuffled, strict=True)}
    assert len(events) == 90
    assert sum(label for _, label in events) == 18


def test_a_sound_chain_is_at_chance_on_shuffled_labels(drawn):
    found = audit_labels(predictor(drawn), drawn["target"], drawn["event"], 4, 200, seed=1)
    assert found["verdict"] == "pass"
    assert abs(found["numbers"]["excess"]) < 3


def test_folds_that_part_siblings_are_caught(drawn):
    found = audit_labels(predictor(drawn, protocol="stratified"), drawn["target"], drawn["event"], 4, 200, seed=1)
    assert found["verdict"] == "fail"
    assert "labels reach the predictions" in found["finding"]


def test_a_chain_that_saw_the_labels_it_predicts_is_caught(drawn):
    """Features made from the labels of all objects before the folds, as by target encoding or selection outside."""
    rng = np.random.default_rng(5)

    def leaky(target):
        encoded = np.column_stack([drawn["values"], target + rng.normal(size=len(target))]).astype(np.float32)
        return predictor(drawn, encoded)(target)

    found = audit_labels(leaky, drawn["target"], drawn["event"], 4, 200, seed=1)
    assert found["verdict"] == "fail"
    assert found["numbers"]["mean"] > 0.6


# --- single features ---


def described(drawn, extra=None, test=None):
    values = drawn["values"] if extra is None else np.column_stack([drawn["values"], extra])
    columns = [f"feature_{k}" for k in range(10)] + ([] if extra is None else ["suspect"])
    return describe_features(columns, values, values if test is None else test, drawn["target"])


def test_sound_features_pass(drawn):
    found = audit_features(described(drawn), events=18, **LIMITS)
    assert found["verdict"] == "pass"
    assert "feature_0" in found["finding"]


@pytest.mark.parametrize(
    ("leak", "named"),
    [
        (lambda y, rng: y + 0.2 * rng.normal(size=len(y)), "too good alone"),
        (lambda y, rng: -5.0 * y + rng.normal(size=len(y)), "too good alone"),
        (lambda y, rng: np.where(y == 1, np.nan, rng.normal(size=len(y))), "missing by class"),
        (lambda y, rng: np.where(y == 1, 1.0, np.nan), "missing by class"),
    ],
)
def test_a_leaky_feature_is_caught(drawn, leak, named):
    suspect = leak(drawn["target"], np.random.default_rng(8))
    found = audit_features(described(drawn, suspect), events=18, **LIMITS)
    assert found["verdict"] == "fail"
    assert found["numbers"][named] == ["suspect"]
    assert "suspect" in found["finding"]


def test_with_few_events_a_feature_that_seems_too_good_is_only_warned_of(drawn):
    found = audit_features(described(drawn, 1.0 * drawn["target"]), events=6, **LIMITS)
    assert found["verdict"] == "warn"
    assert found["numbers"]["too good alone"] == ["suspect"]
    assert "too few" in found["finding"]


def test_constant_features_and_those_missing_in_the_test_set_are_named(drawn):
    constant = audit_features(described(drawn, np.full(len(drawn["target"]), 3.0)), events=18, **LIMITS)
    assert (constant["verdict"], constant["numbers"]["constant"]) == ("warn", ["suspect"])
    test = drawn["values"].copy()
    test[:, 4] = np.nan
    absent = audit_features(described(drawn, test=test), events=18, **LIMITS)
    assert (absent["verdict"], absent["numbers"]["missing in the test set"]) == ("warn", ["feature_4"])


def test_rows_of_features_worked_by_hand():
    nan = np.nan
    train = np.array([[1.0, nan, 2.0], [2.0, 5.0, 2.0], [3.0, 5.0, 2.0], [4.0, nan, 2.0]])
    rows = describe_features(["a", "b", "c"], train, np.array([[nan, 1.0, 1.0]]), np.array([1, 1, 0, 0]))
    assert [row["separation"] for row in rows] == [1.0, 0.5, 0.5]
    assert [row["constant"] for row in rows] == [0, 1, 1]
    assert [row["missing_targets"] for row in rows] == [0.0, 0.5, 0.0]
    assert [row["missing_others"] for row in rows] == [0.0, 0.5, 0.0]
    assert [row["missing_test"] for row in rows] == [1.0, 0.0, 0.0]


# --- time grid ---


def test_retrieval_of_siblings_worked_by_hand():
    event = np.array(list("aabbc"))
    assert sibling_retrieval(np.array([1.0, 1.1, 5.0, 5.2, 9.0]), event) == 1.0
    # of 0 and 4 the neighbour is another event's; of 1 and 3, both at 2 and at their sides
    assert sibling_retrieval(np.array([0.0, 4.0, 1.0, 3.0, 2.0]), event) == 0.0
    # all the same: of four neighbours one is a sibling
    assert sibling_retrieval(np.zeros(5), event) == pytest.approx(0.25)
    # the middle of three, each one apart: one neighbour of two is a sibling
    assert sibling_retrieval(np.array([1.0, 2.0, 3.0, 9.0, np.nan]), np.array(list("aabcd"))) == pytest.approx(0.75)
    assert np.isnan(sibling_retrieval(np.arange(3.0), np.array(list("abc"))))


def test_retrieval_agrees_with_a_search_of_all_pairs():
    rng = np.random.default_rng(4)
    event = np.repeat(np.arange(40), 3).astype(str)
    for x in (rng.normal(size=120), rng.integers(0, 30, 120).astype(float)):
        shares = []
        for k in range(120):
            distance = np.abs(x - x[k])
            distance[k] = np.inf
            shares.append(np.mean(event[distance == distance.min()] == event[k]))
        assert sibling_retrieval(x, event) == pytest.approx(np.mean(shares))


@pytest.mark.parametrize("events", [25, 400])
def test_resolution_does_not_depend_on_the_number_of_events(events):
    """Siblings a hundredth of the feature's range apart have about twenty of 1,000 events between them; grids none."""
    rng = np.random.default_rng(events)
    event = np.repeat(np.arange(events), 3)
    place = rng.random(events)[event]
    noise = rng.normal(size=len(event))
    names = event.astype(str)
    assert sibling_resolution(place + 0.01 * noise, names) < 0.1
    assert sibling_resolution(place + 1e-6 * noise, names) > 0.95
    middle = sibling_resolution(place + 3e-4 * noise, names)
    assert 0.4 < middle < 0.95
    assert sibling_resolution(np.round(4 * place), names) < 0.01
    assert np.isnan(sibling_resolution(place[:3], np.array(list("abc"))))


@pytest.mark.parametrize("power", [-1, 0, 1])
def test_a_feature_that_carries_the_grid_is_caught(drawn, power):
    """The event's span with a relative error of 1e-6, stretched by redshift in some way."""
    rng = np.random.default_rng(2)
    z = rng.uniform(0.1, 1.0, len(drawn["target"]))
    span = 1300 + 600 * np.random.default_rng(1).random(90)[np.unique(drawn["event"], return_inverse=True)[1]]
    leak = span * (1 + z) ** power * (1 + 1e-6 * rng.normal(size=len(z)))
    kept = np.delete(drawn["values"].astype(float), 2, axis=1)  # feature 2 of this survey is a number of the event
    columns = [f"feature_{k}" for k in range(10) if k != 2]
    sound = audit_siblings_from_features(columns, kept, z, drawn["event"], limits=(0.1, 0.5))
    assert sound["verdict"] == "pass"
    assert max(sound["numbers"]["found"].values()) < 0.1

    def audit(suspect):
        values = np.column_stack([kept, suspect])
        return audit_siblings_from_features([*columns, "suspect"], values, z, drawn["event"], limits=(0.1, 0.5))

    found = audit(leak)
    assert found["verdict"] == "fail"
    assert found["numbers"]["guilty"] == ["suspect"]
    assert found["numbers"]["found"]["suspect"] > 0.9
    at_times = audit(np.where(rng.random(len(z)) < 0.5, leak, rng.normal(size=len(z))))
    assert (at_times["verdict"], at_times["numbers"]["guilty"]) == ("warn", ["suspect"])


def curves(counts, seed=0):
    """Return `LightCurves` of len(counts) objects with that many points on grids of epochs."""
    rng = np.random.default_rng(seed)
    n, total = len(counts), sum(counts)
    zero = {name: np.zeros(n) for name in ("redshift", "redshift_err", "ebv", "luminosity_distance")}
    mjd = np.concatenate([np.sort(rng.choice(1000, c, replace=False)) * 1.5 for c in counts])
    return LightCurves(
        np.array([f"o{k}" for k in range(n)]),
        **zero,
        start=np.concatenate([[0], np.cumsum(counts)]),
        mjd=mjd,
        band=rng.integers(0, 6, total).astype(np.int8),
        flux=rng.normal(size=total),
        flux_err=np.ones(total),
        passbands=LSST,
    )


def test_times_say_nothing_of_fluxes():
    lc = curves([20, 1, 0])
    times = time_features(lc)
    assert times["points"].tolist() == [20, 1, 0]
    assert times["first"][0] == lc.mjd[0]
    assert times["longest_gap"][0] == np.diff(lc.mjd[:20]).max()
    assert np.isnan(times["first"][2])
    assert np.isnan(times["median_gap"][1])


def test_a_class_that_times_tell_is_warned_of_and_the_grid_is_seen_with_stratified_folds(drawn):
    rng = np.random.default_rng(3)
    n, event = len(drawn["target"]), np.unique(drawn["event"], return_inverse=True)[1]
    z = rng.uniform(0.1, 1.0, n)
    step = (1300 + 600 * rng.random(90)[event]) * (1 + z) / 999
    times = {"points": rng.normal(size=n), "gap": rng.normal(size=n)}
    folds = {name: drawn[name] for name in ("stratified", "grouped")}

    def predict(values, fold):
        objects = labelled(values, 1 - drawn["target"], 2, drawn["event"])
        p = cross_validate(objects, fold, {**SPEC, **MODEL}, seed=4, threads=1)
        return p.inside[:, 0]

    labels = (drawn["target"], drawn["event"])
    sound = audit_class_from_times(predict, times, step, z, *labels, folds, limit=0.7)
    assert sound["verdict"] == "pass"
    assert sound["numbers"]["siblings_found"] > 0.9
    scores = {name: score["roc_auc"] for name, score in sound["numbers"]["scores"].items()}
    assert scores["times and grid, stratified"] > scores["times, stratified"] + 0.04
    times["points"] += 2 * drawn["target"]
    assert audit_class_from_times(predict, times, step, z, *labels, folds, limit=0.7)["verdict"] == "warn"


# --- shift ---


def test_sets_that_differ_are_told_apart_by_what_differs():
    rng = np.random.default_rng(7)
    train, test = rng.normal(size=(400, 6)).astype(np.float32), rng.normal(size=(700, 6)).astype(np.float32)
    columns = [f"f{k}" for k in range(6)]

    def audit():
        p, importance = adversarial_validation(train, test, MODEL, 3, seed=1, threads=1)
        return audit_shift(columns, p, importance, 400, (0.6, 0.95)), p

    assert audit()[0]["verdict"] == "pass"
    test[:, 4] += 1.0
    found, p = audit()
    assert found["verdict"] == "warn"
    assert next(iter(found["numbers"]["responsible"])) == "f4"
    assert "f4" in found["finding"]
    weight = importance_weights(p, 400, largest=10.0)
    assert weight.mean() == pytest.approx(1.0)
    assert weight.min() > 0
    # weighted, the training mean comes nearer to the test set's
    assert abs(np.average(train[:, 4], weights=weight) - test[:, 4].mean()) < 0.5
    test[:, 4] += 9.0
    assert audit()[0]["verdict"] == "fail"


def test_weights_are_clipped_odds():
    weight = importance_weights(np.array([0.5, 0.2, 0.9, 0.7]), 3, largest=2.0)
    odds = np.array([1.0, 0.25, 9.0])
    expected = np.minimum(odds / odds.mean(), 2.0)
    np.testing.assert_allclose(weight, expected / expected.mean())


# --- duplicates and siblings ---


def test_siblings_parted_by_grouped_folds_and_duplicates_are_caught(drawn):
    digest = np.array([f"{k}" for k in range(len(drawn["object_id"]))], dtype=object)
    sound = audit_siblings(drawn["object_id"], digest, drawn["folds"], [])
    assert sound["verdict"] == "pass"
    parted = sound["numbers"]["objects_with_a_parted_sibling"]
    assert parted["grouped"] == 0
    assert parted["stratified"] > 0.5
    assert sound["numbers"]["events"] == 90
    broken = {**drawn["folds"], "fold": np.where(drawn["folds"]["protocol"] == "grouped", 0, drawn["folds"]["fold"])}
    broken["fold"] = broken["fold"].copy()
    broken["fold"][np.flatnonzero(broken["protocol"] == "grouped")[0]] = 1
    assert audit_siblings(drawn["object_id"], digest, broken, [])["verdict"] == "fail"
    digest[3] = digest[8]
    twice = audit_siblings(drawn["object_id"], digest, drawn["folds"], [])
    assert twice["verdict"] == "fail"
    assert twice["numbers"]["duplicates"] == [[str(drawn["object_id"][k]) for k in (3, 8)]]
    shared = audit_siblings(drawn["object_id"], digest, drawn["folds"], [{"a", "b"}])
    assert shared["numbers"]["spans_shared_by_two_types"] == 1


def test_digests_are_of_points():
    lc = curves([5, 5, 0])
    digests = curve_digests(lc)
    assert digests[0] != digests[1]
    assert digests[2] == ""
    assert curve_digests(lc.take([0, 0])).tolist() == [digests[0]] * 2


def test_spans_shared_by_two_types():
    ids, types = np.array(list("abcd")), np.array(["SN", "AGN", "SN", "SN"])
    shared = shared_spans(ids, types, np.array([1500.0, 1500.01, 1600.0, 1600.01]), np.full(4, 0.02))
    assert shared == [{"a", "b"}]


# --- verdicts ---


def test_the_worst_verdict_is_that_of_all(tmp_path):
    verdicts = [verdict("one", "pass", "fine", x=1.5), verdict("two", "warn", "so so")]
    assert merge(verdicts)["verdict"] == "warn"
    assert merge([*verdicts, verdict("three", "fail", "no")])["verdict"] == "fail"
    write_verdict(tmp_path / "audits.json", merge(verdicts))
    read = json.loads((tmp_path / "audits.json").read_text())
    assert read["audits"][0] == {"name": "one", "verdict": "pass", "finding": "fine", "numbers": {"x": 1.5}}
    with pytest.raises(DataError, match="one verdict for each audit"):
        merge([verdicts[0], verdicts[0]])
    with pytest.raises(ValueError, match="none of pass, warn, fail"):
        verdict("four", "perhaps", "")
