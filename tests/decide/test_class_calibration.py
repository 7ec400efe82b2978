"""Calibration of several classes: what the maps must do, and Venn-Abers against its definition."""

import json

import numpy as np
import pytest

from mallorn.decide.class_calibration import METHODS, apply, cross_fitted, fit, intervals
from mallorn.errors import ConfigError


def drawn(seed=0, n=400, heat=1.0):
    """Return (probability, classes): classes are drawn by the probabilities, which are then sharpened."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([0.6, 0.8, 1.2], size=n)
    classes = np.argmax(np.cumsum(p, axis=1) > rng.random((n, 1)), axis=1)
    sharp = np.maximum(p, 1e-9) ** heat
    return sharp / sharp.sum(axis=1, keepdims=True), classes


def log_loss(p, classes):
    return -np.mean(np.log(np.maximum(p[np.arange(len(p)), classes], 1e-6)))


def isotonic_at(x, y, k):
    """Return the value of the isotonic regression at k by its definition: max over a of min over b of the mean."""
    groups = np.unique(x)
    total = np.array([[np.sum(y[x == g]), np.sum(x == g)] for g in groups])
    place = int(np.searchsorted(groups, x[k]))
    means = [
        [total[a : b + 1, 0].sum() / total[a : b + 1, 1].sum() for b in range(place, len(groups))]
        for a in range(place + 1)
    ]
    return max(min(row) for row in means)


@pytest.mark.parametrize("method", METHODS)
def test_maps_sum_to_one_and_survive_a_file(method):
    p, classes = drawn(heat=2.0)
    parameters = json.loads(json.dumps(fit(method, p, classes)))
    q = apply(parameters, p)
    np.testing.assert_allclose(q.sum(axis=1), 1.0)
    assert np.all((q >= 0.0) & (q <= 1.0))
    certain = np.eye(3)[[0, 1, 2]]
    np.testing.assert_allclose(apply(parameters, certain).sum(axis=1), 1.0)


@pytest.mark.parametrize("method", METHODS[1:])
def test_probabilities_that_are_too_sure_are_mended(method):
    p, classes = drawn(n=1200, heat=2.0)
    q, *_ = cross_fitted(method, p, classes, np.arange(1200) % 5)
    assert log_loss(q, classes) < log_loss(p, classes) - 0.05


def test_the_temperature_that_sharpened_is_found():
    for heat in (0.5, 1.0, 2.0):
        p, classes = drawn(n=4000, heat=heat)
        assert fit("temperature", p, classes)["temperature"] == pytest.approx(heat, rel=0.1)


def test_venn_abers_is_two_isotonic_regressions_with_the_new_object_in_them():
    rng = np.random.default_rng(3)
    p, classes = drawn(n=25, heat=1.5)
    p = np.round(p, 1)  # with ties
    new = np.concatenate([p[:4], rng.dirichlet([1, 1, 1], size=6), [[0.0, 0.0, 1.0]]])
    low, high = intervals(fit("venn_abers", p, classes), new)
    for c in range(3):
        for i, value in enumerate(new[:, c]):
            x = np.append(p[:, c], value)
            for label, found in ((0.0, low), (1.0, high)):
                y = np.append((classes == c).astype(float), label)
                assert found[i, c] == pytest.approx(isotonic_at(x, y, 25))
    assert np.all(low <= high)
    q = apply(fit("venn_abers", p, classes), new)
    merged = high / (1.0 - low + high)
    np.testing.assert_allclose(q, merged / merged.sum(axis=1, keepdims=True))


def test_labels_of_a_fold_do_not_reach_its_map():
    p, classes = drawn(n=60)
    fold, mine = np.arange(60) % 3, np.arange(60) % 3 == 1
    for method in METHODS[1:]:
        before = cross_fitted(method, p, classes, fold)[0]
        after = cross_fitted(method, p, np.where(mine, (classes + 1) % 3, classes), fold)[0]
        assert np.array_equal(before[mine], after[mine])
        assert not np.array_equal(before[~mine], after[~mine])
    with pytest.raises(ConfigError, match="expected one of none, temperature"):
        fit("platt", p, classes)
