"""The multi-band posterior of a split's light curves: the peak of each event, and the light curve around it.

It is made once, from the multi-band fits, and the feature families read it. Fluxes are de-reddened microjansky and
include the process's constant mean. The process takes each point at its passband's own wavelength and is predicted at
those of the six slots, whatever passbands the survey has. A slot for which the survey has no passband is extrapolated:
near other passbands it follows them, far away it is the process's constant mean.
"""

import logging
from dataclasses import dataclass

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.gp.batch import pack
from mallorn.gp.crossings import distance_above
from mallorn.gp.models import MultibandMatern32
from mallorn.io.tables import read_columns
from mallorn.survey.passbands import NO_SLOT, SLOT_WAVELENGTHS, SLOTS

__all__ = ["REASONS", "UNITS", "Posterior", "phase_grid", "predict_posterior", "read_posterior"]

REASONS = ("", "too few points for a fit", "covariance not positive definite")
"""Meaning of each status; all but the first leave NaN."""

UNITS = {
    "peak_mjd": "d",
    "band_peak_mjd": "d",
    "band_peak_mjd_err": "d",
    "band_peak_flux": "uJy",
    "baseline": "uJy",
    "mean": "uJy",
    "sd": "uJy",
    "knot_mean": "uJy",
    "knot_cov": "uJy2",
}

log = logging.getLogger(__name__)

_FITTED = 0
_NOT_CONVERGED = 3


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior artifact of n objects, NaN where `status` is not 0.

    object_id, status (see `REASONS`), peak_mjd (d), baseline (uJy, the process's constant mean): (n,).
    With S the number of slots of passbands: band_peak_mjd, band_peak_mjd_err (d), band_peak_flux (uJy): (n, S).
    band_chi2: (n, S), mean squared residual of the slot's points over their errors, NaN without points.
    mean, sd: (n, S, G), uJy, at the rest-frame days `phase` (G,) from peak. knot_mean: (n, K, S) and knot_cov:
    (n, K, S, S), the means and covariances over slots at the rest-frame days `knots` (K,).
    """

    object_id: np.ndarray
    status: np.ndarray
    peak_mjd: np.ndarray
    baseline: np.ndarray
    band_peak_mjd: np.ndarray
    band_peak_mjd_err: np.ndarray
    band_peak_flux: np.ndarray
    band_chi2: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    knot_mean: np.ndarray
    knot_cov: np.ndarray
    phase: np.ndarray
    knots: np.ndarray

    def __len__(self):
        return len(self.object_id)

    @classmethod
    def of(cls, table, config):
        """Return the `Posterior` of a table {column: array} as from `predict_posterior`.

        config: the block `posterior` that it was made with; DataError if the table has other phases or knots.
        """
        columns = {name: values for name, values in table.items() if name != "reason"}
        phase, knots = phase_grid(config), np.array(config["knots"], dtype=float)
        n, slots = len(columns["object_id"]), len(SLOTS)
        shapes = {
            "mean": (slots, len(phase)),
            "sd": (slots, len(phase)),
            "knot_mean": (len(knots), slots),
            "knot_cov": (len(knots), slots, slots),
        }
        for name, shape in shapes.items():
            found = int(np.prod(columns[name].shape[1:]))
            if found != np.prod(shape):
                raise DataError(
                    f"column {name} holds {found} numbers per object where the configuration's phases and knots make "
                    f"{np.prod(shape)}"
                )
            columns[name] = columns[name].reshape(n, *shape)
        return cls(phase=phase, knots=knots, **columns)


def phase_grid(config):
    """Return the rest-frame days (G,) of `phases` in the `posterior` block of config.yaml, both ends included."""
    start, stop, step = (config["phases"][key] for key in ("start", "stop", "step"))
    size = round((stop - start) / step) + 1
    if size < 3 or abs(start + (size - 1) * step - stop) > 1e-9 * abs(step) or not start < 0 < stop:
        raise ConfigError(
            f"posterior.phases: start {start}, stop {stop} and step {step} make no grid; "
            "stop minus start must be a multiple of step, and 0 must lie between them"
        )
    return start + step * np.arange(size)


def read_posterior(path, config, group=None):
    """Return the `Posterior` that was written to `path` with the same `posterior` block of config.yaml.

    group: index of the group of objects to read (see `mallorn.survey.lightcurves.lightcurve_groups`); all by default.
    """
    try:
        return Posterior.of(read_columns(path, group=group), config)
    except DataError as error:
        raise DataError(f"{path}: {error}; predict the posterior again with this configuration") from None


def predict_posterior(lightcurves, fits, config):
    """Return the posterior table {column: array} of raw `LightCurves`, one row per object.

    fits: the table of `fit_lightcurves` of the multi-band model for the same objects. config: block `posterior`.
    """
    if not np.array_equal(lightcurves.object_id, fits["object_id"]):
        raise DataError("the multi-band fits are not of the same objects as the light curves: make the fits again")
    lc = lightcurves.dereddened()
    grid = _PhaseGrid(config, lc.passbands)
    n, G, K, S = len(lc), len(grid.phase), len(grid.knots), len(SLOTS)
    table = {
        "object_id": lc.object_id,
        "status": np.ones(n, dtype=np.int8),
        "peak_mjd": np.full(n, np.nan),
        "baseline": np.full(n, np.nan),
        "band_peak_mjd": np.full((n, S), np.nan),
        "band_peak_mjd_err": np.full((n, S), np.nan),
        "band_peak_flux": np.full((n, S), np.nan),
        "band_chi2": np.full((n, S), np.nan),
        "mean": np.full((n, S, G), np.nan, dtype=np.float32),
        "sd": np.full((n, S, G), np.nan, dtype=np.float32),
        "knot_mean": np.full((n, K, S), np.nan),
        "knot_cov": np.full((n, K, S, S), np.nan),
    }
    fitted = np.flatnonzero(np.isin(fits["status"], (_FITTED, _NOT_CONVERGED)))
    if len(fitted):
        theta = np.stack([fits[f"ln_{name}"][fitted] for name in MultibandMatern32.parameters], axis=1)
        for name, values in _predict(lc.take(fitted), theta, grid).items():
            table[name][fitted] = values
    for code in range(1, len(REASONS)):
        if (table["status"] == code).any():
            log.info("%d of %d objects: %s", np.sum(table["status"] == code), n, REASONS[code])
    table["reason"] = np.array(REASONS, dtype=object)[table["status"]]
    return table


class _PhaseGrid:
    """The phases to predict: the union of the regular grid and the knots, and where each of them is in it.

    peak_wavelengths: the wavelengths at which the process is predicted to find the peak. peak_bands: those of them that
    are summed. They are the slots that the configuration asks for and the survey has; if there are none, all slots that
    the survey has; else its passbands.
    """

    def __init__(self, config, passbands):
        self.phase, self.knots = phase_grid(config), np.array(config["knots"], dtype=float)
        self.union = np.union1d(self.phase, self.knots)
        self.of_phase = np.searchsorted(self.union, self.phase)
        self.of_knots = np.searchsorted(self.union, self.knots)
        self.slot = passbands.slot
        self.peak_wavelengths = SLOT_WAVELENGTHS
        self.peak_bands = [SLOTS.index(name) for name in config["peak_bands"] if name in passbands.slots]
        if not self.peak_bands:
            self.peak_bands = list(np.flatnonzero(passbands.has_slot))
        if not self.peak_bands:
            self.peak_wavelengths, self.peak_bands = passbands.wavelength, list(range(len(passbands)))
        margin, step = config["peak_margin"], config["peak_step"]
        self.steps = np.append(np.arange(-margin, margin + 0.5 * step, step), 0.0)
        first, last = config["band_peak_window"]
        self.window = np.flatnonzero((self.phase >= first) & (self.phase <= last))
        if len(self.window) < 3:
            raise ConfigError(f"posterior.band_peak_window: fewer than 3 of the phases lie in [{first}, {last}]")


def _predict(lc, theta, grid):
    """Return the columns of the posterior table of de-reddened `LightCurves` with fitted processes, theta (m, 3).

    Where is the peak? Far from points the mean is a guess. If an event is only seen to fall, the mean is often highest
    in the gap before its first point. The brightest visit is therefore found first, then the brightest time at most
    `peak_margin` days from it and within the observed span; both in the mean summed over `peak_bands`.
    """
    from mallorn.gp.posterior_kernels import posteriors

    model, wavelength = MultibandMatern32, lc.passbands.wavelength
    batch = pack(lc.mjd, lc.band, lc.flux, lc.flux_err, lc.start, lc.object_id, wavelength=wavelength)
    summed = model.band_correlation(theta.T, wavelength, grid.peak_wavelengths[grid.peak_bands])
    variance = np.exp(2.0 * (theta[:, 0] - np.log(batch.scale)))
    stretch = 1.0 + lc.rest_redshift
    days = stretch[:, None] * grid.union
    window = grid.of_phase[grid.window]
    singular, mu, peak, residuals, mean, sd, knot_cov, top, lag = posteriors(
        batch.start, batch.time, batch.band, batch.y, batch.noise, model.rate(theta), variance,
        model.band_correlation(theta.T, wavelength, wavelength),
        model.band_correlation(theta.T, wavelength, SLOT_WAVELENGTHS),
        model.band_correlation(theta.T, SLOT_WAVELENGTHS, SLOT_WAVELENGTHS),
        summed.sum(axis=2), grid.steps, days, grid.of_knots, window,
    )  # fmt: skip
    largest = np.max(sd, axis=(1, 2), keepdims=True)
    peaks = _band_peaks(mean[:, :, window], sd[:, :, window] ** 2, lag, top, days[:, None, window], 1e-12 * largest)
    offset, error, flux = (values.reshape(top.shape) for values in peaks)
    offset[singular == 1] = np.nan  # all others are NaN there
    scale = batch.scale[:, None]
    peak_mjd = batch.middle + peak
    return {
        "status": 2 * singular,
        "peak_mjd": peak_mjd,
        "baseline": mu * batch.scale,
        "band_peak_mjd": peak_mjd[:, None] + offset,
        "band_peak_mjd_err": error,
        "band_peak_flux": flux * scale,
        "band_chi2": _band_chi2(batch, residuals, grid.slot),
        "mean": mean[:, :, grid.of_phase] * scale[:, None],
        "sd": sd[:, :, grid.of_phase] * scale[:, None],
        "knot_mean": (mean[:, :, grid.of_knots] * scale[:, None]).transpose(0, 2, 1),
        "knot_cov": knot_cov * scale[:, None, None] ** 2,
    }


def _band_chi2(batch, residuals, slot):
    """Return the mean squared residual (m, S) of each object's points in each of `SLOTS`. slot: (B,) of passbands."""
    m, slots, own = len(batch), len(SLOTS), slot[batch.band]
    counted = (own != NO_SLOT) & (batch.live > 0.0)
    key = batch.owner[counted] * slots + own[counted]
    counts = np.bincount(key, minlength=m * slots).reshape(m, slots)
    total = np.bincount(key, residuals[counted] ** 2, minlength=m * slots).reshape(m, slots)
    return np.divide(total, counts, out=np.full((m, slots), np.nan), where=counts > 0)


def _band_peaks(mean, variance, lag, top, days, smallest):
    """Return the peak time of each of R light curves, in days from the peak, its error and its flux, (R,) each.

    mean, variance (..., W) on a regular grid of days (..., W), which may broadcast; lag (..., W): covariance with the
    highest point, whose index is top (...). smallest: standard deviation, (..., 1), below which a difference of two
    fluxes is rounding.

    The time is the vertex of the parabola through the highest grid point and its neighbours. Its error is a distance,
    averaged over both sides, and no further than the window's edge: there the mean has fallen below the peak by half
    the standard deviation of the difference of the two fluxes. For a parabola this is sd(slope) / |curvature|.
    """
    size = mean.shape[-1]
    days, smallest = (np.broadcast_to(values, (*top.shape, values.shape[-1])) for values in (days, smallest))
    mean, variance, lag, days = (values.reshape(-1, size) for values in (mean, variance, lag, days))
    top, smallest, rows = top.ravel(), smallest.reshape(-1, 1), np.arange(len(mean))
    middle = np.clip(top, 1, size - 2)
    below, here, above = (mean[rows, middle + shift] for shift in (-1, 0, 1))
    bend = 2.0 * here - below - above
    inside = (top == middle) & (bend > 0.0)
    shift = np.where(inside, 0.5 * (above - below) / np.where(inside, bend, 1.0), 0.0)
    step = days[:, 1] - days[:, 0]

    spread = np.sqrt(np.maximum(variance[rows, top][:, None] + variance - 2.0 * lag, 0.0))
    significance = (mean[rows, top][:, None] - mean) / np.maximum(spread, smallest)
    left = distance_above(0.5, significance[:, ::-1], size - 1 - top)
    right = distance_above(0.5, significance, top)
    error = 0.5 * step * (left + right)
    return days[rows, top] + shift * step, error, mean[rows, top] + 0.25 * (above - below) * shift * inside
