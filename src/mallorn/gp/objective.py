"""The function that fits of Gaussian processes minimise, its derivatives, and their settings; see `mallorn.gp.fit`."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError
from mallorn.gp.solver import innovations

__all__ = ["CELERITE2", "STEP", "Engine", "Evaluation", "Likelihood", "Settings", "evaluate", "objective", "settings"]

STEP = 1e-3
"""Step of the forward difference of a log parameter on the way to the optimum."""


@dataclass(frozen=True, eq=False)
class Settings:
    """How to fit a model with k parameters; all arrays hold log parameters, sigma in units of the object's scale.

    prior_mean, prior_sd, lower, upper: (k,). starts: (s, k). tolerance: a descent has converged when it expects a
    smaller decrease of f. max_iterations: per start. min_points: with fewer points, the fit is the mode of the prior.
    """

    prior_mean: np.ndarray
    prior_sd: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    starts: np.ndarray
    tolerance: float
    max_iterations: int
    min_points: int


def settings(model, config):
    """Return the `Settings` of `model` from its block of config.yaml; raise ConfigError if its numbers do not fit."""
    blocks = [config["priors"][name] for name in model.parameters]
    median, sd, lower, upper = np.array([[b[key] for key in ("median", "ln_sd", "lower", "upper")] for b in blocks]).T
    starts = np.array([[start[name] for name in model.parameters] for start in config["starts"]])
    for name, low, middle, high, start in zip(model.parameters, lower, median, upper, starts.T, strict=True):
        if not (0.0 < low < high and low <= middle <= high and (low <= start).all() and (start <= high).all()):
            raise ConfigError(
                f"fits.{model.name}: parameter {name!r} needs 0 < lower < upper with the prior's median and all starts "
                f"between; found lower {low}, upper {high}, median {middle}, starts {start.tolist()}"
            )
    return Settings(
        prior_mean=np.log(median),
        prior_sd=sd,
        lower=np.log(lower),
        upper=np.log(upper),
        starts=np.log(starts),
        tolerance=config["tolerance"],
        max_iterations=config["max_iterations"],
        min_points=config["min_points"],
    )


class Evaluation(NamedTuple):
    """The objective of m objects; NaN where a covariance is not positive definite.

    value: (m,) negative log posterior of the scaled fluxes, without constants. gradient: (m, k).
    fisher: (m, k, k), prior included. chi2_logdet: (m,) sum(r^2 / d + ln d). mean, mean_variance: (m,) of the constant.
    """

    value: np.ndarray
    gradient: np.ndarray
    fisher: np.ndarray
    chi2_logdet: np.ndarray
    mean: np.ndarray
    mean_variance: np.ndarray


class Likelihood(NamedTuple):
    """The likelihood of m objects at the profiled mean; arrays (..., m), see `Evaluation`."""

    chi2_logdet: np.ndarray
    mean: np.ndarray
    mean_variance: np.ndarray


class Engine:
    """What fits ask of the code that computes innovations.

    innovations: a function like `mallorn.gp.solver.innovations`. An object whose covariance is not positive definite
    gets NaN everywhere.
    """

    def __init__(self, innovations):
        self._innovations = innovations

    def likelihoods(self, model, batch, theta):
        """Return the `Likelihood` (L, m) of `batch` at L parameters of each object, theta (L, m, k)."""
        found = [self._likelihood(model, batch, one)[0] for one in theta]
        return Likelihood(*(np.stack(values) for values in zip(*found, strict=True)))

    def derivatives(self, model, batch, theta):
        """Return the `Likelihood` (m,) at theta (m, k), half its gradient (m, k) and its information (m, k, k)."""
        likelihood, residual, d = self._likelihood(model, batch, theta)
        inverse_sd = 1.0 / np.sqrt(d)
        pull, mean, k = residual * inverse_sd, likelihood.mean, theta.shape[1]
        J_r, J_d = np.empty((2, k, len(d)))
        for i in range(k):
            stepped = theta.copy()
            stepped[:, i] += STEP
            Z, d_stepped = self._innovations(model, batch, stepped)
            J_r[i] = (Z[:, 0] - mean[batch.owner] * Z[:, 1] - residual) * inverse_sd / STEP
            J_d[i] = (d_stepped - d) / d / STEP
        information = np.empty((len(theta), k, k))
        for i in range(k):
            for j in range(i + 1):
                information[:, i, j] = information[:, j, i] = batch.sum(J_r[i] * J_r[j] + 0.5 * J_d[i] * J_d[j])
        return likelihood, batch.sum(J_r * pull + 0.5 * J_d * (1.0 - pull**2)).T, information

    def _likelihood(self, model, batch, theta):
        """Return the `Likelihood` (m,) at theta (m, k), the innovations at the profiled mean and the pivots (N,)."""
        Z, d = self._innovations(model, batch, theta)
        flux, ones = np.ascontiguousarray(Z.T)
        weight = ones / d
        precision = batch.sum(weight * ones)
        mean = batch.sum(weight * flux) / precision
        residual = flux - mean[batch.owner] * ones
        return Likelihood(batch.sum(residual**2 / d + np.log(d)), mean, 1.0 / precision), residual, d


CELERITE2 = Engine(innovations)


def evaluate(model, batch, theta, how, engine=CELERITE2):
    """Return the `Evaluation` of `batch` at `theta` (m, k) under the priors of `how`, a `Settings`."""
    likelihood, gradient, information = engine.derivatives(model, batch, theta)
    return Evaluation(
        value=objective(likelihood, theta, how),
        gradient=gradient + (theta - how.prior_mean) / how.prior_sd**2,
        fisher=information + np.diag(how.prior_sd**-2),
        chi2_logdet=likelihood.chi2_logdet,
        mean=likelihood.mean,
        mean_variance=likelihood.mean_variance,
    )


def objective(likelihood, theta, how):
    """Return f (..., m) at `theta` (..., m, k)."""
    return 0.5 * (likelihood.chi2_logdet + np.sum(((theta - how.prior_mean) / how.prior_sd) ** 2, axis=-1))
