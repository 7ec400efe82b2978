"""The model of simulated objects that comes with mallorn, and its columns beside the features."""

import numpy as np
import pytest
from learning_data import PARAMS, SPEC, labelled, survey

from mallorn.errors import DataError
from mallorn.io.digests import whole_digest
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled, of_values
from mallorn.learning.model_files import Fits, mean_contributions, predict_mean, read_fits, write_fits
from mallorn.learning.pipeline import fit_pipeline
from mallorn.learning.transforms import simulated_classes
from mallorn.settings.resolve import defaults

STATE = simulated_classes.fit(labelled(np.zeros((2, 3), np.float32), [0, 1], 2), {}, 1, 1)


def objects(n=30, columns=STATE.columns, seed=0):
    """Objects with numbers of no meaning for features, a tenth missing."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(columns))).astype(np.float32) * 3
    values[rng.random(values.shape) < 0.1] = np.nan
    return of_values(values, columns)


def begun(dataset):
    return STATE._replace(seen=tuple(dataset.features.columns))


def test_the_model_is_the_one_that_the_code_names(monkeypatch, tmp_path):
    path = simulated_classes.MODEL / "000" / "learner" / "model.cbm"
    assert whole_digest(path).startswith(simulated_classes.DIGEST)
    monkeypatch.setattr(simulated_classes, "MODEL", tmp_path)
    with pytest.raises(DataError, match="expected a file whose digest begins with .*, found FileNotFound"):
        simulated_classes.fit(labelled(np.zeros((2, 3), np.float32), [0, 1], 2), {}, 1, 1)


def test_its_classes_and_columns_are_those_of_the_shipped_configuration():
    config = defaults()
    training = config["training"]
    assert STATE.classes == (config["target"], *training["classes"], training["other_class"])
    families = {name.partition("__")[0] for name in STATE.columns}
    assert families == {
        name
        for name, block in config["features"].items()
        if isinstance(block, dict) and block.get("enabled") and f"{name}__*" not in training["exclude"]
    }


def test_columns_are_logarithms_of_probabilities_and_no_other_object_plays_a_part():
    dataset = objects()
    table = simulated_classes.apply(begun(dataset), dataset).features
    assert table.columns[:-5] == STATE.columns
    assert table.columns[-5:] == tuple(f"simulated__{name}" for name in STATE.classes)
    np.testing.assert_array_equal(table.values[:, :-5], dataset.features.values)
    assert np.exp(table.values[:, -5:].astype(float)).sum(axis=1) == pytest.approx(1.0, abs=5e-4)
    alone = simulated_classes.apply(begun(dataset), dataset.take([7])).features.values
    np.testing.assert_array_equal(alone[0], table.values[7])
    assert simulated_classes.apply(begun(dataset), dataset.take([])).features.values.shape == (0, len(table.columns))


def test_other_columns_in_another_order_and_lacking_ones_are_no_obstacle():
    dataset = objects()
    some = [*STATE.columns[100:20:-1], *STATE.columns[150:]]
    known = np.isin(STATE.columns, some)
    fewer = dataset.with_features(("own", *some), np.hstack([np.ones((30, 1)), dataset.features.select(some).values]))
    without = np.where(known, dataset.features.values, np.nan).astype(np.float32)
    found = simulated_classes.apply(begun(fewer), fewer).features.values[:, -5:]
    expected = simulated_classes.apply(begun(dataset), dataset.with_features(STATE.columns, without))
    np.testing.assert_array_equal(found, expected.features.values[:, -5:])


def test_what_was_said_before_is_of_the_same_objects_columns_and_model_alone():
    first, second = objects(seed=1), objects(seed=2)
    renamed = of_values(first.features.values, STATE.columns[::-1])
    other = begun(first)._replace(model=simulated_classes.catboost.load(simulated_classes.MODEL / "000" / "learner"))
    asked = [(begun(first), first), (begun(first), second), (begun(renamed), renamed), (other, first)]
    said = [simulated_classes.apply(*one).features.values[:, -5:] for one in [*asked, *asked]]
    for once, again in zip(said[:4], said[4:], strict=True):
        np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(said[0], said[3])
    assert np.ptp([said[0], said[1]], axis=0).max() > 0.1
    assert np.ptp([said[0], said[2]], axis=0).max() > 0.1


def test_labels_of_a_fold_play_no_part():
    """Nothing is fitted: the state is the same whatever the training part."""
    rng = np.random.default_rng(1)
    dataset = objects(40)
    event = dataset.object_id
    one, two = (
        simulated_classes.fit(Labelled.of(dataset, rng.integers(0, 2, 40), 2, event), {}, seed, 1) for seed in (1, 2)
    )
    np.testing.assert_array_equal(*(simulated_classes.apply(s, dataset).features.values for s in (one, two)))


@pytest.mark.parametrize("name", ["catboost", "lightgbm"])
def test_it_goes_along_with_a_model_and_is_explained(name, tmp_path):
    """Targets are those that the model of simulated objects takes for TDEs: its columns tell all of it."""
    dataset = objects(80)
    said = simulated_classes.apply(begun(dataset), dataset).features.values[:, -5]
    classes = (said < np.median(said)).astype(int)
    transforms = {"simulated_classes": {}, **({"linear_start": {"C": 0.1}} if name == "lightgbm" else {})}
    spec = {**SPEC, "learner": name, "params": PARAMS[name], "transforms": transforms}
    model = fit_pipeline(spec, Labelled.of(dataset, classes, 2, dataset.object_id), 3)
    p = model.predict(dataset)
    assert np.mean((p[:, 0] > 0.5) == (classes == 0)) > 0.9
    write_fits(tmp_path, Fits(STATE.columns, ("TDE", "other"), ("features",), (model,)))
    again = read_fits(tmp_path)
    np.testing.assert_array_equal(predict_mean(again, dataset), p)
    assert model.importance().shape == (len(STATE.columns),)
    shap = mean_contributions(again, dataset)
    assert shap.shape == dataset.features.values.shape
    odds = np.log(p[:, 0] / p[:, 1])
    assert np.corrcoef(shap.sum(axis=1), odds)[0, 1] > 0.999


def test_features_that_it_does_not_know_leave_a_model_as_good():
    _, _, target, event, values = survey()
    objects = labelled(values, 1 - target, 2, event)
    fold = np.unique(event, return_inverse=True)[1] // 5 % 3
    spec = {**SPEC, "learner": "logistic", "params": PARAMS["logistic"]}
    plain, more = (
        cross_validate(objects, fold, {**spec, "transforms": t}, 1, 1).inside for t in ({}, {"simulated_classes": {}})
    )
    np.testing.assert_allclose(plain, more, atol=1e-6)  # columns that are the same of all objects
