"""Compare our Gaussian-process fits with those that users would write with celerite2 and with scikit-learn.

All times are CPU times on the same objects, in one run, on one thread. The other programs get the same data, the same
starting values and bounds, and the tools they come with. celerite2's `GaussianProcess` runs with scipy's L-BFGS-B on
our objective, with a numerical gradient and the mean as a free parameter. For Matern-3/2 it has its `Matern32Term`,
accurate to 2e-5 with an eps in proportion to 1 / length; its default is off by 0.14 at 100 d. scikit-learn's
`GaussianProcessRegressor` fits over (time, wavelength) with its own optimiser and no restarts; its CPU time per object
is the unit S.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.gp.batch import BLANKS, pack
from mallorn.gp.fit import fit, fit_lightcurves, fit_slots
from mallorn.gp.models import DRW, MODELS, Matern32, MultibandMatern32
from mallorn.gp.objective import evaluate, settings
from mallorn.gp.posterior import predict_posterior
from mallorn.io.tables import read_columns, write_table
from mallorn.seeds import generator
from mallorn.survey.lightcurves import joined, read_lightcurves

__all__ = ["COLUMNS", "Row", "compare", "missed_optima", "scikit_learn_ms", "time_workflow"]


class Row(NamedTuple):
    """One line of the benchmark: program, model, number of fits, cost; NaN where a number makes no sense.

    cpu_ms_per_fit: CPU milliseconds, all starts included. ratio_to_mallorn: the same over ours for this model.
    missed_optima: fraction of fits whose log posterior is more than `missed_by` below the best of random starts.
    """

    method: str
    model: str
    n_fits: int
    cpu_ms_per_fit: float
    ratio_to_mallorn: float
    missed_optima: float


COLUMNS = Row._fields


def compare(lightcurves, config, seed):
    """Return the `Row` list of all methods and models on `lightcurves`, a list of raw `LightCurves`.

    config: {"fits": ..., "benchmark": ...}, blocks of config.yaml. The other programs fit `compared_objects` drawn
    objects; our optima are checked on `checked_objects`.
    """
    lc, rules = joined(lightcurves).dereddened(), config["benchmark"]["fits"]
    chosen = generator(seed, "benchmark", "fits").permutation(len(lc))
    few = _batches(lc.take(np.sort(chosen[: rules["compared_objects"]])))
    many = _batches(lc.take(np.sort(chosen[: rules["checked_objects"]])))
    rows = []
    for name, model in MODELS.items():
        how = settings(model, config["fits"][name])
        starts = _random_starts(how, rules["random_starts"], generator(seed, "benchmark", name))
        fits, seconds = _timed(lambda b, model=model, how=how: fit(model, b, how), few[name])
        n = sum(len(b) for b in few[name])
        ours = 1e3 * seconds / n
        missed = missed_optima(model, many[name], how, starts, rules["missed_by"])
        rows.append(Row("mallorn", name, n, ours, 1.0, missed))

        fit_one = _fit_sklearn if model is MultibandMatern32 else _fit_celerite
        found, seconds = _timed(lambda b, model=model, how=how, f=fit_one: _fit_each(f, model, b, how), few[name])
        other = 1e3 * seconds / n
        if fit_one is _fit_celerite:
            missed = _missed_by_others(model, few[name], how, starts, found, fits, rules["missed_by"])
            rows.append(Row("celerite2.GaussianProcess + L-BFGS-B", name, n, other, other / ours, missed))
        else:
            rows.append(Row("sklearn.GaussianProcessRegressor", name, n, other, other / ours, np.nan))
    return rows


def scikit_learn_ms(lightcurves, config):
    """Return S, the mean CPU milliseconds that scikit-learn takes to fit one object of raw `LightCurves`.

    config: {"fits"}, that block of the configuration.
    """
    how = settings(MultibandMatern32, config["fits"]["multiband"])
    batches = _batches(lightcurves.dereddened())["multiband"]
    _, seconds = _timed(lambda batch: _fit_each(_fit_sklearn, MultibandMatern32, batch, how), batches)
    return 1e3 * seconds / sum(map(len, batches))


def missed_optima(model, batches, how, starts, missed_by):
    """Return the fraction of objects whose fit ends more than `missed_by` below the best fit from `starts` (s, k)."""
    gaps = [fit(model, b, replace(how, starts=starts)).ln_posterior - fit(model, b, how).ln_posterior for b in batches]
    return float(np.mean(np.concatenate(gaps) > missed_by))


def time_workflow(points, objects, config):
    """Return (CPU milliseconds per object of all fits and predictions of a split, files included; its objects).

    points, objects: the split's Parquet files. config: as in `compare`, with the block "posterior".
    """
    begin = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for model in (DRW, Matern32):
            slots = read_lightcurves(points, objects).dereddened().in_slots()
            for table in fit_slots(model, slots, config["fits"][model.name]).values():
                write_table(Path(folder, "band.parquet"), table)
        lc, path = read_lightcurves(points, objects), Path(folder, "multiband.parquet")
        write_table(path, fit_lightcurves(MultibandMatern32, lc.dereddened(), config["fits"]["multiband"]))
        lc = read_lightcurves(points, objects)
        write_table(Path(folder, "posterior.parquet"), predict_posterior(lc, read_columns(path), config["posterior"]))
    return 1e3 * (time.process_time() - begin) / len(lc), len(lc)


def _batches(lightcurves):
    """Return {model name: list of `Batch`}: one of all passbands, one for each slot, of objects with three points."""

    def batch(lc):
        lc = lc.take(np.flatnonzero(lc.n_points >= 3))
        points = lc.mjd, lc.band, lc.flux, lc.flux_err, lc.start, lc.object_id
        return pack(*points, wavelength=lc.passbands.wavelength)

    slots = lightcurves.in_slots()
    single = [batch(slots.in_band(k)) for k in np.flatnonzero(lightcurves.passbands.has_slot)]
    return {"drw": single, "matern": single, "multiband": [batch(lightcurves)]}


def _random_starts(how, size, rng):
    draws = how.prior_mean + how.prior_sd * rng.standard_normal((size, len(how.prior_mean)))
    return np.clip(draws, how.lower, how.upper)


def _timed(function, batches):
    """Return the results of `function` for each batch, and its CPU seconds in all, on one thread, without imports."""
    from threadpoolctl import threadpool_limits

    function(batches[0].take([0]))
    with threadpool_limits(1):
        begin = time.process_time()
        results = [function(batch) for batch in batches]
        return results, time.process_time() - begin


def _fit_each(fit_one, model, batch, how):
    """Return the parameters (m, k) that `fit_one` finds for each object of `batch`, in units of its scale."""
    found = np.empty((len(batch), len(model.parameters)))
    for k in range(len(batch)):
        rows = slice(batch.start[k], batch.start[k + 1] - BLANKS)
        wavelength = batch.wavelength[batch.band[rows]]
        found[k] = fit_one(model, batch.time[rows], wavelength, batch.y[rows], batch.noise[rows], how)
    return found


def _fit_celerite(model, t, wavelength, y, noise, how):
    import celerite2
    from celerite2 import terms
    from scipy.optimize import minimize

    def term(theta):
        sigma, scale = np.exp(theta)
        if model is DRW:
            return terms.RealTerm(a=sigma**2, c=1.0 / scale)
        return terms.Matern32Term(sigma=sigma, rho=scale, eps=0.01 / scale)

    process = celerite2.GaussianProcess(term(how.prior_mean), mean=0.0)

    def objective(parameters):
        theta = parameters[:2]
        process.mean = parameters[2]
        process.kernel = term(theta)
        process.compute(t, diag=noise, quiet=True)
        penalty = 0.5 * np.sum(((theta - how.prior_mean) / how.prior_sd) ** 2)
        value = penalty - process.log_likelihood(y)
        return value if np.isfinite(value) else 1e25

    bounds = [*zip(how.lower, how.upper, strict=True), (None, None)]
    ends = [minimize(objective, [*start, y.mean()], method="L-BFGS-B", bounds=bounds) for start in how.starts]
    return min(ends, key=lambda end: end.fun).x[:2]


def _fit_sklearn(model, t, wavelength, y, noise, how):
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    sigma, *lengths = np.exp(how.starts[0])
    low, high = np.exp(how.lower), np.exp(how.upper)
    kernel = ConstantKernel(sigma**2, (low[0] ** 2, high[0] ** 2)) * Matern(
        lengths, list(zip(low[1:], high[1:], strict=True)), nu=1.5
    )
    process = GaussianProcessRegressor(kernel, alpha=noise)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(np.column_stack([t, wavelength / 1000.0]), y - y.mean())
    return process.kernel_.theta * np.array([0.5, 1.0, 1.0])


def _missed_by_others(model, batches, how, starts, found, ours, missed_by):
    """As `missed_optima`, for parameters `found` by another program under the same objective."""
    gaps = []
    for batch, theta, mine in zip(batches, found, ours, strict=True):
        theta = np.clip(theta, how.lower, how.upper)
        best = fit(model, batch, replace(how, starts=starts))
        theta_best = np.where((best.ln_posterior > mine.ln_posterior)[:, None], best.theta, mine.theta)
        theta_best = theta_best - np.eye(theta.shape[1])[0] * np.log(batch.scale)[:, None]
        gaps.append(evaluate(model, batch, theta, how).value - evaluate(model, batch, theta_best, how).value)
    return float(np.mean(np.concatenate(gaps) > missed_by))
