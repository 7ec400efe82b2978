import numpy as np
import pytest
from learning_data import SELECTION, labelled, survey

from mallorn.learning.transforms.selection import select_features, selection_frequency


def frequency(values, target, event, seed=1, **options):
    return selection_frequency(labelled(values, 1 - target, 2, event), {**SELECTION, **options}, seed)


def test_the_feature_that_tells_is_always_among_the_best_and_noise_is_not():
    _, _, target, event, values = survey()
    often = frequency(values, target, event, rounds=10)
    assert often[0] == 1.0
    assert often.max() <= 1.0
    assert np.sum(often) == pytest.approx(SELECTION["top"])
    assert often[3:].mean() < 0.35


def test_parts_are_whole_events():
    """With one event of each kind drawn, a feature that is constant within an event cannot be split inside a class."""
    _, _, target, event, values = survey(n_events=10, copies=8)
    own = np.full_like(values, 1.0)
    own[:, 2] = np.unique(event, return_inverse=True)[1]
    tells = frequency(own, target, event, rounds=5, fraction=0.01)
    assert tells.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_same_seed_same_draws():
    _, _, target, event, values = survey()
    first = frequency(values, target, event)
    assert np.array_equal(first, frequency(values, target, event))
    assert not np.array_equal(first, frequency(values, target, event, seed=2))


def test_features_worked_by_hand():
    often = np.array([0.2, 0.9, 0.5, 0.6])
    assert select_features(often, {"frequency": 0.5, "fewest": 1}).tolist() == [1, 2, 3]
    assert select_features(often, {"frequency": 0.95, "fewest": 2}).tolist() == [1, 3]
    assert select_features(often, {"frequency": 0.95, "fewest": 9}).tolist() == [0, 1, 2, 3]
