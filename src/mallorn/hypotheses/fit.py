"""Fits of all hypotheses to the raw points of all passbands, and their evidences.

Fluxes are de-reddened. A fraction of the flux is added to its error in quadrature, since the simple forms cannot follow
every detail. `kernels.fit_objects` finds the maximum of the posterior. The evidence is Laplace's approximation there,

    ln Z = -(chi2 + penalty)/2 - ln(det H)/2 - sum_k ln sd_k - sum_g ln(1 + A_g^2 <m_g, m_g>)/2,

where H is the (Gauss-Newton) Hessian of (chi2 + penalty)/2 with respect to t0 and all free parameters, and sd_k are the
widths of their priors. The prior of t0 is uniform over the allowed window; its width is window / sqrt(2 pi), that of a
normal of the same height. The prior of an amplitude is wide on the scale of the amplitude itself. All evidences leave
out the same -sum ln(2 pi e^2)/2 and can be subtracted from each other.
"""

import logging
from itertools import product

import numpy as np

from mallorn import plugins
from mallorn.errors import ConfigError
from mallorn.hypotheses.models import HYPOTHESES, LIGHT_CURVES, SEDS
from mallorn.hypotheses.points import STATUS, errors_and_log_det, first_epoch, fitted_points, flux_scale

__all__ = ["chosen_hypotheses", "fit_hypotheses", "fit_one", "units"]

_log = logging.getLogger(__name__)

_WALK_REFERENCE = 6155.0
"""Wavelength, angstrom, at which the amplitude of the random walk is given."""

_BEFORE, _AFTER = 150.0, 50.0
"""Rest-frame days by which t0 may lie before the first or after the last point."""

_TAKEN = ("drw", "null", "constant")
"""Prefixes of columns in the table of fits, beside the names of hypotheses."""

_EPOCH_SPACING, _EPOCH_WINDOW = 12.0, 15.0
_T0_STARTS = (-30.0, -12.0, 0.0, 12.0)


def chosen_hypotheses(names):
    """Return the `Hypothesis` objects called `names`, parents first; raise ConfigError if one or its parent lacks."""
    own = {h.name: h for h in HYPOTHESES}
    known = {**own, **{name: _plugged_in(name, own) for name in names if name not in own}}
    for name in names:
        parent = known[name].parent
        if parent and parent not in names:
            raise ConfigError(
                f"fits.hypotheses.models: {name!r} starts from the fit of {parent!r}; add {parent!r} to the list"
            )
    chosen, rest = [], [h for h in known.values() if h.name in names]
    while rest:
        ready = [h for h in rest if not h.parent or h.parent in {other.name for other in chosen}]
        if not ready:
            raise ConfigError(f"fits.hypotheses.models: {rest[0].name!r} is, by its parents, a parent of itself")
        chosen.append(ready[0])
        rest.remove(ready[0])
    return chosen


def _plugged_in(name, own):
    """Return the `Hypothesis` of a plug-in; raise ConfigError if there is none, or if it cannot be fitted."""
    further = plugins.names("hypotheses")
    if name not in further:
        known = ", ".join([*own, *further])
        raise ConfigError(f"fits.hypotheses.models: unknown hypothesis {name!r}; known are {known}")
    h = plugins.load("hypotheses", name).hypothesis()
    faults = []
    if h.name != name or name in _TAKEN:
        faults.append(f"its name must be that of its file, {name!r}, and not one of {', '.join(_TAKEN)}")
    if h.light_curve not in LIGHT_CURVES or h.sed not in SEDS:
        faults.append(f"light_curve must be one of {', '.join(LIGHT_CURVES)} and sed one of {', '.join(SEDS)}")
    elif h.parameter_names != [*LIGHT_CURVES[h.light_curve].parameters, *SEDS[h.sed][1]]:
        wanted = [*LIGHT_CURVES[h.light_curve].parameters, *SEDS[h.sed][1]]
        faults.append(f"its parameters must be {', '.join(wanted)}, in this order")
    if faults:
        raise ConfigError(f"the hypothesis {name!r} cannot be fitted: {'; '.join(faults)}")
    return h


def units(names):
    """Return {column: unit} of the table of fits of the hypotheses `names`."""
    out = {"drw_ln_tau": "ln d", "drw_ln_sigma": "ln uJy", "drw_scale": "uJy"}
    for h in chosen_hypotheses(names):
        of_parameters = {"t0": "d", "amplitude": "uJy"} | {p.name: p.unit for p in h.parameters}
        for name, unit in of_parameters.items():
            out |= {f"{h.name}_{name}": unit, f"{h.name}_{name}_err": unit}
    return out


def fit_hypotheses(lightcurves, config):
    """Fit every hypothesis of `config["models"]`, a random walk and constants to every object of raw `lightcurves`.

    Returns {column: array} with one row per object. For each hypothesis H these are the epoch `H_t0` (MJD) and the
    parameters `H_NAME`, with standard errors `..._err`; `H_amplitude` and its error at fixed shape, `H_amplitude_err`
    (uJy; (n, B) if each band has its own); `H_chi2`, `H_penalty` (-2 ln prior up to a constant), `H_log_det`,
    `H_ln_evidence`, `H_status` (see `STATUS`) and `H_n_evaluations`. Further columns are `drw_...` of the random walk,
    `error_floor`, `null_chi2` for no flux at all and `constant_chi2` for a constant flux in each band.
    """
    lc, floor = lightcurves, config["error_floor"]
    x, flux, error, wavelength = fitted_points(lc, floor)
    weight, first, stretch = 1.0 / error, first_epoch(lc), 1.0 + lc.rest_redshift
    epochs = event_epochs(lc.start, x, flux, error, config["epochs"])
    columns = {"object_id": lc.object_id, "n_points": lc.n_points.astype(np.int32)}
    columns |= {"error_floor": np.full(len(lc), floor, dtype=float), **_constants(lc, flux, weight)}
    fits = {}
    for h in chosen_hypotheses(config["models"]):
        fit = fit_one(h, lc.start, x, lc.band, flux, weight, wavelength, epochs, fits.get(h.parent), config)
        fits[h.name] = fit
        named = {"t0": first + fit["parameters"][:, 0] * stretch, "t0_err": fit["errors"][:, 0] * stretch}
        for k, name in enumerate(h.parameter_names, start=1):
            named |= {name: fit["parameters"][:, k], f"{name}_err": fit["errors"][:, k]}
        for name in (
            "amplitude",
            "amplitude_err",
            "chi2",
            "penalty",
            "log_det",
            "ln_evidence",
            "status",
            "n_evaluations",
        ):
            named[name] = fit[name]
        columns |= {f"{h.name}_{name}": values for name, values in named.items()}
        for code in range(1, len(STATUS)):
            if count := int(np.sum(fit["status"] == code)):
                _log.info("%s: %d of %d objects: %s", h.name, count, len(lc), STATUS[code])
    return columns | _random_walks(lc, x, flux, error, config["drw"])


# size: compiled fits take packed points, one array each
def fit_one(hypothesis, start, x, band, flux, weight, wavelength, epochs, parent, config):
    """Fit one hypothesis to packed points (see `fitted_points`); return a mapping of arrays, one row per object.

    epochs: from `event_epochs`. parent: the mapping of the parent's fit, or None.
    """
    from mallorn.hypotheses.kernels import fit_objects

    h = hypothesis
    n, size = len(start) - 1, 1 + len(h.parameters)
    prior = np.empty((4, size))
    prior[:, 0] = 0.0, 1.0, -_BEFORE, _AFTER
    prior[:, 1:] = np.array([(p.mean, p.sd, p.low, p.high) for p in h.parameters]).T
    grid = np.array(list(product(_T0_STARTS, *(p.starts for p in h.parameters)))).reshape(-1, size)
    extra = np.empty((n, 0, size)) if parent is None else _from_parent(h, parent, epochs)
    if not len(grid) and not extra.shape[1]:
        raise ValueError(f"{h.name} has no starting points of its own: give the fit of its parent {h.parent!r}")
    amplitudes = wavelength.shape[1] if h.by_passband else 1
    p, amplitude, norm, chi2, total, hessian, status, count = fit_objects(
        list(LIGHT_CURVES).index(h.light_curve), list(SEDS).index(h.sed), amplitudes, start, x, band, flux, weight,
        wavelength, epochs, grid, extra, prior, config["descents"], config["trial_steps"],
        config["max_steps"], config["tolerance"],
    )  # fmt: skip
    filled = np.diff(start) > 0
    span = np.zeros(n)
    span[filled] = x[start[1:][filled] - 1]
    errors, log_det, volume = _curvature(h, prior, hessian, span + _BEFORE + _AFTER)
    status = np.where(filled, np.where(np.isfinite(log_det), status, 4), 3).astype(np.int8)
    with np.errstate(divide="ignore"):
        amplitude_err = 1.0 / np.sqrt(norm)
    evidence = -0.5 * total + volume - 0.5 * np.sum(np.log1p(amplitude**2 * norm), axis=1)
    amplitudes = {"amplitude": amplitude, "amplitude_err": amplitude_err}
    if not h.by_passband:
        amplitudes = {name: values[:, 0] for name, values in amplitudes.items()}
    return {
        "parameters": p,
        "errors": errors,
        **amplitudes,
        "chi2": chi2,
        "penalty": total - chi2,
        "log_det": log_det,
        "ln_evidence": evidence,
        "status": status,
        "n_evaluations": count.astype(np.int32),
        "hypothesis": h,
    }


def _from_parent(h, parent, epochs):
    """Return starting points (n, E, P): the parent's best fit, with a grid of starts for the parameters that it lacks.

    A parent that lacks parameters of the light curve may have taken several events for one. Then each of the `epochs`
    (n, C) gives further starts, with rise and decay as the prior expects them and the parent's SED.
    """
    names = ["t0", *parent["hypothesis"].parameter_names]
    found = dict(zip(names, parent["parameters"].T, strict=True))
    own = {p.name: p for p in h.parameters}
    new = [p for p in h.parameters if p.name not in found]
    bases = [found]
    light_curve = LIGHT_CURVES[h.light_curve].parameters
    if set(light_curve) - set(found):
        expected = {name: np.full(len(epochs), own[name].mean) for name in light_curve if name in found}
        bases += [found | expected | {"t0": epoch} for epoch in epochs.T]
    rows = []
    for base, starts in product(bases, product(*(p.starts for p in new))):
        here = base | {p.name: np.full(len(epochs), start) for p, start in zip(new, starts, strict=True)}
        rows.append(np.column_stack([here[name] for name in ("t0", *h.parameter_names)]))
    return np.stack(rows, axis=1)


def _curvature(h, prior, hessian, window):
    """Return errors (n, P), ln det H (n,), and the log ratio (n,) of the posterior's volume to the prior's."""
    sd = np.broadcast_to(prior[1], hessian.shape[:2]).copy()
    sd[:, 0] = window / np.sqrt(2 * np.pi)
    free = prior[2] < prior[3]
    matrix = hessian[:, free][:, :, free]
    matrix[:, 0, 0] += 1.0 / sd[:, 0] ** 2
    errors = np.zeros(hessian.shape[:2])
    errors[:, free], log_det = errors_and_log_det(matrix)
    errors[np.isnan(log_det)] = np.nan
    return errors, log_det, -0.5 * log_det - np.sum(np.log(sd[:, free]), axis=1)


def event_epochs(start, x, flux, error, count):
    """Return up to `count` rest-frame epochs (n, count) at which an event may peak, NaN if there are fewer.

    At every point the weighted mean flux of all bands within +-15 d is computed. Epochs are where its S/N is highest,
    and where the mean itself, shrunk where S/N < 5, is highest and (50 d away) second highest.
    """
    out = np.full((len(start) - 1, count), np.nan)
    for k, (a, b) in enumerate(zip(start[:-1], start[1:], strict=True)):
        if a == b:
            continue
        t, w = x[a:b], error[a:b] ** -2.0
        sums = np.concatenate([[0.0], np.cumsum(flux[a:b] * w)])
        weights = np.concatenate([[0.0], np.cumsum(w)])
        low, high = np.searchsorted(t, t - _EPOCH_WINDOW), np.searchsorted(t, t + _EPOCH_WINDOW, side="right")
        total, norm = sums[high] - sums[low], weights[high] - weights[low]
        snr, level = np.full(b - a, -np.inf), np.full(b - a, -np.inf)
        sound = norm > 0  # rounding may exceed differences of running sums
        snr[sound] = total[sound] / np.sqrt(norm[sound])
        level[sound] = total[sound] / norm[sound] * np.clip(snr[sound] / 5.0, 0.0, 1.0)
        first = t[np.argmax(level)]
        away = np.abs(t - first) >= 50.0
        picks = [first]
        if away.any():
            picks.append(t[away][np.argmax(level[away])])
        picks.append(t[np.argmax(snr)])
        kept = []
        for pick in picks:
            if all(abs(pick - other) > _EPOCH_SPACING for other in kept):
                kept.append(pick)
        out[k, : min(count, len(kept))] = kept[:count]
    return out


def _constants(lc, flux, weight):
    """Return the chi-square of no flux and of the best constant flux in each band."""
    n = len(lc)
    size = n * len(lc.passbands)
    key = lc.owner * len(lc.passbands) + lc.band
    square = weight**2
    null = np.bincount(lc.owner, (flux * weight) ** 2, n).astype(float)
    norm = np.bincount(key, square, size)
    level = np.divide(np.bincount(key, flux * square, size), norm, out=np.zeros(size), where=norm > 0)
    constant = np.bincount(lc.owner, ((flux - level[key]) * weight) ** 2, n).astype(float)
    empty = lc.n_points == 0
    null[empty] = constant[empty] = np.nan
    return {"null_chi2": null, "constant_chi2": constant}


def _random_walks(lc, x, flux, error, config):
    """Return evidence and best grid point of the random walk of rank one."""
    from mallorn.hypotheses.drw import fit_random_walks

    tau, sigma, beta = (np.array(config[name], dtype=float) for name in ("tau", "sigma", "beta"))
    scale = np.array([flux_scale(flux[a:b], error[a:b]) for a, b in zip(lc.start[:-1], lc.start[1:], strict=True)])
    weight = (lc.passbands.wavelength / _WALK_REFERENCE) ** beta[:, None]
    deviance = fit_random_walks(lc.start, x, lc.band, flux, error, tau, sigma, weight, scale)
    flat = deviance.reshape(len(lc), tau.size * sigma.size * beta.size)
    filled = lc.n_points > 0
    best = np.zeros(len(lc), dtype=np.int64)
    best[filled] = np.argmin(flat[filled], axis=1)
    lowest = flat[np.arange(len(lc)), best]
    j, k, q = np.unravel_index(best, deviance.shape[1:])
    evidence = np.log(np.mean(np.exp(-0.5 * (flat - lowest[:, None])), axis=1)) - 0.5 * lowest
    table = {
        "ln_tau": np.log(tau)[j],
        "ln_sigma": np.log(sigma)[k] + np.log(scale),
        "ln_sigma_relative": np.log(sigma)[k],
        "beta": beta[q],
    }
    table = {name: np.where(filled, values, np.nan) for name, values in table.items()}
    return {f"drw_{k}": v for k, v in (table | {"scale": scale, "deviance": lowest, "ln_evidence": evidence}).items()}
