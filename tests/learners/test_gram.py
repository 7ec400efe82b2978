"""Linear models through the Gram matrix: against fits of the columns themselves, and refits without each event."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mallorn.learners import ridge, wide_logistic
from mallorn.learners.gram import centred, event_folds, gram_matrix
from mallorn.learning.dataset import of_values

PENALTIES = (0.1, 10.0)


@pytest.fixture(scope="module")
def wide():
    """60 objects of 20 events in 150 columns on scales of their own, three classes, weights."""
    rng = np.random.default_rng(8)
    event = np.repeat(np.arange(20), 3)
    classes = event % 3
    values = rng.normal(size=(60, 150)) + 0.4 * np.eye(3)[classes] @ rng.normal(size=(3, 150))
    values = (values * rng.uniform(0.5, 2.0, 150) + rng.normal(size=150)).astype(np.float32)
    names = np.array([f"event_{k:02d}" for k in event], dtype=object)
    return values, classes, names, rng.uniform(0.5, 2.0, 60)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_more_columns_than_objects_give_the_fit_of_the_columns_themselves(wide, n_classes):
    values, classes, event, weight = wide
    classes = np.minimum(classes, n_classes - 1)
    model = wide_logistic.fit(
        of_values(values), classes, weight, n_classes, {"C": 3.0, "tol": 1e-8, "max_iter": 5000}, 0, 1, event
    )
    columns = values - values.mean(axis=0)
    columns /= np.sqrt(np.mean(np.sum(columns**2, axis=1)))
    direct = LogisticRegression(C=3.0, tol=1e-8, max_iter=5000).fit(columns, classes, sample_weight=weight)
    found = wide_logistic.predict(model, of_values(values))
    np.testing.assert_allclose(found, direct.predict_proba(columns), atol=2e-3)


def test_the_strength_is_one_that_does_well_without_the_event(wide):
    """Columns that only tell events apart deserve the strongest penalty, however well siblings know each other."""
    _, classes, event, weight = wide
    own = np.random.default_rng(2).normal(size=(20, 150))[np.repeat(np.arange(20), 3)].astype(np.float32)
    by_event = wide_logistic.fit(of_values(own), classes, weight, 3, {}, 0, 1, event)
    siblings = wide_logistic.fit(of_values(own), classes, weight, 3, {}, 0, 1, np.arange(60).astype(str))
    assert np.abs(by_event.weights).sum() < 0.2 * np.abs(siblings.weights).sum()


def test_events_stay_whole_and_classes_are_spread(wide):
    _, classes, event, _ = wide
    part = event_folds(event, classes, 5)
    assert all(len(set(part[event == name])) == 1 for name in set(event))
    assert np.bincount(part).tolist() == [12] * 5
    assert [sorted(np.bincount(part[classes == c], minlength=5)) for c in range(3)] == [[3, 3, 3, 6, 6]] * 2 + [
        [3, 3, 3, 3, 6]
    ]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_residuals_of_left_out_events_are_those_of_refits(wide, penalty):
    values, classes, event, _ = wide
    gram = gram_matrix(centred(values)[0]) / 150 + 5.0
    target = np.eye(3)[classes]
    groups = [np.flatnonzero(event == name) for name in np.unique(event.astype(str))]
    found = ridge.left_out(*np.linalg.eigh(gram), target, penalty, groups)
    for rows in groups:
        others = np.setdiff1d(np.arange(60), rows)
        dual = np.linalg.solve(gram[np.ix_(others, others)] + penalty * np.eye(len(others)), target[others])
        np.testing.assert_allclose(found[rows], target[rows] - gram[np.ix_(rows, others)] @ dual, atol=1e-8)


def test_a_missing_value_is_the_mean_and_a_constant_column_nothing():
    values = np.array([[1.0, 0.1, np.nan], [np.nan, 0.1, np.nan], [4.0, 0.1, np.nan]], dtype=np.float32)
    columns, mean = centred(values)
    assert mean.tolist() == pytest.approx([2.5, 0.1, 0.0])
    assert columns.tolist() == [[-1.5, 0.0, 0.0], [0.0, 0.0, 0.0], [1.5, 0.0, 0.0]]
    assert centred(values[:1], mean)[0].tolist() == [[-1.5, 0.0, 0.0]]
