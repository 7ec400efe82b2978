import numpy as np
import pytest

from mallorn.simulate.agn import agn_flux, damped_random_walk, sf_inf, tau
from mallorn.simulate.streams import stream

P = {"magnitude": -23.0, "log_black_hole_mass": 9.0}


def test_macleod_relations_at_their_pivot():
    assert tau(4000.0, **P) == pytest.approx(10.0**2.4)  # 251 d
    assert sf_inf(4000.0, **P) == pytest.approx(10.0**-0.51)  # 0.309 mag


def test_macleod_relations_by_hand():
    p = {"magnitude": -25.0, "log_black_hole_mass": 8.0}
    # 2.4 + 0.17 * 0.30103 - 0.06 - 0.21 = 2.18118 and -0.51 - 0.479 * 0.30103 - 0.262 - 0.18 = -1.09619
    assert tau(8000.0, **p) == pytest.approx(151.77, rel=1e-4)
    assert sf_inf(8000.0, **p) == pytest.approx(0.080132, rel=1e-4)


def test_walk_equals_its_recursion():
    normal = stream(1, "walk").standard_normal(1000)
    scale = np.array([5.0, 80.0, 400.0])
    a = np.exp(-1.7 / scale)
    expected = np.empty((1000, 3))
    expected[0] = normal[0]
    for k in range(1, 1000):
        expected[k] = a * expected[k - 1] + np.sqrt(1.0 - a * a) * normal[k]
    np.testing.assert_allclose(damped_random_walk(normal, 1.7, scale), expected, atol=1e-12)


def test_walk_has_unit_variance_and_the_correlation_of_its_tau():
    walks = np.stack(
        [damped_random_walk(stream(1, "many", k).standard_normal(50), 2.0, [40.0])[:, 0] for k in range(4000)]
    )
    assert walks.var(axis=0) == pytest.approx(np.ones(50), abs=0.12)
    correlation = np.mean(walks[:, 10] * walks[:, 30])
    assert correlation == pytest.approx(np.exp(-1.0), abs=0.06)


def test_bands_vary_together_and_more_in_the_blue():
    flux = agn_flux(P, stream(1, "bands"), 1.7, 1000, np.array([1500.0, 3000.0, 6000.0]))
    assert np.corrcoef(flux.T).min() > 0.95
    mean = 10.0 ** (0.4 * (23.9 + 23.0 - 2.5 * np.log10(3.0))) * (np.array([1500.0, 3000.0, 6000.0]) / 2500.0) ** 0.44
    relative = flux.std(axis=0) / mean
    assert relative[0] > relative[1] > relative[2]


def test_difference_flux_lies_about_zero_and_has_brightened():
    means, negative = [], []
    for k in range(60):
        flux = agn_flux(P, stream(2, "reference", k), 1.7, 1000, np.array([4000.0]))
        means.append(flux.mean())
        negative.append((flux < 0.0).mean())
    assert np.mean(np.array(means) > 0.0) > 0.9
    assert 0.1 < np.mean(negative) < 0.45
