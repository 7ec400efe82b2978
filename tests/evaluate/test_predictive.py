"""Intervals of new samples: what they are made of, and that they hold what they state where the truth is known."""

import numpy as np
import pytest
from learning_data import PARAMS, SPEC, labelled, survey
from sklearn.metrics import average_precision_score

from mallorn.evaluate import predictive
from mallorn.evaluate.predictive import (
    KINDS,
    PREDICTIVE_COLUMNS,
    SCORES,
    draws,
    found_in_splits,
    interval_of,
    model_shifts,
    predictive_rows,
)
from mallorn.learning.cross_validation import Predictions
from mallorn.metrics import interval

NONE = {name: np.zeros(1) for name in SCORES}
RIDGE = {**SPEC, "learner": "ridge", "params": PARAMS["ridge"]}


def sample(rng, n_events, copies=3):
    """Return (target, event, probability) of events, a fifth of them targets; copies of an event are alike."""
    target = (np.arange(n_events) % 5 == 0).astype(int)
    p = 1.5 * target + rng.normal(size=n_events)
    rows = np.repeat(np.arange(n_events), copies)
    return target[rows], rows.astype(str), p[rows] + 0.2 * rng.normal(size=len(rows))


def test_new_samples_are_held_as_often_as_stated_and_the_interval_of_the_score_holds_them_less_often():
    """40 old samples of 150 events each, and a new one of 150 for each: 90% intervals."""
    rng, inside = np.random.default_rng(5), {kind: [] for kind in KINDS[:2]}
    for k in range(40):
        target, event, p = sample(rng, 150)
        made = draws(target, event, p, None, NONE, 120, k)
        target, _, p = sample(rng, 150)
        new = average_precision_score(target, p)
        for kind in inside:
            low, high = interval_of(kind, made["average_precision", kind], 30, 0.9)
            inside[kind].append(low <= new <= high)
    assert 0.8 <= np.mean(inside["new_sample"]) <= 0.97
    assert np.mean(inside["score"]) <= np.mean(inside["new_sample"]) - 0.05


def test_draws_are_wider_for_smaller_samples_and_for_models_that_vary():
    target, event, p = sample(np.random.default_rng(1), 200)
    spread = {}
    for size in ((10, 40), (40, 160), (400, 1600)):
        made = draws(target, event, p, size, NONE, 400, 2)
        spread[size] = np.std(made["average_precision", "new_sample"])
        assert np.allclose(made["roc_auc", "new_sample"], made["roc_auc", "new_sample_and_model"], atol=1e-12)
    assert spread[10, 40] > spread[40, 160] > spread[400, 1600] > np.std(made["average_precision", "score"])
    assert np.std(made["average_precision", "score"]) > 0.8 * spread[400, 1600]
    shifts = {name: np.array([-0.2, 0.2]) for name in SCORES}
    shifted = draws(target, event, p, (400, 1600), shifts, 400, 2)
    assert np.std(shifted["average_precision", "new_sample_and_model"]) > 0.2  # the root of 2 times 0.2, in odds
    again = draws(target, event, p, (400, 1600), shifts, 400, 2)
    assert all(np.array_equal(shifted[key], again[key]) for key in shifted)


def test_where_no_event_is_missed_new_samples_are_held_too_and_not_by_an_interval_that_holds_all():
    """Old and new samples of 12 events of targets among 60, each of which ranks last with a chance of 5%."""
    rng, inside, lows = np.random.default_rng(6), [], []
    target, event = (np.arange(60) < 12).astype(int), np.arange(60).astype(str)

    def scored():
        p = rng.random(60) + target
        p[:12] -= 2.0 * (rng.random(12) < 0.05)
        return p

    for k in range(40):
        made = draws(target, event, (scored() + 2.0) / 4.0, None, NONE, 100, k)["average_precision", "new_sample"]
        low, high = interval_of("new_sample", made, 12, 0.8)
        inside += [low <= average_precision_score(target, scored()) <= high for _ in range(5)]
        lows.append(low)
    assert 0.8 <= np.mean(inside) <= 0.99
    assert 0.5 < np.min(lows) < np.max(lows) < 0.95


def test_draws_are_brought_to_the_mean_of_the_score_and_those_of_0_and_1_stay():
    values = np.array([0.0, 0.2, 0.7, 1.0])
    for mean in (0.4, 0.475, 0.6):
        moved = predictive._with_odds(values, predictive._log_factor(values, mean))
        assert np.mean(moved) == pytest.approx(mean, abs=1e-6)
        assert (moved[0], moved[3]) == (0.0, 1.0)
        assert np.ptp(np.log(moved[1:3] / (1 - moved[1:3])) - np.log(values[1:3] / (1 - values[1:3]))) < 1e-9
    assert predictive._log_factor(values, 0.9) == 5.0  # the draw of 0 leaves no room
    assert predictive._log_factor(np.ones(3), 1.0) == 0.0
    target, event, p = sample(np.random.default_rng(8), 60)
    made, value = draws(target, event, p, None, NONE, 1000, 1), average_precision_score(target, p)
    assert np.mean(made["average_precision", "score"]) > value + 0.004  # doubled events flatter
    assert np.mean(made["average_precision", "new_sample"]) < value


def test_the_interval_of_a_new_sample_is_widened():
    """Of five events and a normal spread, 95% reach to t = 2.776 of 4 degrees of freedom, times the root of 5 / 4."""
    values = 0.5 + 0.01 * np.random.default_rng(0).normal(size=40_000)
    low, high = interval_of("new_sample", values, 5, 0.95)
    reach = 0.01 * 2.776 * np.sqrt(5 / 4)
    assert (high - 0.5, 0.5 - low) == pytest.approx((reach, reach), rel=0.05)
    assert interval_of("score", values, 5, 0.95) == pytest.approx(interval(values, 0.95))


def test_an_event_is_drawn_whole():
    """Of two events of targets, one perfect and one hopeless, samples of one event have either, nothing between."""
    target, event = np.array([1, 1, 1, 1, 0, 0]), np.array(list("aabbcd"))
    p = np.array([0.9, 0.9, 0.1, 0.1, 0.5, 0.4])
    made = draws(target, event, p, (1, 1), NONE, 50, 3)["roc_auc", "new_sample"]
    assert set(made) == {0.0, 1.0}


@pytest.fixture(scope="module")
def learnt():
    _, types, target, event, values = survey()
    fold = np.unique(event, return_inverse=True)[1] // 5 % 4
    return labelled(values, 1 - target, 2, event), types, target, event, fold


def test_models_vary_with_their_training_events_and_splits_are_counted(learnt):
    objects, types, target, event, fold = learnt
    how = {"refits": 3, "parts": 2}
    shifts = model_shifts(objects, types, fold, RIDGE, how, 1, 2)
    assert all(values.shape == (3,) and abs(values.mean()) < 1e-12 for values in shifts.values())
    same = model_shifts(objects, types, fold, RIDGE, how, 1, 1)
    assert all(np.array_equal(shifts[name], same[name]) for name in shifts)
    options = {"splits": 4, "parts": 2, "folds": 3, "rounds": 60, "level": 0.9}
    found = found_in_splits(objects, types, RIDGE, shifts, options, 1, 1)
    assert set(found) == {(name, kind) for name in SCORES for kind in KINDS}
    assert all(values.shape == (4,) and set(values) <= {-1, 0, 1} for values in found.values())
    labels = {"target": target, "event": event}
    p = np.random.default_rng(0).random(len(target))
    rows = predictive_rows(labels, p, None, shifts, found, options, 1)
    assert [(row["score"], row["kind"]) for row in rows] == [(name, kind) for name in SCORES for kind in KINDS]
    for row in rows:
        assert tuple(row) == PREDICTIVE_COLUMNS
        assert row["found"] + row["below"] + row["above"] == pytest.approx(1.0)
        assert (row["target_events"], row["other_events"]) == (12, 48)
        assert row["low"] < row["value"] < row["high"]


def test_models_of_a_share_of_the_events_tell_how_models_of_all_vary(monkeypatch):
    """A score that is the mean of what a model has learned from has the variance of that mean, whatever the parts."""
    n = 400
    values, event = np.random.default_rng(2).normal(size=n), np.arange(n).astype(str)
    objects, target = labelled(values[:, None], np.arange(n) % 4 == 0, 2, event), np.arange(n) % 4 > 0

    def mean_learned_from(objects, parts, *_):
        inside = np.zeros((n, 2))
        inside[:, 0] = np.mean([values[train].mean() for train, _ in parts])
        return Predictions(inside, None, None, None)

    monkeypatch.setattr(predictive, "train_predict", mean_learned_from)
    monkeypatch.setattr(predictive, "SCORES", {"mean": lambda _, p: p.mean()})
    for parts in (2, 4):
        how = {"refits": 200, "parts": parts}
        shifts = model_shifts(objects, target.astype(str), np.arange(n) % 5, RIDGE, how, 1, 1)["mean"]
        assert np.std(shifts) == pytest.approx(values.std() / np.sqrt(n), rel=0.2)
    chance = np.random.default_rng(3)

    def ranked_by_chance(objects, parts, *_):
        return Predictions(chance.random((n, 2)), None, None, None)

    monkeypatch.setattr(predictive, "train_predict", ranked_by_chance)
    shifts = model_shifts(objects, target.astype(str), np.arange(n) % 5, RIDGE, how, 1, 1)["mean"]
    assert np.std(shifts) < 0.5 / np.sqrt(12 * n)  # no model is better on all events: chance is in the draws of events


def test_the_interval_with_other_models_is_held_against_models_of_the_new_events(learnt, monkeypatch):
    objects, types, *_ = learnt
    taught = []

    def remember(objects, parts, *_):
        taught.append(parts)
        return Predictions(np.random.default_rng(0).random((len(objects.dataset), 2)), None, None, None)

    monkeypatch.setattr(predictive, "train_predict", remember)
    options = {"splits": 1, "parts": 3, "folds": 2, "rounds": 10, "level": 0.9}
    found_in_splits(objects, types, RIDGE, {name: np.zeros(2) for name in SCORES}, options, 1, 1)
    (*of_old, (old, new)), of_new = taught
    events = [set(objects.event[rows]) for rows in (old, new)]
    assert not events[0] & events[1]
    assert len(events[0] | events[1]) < len(set(objects.event))
    for rows, parts in ((old, of_old), (new, of_new)):
        assert sorted(np.concatenate([held for _, held in parts])) == sorted(rows)
        for train, held in parts:
            assert set(train) | set(held) == set(rows)
            assert not set(objects.event[train]) & set(objects.event[held])
