"""The function that fits of Gaussian processes minimise, its derivatives, and their settings; see `mallorn.gp.fit`."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError
from mallorn.gp.solver import innovations

__all__ = ["Evaluation", "Likelihood", "Settings", "evaluate", "likelihood_at", "objective", "settings"]

_STEP = 1e-3
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


def evaluate(model, batch, theta, how, engine=innovations):
    """Return the `Evaluation` of `batch` at `theta` (m, k) under the priors of `how`, a `Settings`."""
    likelihood = likelihood_at(model, batch, theta, engine)
    residual, d, mean = likelihood.residual, likelihood.d, likelihood.mean
    inverse_sd = 1.0 / np.sqrt(d)
    pull = residual * inverse_sd

    k = theta.shape[1]
    J_r, J_d = np.empty((2, k, len(d)))
    for i in range(k):
        stepped = theta.copy()
        stepped[:, i] += _STEP
        Z, d_stepped = engine(model, batch, stepped)
        J_r[i] = (Z[:, 0] - mean[batch.owner] * Z[:, 1] - residual) * inverse_sd / _STEP
        J_d[i] = (d_stepped - d) / d / _STEP

    gradient = batch.sum(J_r * pull + 0.5 * J_d * (1.0 - pull**2)).T
    fisher = np.empty((len(theta), k, k))
    for i in range(k):
        for j in range(i + 1):
            fisher[:, i, j] = fisher[:, j, i] = batch.sum(J_r[i] * J_r[j] + 0.5 * J_d[i] * J_d[j])

    return Evaluation(
        value=objective(likelihood, theta, how),
        gradient=gradient + (theta - how.prior_mean) / how.prior_sd**2,
        fisher=fisher + np.diag(how.prior_sd**-2),
        chi2_logdet=likelihood.chi2_logdet,
        mean=mean,
        mean_variance=likelihood.mean_variance,
    )


class Likelihood(NamedTuple):
    """Innovations r and pivots d (N,) at the profiled mean, and the sums of `Evaluation` without derivatives, (m,)."""

    residual: np.ndarray
    d: np.ndarray
    chi2_logdet: np.ndarray
    mean: np.ndarray
    mean_variance: np.ndarray


def likelihood_at(model, batch, theta, engine):
    Z, d = engine(model, batch, theta)
    flux, ones = np.ascontiguousarray(Z.T)
    weight = ones / d
    precision = batch.sum(weight * ones)
    mean = batch.sum(weight * flux) / precision
    residual = flux - mean[batch.owner] * ones
    return Likelihood(residual, d, batch.sum(residual**2 / d + np.log(d)), mean, 1.0 / precision)


def objective(likelihood, theta, how):
    """Return f (m,) at `theta` (m, k)."""
    return 0.5 * (likelihood.chi2_logdet + np.sum(((theta - how.prior_mean) / how.prior_sd) ** 2, axis=1))
