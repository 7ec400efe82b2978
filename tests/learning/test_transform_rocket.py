"""ROCKET's columns as a transform: what they are fitted to, what stands beside them, and components of them."""

import numpy as np
import pytest

from mallorn.curves.grid_series import grid_series
from mallorn.errors import ConfigError
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Dataset, Features, Grid, Labelled
from mallorn.learning.pipeline import fit_pipeline, needs_of
from mallorn.learning.transforms import principal_components, rocket

COLUMNS = ("one__a", "one__b", "two__c")
PARAMS = {"kind": "minirocket", "columns": 84}


def objects(n=60, seed=0, steps=17, slots=3):
    """Return `Labelled` objects, three of each event; the curves of class 0 rise early, one in ten has no fit."""
    rng = np.random.default_rng(seed)
    event, phase = np.arange(n) // 3, np.linspace(-1, 1, steps)
    classes = event % 2
    peak = np.where(classes == 0, -0.4, 0.4)[:, None, None]
    mean = 50 * np.exp(-(((phase - peak) / 0.3) ** 2)) * np.linspace(1, 2, slots)[:, None]
    mean = (mean + rng.normal(size=mean.shape)).astype(np.float32)
    status = (np.arange(n) % 10 == 9).astype(np.int8)
    mean[status > 0] = np.nan
    ids = np.array([f"object_{k:03d}" for k in range(n)], dtype=object)
    values = rng.normal(size=(n, 3)).astype(np.float32)
    values[::7, 0] = np.nan
    grid = Grid(status, np.zeros(n), mean, np.full_like(mean, 2.0))
    dataset = Dataset(ids, features=Features(ids, COLUMNS, values), grid=grid)
    return Labelled.of(dataset, classes, 2, np.array([f"event_{k}" for k in event], dtype=object))


@pytest.fixture(scope="module")
def part():
    return objects()


def made(part, **params):
    state = rocket.fit(part, {**PARAMS, **params}, 3, 1)
    return state, rocket.apply(state, part.dataset).features


@pytest.mark.parametrize(("kind", "width"), [("minirocket", 84), ("multirocket", 2 * 4 * 84), ("series", 3 * 17)])
def test_columns_have_the_variance_one_together_and_objects_without_a_fit_have_none(part, kind, width):
    _, table = made(part, kind=kind, columns=8 * 84 if kind == "multirocket" else 84)
    assert table.columns == tuple(f"rocket__{k}" for k in range(width))
    known = part.dataset.grid.status == 0
    assert np.array_equal(np.abs(table.values).sum(axis=1) > 0, known)
    assert table.values[known].var(axis=0).sum() == pytest.approx(1.0, rel=1e-3)
    np.testing.assert_allclose(table.values[known].mean(axis=0), 0.0, atol=1e-5)


def test_features_beside_are_scores_with_the_variance_that_they_are_given(part):
    _, table = made(part, beside="one__* *__c", weight=4.0)
    assert table.columns[-3:] == COLUMNS
    _, alone = made(part, kind="none", beside="one__b")
    assert alone.columns == ("one__b",)
    assert np.array_equal(np.argsort(alone.values[:, 0]), np.argsort(part.dataset.features.values[:, 1]))
    np.testing.assert_allclose(table.values[:, -2], alone.values[:, 0] * np.sqrt(4.0 / 3), rtol=1e-6)
    assert (table.values[::7, -3] == 0).all()


def test_the_scale_of_an_object_does_not_count(part):
    grid = part.dataset.grid
    brighter = grid._replace(mean=grid.mean * np.float32(1024.0), sd=grid.sd * np.float32(1024.0))
    one, other = (grid_series(g, "mean_sd") for g in (grid, brighter))
    assert one.values.shape == (60, 6, 17)
    assert np.array_equal(one.known, grid.status == 0)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-6)
    with pytest.raises(ValueError, match="expected one of mean, mean_sd, found 'sd'"):
        grid_series(grid, "sd")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kind": "rockets"}, "kind: expected one of minirocket, multirocket, series, none, found 'rockets'"),
        ({"channels": "flux"}, "channels: expected one of mean, mean_sd, found 'flux'"),
        ({"beside": "three__*"}, "no feature matches 'three__\\*'"),
        ({"kind": "none"}, "leaves nothing to learn from"),
        ({"columns": 50}, "expected 84 columns or more, found 50"),
        ({"kind": "multirocket", "columns": 600}, "expected 672 columns or more, found 600"),
    ],
)
def test_settings_that_cannot_be_are_told(part, params, message):
    with pytest.raises(ConfigError, match=message):
        made(part, **params)


def test_a_training_part_without_any_fit_has_the_features_beside_alone(part):
    without = part.take(np.flatnonzero(part.dataset.grid.status > 0))
    state, table = made(without, beside="one__b")
    assert table.columns == ("one__b",)
    assert rocket.apply(state, part.dataset).features.values.shape == (60, 1)


def test_what_is_held_out_plays_no_part(part):
    """Neither its curves nor its labels: an object that is held out alone changes with itself only."""
    fold = np.arange(60) // 6 % 4
    spec = {"learner": "ridge", "balance": 0.0, "params": {}, "seeds": 1, "transforms": {"rocket": PARAMS}}
    before = cross_validate(part, fold, spec, 1, 1).inside
    assert np.mean((before[:, 0] > 0.5) == (part.classes == 0)) > 0.85
    held, first = fold == 2, np.flatnonzero(fold == 2)[0]
    grid, other = part.dataset.grid, np.where(held, 1 - part.classes, part.classes)
    mean = np.where(held[:, None, None], grid.mean[:, :, ::-1], grid.mean)
    mean[first] = grid.mean[first]
    moved = Dataset(part.dataset.object_id, features=part.dataset.features, grid=grid._replace(mean=mean))
    after = cross_validate(part._replace(dataset=moved, classes=other), fold, spec, 1, 1).inside
    assert np.array_equal(after[first], before[first])
    assert not np.array_equal(after[fold == 1], before[fold == 1])


@pytest.fixture
def model(part):
    transforms = {
        "rocket": {"kind": "multirocket", "columns": 672, "beside": "one__*"},
        "principal_components": {"of": "rocket__*", "components": 5},
    }
    params = {"num_iterations": 10, "num_leaves": 4, "min_child_samples": 3}
    return fit_pipeline({"learner": "lightgbm", "balance": 0.0, "params": params, "transforms": transforms}, part, 1)


def test_components_take_the_place_of_columns_and_what_features_add_goes_back_to_them(part, model):
    *_, seen = model._stages(part.dataset)
    assert seen.features.columns == (*(f"component__{k}" for k in range(5)), "one__a", "one__b")
    spread = seen.features.values[:, :5].var(axis=0)
    assert (np.diff(spread) < 0).all()
    assert spread.sum() < 1.0
    gain = model.importance()
    assert gain.shape == (3,)
    assert gain[2] == 0.0
    shap = model.contributions(part.dataset)
    assert shap.shape == (60, 3)
    assert (shap[:, 2] == 0).all()


@pytest.mark.parametrize("number", [0, 1])
def test_a_saved_state_does_the_same(part, model, number, tmp_path):
    name, state = model.steps[number]
    module, before = {"rocket": rocket, "principal_components": principal_components}[name], part.dataset
    if number:
        before = rocket.apply(model.steps[0][1], before)
    module.save(state, tmp_path)
    again = module.apply(module.load(tmp_path), before).features
    assert again.columns == module.apply(state, before).features.columns
    assert np.array_equal(again.values, module.apply(state, before).features.values)


def test_components_of_no_column_are_told(part):
    with pytest.raises(ConfigError, match="no column matches 'rocket__"):
        principal_components.fit(part, {"of": "rocket__*"}, 1, 1)


def test_a_model_of_rocket_reads_the_grid():
    spec = {"learner": "wide_logistic", "params": {}, "transforms": {"rocket": PARAMS}}
    assert needs_of(spec) == ("features", "grid")
