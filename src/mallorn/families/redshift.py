"""The redshift, and the event's true brightness from it and the peak fluxes of the multi-band posterior.

    M = 23.9 - 2.5 log10(f / uJy) - 5 log10(d_L / Mpc) - 25 + 2.5 log10(1 + z)

is the absolute AB magnitude at the rest-frame wavelength lambda / (1 + z) (Hogg et al. 2002, astro-ph/0210394, with the
K-correction of a flux density), and nu L_nu = 4 pi d_L^2 nu f_nu is the luminosity there. Redshifts are clipped from
below. Their errors are not used, since only photometric redshifts have one. Without a redshift all features are NaN.
"""

import numpy as np

from mallorn.curves.knots import knot_positions, phase_name
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS

__all__ = ["NEEDS", "absolute_magnitude", "extract", "features", "luminosity"]

NEEDS = ("posterior",)

_HOGG = "Hogg et al. 2002, astro-ph/0210394"
_OWN = ""

_LIGHT = 2.99792458e18  # angstrom / s
_MPC = 3.0856775814913673e24  # cm
_UJY = 1e-29  # erg / (s cm2 Hz)


def absolute_magnitude(flux, distance, redshift):
    """Return absolute AB magnitudes of `flux` (microjansky) at `distance` (Mpc); NaN for flux that is not positive."""
    positive = np.where(flux > 0, flux, np.nan)
    return 23.9 - 2.5 * np.log10(positive) - 5.0 * np.log10(distance) - 25.0 + 2.5 * np.log10(1.0 + redshift)


def luminosity(flux, distance, wavelength):
    """Return nu L_nu, erg / s, of `flux` (microjansky) observed at `wavelength` (angstrom) from `distance` (Mpc)."""
    return 4.0 * np.pi * (distance * _MPC) ** 2 * (_LIGHT / wavelength) * flux * _UJY


def features(config):
    """Return the features: redshift, peak brightness per band, luminosity at rest-frame wavelengths and phases."""
    listed = [
        Feature("redshift", "", "redshift, clipped from below", _HOGG),
        Feature("absolute_magnitude", "mag", "absolute AB magnitude at the band's peak", _HOGG, True),
        Feature("log10_peak_luminosity", "dex(erg/s)", "log nu L_nu at the band's peak", _HOGG, True),
        Feature("brightest", "mag", "absolute AB magnitude of the brightest band at peak", _HOGG, fewest=1),
    ]
    for wavelength in config["wavelengths"]:
        meaning = f"log nu L_nu at peak at {wavelength:g} angstrom in the rest frame, between bands"
        listed.append(Feature(f"log10_luminosity_{wavelength:g}", "dex(erg/s)", meaning, _HOGG, fewest=2))
    for phase in config["phases"]:
        meaning = f"log of nu L_nu summed over {', '.join(config['bands'])} at {phase:g} rest-frame days"
        name, bands = f"log10_luminosity_at_{phase_name(phase)}", tuple(config["bands"])
        listed.append(Feature(name, "dex(erg/s)", meaning, _OWN, slots=bands))
    return listed


def extract(inputs, config):
    """Return the columns; NaN where a flux is not positive or the rest-frame wavelength was not observed."""
    objects, posterior = inputs.lightcurves, inputs.tables["posterior"]
    redshift, distance, there = objects.rest_redshift, objects.luminosity_distance, objects.passbands.has_slot
    magnitude = absolute_magnitude(posterior.band_peak_flux, distance[:, None], redshift[:, None])
    peak = _log(luminosity(posterior.band_peak_flux, distance[:, None], SLOT_WAVELENGTHS))
    brightest = np.where(np.isfinite(magnitude) & there, magnitude, np.inf).min(axis=1)
    found = {
        "redshift": np.where(objects.has_redshift, redshift, np.nan),
        "brightest": np.where(np.isfinite(brightest), brightest, np.nan),
    }
    for index, band in enumerate(SLOTS):
        found |= {f"absolute_magnitude__{band}": magnitude[:, index], f"log10_peak_luminosity__{band}": peak[:, index]}

    knots = knot_positions(posterior.knots, [0, *config["phases"]], "features.redshift.phases")
    at_knots = luminosity(posterior.knot_mean[:, knots], distance[:, None, None], SLOT_WAVELENGTHS)
    for wavelength in config["wavelengths"]:
        found[f"log10_luminosity_{wavelength:g}"] = _log(
            _between_slots(at_knots[:, 0], wavelength * (1.0 + redshift), there)
        )
    total = at_knots[:, 1:, [SLOTS.index(name) for name in config["bands"]]].sum(axis=2)
    for phase, value in zip(config["phases"], total.T, strict=True):
        found[f"log10_luminosity_at_{phase_name(phase)}"] = _log(value)
    return {name: found[name.split("__", 1)[1]] for name in columns("redshift", features(config))}


def _log(value):
    return np.log10(np.where(value > 0, value, np.nan))


def _between_slots(values, wavelength, there):
    """Return `values` (n, S) of the slots, interpolated in log wavelength at `wavelength` (n,); NaN outside them.

    there: (S,) bool, whether the survey has a passband in the slot; other slots do not count.
    """
    if there.sum() < 2:
        return np.full(len(values), np.nan)
    values, x, grid = values[:, there], np.log(wavelength), np.log(SLOT_WAVELENGTHS[there])
    right = np.clip(np.searchsorted(grid, x), 1, len(grid) - 1)
    share = (x - grid[right - 1]) / (grid[right] - grid[right - 1])
    rows = np.arange(len(values))
    between = values[rows, right - 1] * (1.0 - share) + values[rows, right] * share
    return np.where((share >= 0) & (share <= 1), between, np.nan)
