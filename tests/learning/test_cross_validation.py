import numpy as np
import pytest
from learning_data import PARAMS, SELECTION, SPEC, TRAINING, survey

from mallorn.learners.learner import LEARNERS
from mallorn.learning.cross_validation import Copies, cross_validate, train_predict
from mallorn.learning.training import classify, fit_member
from mallorn.metrics import roc_auc


@pytest.fixture(scope="module")
def data():
    _, types, target, event, values = survey()
    fold = np.unique(event, return_inverse=True)[1] // 5 % 4
    return values, classify({"spec_type": types, "target": target}, "grouped", TRAINING)[0], event, fold


def test_held_out_objects_are_predicted_by_the_models_of_the_other_folds(data):
    values, classes, event, fold = data
    p = cross_validate(values, classes, 4, event, fold, SPEC, seed=1, threads=2)
    assert p.inside.shape == (180, 4)
    assert p.outside is None
    assert roc_auc(classes == 0, p.inside[:, 0]) > 0.85
    np.testing.assert_allclose(p.inside.sum(axis=1), 1.0)
    assert p.importance.sum() == pytest.approx(1.0)
    assert set(np.argsort(p.importance)[-2:]) == {0, 1}


@pytest.mark.parametrize("part", range(4))
def test_labels_of_a_fold_do_not_reach_its_predictions(data, part):
    values, classes, event, fold = data
    before = cross_validate(values, classes, 4, event, fold, SPEC, 1, 2, selection=SELECTION).inside
    shuffled = classes.copy()
    shuffled[fold == part] = np.random.default_rng(part).permutation(classes[fold == part])
    after = cross_validate(values, shuffled, 4, event, fold, SPEC, 1, 2, selection=SELECTION).inside
    assert np.array_equal(before[fold == part], after[fold == part])
    assert not np.array_equal(before[fold != part], after[fold != part])


@pytest.mark.parametrize("name", LEARNERS)
def test_results_do_not_depend_on_threads(data, name):
    values, classes, event, fold = data
    spec = {**SPEC, "learner": name, "params": PARAMS[name], "seeds": 2}
    one, four = (
        cross_validate(values, classes, 4, event, fold, spec, 5, threads, outside=values[:30], selection=SELECTION)
        for threads in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        assert np.array_equal(a, b)


def test_members_and_folds_are_averaged(data):
    values, classes, event, fold = data
    outside = np.random.default_rng(9).normal(size=(20, 10)).astype(np.float32)
    both = cross_validate(values, classes, 4, event, fold, {**SPEC, "seeds": 3}, 1, 1, outside=outside)
    np.testing.assert_allclose(both.outside.sum(axis=1), 1.0)
    none = np.array([], dtype=int)
    parts = [
        train_predict(values, classes, 4, event, [(np.flatnonzero(fold != k), none)], SPEC, 1, 1, outside=outside)
        for k in range(4)
    ]
    assert all(np.isnan(part.inside).all() for part in parts)
    # without subsampling the seed plays no part, so that members agree and folds average
    np.testing.assert_allclose(both.outside, np.mean([part.outside for part in parts], axis=0), atol=1e-12)


def test_rows_of_no_part_are_unknown_and_rows_of_two_are_averaged(data):
    values, classes, event, _ = data
    train = (np.arange(90), np.arange(45, 135))
    held = np.array([150, 160])
    p = train_predict(values, classes, 4, event, [(rows, held) for rows in train], SPEC, 1, 1).inside
    assert np.isnan(np.delete(p, held, axis=0)).all()
    fits = [fit_member(values[rows], classes[rows], 4, SPEC, 1)[0](values[held]) for rows in train]
    np.testing.assert_allclose(p[held], np.mean(fits, axis=0), atol=1e-12)


def test_features_selected_away_are_not_used(data):
    values, classes, event, fold = data
    options = {**SELECTION, "frequency": 1.0, "top": 2}
    p = cross_validate(values, classes, 4, event, fold, SPEC, 1, 2, selection=options)
    assert set(np.flatnonzero(p.importance)) == {0, 1}


def test_pseudo_labels_teach_what_the_model_is_sure_of(data):
    values, classes, event, fold = data
    outside = values[fold == 0]
    options = {"confidence": 0.8, "weight": 0.5}
    parts = [(np.flatnonzero(fold == 1), np.flatnonzero(fold == 2))]
    made = train_predict(values, classes, 4, event, parts, SPEC, 1, 1, outside=outside, pseudo_labels=options)
    first = train_predict(values, classes, 4, event, parts, SPEC, 1, 1, outside=outside)
    sure = first.outside.max(axis=1) >= 0.8
    assert 0 < sure.sum() < len(outside)
    train = parts[0][0]
    rows = np.concatenate([values[train], outside[sure]])
    labels = np.concatenate([classes[train], first.outside[sure].argmax(axis=1)])
    weight = np.concatenate([np.ones(len(train)), np.full(sure.sum(), 0.5)])
    predict, _ = fit_member(rows, labels, 4, SPEC, 1, weight=weight)
    np.testing.assert_allclose(made.outside, predict(outside), atol=1e-12)
    assert not np.array_equal(made.outside, first.outside)


def test_pseudo_labels_see_no_label_of_what_is_held_out(data):
    values, classes, event, fold = data
    outside = values[:40]
    made = []
    for labels in (classes, np.where(fold == 3, 1, classes)):
        options = {"outside": outside, "pseudo_labels": {"confidence": 0.7, "weight": 1.0}}
        made.append(cross_validate(values, labels, 4, event, fold, SPEC, 1, 1, **options).inside[fold == 3])
    assert np.array_equal(*made)


@pytest.mark.parametrize("pseudo", [False, True])
def test_linear_starts_learn_kinds_of_rows_and_copies_but_no_pseudo_labels(data, pseudo):
    values, kinds, event, fold = data
    classes = np.minimum(kinds, 1)
    spec = {**SPEC, "params": {**SPEC["params"], "linear_start": 0.1}}
    train, held = np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)
    options = {"outside": values[held], "pseudo_labels": {"confidence": 0.6, "weight": 0.5}} if pseudo else {}
    copies = Copies(values[:50] + np.float32(0.1), np.arange(50))
    found = train_predict(
        *(values, classes, 2, event, [(train, held)], spec, 1, 1),
        trained_copies=copies, kinds=kinds, keep=True, **options,
    )  # fmt: skip
    of = copies.row[np.isin(copies.row, train)]
    rows = np.concatenate([values[train], copies.values[of]])
    weight = np.concatenate([np.ones(len(train)), np.ones(len(of))])
    rows_of = np.concatenate([train, of])
    member, _ = fit_member(rows, classes[rows_of], 2, spec, 1, weight=weight, kinds=kinds[rows_of])
    start = found.fits[0].member.start
    assert start.weights.shape == (10, 4)
    if not pseudo:
        np.testing.assert_array_equal(start.weights, member.start.weights)
        np.testing.assert_array_equal(found.inside[held], member(values[held]))
    else:  # weights of classes are of all rows, pseudo-labelled ones included
        np.testing.assert_allclose(start.weights, member.start.weights, rtol=0.2, atol=0.02)
        assert not np.array_equal(found.inside[held], member(values[held]))


def test_copies_weigh_as_much_as_their_object_together(data):
    """Trees that count weights, not rows, cannot tell one copy of a row from two."""
    values, classes, event, fold = data
    spec = {**SPEC, "learner": "xgboost", "params": {"num_boost_round": 10, "max_depth": 3}}
    parts, rows = [(np.flatnonzero(fold != 0), np.flatnonzero(fold == 0))], np.arange(len(values))
    twice = Copies(np.concatenate([values, values]), np.concatenate([rows, rows]))
    copies = (None, Copies(values, rows), twice)
    plain, one, two = (
        train_predict(values, classes, 4, event, parts, spec, 1, 1, trained_copies=c).inside[fold == 0] for c in copies
    )
    np.testing.assert_allclose(one, two, atol=1e-4)
    assert np.abs(one - plain).max() > 1e-3
