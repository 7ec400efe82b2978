"""The model of simulated objects that comes with mallorn, and its columns in place of the features."""

import shutil

import numpy as np
import pytest
from learning_data import SPEC, labelled

from mallorn.errors import DataError
from mallorn.learning.dataset import Labelled, of_values
from mallorn.learning.model_files import Fits, mean_contributions, predict_mean, read_fits, write_fits
from mallorn.learning.pipeline import fit_pipeline
from mallorn.learning.transforms import simulated_classes
from mallorn.settings.resolve import defaults

STATE = simulated_classes.fit(labelled(np.zeros((2, 3), np.float32), [0, 1], 2), {}, 1, 1)


def objects(n=30, columns=STATE.model.columns, seed=0):
    """Objects with numbers of no meaning for features, a tenth missing."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(columns))).astype(np.float32) * 3
    values[rng.random(values.shape) < 0.1] = np.nan
    return of_values(values, columns)


def begun(dataset):
    return STATE._replace(seen=tuple(dataset.features.columns))


def said(state, dataset):
    return simulated_classes.apply(state, dataset).features.values


def test_the_model_is_the_one_that_the_code_names(monkeypatch, tmp_path):
    copy = tmp_path / "simulated"
    shutil.copytree(simulated_classes.MODEL, copy)
    assert simulated_classes.digest(copy) == simulated_classes.DIGEST
    (copy / "000" / "0_linear_start" / "start.json").write_text("{}")
    monkeypatch.setattr(simulated_classes, "MODEL", copy)
    with pytest.raises(DataError, match=r"simulated: expected files with the digest .*, found .*install mallorn"):
        simulated_classes.fit(labelled(np.zeros((2, 3), np.float32), [0, 1], 2), {}, 1, 1)


def test_its_classes_and_columns_are_those_of_the_shipped_configuration():
    config = defaults()
    training = config["training"]
    assert STATE.model.classes == (config["target"], *training["classes"], training["other_class"])
    families = {name.partition("__")[0] for name in STATE.model.columns}
    assert families == {
        name
        for name, block in config["features"].items()
        if isinstance(block, dict) and block.get("enabled") and f"{name}__*" not in training["exclude"]
    }


def test_columns_are_logarithms_of_probabilities_and_no_other_object_plays_a_part():
    dataset = objects()
    table = simulated_classes.apply(begun(dataset), dataset).features
    assert table.columns == tuple(f"simulated__{name}" for name in STATE.model.classes)
    p = predict_mean(STATE.model, dataset)
    np.testing.assert_allclose(np.exp(table.values.astype(float)), np.maximum(p, 1e-4), rtol=1e-5)
    np.testing.assert_allclose(said(begun(dataset), dataset.take([7]))[0], table.values[7], rtol=1e-5)
    assert said(begun(dataset), dataset.take([])).shape == (0, len(table.columns))


def test_other_columns_in_another_order_and_lacking_ones_are_no_obstacle():
    dataset = objects()
    some = [*STATE.model.columns[100:20:-1], *STATE.model.columns[150:]]
    known = np.isin(STATE.model.columns, some)
    fewer = dataset.with_features(("own", *some), np.hstack([np.ones((30, 1)), dataset.features.select(some).values]))
    without = np.where(known, dataset.features.values, np.nan).astype(np.float32)
    expected = said(begun(dataset), dataset.with_features(STATE.model.columns, without))
    np.testing.assert_array_equal(said(begun(fewer), fewer), expected)


def test_what_was_said_before_is_of_the_same_objects_columns_and_model_alone():
    first, second = objects(seed=1), objects(seed=2)
    renamed = of_values(first.features.values, STATE.model.columns[::-1])
    other = begun(first)._replace(model=STATE.model._replace(columns=STATE.model.columns[::-1]))
    asked = [(begun(first), first), (begun(first), second), (begun(renamed), renamed), (other, first)]
    found = [said(*one) for one in [*asked, *asked]]
    for once, again in zip(found[:4], found[4:], strict=True):
        np.testing.assert_array_equal(once, again)
    for another in found[1:4]:
        assert np.ptp([found[0], another], axis=0).max() > 0.1


def test_labels_of_a_fold_play_no_part():
    """Nothing is fitted: the state is the same whatever the training part."""
    rng = np.random.default_rng(1)
    dataset = objects(40)
    parts = [Labelled.of(dataset, rng.integers(0, 2, 40), 2, dataset.object_id) for _ in range(2)]
    one, two = (simulated_classes.fit(part, {}, seed, 1) for seed, part in enumerate(parts))
    np.testing.assert_array_equal(said(one, dataset), said(two, dataset))


def test_a_model_of_the_columns_is_saved_and_explained(tmp_path):
    """Class 0 is what the models of simulated objects take for class k, so that column k is of class 0."""
    dataset = objects(80)
    columns = said(begun(dataset), dataset)
    k = np.exp(columns).std(axis=0).argmax()
    classes = (columns[:, k] < np.median(columns[:, k])).astype(int)
    spec = {**SPEC, "learner": "given", "params": {}, "transforms": {"simulated_classes": {}}}
    model = fit_pipeline(spec, Labelled.of(dataset, classes, 2, dataset.object_id), 3)
    p = model.predict(dataset)
    assert model.model.given[k, 0] == 1
    assert np.mean((p[:, 0] > np.median(p[:, 0])) == (classes == 0)) > 0.9
    write_fits(tmp_path / "fits", Fits(STATE.model.columns, ("TDE", "other"), ("features",), (model,)))
    again = read_fits(tmp_path / "fits")
    np.testing.assert_array_equal(predict_mean(again, dataset), p)
    gain = model.importance()
    assert gain.shape == (len(STATE.model.columns),)
    assert gain.min() >= 0
    shap = mean_contributions(again, dataset)
    assert shap.shape == dataset.features.values.shape
    logarithm = np.log(p[:, 0])
    np.testing.assert_allclose(shap.sum(axis=1) - shap[0].sum(), logarithm - logarithm[0], atol=1e-4)


def test_features_that_it_does_not_know_tell_nothing():
    values = np.random.default_rng(3).normal(size=(40, 3)).astype(np.float32)
    spec = {**SPEC, "learner": "given", "params": {}, "transforms": {"simulated_classes": {}}}
    p = fit_pipeline(spec, labelled(values, np.arange(40) % 2, 2), 1).predict(of_values(values))
    assert np.ptp(p, axis=0).max() == 0
