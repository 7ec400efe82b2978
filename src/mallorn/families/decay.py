"""Laws for the fall of the raw light curve after the posterior's peak and its rise before: which, how fast, how well.

All bands share one shape g(x; theta) of the rest-frame phase x, each with its own amplitude A_b >= 0:

    tde          (1 + x / t0)^(-5/3)                        fallback (Rees 1988; Phinney 1989), t0 free
    power        (1 + x / t0)^(-p)                          p and t0 free
    exponential  exp(-x / tau)
    plateau      (1 - q) (1 + x / t0)^(-5/3) + q            late-time disc (van Velzen et al. 2019), t0 and q free
    constant     1                                          no fall at all
    fireball     (1 + x / t)^2 for x > -t, else 0           rise after Riess et al. 1999
    gaussian     exp(-x^2 / 2 sigma^2)                      rise after van Velzen et al. 2021

Every law is scanned on a grid of theta, and parabolas refine the lowest chi2. The amplitudes are profiled out in closed
form: chi2 is a sum over bands of F - max(S_fg, 0)^2 / S_gg with S_fg = sum w f g, S_gg = sum w g^2 and F = sum w f^2.
Parameters are means of logarithms over the grid, weighted by exp(-chi2 / 2s); their standard deviation is the error
(the grid's own spread if the points say nothing). s is the reduced chi2 of the best fit if above 1, else 1: a law that
does not fit cannot claim precision. The error of a flux f is enlarged by `error_floor` times f.
"""

from typing import NamedTuple

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS

__all__ = ["NEEDS", "extract", "features", "profile_chi2"]

NEEDS = ("lightcurves", "posterior")

FALLS = ("tde", "power", "exponential", "plateau", "constant")
SHAPE_PARAMETERS = {"tde": 1, "power": 2, "exponential": 1, "plateau": 2, "constant": 0}
COMPARED = (("exponential", "tde"), ("power", "tde"), ("plateau", "tde"), ("plateau", "power"), ("constant", "tde"))
FALLBACK = 5.0 / 3.0

REES = "Rees 1988, Nature 333, 523"
AKAIKE = "Akaike 1974, IEEE TAC 19, 716"
VAN_VELZEN = "van Velzen et al. 2021, ApJ 908, 4"
PLATEAU = "van Velzen et al. 2019, ApJ 878, 82"
FIREBALL = "Riess et al. 1999, AJ 118, 2675"


def features(config):
    """Return the `Feature` list of this family for its block of config.yaml."""
    del config  # the columns are the same whatever the grids
    made = [
        Feature("fall_points", "", "points in the window after the peak", ""),
        Feature("explained", "", "share of chi2 that the best law after the peak takes away", ""),
        Feature("preferred", "", f"law of lowest AIC after the peak: number in {', '.join(FALLS)}", AKAIKE),
    ]
    for law in FALLS:
        made.append(Feature(f"{law}_chi2", "", f"reduced chi2 of the {law} law after the peak", VAN_VELZEN))
        made.append(Feature(f"{law}_weight", "", f"Akaike weight of the {law} law", AKAIKE))
    made += [Feature(f"aic_{a}_{b}", "", f"AIC of {a} minus AIC of {b}", AKAIKE) for a, b in COMPARED]
    made += [
        Feature("ln_tde_t0", "ln(d)", "ln of the rest-frame t0 of the t^-5/3 law", REES),
        Feature("ln_tde_t0_err", "", "error of that", REES),
        Feature("ln_power_t0", "ln(d)", "ln of the rest-frame t0 of the free power law", VAN_VELZEN),
        Feature("ln_power_index", "", "ln of the index p of the free power law", VAN_VELZEN),
        Feature("ln_power_index_err", "", "error of that", VAN_VELZEN),
        Feature("ln_exponential_tau", "ln(d)", "ln of the rest-frame e-folding time", VAN_VELZEN),
        Feature("ln_exponential_tau_err", "", "error of that", VAN_VELZEN),
        Feature("ln_plateau_fraction", "", "ln of the plateau over the peak", PLATEAU),
        Feature("ln_band_tau", "ln(d)", "ln of the e-folding time of one band alone", VAN_VELZEN, per_band=True),
        Feature(
            "ln_blue_tau", "ln(d)", "ln of the e-folding time of the bands that are blue in the rest frame", VAN_VELZEN
        ),
        Feature("ln_red_tau", "ln(d)", "the same for the red ones", VAN_VELZEN),
        Feature("ln_chromatic_tau", "", "ln of the red over the blue e-folding time", VAN_VELZEN),
        Feature("chromatic_gain", "", "fall of chi2 if blue and red may fade at different rates", VAN_VELZEN),
        Feature("rise_points", "", "points in the window before the peak", ""),
        Feature("ln_fireball_time", "ln(d)", "ln of the rest-frame rise time of the t^2 law", FIREBALL),
        Feature("ln_fireball_time_err", "", "error of that", FIREBALL),
        Feature("fireball_chi2", "", "reduced chi2 of the t^2 rise", FIREBALL),
        Feature("ln_gaussian_sigma", "ln(d)", "ln of the width of the Gaussian rise", VAN_VELZEN),
        Feature("ln_gaussian_sigma_err", "", "error of that", VAN_VELZEN),
        Feature("gaussian_chi2", "", "reduced chi2 of the Gaussian rise", VAN_VELZEN),
        Feature("aic_fireball_gaussian", "", "AIC of the t^2 rise minus that of the Gaussian", AKAIKE),
        Feature("rise_explained", "", "share of chi2 that the better rise takes away", ""),
        Feature("ln_fall_over_rise", "", "ln of the e-folding time over the width of the Gaussian rise", VAN_VELZEN),
    ]
    return made


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    lightcurves, posterior = inputs.lightcurves.dereddened().in_slots(), inputs.tables["posterior"]
    owner = lightcurves.owner
    phase = (lightcurves.mjd - posterior.peak_mjd[owner]) / (1.0 + lightcurves.rest_redshift[owner])
    blue = SLOT_WAVELENGTHS / (1.0 + lightcurves.rest_redshift[:, None]) < config["blue_limit"]
    made = _fall(lightcurves, phase, blue, config) | _rise(lightcurves, phase, config)
    made["ln_fall_over_rise"] = made["ln_exponential_tau"] - made["ln_gaussian_sigma"]
    values = []
    for feature in features(config):
        values += list(made[feature.name].T) if feature.per_band else [made[feature.name]]
    return dict(zip(columns("decay", features(config)), values, strict=True))


_SHAPES = 16
"""Shapes of a law whose sums are made at a time."""


class _Points(NamedTuple):
    """The points of one window: phase x (M,), flux f, weight w; cell (M,) is slots x object + slot, ascending."""

    x: np.ndarray
    f: np.ndarray
    w: np.ndarray
    cell: np.ndarray
    n: int

    def total(self, values):
        """Return `values` (M,) or (M, G) added up for each object and slot, (n, S) or (n, S, G).

        The first points of all are added first, then the second points of those that have one, and so on: numpy would
        go through the points one by one, in four times the time.
        """
        out = np.zeros((self.n * len(SLOTS), *values.shape[1:]))
        if len(self.cell):
            first = np.flatnonzero(np.diff(self.cell, prepend=-1))
            size = np.diff(first, append=len(self.cell))
            first = first[np.argsort(-size, kind="stable")]
            left, some = np.cumsum(np.bincount(size)[::-1])[::-1], values[first]
            for k in range(1, size.max()):
                some[: left[k + 1]] += values[first[: left[k + 1]] + k]
            out[self.cell[first]] = some
        return out.reshape(self.n, len(SLOTS), *values.shape[1:])


def profile_chi2(points, shape):
    """Return how much shapes (M, G) lower chi2, (n, S, G); each object and band has its own best amplitude."""
    return _gain(*_sums(points, shape))


def _sums(points, shape):
    """Return the sums of w f g and of w g^2 for shapes g (M, G), (n, S, G); some shapes at a time, to save memory."""
    sums = []
    for begin in range(0, shape.shape[1], _SHAPES):
        some = shape[:, begin : begin + _SHAPES]
        weighted = some * points.w[:, None]
        with_f = points.total(weighted * points.f[:, None])
        weighted *= some
        sums.append((with_f, points.total(weighted)))
    fg, gg = zip(*sums, strict=True)
    return np.concatenate(fg, axis=2), np.concatenate(gg, axis=2)


def _gain(fg, gg):
    return np.where((fg > 0) & (gg > 0), fg, 0.0) ** 2 / np.where(gg > 0, gg, 1.0)


def _plateau(fraction, fg, gg, g, f, one):
    """Return what plateaus lower chi2 by, (n, S, G x fractions), from sums over the points of the fallback g.

    fg, gg, g (n, S, G): of w f g, w g^2 and w g. f, one (n, S): of w f and w. The shape is q + (1 - q) g.
    """
    q, n, slots = fraction, *f.shape
    with_f = (1.0 - q) * fg[..., None] + q * f[:, :, None, None]
    square = (1.0 - q) ** 2 * gg[..., None] + 2.0 * q * (1.0 - q) * g[..., None] + q**2 * one[:, :, None, None]
    return _gain(with_f, square).reshape(n, slots, fg.shape[2] * len(q))


def _window(lightcurves, phase, window, error_floor):
    """Return the `_Points` with `phase` inside `window`, ordered by object, then band."""
    inside = np.flatnonzero((phase >= window[0]) & (phase <= window[1]))
    cell = (lightcurves.owner * len(SLOTS) + lightcurves.band)[inside]
    order = np.argsort(cell, kind="stable")
    index = inside[order]
    f = lightcurves.flux[index]
    w = 1.0 / (lightcurves.flux_err[index] ** 2 + (error_floor * f) ** 2)
    return _Points(phase[index], f, w, cell[order], len(lightcurves))


def _grid(block):
    return np.geomspace(block["start"], block["stop"], block["size"])


def _estimate(chi2, freedom, values, known):
    """Return mean and error (see above) of the parameter `values` (G,), both (n,), NaN unless `known`.

    chi2: (n, G). freedom: (n,) degrees of freedom.
    """
    lowest = chi2.min(1, keepdims=True)
    weight = np.exp(-0.5 * (chi2 - lowest) / np.maximum(lowest / np.maximum(freedom, 1.0)[:, None], 1.0))
    weight /= weight.sum(1, keepdims=True)
    mean = (weight * values).sum(1)  # BLAS would round one object and several differently
    sd = np.sqrt(np.maximum((weight * values**2).sum(1) - mean**2, 0.0))
    return np.where(known, mean, np.nan), np.where(known, sd, np.nan)


def _lowest(chi2, shape):
    """Return the lowest chi2 (n,) of a grid (n, G) with axes `shape`, lowered by parabolas along its axes."""
    n = len(chi2)
    best = chi2.argmin(1)
    middle = chi2[np.arange(n), best]
    lowest = middle.copy()
    for axis, position in enumerate(np.unravel_index(best, shape)):
        stride = int(np.prod(shape[axis + 1 :]))
        inside = (position > 0) & (position < shape[axis] - 1)
        left, right = (chi2[np.arange(n), best + np.where(inside, k * stride, 0)] for k in (-1, 1))
        curvature = left - 2.0 * middle + right
        lowest -= (left - right) ** 2 / (8.0 * np.where(inside & (curvature > 0), curvature, np.inf))
    return np.maximum(lowest, 0.0)


def _fall(lightcurves, phase, blue, config):
    points = _window(lightcurves, phase, config["fall"], config["error_floor"])
    t0, index, tau, fraction = (_grid(config[name]) for name in ("t0", "index", "tau", "fraction"))
    log_time = np.log1p(points.x[:, None] / t0)
    m, ends = len(points.x), np.cumsum([len(t0), len(t0) * len(index), len(tau)])
    shapes = np.empty((m, ends[-1]))
    fallback, power, exponential = np.split(shapes, ends[:-1], axis=1)
    np.exp(-FALLBACK * log_time, out=fallback)
    power = power.reshape(m, len(t0), len(index))
    np.exp(np.multiply(log_time[:, :, None], -index, out=power), out=power)
    np.exp(-points.x[:, None] / tau, out=exponential)
    count, one, of_flux = (points.total(x) for x in (np.ones(m), points.w, points.w * points.f))
    n_points, n_bands = count.sum(1), (count > 0).sum(1)
    known = n_points >= config["min_points"]
    zero = points.total(points.w * points.f**2)
    fg, gg = _sums(points, shapes)
    g = points.total(fallback * points.w[:, None])
    gains = dict(zip(("tde", "power", "exponential"), np.split(_gain(fg, gg), ends[:-1], axis=2), strict=True))
    gains["plateau"] = _plateau(fraction, fg[:, :, : len(t0)], gg[:, :, : len(t0)], g, of_flux, one)
    gains["constant"] = _gain(of_flux, one)[:, :, None]
    chi2 = {law: zero.sum(1)[:, None] - gain.sum(1) for law, gain in gains.items()}
    axes = {"power": (len(t0), len(index)), "plateau": (len(t0), len(fraction))}
    best = np.stack([_lowest(chi2[law], axes.get(law, chi2[law].shape[1:])) for law in FALLS], axis=1)
    parameters = np.array([SHAPE_PARAMETERS[law] for law in FALLS])
    aic = best + 2.0 * (n_bands[:, None] + parameters)
    weight = np.exp(-0.5 * (aic - aic.min(1, keepdims=True)))
    weight /= weight.sum(1, keepdims=True)
    freedom = np.maximum((n_points - n_bands)[:, None] - parameters, 1.0)
    made = {"fall_points": n_points}
    with np.errstate(invalid="ignore", divide="ignore"):
        made["explained"] = 1.0 - best.min(1) / zero.sum(1)
    made["preferred"] = aic.argmin(1).astype(float)
    for k, law in enumerate(FALLS):
        made[f"{law}_chi2"] = best[:, k] / freedom[:, k]
        made[f"{law}_weight"] = weight[:, k]
    for a, b in COMPARED:
        made[f"aic_{a}_{b}"] = aic[:, FALLS.index(a)] - aic[:, FALLS.index(b)]
    made = {name: values if name == "fall_points" else np.where(known, values, np.nan) for name, values in made.items()}

    ln_t0, ln_index, ln_tau, ln_fraction = np.log(t0), np.log(index), np.log(tau), np.log(fraction)
    parameters = {
        ("tde", "t0"): ln_t0,
        ("power", "t0"): np.repeat(ln_t0, len(index)),
        ("power", "index"): np.tile(ln_index, len(t0)),
        ("exponential", "tau"): ln_tau,
        ("plateau", "fraction"): np.tile(ln_fraction, len(t0)),
    }
    for (law, name), values in parameters.items():
        stem = f"ln_{law}_{name}"
        made[stem], made[f"{stem}_err"] = _estimate(chi2[law], freedom[:, FALLS.index(law)], values, known)
    return made | _chromatic(zero, gains["exponential"], chi2["exponential"], count, blue, ln_tau, config)


def _chromatic(zero, gain, common, count, blue, ln_tau, config):
    """Return the e-folding times of each band, and of the blue and the red bands, fitted by themselves."""
    enough = config["min_points"]
    alone = zero[:, :, None] - gain
    made = {"ln_band_tau": np.full(count.shape, np.nan)}
    for b in range(len(SLOTS)):
        made["ln_band_tau"][:, b], _ = _estimate(alone[:, b], count[:, b] - 2, ln_tau, count[:, b] >= enough)
    both, separate = np.ones(len(count), dtype=bool), np.zeros(len(count))
    for name, group in (("blue", blue), ("red", ~blue)):
        chi2 = np.where(group[:, :, None], alone, 0.0).sum(1)
        inside = np.where(group, count, 0)
        known = inside.sum(1) >= enough
        freedom = inside.sum(1) - (inside > 0).sum(1) - 1
        made[f"ln_{name}_tau"], _ = _estimate(chi2, freedom, ln_tau, known)
        both &= known
        separate += _lowest(chi2, ln_tau.shape)
    made["ln_chromatic_tau"] = made["ln_red_tau"] - made["ln_blue_tau"]
    made["chromatic_gain"] = np.where(both, _lowest(common, ln_tau.shape) - separate, np.nan)
    return made


def _rise(lightcurves, phase, config):
    points = _window(lightcurves, phase, config["rise"], config["error_floor"])
    rise, sigma = _grid(config["fireball"]), _grid(config["sigma"])
    shapes = {
        "fireball": np.maximum(1.0 + points.x[:, None] / rise, 0.0) ** 2,
        "gaussian": np.exp(-0.5 * (points.x[:, None] / sigma) ** 2),
    }
    count = points.total(np.ones(len(points.x)))
    n_points, n_bands = count.sum(1), (count > 0).sum(1)
    known = n_points >= config["min_points"]
    zero = points.total(points.w * points.f**2).sum(1)
    chi2 = {law: zero[:, None] - profile_chi2(points, shape).sum(1) for law, shape in shapes.items()}
    freedom = np.maximum(n_points - n_bands - 1, 1.0)
    fireball, gaussian = _lowest(chi2["fireball"], rise.shape), _lowest(chi2["gaussian"], sigma.shape)
    made = {"rise_points": n_points}
    made["ln_fireball_time"], made["ln_fireball_time_err"] = _estimate(chi2["fireball"], freedom, np.log(rise), known)
    made["ln_gaussian_sigma"], made["ln_gaussian_sigma_err"] = _estimate(
        chi2["gaussian"], freedom, np.log(sigma), known
    )
    made["fireball_chi2"] = np.where(known, fireball / freedom, np.nan)
    made["gaussian_chi2"] = np.where(known, gaussian / freedom, np.nan)
    made["aic_fireball_gaussian"] = np.where(known, fireball - gaussian, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        made["rise_explained"] = np.where(known, 1.0 - np.minimum(fireball, gaussian) / zero, np.nan)
    return made
