import numpy as np
import pytest

from mallorn.learners.losses import focal, probabilities


def loss(margin, target, gamma):
    q = 1 / (1 + np.exp(-np.where(target, margin, -margin)))
    return -((1 - q) ** gamma) * np.log(q)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_derivatives_of_the_focal_loss_are_those_by_differences(gamma):
    margin = np.tile(np.linspace(-6, 6, 25), 2)
    target = np.repeat([True, False], 25)
    gradient, hessian = focal(margin, target, gamma)
    h = 1e-4
    below, here, above = (loss(margin + step, target, gamma) for step in (-h, 0, h))
    np.testing.assert_allclose(gradient, (above - below) / (2 * h), atol=1e-6)
    np.testing.assert_allclose(hessian, np.maximum((above - 2 * here + below) / h**2, 1e-6), atol=1e-5)


def test_focal_loss_without_focus_is_the_log_loss():
    gradient, hessian = focal(np.array([0.0, np.log(3)]), np.array([1, 0]), 0)
    np.testing.assert_allclose(gradient, [-0.5, 0.75])
    np.testing.assert_allclose(hessian, [0.25, 0.1875])


def test_derivatives_are_finite_at_any_margin():
    gradient, hessian = focal(np.array([-1e4, 1e4, -1e4, 1e4]), np.array([0, 0, 1, 1]), 2.0)
    assert np.isfinite(gradient).all()
    assert (hessian > 0).all()


def test_probabilities_of_margins():
    np.testing.assert_allclose(probabilities(np.array([0.0, np.log(3)])), [[0.5, 0.5], [0.75, 0.25]])
    np.testing.assert_allclose(probabilities(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]])
