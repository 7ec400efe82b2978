import numpy as np
import pytest

from mallorn.hypotheses.drw import fit_random_walks


@pytest.mark.parametrize("number", [1, 2, 40])
def test_likelihood_is_that_of_the_dense_covariance(number):
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(0, 300, number))
    x[number // 2 :] = np.maximum(x[number // 2 :], x[number // 2])
    x[-1] = x[max(number - 2, 0)]  # equal times
    band = rng.integers(0, 6, number).astype(np.int8)
    flux, error = rng.normal(2, 3, number), rng.uniform(0.2, 1, number)
    tau, sigma, weight, scale = np.array([5.0, 200.0]), np.array([0.3, 2.0]), rng.uniform(0.5, 2, (3, 6)), 1.7
    start = np.array([0, 0, number])
    out = fit_random_walks(start, x, band, flux, error, tau, sigma, weight, np.array([np.nan, scale]))
    assert np.isnan(out[0]).all()
    for j in range(2):
        for k in range(2):
            for q in range(3):
                h = weight[q][band]
                walk = (sigma[k] * scale) ** 2 * np.exp(-np.abs(x[:, None] - x) / tau[j])
                covariance = np.outer(h, h) * (walk + 4 * scale**2) + np.diag(error**2)
                expected = flux @ np.linalg.solve(covariance, flux) + np.linalg.slogdet(covariance)[1]
                expected -= np.log(error**2).sum()
                assert out[1, j, k, q] == pytest.approx(expected, rel=1e-9, abs=1e-9)
