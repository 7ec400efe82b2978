"""Features of the multi-band Gaussian process: its scales, its fit, and the shape of the light curve that it predicts.

Times are in the rest frame, fluxes de-reddened. Widths are those of the posterior mean above zero flux (fluxes are
differences from a reference), measured outwards from each passband's own peak. If the mean stays above the level, the
width is the distance to the end of the predicted phases, a lower limit. A passband whose peak is not positive has no
shape: NaN.
"""

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.gp.crossings import distance_below
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("fits/multiband", "posterior")

BOONE = "Boone 2019, AJ 158, 257"
REFERENCE = "r"
"""Slot whose peak is the zero of the other peaks' times."""


def features(config):
    """Return the `Feature` list of this family for its block of config.yaml."""
    made = [
        Feature("ln_sigma", "ln uJy", "standard deviation of the process", BOONE),
        Feature("ln_length", "ln d", "length scale in time, observed frame", BOONE),
        Feature("ln_length_rest", "ln d", "length scale in time, rest frame", BOONE),
        Feature("ln_wavelength", "ln kAngstrom", "length scale in wavelength", BOONE),
        Feature("ln_luminosity", "ln uJy Mpc2", "sigma times luminosity distance squared", BOONE),
        Feature("mean_over_sigma", "", "constant mean over sigma", BOONE),
        Feature("peak_over_sigma", "", "highest of the passbands' peak fluxes over sigma", BOONE),
        Feature("ln_likelihood_per_point", "", "log likelihood over number of points", BOONE),
        Feature("chi2", "", "mean squared residual over error of the passband's points", BOONE, True),
        Feature("peak_flux", "uJy", "peak of the posterior mean", BOONE, True),
        Feature("ln_peak_luminosity", "ln uJy Mpc2", "peak flux times luminosity distance squared", BOONE, True),
        Feature("peak_err", "d", "error of the time of peak", "", True),
        Feature("lag", "d", f"time of the passband's peak after that of {REFERENCE}", "", True, (REFERENCE,)),
    ]
    for level in config["levels"]:
        percent = f"{100 * level:g}"
        made.append(Feature(f"rise_{percent}", "d", f"time from {percent}% of peak to peak", "", True))
        made.append(Feature(f"fall_{percent}", "d", f"time from peak to {percent}% of peak", "", True))
    made += [
        Feature("fwhm", "d", "full width at half of peak", "", True),
        Feature("asymmetry", "", "(fall - rise) / (fall + rise) at half of peak", "", True),
        Feature("area", "d", "flux summed over the area window, over peak flux", "", True),
    ]
    return made


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    lc, fit, posterior = inputs.lightcurves, inputs.tables["fits/multiband"], inputs.tables["posterior"]
    stretch = 1.0 + lc.rest_redshift
    log_distance2 = 2.0 * np.log(lc.luminosity_distance)
    fitted = np.where(fit["status"] == 0, 1.0, np.nan)
    sigma, length = fit["ln_sigma"] * fitted, fit["ln_length"] * fitted
    peak_flux = posterior.band_peak_flux
    positive = np.where(peak_flux > 0.0, peak_flux, np.nan)
    highest = np.where(np.isfinite(peak_flux) & lc.passbands.has_slot, peak_flux, -np.inf).max(axis=1)
    after = posterior.band_peak_mjd[:, SLOTS.index(REFERENCE), None]
    lag = (posterior.band_peak_mjd - after) / stretch[:, None]

    values = [
        sigma,
        length,
        length - np.log(stretch),
        fit["ln_wavelength"] * fitted,
        sigma + log_distance2,
        fit["mean"] * np.exp(-sigma),
        np.where(np.isfinite(highest), highest, np.nan) * np.exp(-sigma),
        fit["ln_likelihood"] * fitted / np.maximum(fit["n_points"], 1),
        *posterior.band_chi2.T,
        *peak_flux.T,
        *(np.log(positive) + log_distance2[:, None]).T,
        *(posterior.band_peak_mjd_err / stretch[:, None]).T,
        *lag.T,
    ]
    for level in config["levels"]:
        rise, fall = _widths(posterior, positive, stretch, level)
        values += [*rise.T, *fall.T]
    rise, fall = _widths(posterior, positive, stretch, 0.5)
    values += [*(rise + fall).T, *((fall - rise) / np.where(rise + fall > 0.0, rise + fall, np.nan)).T]
    values += [*_area(posterior, positive, config["area_window"]).T]
    return dict(zip(columns("multiband", features(config)), values, strict=True))


def _widths(posterior, peak_flux, stretch, level):
    """Return the rest-frame times (n, S) from `level` of each passband's peak to peak, and from peak to `level`."""
    phase, known = posterior.phase, np.isfinite(peak_flux)
    step = phase[1] - phase[0]
    at_peak = ((posterior.band_peak_mjd - posterior.peak_mjd[:, None]) / stretch[:, None])[known]
    top = np.clip(np.rint((at_peak - phase[0]) / step), 0, len(phase) - 1).astype(np.intp)
    beyond_top = at_peak - phase[top]
    flux = posterior.mean[known].astype(float)
    target = level * peak_flux[known]
    rise, fall = np.full((2, *known.shape), np.nan)
    rise[known] = distance_below(target, flux[:, ::-1], len(phase) - 1 - top) * step + beyond_top
    fall[known] = distance_below(target, flux, top) * step - beyond_top
    return np.maximum(rise, 0.0), np.maximum(fall, 0.0)


def _area(posterior, peak_flux, window):
    inside = (posterior.phase >= window[0]) & (posterior.phase <= window[1])
    return np.trapezoid(posterior.mean[:, :, inside], posterior.phase[inside], axis=2) / peak_flux
