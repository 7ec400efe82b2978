"""Fits of the semi-parametric hypotheses to the raw points of all passbands, and their evidences.

Points, errors and the scale of fluxes are those of `mallorn.hypotheses.points`. `semi_kernels.fit_semi_parametric`
finds the maximum of the posterior. The evidence is Laplace's approximation there,

    ln Z = -(deviance + penalty)/2 - ln(det H)/2 - sum_k ln sd_k,

where H is the Hessian of objective/2 with respect to all parameters, from differences of its exact gradient (or
Fisher's information if that is not positive definite), and sd_k are the widths of the priors. deviance = -2 ln L + sum
ln(2 pi e^2): all evidences leave out the same constant as those of `mallorn.hypotheses.fit`, and can be subtracted from
them if the floor of errors is the same.
"""

import logging
from itertools import product

import numpy as np

from mallorn.errors import ConfigError
from mallorn.hypotheses.cache import second_light
from mallorn.hypotheses.points import STATUS, errors_and_log_det, first_epoch, fitted_points, flux_scale
from mallorn.hypotheses.semi_models import PROCESSES, SEMI_PARAMETRIC, SEMI_SEDS

__all__ = ["chosen_semi_parametric", "fit_semi_parametric", "semi_units"]

_log = logging.getLogger(__name__)

_COLUMNS = ("deviance", "penalty", "ln_evidence", "status", "n_evaluations")


def chosen_semi_parametric(names):
    """Return the `SemiParametric` called `names`, parents first; raise ConfigError if one or its parent is missing."""
    known = {h.name: h for h in SEMI_PARAMETRIC}
    for name in names:
        if name not in known:
            raise ConfigError(f"fits.semi_parametric.models: unknown hypothesis {name!r}; known are {', '.join(known)}")
        if (parent := known[name].parent) and parent not in names:
            raise ConfigError(
                f"fits.semi_parametric.models: {name!r} starts from the fit of {parent!r}; add {parent!r}"
            )
    return [h for h in SEMI_PARAMETRIC if h.name in names]


def semi_units(names):
    """Return {column: unit} of the table of fits of the hypotheses `names`."""
    out = {"scale": "uJy", "epoch": "d"}
    for h in chosen_semi_parametric(names):
        for p in h.parameters:
            out |= {f"{h.name}_{p.name}": p.unit, f"{h.name}_{p.name}_err": p.unit}
    return out


def fit_semi_parametric(lightcurves, epoch, config):
    """Fit every hypothesis of `config["models"]` to every object of raw `lightcurves`.

    epoch: (n,) MJD from which phases are counted; objects with NaN are not fitted. Returns {column: array} with one row
    per object. For each hypothesis H these are the parameters `H_NAME` with standard errors `H_NAME_err`, `H_deviance`,
    `H_penalty` (-2 ln prior up to a constant), `H_ln_evidence`, `H_status` (see `mallorn.hypotheses.points.STATUS`) and
    `H_n_evaluations`. Further columns are `n_points`, `scale` (uJy), `epoch` and `error_floor`.
    """
    lc, floor = lightcurves, config["error_floor"]
    x, flux, error, wavelength = fitted_points(lc, floor)
    scale = np.array([flux_scale(flux[a:b], error[a:b]) for a, b in zip(lc.start[:-1], lc.start[1:], strict=True)])
    t0 = (epoch - first_epoch(lc)) / (1.0 + lc.rest_redshift)
    points = lc.start, x, lc.band, flux / scale[lc.owner], (error / scale[lc.owner]) ** 2, wavelength, t0
    columns = {"object_id": lc.object_id, "n_points": lc.n_points.astype(np.int32), "scale": scale, "epoch": epoch}
    columns["error_floor"] = np.full(len(lc), floor, dtype=float)
    fits = {}
    for h in chosen_semi_parametric(config["models"]):
        fits[h.name] = fit = _fit_one(h, points, fits.get(h.parent), config)
        for k, name in enumerate(h.parameter_names):
            columns |= {
                f"{h.name}_{name}": fit["parameters"][:, k],
                f"{h.name}_{name}_err": fit["errors"][:, k],
            }
        columns |= {f"{h.name}_{name}": fit[name] for name in _COLUMNS}
        for code in range(1, len(STATUS)):
            if count := int(np.sum(fit["status"] == code)):
                _log.info("%s: %d of %d objects: %s", h.name, count, len(lc), STATUS[code])
    return columns


def _fit_one(h, points, parent, config):
    """Fit one hypothesis to packed points; return a mapping of arrays, one row per object.

    points: the arguments of `semi_kernels.fit_semi_parametric` from start to epoch. parent: the mapping of the parent's
    fit, or None.
    """
    n, size = len(points[0]) - 1, len(h.parameters)
    prior = np.array([(p.mean, p.sd, p.low, p.high) for p in h.parameters]).T.copy()
    if parent is None:
        grid, extra = np.array(list(product(*(p.starts for p in h.parameters)))), np.empty((n, 0, size))
    else:
        grid, extra = np.empty((0, size)), _from_parent(h, parent)
    steps = config["descents"], config["trial_steps"], config["max_steps"], config["tolerance"]
    fit = _compiled(h, points, grid, extra, prior, steps)
    p, deviance, penalty, _, _, information, status, count, curvature = fit
    hessian = 0.5 * (curvature + np.swapaxes(curvature, 1, 2))
    weak = np.isnan(errors_and_log_det(hessian)[1])
    hessian[weak] = information[weak]
    if lacking := int(np.sum(weak & (status >= 0))):
        _log.info("%s: %d of %d objects: Fisher's information in place of the curvature", h.name, lacking, n)
    errors, log_det = errors_and_log_det(hessian)
    status = np.where(status < 0, 3, np.where(np.isfinite(log_det), status, 4)).astype(np.int8)
    return {
        "parameters": p,
        "errors": errors,
        "deviance": deviance,
        "penalty": penalty,
        "ln_evidence": -0.5 * (deviance + penalty + log_det) - np.log(prior[1]).sum(),
        "status": status,
        "n_evaluations": count.astype(np.int32),
        "hypothesis": h,
    }


def _compiled(h, points, grid, extra, prior, steps):
    from mallorn.hypotheses.semi_kernels import fit_semi_parametric

    fit, second = (second_light(), True) if h.second_light else (fit_semi_parametric, None)
    numbers = PROCESSES.index(h.process), SEMI_SEDS.index(h.sed)
    return fit(*numbers, second, *points, grid, extra, prior, *steps)


def _from_parent(h, parent):
    """Return starting points (n, E, P): the parent's best fit, with a grid of starts for parameters that it lacks."""
    found = dict(zip(parent["hypothesis"].parameter_names, parent["parameters"].T, strict=True))
    new = [p for p in h.parameters if p.name not in found]
    rows = []
    for starts in product(*(p.starts for p in new)):
        here = found | {p.name: np.full(len(parent["parameters"]), s) for p, s in zip(new, starts, strict=True)}
        rows.append(np.column_stack([here[name] for name in h.parameter_names]))
    return np.stack(rows, axis=1)
