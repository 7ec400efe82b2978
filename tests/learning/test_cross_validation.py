import numpy as np
import pytest
from learning_data import PARAMS, SELECTION, SPEC, TRAINING, labelled, survey

from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Augmented, Options, cross_validate, train_predict
from mallorn.learning.dataset import of_values
from mallorn.learning.pipeline import fit_pipeline
from mallorn.metrics import roc_auc


@pytest.fixture(scope="module")
def data():
    _, types, target, event, values = survey()
    fold = np.unique(event, return_inverse=True)[1] // 5 % 4
    return values, encode_classes({"spec_type": types, "target": target}, "multiclass", TRAINING, "TDE")[0], event, fold


def selecting(spec, options=SELECTION):
    return {**spec, "transforms": {"selection": options}}


def test_held_out_objects_are_predicted_by_the_models_of_the_other_folds(data):
    values, classes, event, fold = data
    p = cross_validate(labelled(values, classes, 4, event), fold, SPEC, seed=1, threads=2)
    assert p.inside.shape == (180, 4)
    assert p.outside is None
    assert roc_auc(classes == 0, p.inside[:, 0]) > 0.85
    np.testing.assert_allclose(p.inside.sum(axis=1), 1.0)
    assert p.importance.sum() == pytest.approx(1.0)
    assert set(np.argsort(p.importance)[-2:]) == {0, 1}


@pytest.mark.parametrize("part", range(4))
def test_labels_of_a_fold_do_not_reach_its_predictions(data, part):
    values, classes, event, fold = data
    before = cross_validate(labelled(values, classes, 4, event), fold, selecting(SPEC, SELECTION), 1, 2).inside
    shuffled = classes.copy()
    shuffled[fold == part] = np.random.default_rng(part).permutation(classes[fold == part])
    after = cross_validate(labelled(values, shuffled, 4, event), fold, selecting(SPEC, SELECTION), 1, 2).inside
    assert np.array_equal(before[fold == part], after[fold == part])
    assert not np.array_equal(before[fold != part], after[fold != part])


@pytest.mark.parametrize("name", PARAMS)
def test_results_do_not_depend_on_threads(data, name):
    values, classes, event, fold = data
    spec, objects = {**SPEC, "learner": name, "params": PARAMS[name], "seeds": 2}, labelled(values, classes, 4, event)
    one, four = (
        cross_validate(objects, fold, selecting(spec), 5, threads, Options(of_values(values[:30])))
        for threads in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        assert np.array_equal(a, b)


def test_members_and_folds_are_averaged(data):
    values, classes, event, fold = data
    options = Options(of_values(np.random.default_rng(9).normal(size=(20, 10)).astype(np.float32)))
    objects = labelled(values, classes, 4, event)
    both = cross_validate(objects, fold, {**SPEC, "seeds": 3}, 1, 1, options)
    np.testing.assert_allclose(both.outside.sum(axis=1), 1.0)
    none = np.array([], dtype=int)
    parts = [train_predict(objects, [(np.flatnonzero(fold != k), none)], SPEC, 1, 1, options) for k in range(4)]
    assert all(np.isnan(part.inside).all() for part in parts)
    # without subsampling the seed plays no part, so that members agree and folds average
    np.testing.assert_allclose(both.outside, np.mean([part.outside for part in parts], axis=0), atol=1e-12)


def test_rows_of_no_part_are_unknown_and_rows_of_two_are_averaged(data):
    values, classes, event, _ = data
    train = (np.arange(90), np.arange(45, 135))
    held = np.array([150, 160])
    objects = labelled(values, classes, 4, event)
    p = train_predict(objects, [(rows, held) for rows in train], SPEC, 1, 1).inside
    assert np.isnan(np.delete(p, held, axis=0)).all()
    fits = [fit_pipeline(SPEC, objects.take(rows), 1).predict(objects.dataset.take(held)) for rows in train]
    np.testing.assert_allclose(p[held], np.mean(fits, axis=0), atol=1e-12)


def test_features_selected_away_are_not_used(data):
    values, classes, event, fold = data
    options = {**SELECTION, "frequency": 1.0, "top": 2}
    p = cross_validate(labelled(values, classes, 4, event), fold, selecting(SPEC, options), 1, 2)
    assert set(np.flatnonzero(p.importance)) == {0, 1}


def test_pseudo_labels_teach_what_the_model_is_sure_of(data):
    values, classes, event, fold = data
    outside = values[fold == 0]
    options = {"confidence": 0.8, "weight": 0.5}
    parts = [(np.flatnonzero(fold == 1), np.flatnonzero(fold == 2))]
    objects, further = labelled(values, classes, 4, event), of_values(outside)
    made = train_predict(objects, parts, SPEC, 1, 1, Options(further, pseudo_labels=options))
    first = train_predict(objects, parts, SPEC, 1, 1, Options(further))
    sure = first.outside.max(axis=1) >= 0.8
    assert 0 < sure.sum() < len(outside)
    train = parts[0][0]
    rows = np.concatenate([values[train], outside[sure]])
    labels = np.concatenate([classes[train], first.outside[sure].argmax(axis=1)])
    weight = np.concatenate([np.ones(len(train)), np.full(sure.sum(), 0.5)])
    model = fit_pipeline(SPEC, labelled(rows, labels, 4, weight=weight), 1)
    np.testing.assert_allclose(made.outside, model.predict(further), atol=1e-12)
    assert not np.array_equal(made.outside, first.outside)


def test_pseudo_labels_see_no_label_of_what_is_held_out(data):
    values, classes, event, fold = data
    outside = values[:40]
    made = []
    for labels in (classes, np.where(fold == 3, 1, classes)):
        options = Options(of_values(outside), pseudo_labels={"confidence": 0.7, "weight": 1.0})
        objects = labelled(values, labels, 4, event)
        made.append(cross_validate(objects, fold, SPEC, 1, 1, options).inside[fold == 3])
    assert np.array_equal(*made)


@pytest.mark.parametrize("pseudo", [False, True])
def test_linear_starts_learn_kinds_of_rows_and_of_altered_ones_but_no_pseudo_labels(data, pseudo):
    values, kinds, event, fold = data
    classes, spec = np.minimum(kinds, 1), {**SPEC, "transforms": {"linear_start": {"C": 0.1}}}
    train, held = np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)
    altered, row = values[:50] + np.float32(0.1), np.arange(50)
    options = Options(trained=Augmented(of_values(altered), row), keep=True)
    if pseudo:
        options = options._replace(outside=of_values(values[held]), pseudo_labels={"confidence": 0.6, "weight": 0.5})
    objects = labelled(values, classes, 2, event, kinds)
    found = train_predict(objects, [(train, held)], spec, 1, 1, options)
    of = row[np.isin(row, train)]
    rows, rows_of = np.concatenate([values[train], altered[of]]), np.concatenate([train, of])
    model = fit_pipeline(spec, labelled(rows, classes[rows_of], 2, kinds=kinds[rows_of]), 1)
    start, expected = (fit.steps[0][1].model.weights for fit in (found.fits[0], model))
    assert start.shape == (10, 4)
    predicted = model.predict(of_values(values[held]))
    if not pseudo:
        np.testing.assert_array_equal(start, expected)
        np.testing.assert_array_equal(found.inside[held], predicted)
    else:  # weights of classes are of all rows, pseudo-labelled ones included
        np.testing.assert_allclose(start, expected, rtol=0.2, atol=0.02)
        assert not np.array_equal(found.inside[held], predicted)


def test_altered_objects_weigh_as_much_as_their_object_together(data):
    """Trees that count weights, not rows, cannot tell one altered row from two."""
    values, classes, event, fold = data
    spec = {**SPEC, "learner": "xgboost", "params": {"num_boost_round": 10, "max_depth": 3}}
    parts, rows = [(np.flatnonzero(fold != 0), np.flatnonzero(fold == 0))], np.arange(len(values))
    once, twice = of_values(values), of_values(np.concatenate([values, values]))
    altered = (None, Augmented(once, rows), Augmented(twice, np.concatenate([rows, rows])))
    objects = labelled(values, classes, 4, event)
    plain, one, two = (train_predict(objects, parts, spec, 1, 1, Options(trained=a)).inside[fold == 0] for a in altered)
    np.testing.assert_allclose(one, two, atol=1e-4)
    assert np.abs(one - plain).max() > 1e-3
