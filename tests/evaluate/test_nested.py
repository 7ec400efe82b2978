"""Nested scores against the truth: surveys whose test labels are known, drawn with the siblings of the real one."""

import numpy as np
import pytest
from learning_data import SPEC, labelled

from mallorn.decide.decision import decide, make_decision
from mallorn.evaluate.nested import nested_score
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import of_values
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.learning.training_sets import training_rows
from mallorn.metrics import average_precision, decision_scores

SEEDS = range(8)
FOLDS = 5
SETTINGS = {
    "seed": 3,
    "threshold": {"rule": "maximum_f1", "ratio": 1.0, "precision": 0.9, "fraction": None},
    "calibration": {"method": "platt"},
    "evaluation": {"level": 0.95, "rounds": 300, "precision": 0.9, "bins": {"probability": 10}},
}


def drawn(rng, events, copies):
    """Return (target, event, values) of the copies of `events`, each (target, traits (8,)).

    Two features tell targets with the scatter of the event, six are the event's own and tell only its copies apart.
    """
    target, traits = events
    rows = np.repeat(np.arange(len(target)), copies)
    values = traits[rows] + 0.3 * rng.normal(size=(len(rows), 8))
    values[:, :2] += 1.3 * target[rows, None]
    return target[rows], rows.astype(str), values.astype(np.float32)


def events(rng, n):
    return (rng.random(n) < 0.25).astype(int), rng.normal(size=(n, 8))


def survey(seed):
    """Return training objects, three of each event, and the test objects that each protocol speaks of.

    stratified: seven further copies of the same events; grouped: copies of other events.
    """
    rng = np.random.default_rng(seed)
    known, others = events(rng, 160), events(rng, 1500)
    return drawn(rng, known, 3), {"stratified": drawn(rng, known, 7), "grouped": drawn(rng, others, 2)}


def chain(values, target, event, fold, outside):
    """Return the decision and the probabilities of `outside`, of the whole chain on one training set."""
    objects, options = labelled(values, 1 - target, 2, event), Options(of_values(outside))
    p = cross_validate(objects, fold, SPEC, seed=1, threads=1, options=options)
    return (target, p.inside[:, 0], fold), p.outside[:, 0]


def nested_and_true(seed, protocol):
    """Return ({column: value} nested, {score: value} of the test labels) of one survey."""
    (target, event, values), tests = survey(seed)
    ids = np.array([f"object_{k:04d}" for k in range(len(target))])
    table = draw_folds(ids, np.where(target, "TDE", "SN"), target, event, FOLDS, 1, 5, seed)
    fold = fold_of(table, protocol, 0, ids)["fold"]
    outer = []
    for k in range(FOLDS):
        inside, held_out = training_rows(f"outer_{k}", fold)
        part, p = chain(values[inside], target[inside], event[inside], fold[inside], values[held_out])
        inner = {"inside": part, "inside_event": event[inside]}
        outer.append({**inner, "target": target[held_out], "event": event[held_out], "probability": p})
    nested = nested_score(outer, SETTINGS)
    true_target, _, true_values = tests[protocol]
    part, p = chain(values, target, event, fold, true_values)
    decision = decide(make_decision(SETTINGS, [part]), p)[1]
    true = {"average_precision": average_precision(true_target, p), **decision_scores(true_target, decision)}
    return nested, true


@pytest.fixture(scope="module", params=["stratified", "grouped"])
def results(request):
    return [nested_and_true(seed, request.param) for seed in SEEDS]


@pytest.mark.parametrize("name", ["average_precision", "f1", "precision", "recall"])
def test_nested_scores_agree_with_the_test_labels_within_their_intervals(results, name):
    inside = [nested[f"{name}_low"] <= true[name] <= nested[f"{name}_high"] for nested, true in results]
    assert sum(inside) >= len(SEEDS) - 2
    difference = np.mean([nested[name] - true[name] for nested, true in results])
    assert abs(difference) < 0.06


def test_stratified_scores_are_too_high_for_new_events():
    """The reason for grouped folds: a model that knows siblings is scored by what it cannot do for other events."""
    optimism = []
    for seed in SEEDS:
        (target, event, values), tests = survey(seed)
        _, known = chain(values, target, event, np.arange(len(target)) % FOLDS, tests["stratified"][2])
        _, new = chain(values, target, event, np.arange(len(target)) % FOLDS, tests["grouped"][2])
        optimism.append(average_precision(tests["stratified"][0], known) - average_precision(tests["grouped"][0], new))
    assert np.mean(optimism) > 0.05


def test_an_outer_fold_is_decided_by_its_own_training_set_alone():
    """Worked by hand: the threshold of the first outer fold lies between .9 and .1, that of the second at .6."""
    first = {"inside": (np.array([1, 0, 1, 0]), np.array([0.9, 0.1, 0.9, 0.1]), np.array([0, 0, 1, 1]))}
    second = {"inside": (np.array([1, 0, 1, 0]), np.array([0.8, 0.4, 0.8, 0.4]), np.array([0, 0, 1, 1]))}
    settings = {**SETTINGS, "calibration": {"method": "none"}}
    for part, p in ((first, 0.55), (second, 0.55)):
        part |= {"target": np.array([1, 0]), "event": np.array(["a", "b"]), "probability": np.array([p, 0.0])}
        part["inside_event"] = np.array(list("abab"))
    scores = nested_score([first, second], settings)
    assert scores["recall"] == 0.5
    assert scores["precision"] == 1.0
    assert scores["threshold"] == pytest.approx(0.55)
