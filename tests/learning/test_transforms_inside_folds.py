"""What is fitted to labels must be fitted inside the training part alone."""

import numpy as np
import pytest
from learning_data import PARAMS, SPEC, labelled, survey
from own_modules import own_modules  # noqa: F401

from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.model_files import Fits, predict_mean, read_fits, write_fits
from mallorn.learning.pipeline import fit_pipeline
from mallorn.metrics import roc_auc

pytestmark = pytest.mark.usefixtures("own_modules")

LEAKING = {**SPEC, "transforms": {"remembered_label": {"otherwise": 0.5}}}


@pytest.fixture(scope="module")
def noise():
    """Objects whose features tell nothing of their two classes, and folds."""
    _, _, target, event, _ = survey()
    values = np.random.default_rng(3).normal(size=(len(target), 4)).astype(np.float32)
    return values, 1 - target, event, np.unique(event, return_inverse=True)[1] // 5 % 4


def test_a_transform_that_knows_labels_would_leak_outside_the_fold_and_does_not_inside(noise):
    values, classes, event, fold = noise
    objects = labelled(values, classes, 2, event)
    # fitted to the objects that it then predicts, it gives their labels away
    leaked = fit_pipeline(LEAKING, objects, seed=1).predict(objects.dataset)[:, 0]
    assert roc_auc(classes == 0, leaked) == 1.0
    honest = cross_validate(objects, fold, LEAKING, seed=1, threads=1).inside[:, 0]
    assert roc_auc(classes == 0, honest) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("learner", ["lightgbm", "logistic", "mlp"])
@pytest.mark.parametrize("transforms", [{"remembered_label": {"otherwise": 0.5}}, {"linear_start": {"C": 0.1}}])
def test_labels_and_features_of_a_fold_do_not_reach_the_transforms_that_predict_it(noise, learner, transforms):
    """Neither its labels, nor, as scalings would, the features of its other objects."""
    values, classes, event, fold = noise
    if learner != "lightgbm" and "linear_start" in transforms:
        transforms = {}  # begins nothing: only boosters go on from margins
    spec = {**SPEC, "learner": learner, "params": PARAMS[learner], "transforms": transforms}
    before = cross_validate(labelled(values, classes, 2, event), fold, spec, 1, 1).inside
    held, first = fold == 2, np.flatnonzero(fold == 2)[0]
    labels, features = np.where(held, 1 - classes, classes), np.where(held[:, None], 100 * values, values)
    features[first] = values[first]
    after = cross_validate(labelled(features, labels, 2, event), fold, spec, 1, 1).inside
    assert np.array_equal(after[first], before[first])
    assert not np.array_equal(after[fold == 1], before[fold == 1])


def test_a_transform_of_ones_own_is_kept_with_the_model(noise, tmp_path):
    values, classes, event, _ = noise
    objects = labelled(values, classes, 2, event)
    model = fit_pipeline(LEAKING, objects, seed=1)
    assert model.importance().shape == (4,)
    write_fits(tmp_path, Fits(objects.dataset.features.columns, ("TDE", "other"), ("features",), (model,)))
    again = predict_mean(read_fits(tmp_path), objects.dataset)
    assert np.array_equal(again, model.predict(objects.dataset))
