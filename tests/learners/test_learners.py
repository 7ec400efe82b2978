"""What every learner must do, one test over all of them."""

import numpy as np
import pytest
from learning_data import PARAMS, labelled

from mallorn.errors import ConfigError
from mallorn.learners.learner import LEARNERS, learner
from mallorn.learning.dataset import VIEWS, of_values
from mallorn.learning.pipeline import fit_pipeline
from mallorn.learning.transforms.transform import transform
from mallorn.runs.fingerprints import constant

_OF_FEATURES = [name for name in LEARNERS if constant(f"mallorn.learners.{name}", "NEEDS") == ("features",)]

TABULAR = [name for name in _OF_FEATURES if name != "given"]
"""Learners of features alone. Those of light curves, networks, have tests of their own in networks/; `given`, which
takes columns for probabilities, has its own in test_given.py."""

ONE_MINIMUM = ("logistic", "ridge", "wide_logistic")
"""Learners whose loss has one minimum, so that nothing is drawn."""


@pytest.fixture(scope="module")
def data():
    """Three classes told apart by features 1 and 3 of six, a third of the values missing."""
    rng = np.random.default_rng(6)
    classes = rng.integers(0, 3, 400)
    values = rng.normal(size=(400, 6))
    values[:, 1] += 3.0 * (classes == 0)
    values[:, 3] += 3.0 * (classes == 2)
    values[rng.random(values.shape) < 0.3] = np.nan
    return values.astype(np.float32), classes


def fit(name, values, classes, n_classes, seed=3, threads=1, weight=None, **params):
    """Return a learner and what it fitted, after the transforms that it always wants."""
    spec = {"learner": name, "balance": 0.0, "params": {**PARAMS[name], **params}}
    return fit_pipeline(spec, labelled(values, classes, n_classes, weight=weight), seed, threads)


def probabilities(model, values):
    return model.predict(of_values(values))


def test_all_learners_are_tested():
    assert set(PARAMS) == set(TABULAR)


@pytest.mark.parametrize("name", TABULAR)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_tell_classes_apart_with_missing_values(data, name, n_classes):
    values, classes = data[0], np.minimum(data[1], n_classes - 1)
    p = probabilities(fit(name, values[:300], classes[:300], n_classes), values[300:])
    assert p.shape == (100, n_classes)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-6)
    assert p.min() >= 0
    assert np.mean(p.argmax(axis=1) == classes[300:]) > 0.6
    rare = p[classes[300:] == 0, 0].mean()
    assert rare > 2 * p[classes[300:] != 0, 0].mean()


@pytest.mark.parametrize("name", TABULAR)
def test_a_row_without_any_value_has_a_probability(data, name):
    p = probabilities(fit(name, *data, 3), np.full((1, 6), np.nan, np.float32))
    assert np.isfinite(p).all()


@pytest.mark.parametrize("name", TABULAR)
def test_importance_is_that_of_the_features_that_matter(data, name):
    gain = fit(name, *data, 3).importance()
    assert gain.shape == (6,)
    assert set(np.argsort(gain)[-2:]) == {1, 3}
    values = data[0].copy()
    values[:, 5] = 1.0
    assert fit(name, values, data[1], 3).importance()[5] == 0


@pytest.mark.parametrize("name", TABULAR)
def test_same_seed_gives_the_same_model_and_another_seed_another(data, name):
    first = probabilities(fit(name, *data, 3), data[0])
    assert np.array_equal(first, probabilities(fit(name, *data, 3), data[0]))
    another = probabilities(fit(name, *data, 3, seed=4), data[0])
    assert np.array_equal(first, another) == (name in ONE_MINIMUM)


@pytest.mark.parametrize("name", TABULAR)
def test_weight_moves_probabilities(data, name):
    heavy = probabilities(fit(name, *data, 3, weight=np.where(data[1] == 0, 20.0, 1.0)), data[0])
    assert heavy[:, 0].mean() > probabilities(fit(name, *data, 3), data[0])[:, 0].mean() + 0.05


@pytest.mark.parametrize("name", TABULAR)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_saved_model_gives_the_same_probabilities(data, name, n_classes, tmp_path):
    values, classes = data[0], np.minimum(data[1], n_classes - 1)
    module, model = learner(name), fit(name, values, classes, n_classes)
    folders = [tmp_path / "model", tmp_path / "again"]
    for folder, made in zip(folders, (model, fit(name, values, classes, n_classes)), strict=True):
        folder.mkdir()
        module.save(made.model, folder)
    for path in folders[0].iterdir():
        assert b"pickle" not in path.read_bytes()
        assert (folders[1] / path.name).read_bytes() == path.read_bytes()
    loaded = model._replace(model=module.load(folders[0]))
    assert np.array_equal(probabilities(loaded, values), probabilities(model, values))
    np.testing.assert_allclose(loaded.importance(), model.importance())


@pytest.mark.parametrize("name", TABULAR)
def test_needs_and_transforms_are_known_and_read_without_import(name):
    module, stated = learner(name), f"mallorn.learners.{name}"
    assert module.NEEDS
    assert set(module.NEEDS) <= set(VIEWS)
    assert constant(stated, "NEEDS") == module.NEEDS
    assert constant(stated, "PARAMETERS") == module.PARAMETERS
    for transform_name in getattr(module, "TRANSFORMS", ()):
        assert transform(transform_name).PARAMETERS == ()
    assert getattr(module, "TRANSFORMS", None) is None or constant(stated, "TRANSFORMS") == module.TRANSFORMS


@pytest.mark.parametrize("name", TABULAR)
def test_search_space_is_of_known_parameters_and_plain_data(name):
    module = learner(name, {})
    assert set(module.SEARCH_SPACE) <= set(module.PARAMETERS)
    for space in module.SEARCH_SPACE.values():
        if "choices" in space:
            assert len(space["choices"]) > 1
        else:
            assert set(space) <= {"low", "high", "log"}
            assert (0 if space.get("log") else -1) < space["low"] < space["high"]


@pytest.mark.parametrize("name", [name for name in TABULAR if hasattr(learner(name, {}), "contributions")])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_contributions_add_up_to_the_margin(data, name, n_classes):
    """SHAP values sum to the margin less its mean, so that differences of the sum are differences of the margin."""
    values, classes = data[0][:80], np.minimum(data[1], n_classes - 1)[:80]
    model = fit(name, values, classes, n_classes)
    shap = model.contributions(of_values(values))
    assert shap.shape == values.shape
    p = probabilities(model, values)
    margin = np.log(p[:, 0] / p[:, 1])
    if n_classes == 3:  # of several classes, only the margin's part in the softmax can be seen
        assert np.corrcoef(shap.sum(axis=1), np.log(p[:, 0]))[0, 1] > 0.9
    else:
        np.testing.assert_allclose(shap.sum(axis=1) - shap[0].sum(), margin - margin[0], atol=1e-3)
    assert np.abs(shap).mean(axis=0).argmax() == 1


@pytest.mark.parametrize("name", ["catboost", "lightgbm", "xgboost"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_boosting_goes_on_from_margins(data, name, n_classes):
    """Of margins that tell the classes, hardly anything is left to learn: the sum is the given margins' probability."""
    values, classes = data[0], np.minimum(data[1], n_classes - 1)
    sure = 8.0 * np.eye(n_classes)[classes]
    margin = sure[:, 0] - sure[:, 1] if n_classes == 2 else sure
    module, plain = learner(name), of_values(values)

    def begun(margin):
        dataset = plain.with_margin(margin)
        return module.fit(dataset, classes, np.ones(len(values)), n_classes, PARAMS[name], 3, 1), dataset

    told = module.predict(*begun(margin))
    assert told[np.arange(len(values)), classes].min() > 0.99
    # a margin of nothing is as good as none, but for where boosting begins
    nothing, zero = begun(np.zeros_like(margin))
    p = module.predict(nothing, zero)
    np.testing.assert_allclose(p, module.predict(nothing, plain), atol=1e-6)
    assert np.corrcoef(p[:, 0], probabilities(fit(name, values, classes, n_classes), values)[:, 0])[0, 1] > 0.98
    # and a wrong one is put right where it can be
    assert np.mean(module.predict(*begun(-margin / 8)).argmax(axis=1) == classes) > 0.5


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_focal_loss_of_gamma_zero_is_the_log_loss_and_more_gamma_is_less_sure(data, name):
    values, classes = data[0], np.minimum(data[1], 1)
    models = [fit(name, values, classes, 2, focal_gamma=gamma) for gamma in (0.0, 1e-9, 2.0)]
    log_loss, none, focal = (probabilities(model, values)[:, 0] for model in models)
    assert np.corrcoef(log_loss, none)[0, 1] > 0.97
    assert np.abs(focal - 0.5).mean() < np.abs(none - 0.5).mean() - 0.03
    with pytest.raises(ConfigError, match="focal_gamma is for models with `classes: binary`"):
        fit(name, *data, 3, focal_gamma=1.0)


def test_unknown_learners_and_parameters_are_named():
    with pytest.raises(ConfigError, match=r"no learner 'lightgbn' \(did you mean 'lightgbm'\?\); expected one of atat"):
        learner("lightgbn", {})
    with pytest.raises(ConfigError, match=r"lightgbm has no parameter 'num_leafs' \(did you mean 'num_leaves'\?\)"):
        learner("lightgbm", {"num_leafs": 3})
    with pytest.raises(ConfigError, match="xgboost has no parameter 'seed' "):
        learner("xgboost", {"seed": 3})
