"""Dense Gaussian processes in extended precision, written from the formulas alone: what mallorn.gp is held against."""

from functools import partial

import numpy as np

from mallorn.gp.batch import pack

WAVELENGTHS = np.array([3.641, 4.704, 6.155, 7.504, 8.695, 10.056])
"""Of the six passbands of most tests, 1000 angstrom."""

pack_six = partial(pack, wavelength=1000.0 * WAVELENGTHS)
"""`pack` for points in those six."""

PARAMETERS = {"drw": 2, "matern": 2, "multiband": 3}


def kernel(name, theta, t1, b1, t2, b2, wavelengths=WAVELENGTHS):
    """Return the covariance (N, M) of model `name` at natural-logarithmic parameters `theta`.

    b1, b2: positions in `wavelengths`, 1000 angstrom.
    """
    values = np.exp(np.asarray(theta, dtype=np.longdouble))
    dt = np.abs(np.subtract.outer(np.asarray(t1, np.longdouble), np.asarray(t2, np.longdouble)))
    if name == "drw":
        return values[0] ** 2 * np.exp(-dt / values[1])
    covariance = values[0] ** 2 * matern32(dt / values[1])
    if name == "multiband":
        wavelengths = np.asarray(wavelengths, dtype=np.longdouble)
        covariance = covariance * matern32(np.abs(np.subtract.outer(wavelengths[b1], wavelengths[b2])) / values[2])
    return covariance


def matern32(distance):
    x = np.sqrt(np.longdouble(3)) * distance
    return (1 + x) * np.exp(-x)


def cholesky(matrix):
    """Return the lower Cholesky factor; numpy has none in extended precision."""
    lower = np.array(matrix, dtype=np.longdouble)
    for j in range(len(lower)):
        lower[j, j] = np.sqrt(lower[j, j])
        lower[j + 1 :, j] /= lower[j, j]
        lower[j + 1 :, j + 1 :] -= np.outer(lower[j + 1 :, j], lower[j + 1 :, j])
    return np.tril(lower)


def solve_lower(lower, columns):
    solution = np.array(columns, dtype=np.longdouble)
    for j in range(len(lower)):
        solution[j] /= lower[j, j]
        solution[j + 1 :] -= np.multiply.outer(lower[j + 1 :, j], solution[j])
    return solution


class Dense:
    """One object under model `name`: the log likelihood at its generalised-least-squares mean, and predictions."""

    def __init__(self, name, theta, t, band, flux, err, wavelengths=WAVELENGTHS):
        self.name, self.theta, self.t, self.band, self.wavelengths = name, theta, t, band, wavelengths
        covariance = kernel(name, theta, t, band, t, band, wavelengths) + np.diag(
            np.asarray(err, dtype=np.longdouble) ** 2
        )
        self.lower = cholesky(covariance)
        white = solve_lower(self.lower, np.column_stack([flux, np.ones(len(t))]))
        self.ones = white[:, 1]
        self.mean_variance = 1 / (self.ones @ self.ones)
        self.mean = (white[:, 0] @ self.ones) * self.mean_variance
        self.residual = white[:, 0] - self.mean * self.ones
        log_det = 2 * np.log(np.diag(self.lower)).sum()
        self.ln_likelihood = float(-(self.residual @ self.residual + log_det + len(t) * np.log(2 * np.pi)) / 2)

    def predict(self, t, band):
        """Return the posterior mean (M,) and covariance (M, M), the uncertainty of the constant included."""
        white = solve_lower(self.lower, kernel(self.name, self.theta, self.t, self.band, t, band, self.wavelengths))
        h = 1 - white.T @ self.ones
        prior = kernel(self.name, self.theta, t, band, t, band, self.wavelengths)
        covariance = prior - white.T @ white + self.mean_variance * np.outer(h, h)
        return (self.mean + white.T @ self.residual).astype(float), covariance.astype(float)
