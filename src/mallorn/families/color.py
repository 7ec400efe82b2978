"""Colours and their evolution, from the multi-band posterior at rest-frame phases around the peak of g+r+i.

Difference photometry scatters below zero, where magnitudes do not exist. A colour here is the difference of two asinh
magnitudes (Lupton et al. 1999, AJ 118, 1406). Both bands have the same softening b, the larger of their posterior
standard deviations:

    c = -(2.5 / ln 10) [asinh(f1 / 2b) - asinh(f2 / 2b)],

It is the usual difference of magnitudes for f >> b, and 0 if neither band is seen. It does not depend on the unit of
flux. Its error follows from the posterior's covariance between the two bands. It is NaN where the posterior of either
band knows little more than the prior (standard deviation above `max_sd` of the prior's).
"""

import numpy as np

from mallorn.curves.knots import fit_line, knot_positions, phase_name
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS

__all__ = ["NEEDS", "asinh_color", "extract", "features"]

NEEDS = ("lightcurves", "posterior", "fits/multiband")

POGSON = 2.5 / np.log(10.0)
PAIRS = tuple(zip(SLOTS[:-1], SLOTS[1:], strict=True))
BLUE = SLOTS.index("r")
"""Number of slots, from the blue end, that count for the blue-energy fraction (u and g)."""

LUPTON = "Lupton et al. 1999, AJ 118, 1406"
VAN_VELZEN = "van Velzen et al. 2021, ApJ 908, 4"


def features(config):
    """Return the `Feature` list of this family for its block of config.yaml."""
    made = []
    for a, b in PAIRS:
        made += [feature._replace(slots=(a, b)) for feature in _of_pair(a, b, config)]
    for phase in config["share_phases"]:
        meaning = f"share of each band in the fluxes of all slots at {phase:+g} d"
        made.append(Feature(f"share_{phase_name(phase)}", "", meaning, "", True, SLOTS))
    meaning = "share of u and g in the energy received in all slots"
    made.append(Feature("blue_fraction", "", meaning, VAN_VELZEN, slots=SLOTS))
    made.append(Feature("lag", "d", "rest-frame time of the band's peak after that of g+r+i", "", True))
    return made


def _of_pair(a, b, config):
    """Return the features of the colour of slot `a` less slot `b`."""
    made = []
    c, label = f"{a}_{b}", f"{a}-{b}"
    for phase in config["phases"]:
        at = phase_name(phase)
        made.append(Feature(f"{c}_{at}", "mag", f"{label} at rest-frame phase {phase:+g} d", LUPTON))
        made.append(Feature(f"{c}_{at}_err", "mag", f"error of {label} at {phase:+g} d", LUPTON))
    made += [
        Feature(f"{c}_{_span(*change)}", "mag", f"{label} at {change[1]:+g} d minus at {change[0]:+g} d", VAN_VELZEN)
        for change in config["changes"]
    ]
    made += [
        Feature(f"{c}_slope", "mag/d", f"weighted slope of {label} over the evolution window", VAN_VELZEN),
        Feature(f"{c}_slope_snr", "", f"slope of {label} over its error", VAN_VELZEN),
        Feature(f"{c}_mean", "mag", f"weighted mean of {label} over the evolution window", VAN_VELZEN),
        Feature(f"{c}_scatter", "mag", f"weighted standard deviation of {label} over the window", VAN_VELZEN),
        Feature(f"{c}_stability", "", f"scatter of {label} over its typical error", VAN_VELZEN),
        Feature(f"{c}_monotonicity", "", f"net over total change of {label}: 1 always reddens, -1 blues", ""),
        Feature(f"{c}_peaks", "mag", f"{label} of the bands' own peak fluxes", LUPTON),
        Feature(f"{c}_raw", "mag", f"{label} of the raw points near peak", LUPTON),
        Feature(f"{c}_raw_err", "mag", f"error of {label} of the raw points near peak", LUPTON),
    ]
    return made


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    posterior = inputs.tables["posterior"]
    knots = np.asarray(posterior.knots, dtype=float)
    where = knot_positions(knots, config["phases"], "features.color.phases")
    with np.errstate(invalid="ignore"):  # where errors are absurdly small, a variance may be rounded below zero
        sd = np.sqrt(np.diagonal(posterior.knot_cov, axis1=2, axis2=3))
    prior_sd = np.exp(inputs.tables["fits/multiband"]["ln_sigma"])
    known = sd <= config["max_sd"] * prior_sd[:, None, None]
    color, err = _knot_colors(posterior.knot_mean, posterior.knot_cov, known)
    start, stop = config["evolution"]
    window = (knots >= start) & (knots <= stop)
    slope, slope_err, mean, scatter = fit_line(knots[window], color[:, :, window], err[:, :, window])
    with np.errstate(invalid="ignore", divide="ignore"):
        typical = np.sqrt(_mean_where_known(err[:, :, window] ** 2))
        evolution = [slope, slope / slope_err, mean, scatter, scatter / typical, _monotonicity(color[:, :, window])]
    changes = [knot_positions(knots, change, "features.color.changes") for change in config["changes"]]
    peak_sd = sd[:, np.abs(knots).argmin()]
    peaks, _ = _pair_colors(posterior.band_peak_flux, peak_sd**2)
    raw, raw_err = _raw_colors(inputs.lightcurves.dereddened().in_slots(), posterior.peak_mjd, config["raw_window"])
    made = []
    for p in range(len(PAIRS)):
        for k in where:
            made += [color[:, p, k], err[:, p, k]]
        made += [color[:, p, late] - color[:, p, early] for early, late in changes]
        made += [values[:, p] for values in evolution]
        made += [peaks[:, p], raw[:, p], raw_err[:, p]]
    for k in knot_positions(knots, config["share_phases"], "features.color.share_phases"):
        made += list(np.where(known[:, k], _shares(posterior.knot_mean[:, k]), np.nan).T)
    made.append(_blue_fraction(posterior, config["energy"]))
    z = inputs.lightcurves.rest_redshift
    made += list(((posterior.band_peak_mjd - posterior.peak_mjd[:, None]) / (1.0 + z[:, None])).T)
    return dict(zip(columns("color", features(config)), made, strict=True))


def asinh_color(flux1, flux2, var1, var2, covar):
    """Return the asinh colour (see above) of two fluxes, and its error, magnitudes; all shapes broadcast.

    var1, var2, covar: variances and covariance of the fluxes, in the square of their unit.
    """
    twice = 2.0 * np.sqrt(np.maximum(var1, var2))
    with np.errstate(invalid="ignore", divide="ignore"):
        color = -POGSON * (np.arcsinh(flux1 / twice) - np.arcsinh(flux2 / twice))
        slope1 = POGSON / np.hypot(flux1, twice)
        slope2 = POGSON / np.hypot(flux2, twice)
    variance = slope1**2 * var1 + slope2**2 * var2 - 2.0 * slope1 * slope2 * covar
    return color, np.sqrt(np.maximum(variance, 0.0))


def _span(start, stop):
    return f"{phase_name(start)}_{phase_name(stop)}"


def _knot_colors(mean, cov, known):
    """Return the colours and their errors, both (n, S - 1, K), NaN unless both slots are `known` (n, K, S)."""
    covar = np.diagonal(cov, offset=1, axis1=2, axis2=3)
    color, err = _pair_colors(mean, np.diagonal(cov, axis1=2, axis2=3), covar)
    both = known[..., :-1] & known[..., 1:]
    return tuple(np.where(both, values, np.nan).swapaxes(1, 2) for values in (color, err))


def _pair_colors(flux, var, covar=0.0):
    """Return colours of neighbouring bands and their errors, (..., S - 1), of fluxes and variances (..., S)."""
    return asinh_color(flux[..., :-1], flux[..., 1:], var[..., :-1], var[..., 1:], covar)


def _raw_colors(lightcurves, peak_mjd, window):
    """Return colours, and their errors, of the weighted mean raw fluxes within `window` (rest-frame days from peak)."""
    n = len(lightcurves)
    owner = lightcurves.owner
    phase = (lightcurves.mjd - peak_mjd[owner]) / (1.0 + lightcurves.rest_redshift[owner])
    near = (phase >= window[0]) & (phase <= window[1])
    cell = (owner * len(SLOTS) + lightcurves.band)[near]
    weight = 1.0 / lightcurves.flux_err[near] ** 2
    total = np.bincount(cell, weight, minlength=n * len(SLOTS)).reshape(n, -1)
    weighted = np.bincount(cell, weight * lightcurves.flux[near], minlength=n * len(SLOTS)).reshape(n, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        flux, var = weighted / total, np.where(total > 0, 1.0 / total, np.nan)
    return _pair_colors(flux, var)


def _mean_where_known(values):
    """Return the mean over the last axis of values that are not NaN; NaN if all are."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(-1) / known.sum(-1)


def _monotonicity(color):
    """Return sum(change) / sum(|change|) over successive known knots; NaN with fewer than three."""
    known = np.isfinite(color)
    step = np.diff(color, axis=-1)
    step = np.where(np.isfinite(step), step, 0.0)
    total = np.abs(step).sum(-1)
    return np.where((known.sum(-1) >= 3) & (total > 0), step.sum(-1) / total, np.nan)


def _shares(mean):
    """Return the share (n, S) of each band in the sum of the positive fluxes, NaN if none is positive."""
    flux = np.maximum(mean, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return flux / flux.sum(1, keepdims=True)


def _blue_fraction(posterior, window):
    """Return the share of u and g in sum_b nu_b integral max(f_b, 0) dt over the phases of `window`."""
    inside = (posterior.phase >= window[0]) & (posterior.phase <= window[1])
    energy = np.maximum(posterior.mean[:, :, inside], 0.0).sum(2) / SLOT_WAVELENGTHS
    with np.errstate(invalid="ignore", divide="ignore"):
        return energy[:, :BLUE].sum(1) / energy.sum(1)
