"""Blackbody temperature, radius and luminosity of the transient, from the multi-band posterior's SED.

At each phase a blackbody is fitted in the rest frame (`mallorn.survey.blackbody.fit_blackbody`) to the posterior fluxes
of the survey's slots, with their covariance. Errors grow by `error_floor` of each flux, for what a blackbody cannot
describe. Tidal disruption events stay hot (12,000 to 40,000 K) and close to blackbodies for months; supernovae cool and
lose their ultraviolet to metal lines (van Velzen et al. 2021; Hammerstein et al. 2023).
"""

import numpy as np

from mallorn.curves.knots import fit_line, knot_positions, phase_name
from mallorn.families.family import Feature, columns, units
from mallorn.survey.blackbody import SIGMA_SB, fit_blackbody, to_radius
from mallorn.survey.passbands import SLOT_WAVELENGTHS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("posterior",)

DAY = 86400.0
VAN_VELZEN = "van Velzen et al. 2021, ApJ 908, 4"
HAMMERSTEIN = "Hammerstein et al. 2023, ApJ 942, 9"
PIERCE = "Kessler et al. 2019, PASP 131, 094501 (line blanketing in templates)"
LN10 = np.log(10.0)

_QUANTITIES = ("temperature", "temperature_err", "radius", "luminosity", "luminosity_err", "residual", "chi2")
_QUANTITIES += ("uv_ratio",)
_OF_DISTANCE = ("dex(cm)", "dex(erg/s)", "dex(erg)")  # units of features that need a redshift


def features(config):
    """Return the `Feature` list of this family for its block of config.yaml."""
    made = []
    for phase in config["phases"]:
        at, when = phase_name(phase), f"at rest-frame phase {phase:+g} d"
        made += [
            Feature(f"log10_temperature_{at}", "dex(K)", f"log10 of the blackbody temperature {when}", VAN_VELZEN),
            Feature(f"log10_temperature_{at}_err", "dex", f"error of log10 temperature {when}", VAN_VELZEN),
            Feature(f"log10_radius_{at}", "dex(cm)", f"log10 of the blackbody radius {when}", VAN_VELZEN),
            Feature(f"log10_luminosity_{at}", "dex(erg/s)", f"log10 of the bolometric luminosity {when}", VAN_VELZEN),
            Feature(f"log10_luminosity_{at}_err", "dex", f"error of log10 luminosity {when}", VAN_VELZEN),
            Feature(f"residual_{at}", "", f"root mean square of flux over blackbody minus 1, weighted, {when}", ""),
            Feature(f"chi2_{at}", "", f"reduced chi-square of the blackbody {when}", "", fewest=3),
            Feature(
                f"log10_uv_ratio_{at}",
                "dex",
                f"log10 of ultraviolet flux over a fit to redder bands {when}",
                PIERCE,
                fewest=3,
            ),
        ]
    made += [
        Feature(
            "log10_temperature_slope", "dex/d", "weighted slope of log10 temperature over `evolution`", HAMMERSTEIN
        ),
        Feature("log10_temperature_slope_snr", "", "that slope over its error", HAMMERSTEIN),
        Feature("log10_temperature_mean", "dex(K)", "weighted mean of log10 temperature over `evolution`", HAMMERSTEIN),
        Feature("log10_temperature_scatter", "dex", "weighted standard deviation about that mean", HAMMERSTEIN),
        Feature("log10_radius_slope", "dex/d", "weighted slope of log10 radius over `evolution`", HAMMERSTEIN),
        Feature("log10_luminosity_slope", "dex/d", "weighted slope of log10 luminosity over `evolution`", HAMMERSTEIN),
        Feature("residual_mean", "", "mean residual over `evolution`", ""),
        Feature("log10_uv_ratio_mean", "dex", "mean of log10 ultraviolet ratio over `evolution`", PIERCE, fewest=3),
        Feature("log10_peak_luminosity", "dex(erg/s)", "log10 of the highest bolometric luminosity", VAN_VELZEN),
        Feature("peak_phase", "d", "rest-frame phase of the highest bolometric luminosity", VAN_VELZEN),
        Feature("log10_energy", "dex(erg)", "log10 of the energy radiated over the known phases", VAN_VELZEN),
    ]
    return [feature._replace(fewest=max(feature.fewest, 1)) for feature in made]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    posterior, objects = inputs.tables["posterior"], inputs.lightcurves
    knots = np.asarray(posterior.knots, dtype=float)
    where = knot_positions(knots, config["phases"], "features.blackbody.phases")
    sed = _evolution(posterior, objects, config)
    start, stop = config["evolution"]
    window = (knots >= start) & (knots <= stop)
    temperature, error = sed["temperature"][:, window], sed["temperature_err"][:, window]
    slope, slope_err, mean, scatter = fit_line(knots[window], temperature, error)
    luminosity_err = sed["luminosity_err"][:, window]
    known = np.isfinite(sed["luminosity"])
    highest = np.where(known, sed["luminosity"], -np.inf).argmax(1)
    made = []
    for k in where:
        made += [sed[name][:, k] for name in _QUANTITIES]
    with np.errstate(invalid="ignore", divide="ignore"):
        made += [
            slope,
            slope / slope_err,
            mean,
            scatter,
            fit_line(knots[window], sed["radius"][:, window], luminosity_err)[0],
            fit_line(knots[window], sed["luminosity"][:, window], luminosity_err)[0],
            _mean_known(sed["residual"][:, window]),
            _mean_known(sed["uv_ratio"][:, window]),
            np.where(known.any(1), np.take_along_axis(sed["luminosity"], highest[:, None], 1)[:, 0], np.nan),
            np.where(known.any(1), knots[highest], np.nan),
            _log_energy(knots, sed["luminosity"]),
        ]
    found = dict(zip(columns("blackbody", features(config)), made, strict=True))
    known = objects.has_redshift
    own = units("blackbody", features(config))
    return {name: np.where(known, v, np.nan) if own[name] in _OF_DISTANCE else v for name, v in found.items()}


def _evolution(posterior, objects, config):
    """Return {quantity: (n, K)} of the fits at all knots; NaN where the blackbody is too faint (`min_snr`)."""
    flux, cov, wavelength = posterior.knot_mean, posterior.knot_cov, SLOT_WAVELENGTHS
    slots = objects.passbands.has_slot
    if not slots.all():
        flux, cov, wavelength = flux[:, :, slots], cov[:, :, slots][:, :, :, slots], wavelength[slots]
    n, k, bands = flux.shape
    if not bands:
        return dict.fromkeys(_QUANTITIES, np.full((n, k), np.nan))
    z = np.repeat(objects.rest_redshift, k)
    # without a redshift, as at 1 Mpc: the changes of radius and luminosity are then known, their values are not
    distance = np.repeat(np.where(objects.has_redshift, objects.luminosity_distance, 1.0), k)
    wavelength = wavelength / (1.0 + z[:, None])
    flux, cov = flux.reshape(n * k, bands).astype(float), cov.reshape(n * k, bands, bands).astype(float)
    cov = cov + np.eye(bands) * (config["error_floor"] * flux[:, :, None]) ** 2
    grid = np.geomspace(config["temperature"]["start"], config["temperature"]["stop"], config["temperature"]["size"])
    prior = config["temperature_prior"]["mean"], config["temperature_prior"]["sd"]
    fit = fit_blackbody(wavelength, flux, cov, grid, *prior)
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = fit.chi2_zero - fit.chi2 > config["min_snr"] ** 2
        radius = to_radius(fit.scale, z, distance)
        weight = 1.0 / np.diagonal(cov, axis1=1, axis2=2)
        residual = np.sqrt((weight * (flux - fit.model) ** 2).sum(1) / (weight * fit.model**2).sum(1))
        made = {
            "temperature": fit.log_temperature / LN10,
            "temperature_err": fit.log_temperature_err / LN10,
            "radius": np.log10(radius),
            "luminosity": np.log10(4.0 * np.pi * SIGMA_SB) + 2.0 * np.log10(radius) + 4.0 * fit.log_temperature / LN10,
            "luminosity_err": fit.log_luminosity_err / LN10,
            "residual": residual,
            "chi2": fit.chi2 / (bands - 2) if bands > 2 else np.full(n * k, np.nan),
            "uv_ratio": _uv_ratio(wavelength, flux, cov, grid, prior, config),
        }
    return {name: np.where(seen, values, np.nan).reshape(n, k) for name, values in made.items()}


def _uv_ratio(wavelength, flux, cov, grid, prior, config):
    """Return log10 (m,) of the weighted flux below `uv_limit` over that of a blackbody fitted to the bands above it.

    Ratios are clipped to 1 / `uv_ratio_limit` and `uv_ratio_limit`. NaN with no band below, or fewer than two above.
    """
    uv = wavelength < config["uv_limit"]
    unit = np.abs(flux).max(1, keepdims=True)
    ignored = cov + np.eye(flux.shape[1]) * np.where(uv, 1e4 * unit, 0.0)[:, :, None] ** 2
    red = fit_blackbody(wavelength, flux, ignored, grid, *prior)
    weight = np.where(uv, 1.0 / np.diagonal(cov, axis1=1, axis2=2), 0.0)
    predicted = (weight * red.model).sum(1)
    usable = uv.any(1) & ((~uv).sum(1) >= 2) & (predicted > 0)
    ratio = (weight * flux).sum(1) / np.where(usable, predicted, np.nan)
    limit = config["uv_ratio_limit"]
    return np.log10(np.clip(ratio, 1.0 / limit, limit))


def _mean_known(values):
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(1) / known.sum(1)


def _log_energy(phase, log_luminosity):
    """Return log10 of the trapezoidal integral of the luminosity over neighbouring known knots, erg; NaN if none."""
    luminosity = 10.0 ** (log_luminosity - 40.0)
    piece = 0.5 * (luminosity[:, 1:] + luminosity[:, :-1]) * np.diff(phase) * DAY
    energy = np.where(np.isfinite(piece), piece, 0.0).sum(1)
    return np.where(energy > 0, np.log10(energy) + 40.0, np.nan)
