import numpy as np
import pytest
from learning_data import SELECTION, labelled

from mallorn.errors import ConfigError, DataError
from mallorn.learners import logistic
from mallorn.learning.dataset import of_values
from mallorn.learning.pipeline import fit_pipeline, needs_of, steps_of, with_selection
from mallorn.learning.transforms import linear_start, normal_scores

SPEC = {"learner": "lightgbm", "balance": 0.0, "params": {"num_iterations": 20, "min_child_samples": 3}}


def test_a_class_without_objects_gets_probability_zero():
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1, 3], 30)
    values = (classes[:, None] + 0.1 * rng.normal(size=(90, 2))).astype(np.float32)
    model = fit_pipeline(SPEC, labelled(values, classes, 5), seed=1)
    p = model.predict(of_values(values))
    assert p.shape == (90, 5)
    assert np.all(p[:, [2, 4]] == 0)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert np.array_equal(p.argmax(axis=1), classes)
    assert model.importance().shape == (2,)


def test_weights_of_objects_count_like_copies():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(80, 1)).astype(np.float32)
    classes = (values[:, 0] + rng.normal(size=80) < 0.3).astype(int)
    light, heavy = (
        fit_pipeline(SPEC, labelled(values, classes, 2, weight=np.where(classes == 0, w, 1.0)), 1).predict(
            of_values(values)
        )
        for w in (0.1, 10.0)
    )
    assert heavy[:, 0].mean() > light[:, 0].mean() + 0.3


def test_copies_of_one_event_count_as_one_where_events_weigh_the_same():
    """Nine copies of an object move the model much less at 1, where only the scaling sees them, than at 0."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(80, 2)).astype(np.float32)
    classes, event = np.repeat([0, 1], 40), np.array([f"e{k}" for k in range(80)])
    spec = {**SPEC, "learner": "logistic", "params": {"C": 1.0, "tol": 1e-10}}
    odds = []
    for times, balance in ((1, 0.0), (9, 1.0), (9, 0.0)):
        rows = np.repeat(np.arange(80), np.where(np.arange(80) == 0, times, 1))
        part = labelled(values[rows], classes[rows], 2, event[rows])
        model = fit_pipeline({**spec, "event_balance": balance}, part, 1)
        odds.append(model.predict(of_values(values))[:, 0])
    one, equal, counted = odds
    assert np.abs(equal - one).max() < 0.5 * np.abs(counted - one).max()


@pytest.mark.parametrize("classes", [[0] * 6, [1] * 6, [1, 2] * 3])
def test_a_training_part_needs_targets_and_others(classes):
    with pytest.raises(DataError, match="no object with target 1, or no other"):
        fit_pipeline(SPEC, labelled(np.zeros((6, 1), np.float32), np.array(classes), 3), 1)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_start_adds_up_what_many_features_tell_a_little(classes):
    """200 weak features of equal worth: trees of four leaves see few of them, a linear start all."""
    rng = np.random.default_rng(8)
    labels = rng.integers(0, classes, 600)
    mean = 0.2 * rng.choice([-1, 1], (classes, 200))
    values = (rng.normal(size=(600, 200)) + mean[labels]).astype(np.float32)
    right = []
    for transforms in ({}, {"linear_start": {"C": 0.01}}):
        model = fit_pipeline({**SPEC, "transforms": transforms}, labelled(values[:400], labels[:400], classes), seed=1)
        right.append(np.mean(model.predict(of_values(values[400:])).argmax(axis=1) == labels[400:]))
        assert model.importance().shape == (200,)
    assert right[1] > right[0] + 0.1
    assert model.importance().min() > 0


@pytest.fixture
def two_kinds_of_others():
    """Features (900, 60), two classes (n,), and three kinds (n,): targets and two others, each high in 20 features."""
    rng = np.random.default_rng(6)
    kinds = rng.integers(0, 3, 900)
    centre = np.zeros((3, 60))
    centre[0, :20], centre[1, 20:40], centre[2, 40:] = 0.5, 0.5, 0.5
    return (rng.normal(size=(900, 60)) + centre[kinds]).astype(np.float32), np.minimum(kinds, 1), kinds


def with_start(values, classes, kinds=None):
    spec = {**SPEC, "transforms": {"linear_start": {"C": 0.1}}}
    model = fit_pipeline(spec, labelled(values, classes, 2, kinds=kinds), seed=1)
    assert [name for name, _ in model.steps] == ["linear_start"]
    return model, model.steps[0][1]


def test_two_classes_begin_from_the_log_odds_of_a_model_that_tells_kinds_apart(two_kinds_of_others):
    values, classes, kinds = two_kinds_of_others
    model, start = with_start(values, classes, kinds)
    assert start.model.weights.shape == (60, 3)
    scores = normal_scores.apply(start.scaling, of_values(values))
    p = logistic.predict(start.model, scores)[:, 0]
    begun = linear_start.apply(start, of_values(values))
    np.testing.assert_allclose(begun.margin, np.log(p / (1 - p)), atol=1e-6)
    assert np.array_equal(model.predict(of_values(values)), model._replace(steps=()).predict(begun))


def test_without_kinds_a_linear_start_tells_the_classes_apart(two_kinds_of_others):
    values, classes, _ = two_kinds_of_others
    start = with_start(values, classes)[1].model
    assert start.weights.shape == (60, 2)
    scores = of_values(values)
    np.testing.assert_array_equal(logistic.log_odds(start, scores), logistic.margins(start, scores))


def test_a_linear_start_does_not_learn_from_rows_of_unknown_kind(two_kinds_of_others):
    values, classes, kinds = two_kinds_of_others
    unknown = np.arange(len(kinds)) >= 600
    some, of_some = with_start(values, classes, np.where(unknown, -1, kinds))
    fewer, of_fewer = with_start(values[:600], classes[:600], kinds[:600])
    assert np.array_equal(of_some.model.weights, of_fewer.model.weights)
    assert not np.array_equal(some.predict(of_values(values)), fewer.predict(of_values(values)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"params": {"linear_start": 0.1}}, "lightgbm has no parameter 'linear_start'"),
        ({"transforms": {"linear_starts": {}}}, r"there is no transform .linear_starts. \(did you mean"),
        (
            {"transforms": {"linear_start": {"max_itr": 1}}},
            r"linear_start has no parameter 'max_itr' \(did you mean 'max_iter'\?\)",
        ),
        ({"transforms": {"normal_scores": {"n": 1}}}, r"normal_scores has no parameter 'n' \(known: none\)"),
    ],
)
def test_unknown_transforms_and_parameters_are_named(change, told):
    with pytest.raises(ConfigError, match=told):
        steps_of({**SPEC, **change})


def test_steps_and_needs_of_a_block():
    block = {"learner": "mlp", "params": {}, "selection": True, "transforms": {"linear_start": {"C": 1.0}}}
    names = [name for name, _ in steps_of(with_selection(block, SELECTION))]
    assert names == ["selection", "linear_start", "normal_scores"]
    assert with_selection({**block, "selection": False}, SELECTION) == {**block, "selection": False}
    assert needs_of(block) == ("features",)
