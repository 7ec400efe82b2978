"""Quantities derived from the fits of the hypotheses to a split: phases, residuals, temperatures, luminosities.

Phases are rest-frame days from the peak of the fitted light curve at 4500 A. Residuals are (flux - model) / error;
errors include the fits' floor.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from mallorn.curves.segments import Segments, divide
from mallorn.errors import ConfigError
from mallorn.hypotheses.models import REFERENCE, blackbody_ratio
from mallorn.hypotheses.points import fitted_points
from mallorn.survey.blackbody import MPC, SIGMA_SB, planck
from mallorn.survey.passbands import SLOTS

__all__ = ["EVENT", "WINDOWS", "Event", "Fitted", "FittedSplit", "slot_amplitudes"]

_GRID = np.arange(-100.0, 401.0)
"""Rest-frame days from t0 at which the light curve is sampled for widths, peaks and energies."""


WINDOWS = {
    "pre": (-400.0, -60.0),
    "rise": (-40.0, -5.0),
    "peak": (-5.0, 8.0),
    "early": (8.0, 25.0),
    "fall": (25.0, 60.0),
    "tail": (60.0, 120.0),
    "late": (100.0, 350.0),
    "very_late": (350.0, 2000.0),
}
"""Rest-frame days from peak in which residuals are summed."""

EVENT = (-40.0, 100.0)
_NEIGHBOURS, _CLIP = 30.0, 5.0  # most rest-frame days between successive points; sigma at which residuals are clipped
_TEMPERATURES = np.geomspace(3000.0, 80000.0, 60)


class FittedSplit:
    """The objects of a split, their points as the fits saw them, and the fits."""

    def __init__(self, lightcurves, table):
        self.table = table
        self.lc = lc = lightcurves
        x, self.flux, error, self.wavelength = fitted_points(lc, self["error_floor"][lc.owner])
        self.weight = 1.0 / error
        self.segments = Segments(lc.start)
        self.owner = lc.owner
        self.stretch = 1.0 + lc.rest_redshift
        self.fits = {}

    def __getitem__(self, name):
        """Return a column of the fits."""
        try:
            return self.table[name]
        except KeyError:
            raise ConfigError(
                f"features.hypotheses.models asks for the column {name!r}, which the fits lack; "
                "name there only what fits.hypotheses.models fits"
            ) from None

    def fit(self, hypothesis):
        """Return the `Fitted` of one hypothesis."""
        if hypothesis.name not in self.fits:
            self.fits[hypothesis.name] = Fitted(self, hypothesis)
        return self.fits[hypothesis.name]

    def above_mean(self, values):
        """Values (N,) less their weighted mean in the object's passband."""
        weight, size = self.weight**2, len(self.lc) * len(self.lc.passbands)
        mean = divide(np.bincount(self.cell, weight * values, size), np.bincount(self.cell, weight, size))
        return values - mean[self.cell]

    @cached_property
    def cell(self):
        """Number of the object and passband of each point, (N,)."""
        return self.owner * len(self.lc.passbands) + self.lc.band

    @cached_property
    def slot(self):
        """Slot of the passband of each point, (N,)."""
        return self.lc.passbands.slot[self.lc.band]

    @cached_property
    def by_band(self):
        """Points in the order of objects, then passbands, then time, (N,)."""
        return np.argsort(self.cell, kind="stable")

    @cached_property
    def significant(self):
        """Points above 3 sigma, (N,) bool."""
        return self.flux * self.weight > 3.0

    @cached_property
    def points(self):
        """Number of points, NaN for none."""
        return np.where(self.segments.count > 0, self.segments.count, np.nan)


class Event(NamedTuple):
    """Chi-square per point within the event and outside it, and the share of the null chi-square explained within."""

    chi2: np.ndarray
    outside_chi2: np.ndarray
    explained: np.ndarray


class Fitted:
    """The fit of one hypothesis to all objects of a split, and quantities derived from its parameters."""

    def __init__(self, split, hypothesis):
        self.split, self.hypothesis = split, hypothesis
        self.values = np.array([self[name] for name in hypothesis.parameter_names])
        self.top = hypothesis.peak(self.values)
        self.shape = hypothesis.light_curve_shape(_GRID, self.values[:, :, None])
        self.height = self.shape.max(axis=1)
        self._shares = {}  # of each day of the grid above a fraction of the peak

    def __getitem__(self, name):
        return self.split[f"{self.hypothesis.name}_{name}"]

    @cached_property
    def explained(self):
        """Chi-square that the hypothesis explains."""
        return self.split["null_chi2"] - self["chi2"]

    def days_above(self, fraction, before=None):
        """Rest-frame days, until `before` (n,) if given, for which the light curve is above a fraction of its peak.

        The light curve is linear between the days of the grid.
        """
        if fraction not in self._shares:
            excess = self.shape - fraction * self.height[:, None]
            above, below = excess > 0, excess < 0
            above, below = above[:, :-1] | above[:, 1:], below[:, :-1] | below[:, 1:]
            share = above.astype(float)
            row, day = np.nonzero(above & below)  # a few days are above for a part only
            ends = np.abs(excess[row, day]), np.abs(excess[row, day + 1])
            share[row, day] = np.where(excess[row, day] > 0, *ends) / (ends[0] + ends[1])
            self._shares = {fraction: share}  # the last one alone, to save memory
        share = self._shares[fraction]
        if before is not None:
            share = share * np.clip(np.reshape(before, (-1, 1)) - _GRID[:-1], 0.0, 1.0)
        return np.where(np.isfinite(self.height), share.sum(axis=1), np.nan)

    @cached_property
    def stretch(self):
        """Days above 20% of the peak over days above 50%, (n,)."""
        return divide(self.days_above(0.2), self.days_above(0.5))

    @cached_property
    def phase(self):
        """Phase of each point, (N,) rest-frame days from the peak."""
        peak = self["t0"] + self.top * self.split.stretch
        return (self.split.lc.mjd - peak[self.split.owner]) / self.split.stretch[self.split.owner]

    @cached_property
    def unscaled(self):
        """The fitted model of each point at amplitude 1, (N,)."""
        split, owner = self.split, self.split.owner
        d = (split.lc.mjd - self["t0"][owner]) / split.stretch[owner]
        return self.hypothesis.shape(d, split.wavelength[owner, split.lc.band], self.values[:, owner])

    @cached_property
    def residual(self):
        """Weighted residual of each point, (N,)."""
        split, owner, amplitude = self.split, self.split.owner, self["amplitude"]
        amplitude = amplitude[owner, split.lc.band] if self.hypothesis.by_passband else amplitude[owner]
        return (split.flux - amplitude * self.unscaled) * split.weight

    @cached_property
    def offset_chi2(self):
        """Chi-square (n,) of the fitted model plus a free constant in each passband, with its amplitude free again."""
        split, weight = self.split, self.split.weight**2
        flux, model = split.above_mean(split.flux), split.above_mean(self.unscaled)
        overlap, norm = split.segments.sum(weight * flux * model), split.segments.sum(weight * model**2)
        amplitude = np.maximum(divide(overlap, norm), 0.0)
        return split["constant_chi2"] - amplitude * (2.0 * overlap - amplitude * norm)

    def median_residual(self, window):
        """Median size of the residuals in a window, (n,)."""
        keep = self.within(window)
        return self.split.segments.where(keep).quantile(np.abs(self.residual[keep]), 0.5)

    def coherence(self, keep=True):
        """Mean product (n,) of residuals of successive points in a passband, among the points kept: 0 for noise."""
        split, n = self.split, len(self.split.lc)
        rows = split.by_band[np.broadcast_to(keep, split.owner.shape)[split.by_band]]
        cell, residual = split.cell[rows], np.clip(self.residual[rows], -_CLIP, _CLIP)
        time = split.lc.mjd[rows] / split.stretch[split.owner[rows]]
        near = (cell[1:] == cell[:-1]) & (np.diff(time) < _NEIGHBOURS)
        owner = split.owner[rows][1:][near]
        return divide(np.bincount(owner, (residual[1:] * residual[:-1])[near], n), np.bincount(owner, minlength=n))

    def within(self, window):
        """Points with phases in (low, high], (N,) bool."""
        return (self.phase > window[0]) & (self.phase <= window[1])

    def sum(self, values, keep):
        """Sum of values (N,) over the points kept, and the number of these, both (n,)."""
        part = self.split.segments.where(keep)
        return part.sum(values[keep]), part.count

    def pull(self, window, slot=None):
        """Sum of residuals over the square root of their number: N(0, 1) if the hypothesis holds."""
        keep = self.within(window) if slot is None else self.within(window) & (self.split.slot == slot)
        total, count = self.sum(self.residual, keep)
        return divide(total, np.sqrt(count))

    def level(self, window):
        """Weighted mean flux in a window over the flux at peak."""
        keep = self.within(window)
        total, _ = self.sum(self.split.flux * self.split.weight**2, keep)
        norm, _ = self.sum(self.split.weight**2, keep)
        return divide(divide(total, norm), self["amplitude"] * self.height)

    @cached_property
    def event(self):
        """Fit within the event and outside it: an `Event`."""
        keep, points = self.within(EVENT), self.split.points
        chi2, count = self.sum(self.residual**2, keep)
        null, _ = self.sum((self.split.flux * self.split.weight) ** 2, keep)
        seen = np.where(count > 0, 1.0, np.nan)
        outside = (self["chi2"] - chi2) / (points - count + 1)
        return Event(seen * chi2 / (count + 1), outside, seen * (null - chi2) / (null + 1))

    @cached_property
    def seen(self):
        """The segments of the points above 3 sigma."""
        return self.split.segments.where(self.split.significant)

    @cached_property
    def seen_phase(self):
        """Phases of the points above 3 sigma."""
        return self.phase[self.split.significant]

    def seen_within(self, window):
        """Number of points above 3 sigma in a window of phases; NaN for objects without any point."""
        count = self.split.segments.where(self.within(window) & self.split.significant).count
        return np.where(self.split.segments.count > 0, count, np.nan)

    def nearest(self, sign):
        """Days from the peak to the nearest point after (sign 1) or before (sign -1) it."""
        days = sign * self.phase
        return self.split.segments.where(days > 0).minimum(days[days > 0])

    @cached_property
    def slot_amplitudes(self):
        """Amplitudes of the slots and their errors, both (n, S); see `slot_amplitudes`."""
        return slot_amplitudes(self["amplitude"], self["amplitude_err"], self.split.lc.passbands.slot)

    def color(self, k):
        """Magnitude of slot k less that of slot k + 1, from amplitudes raised to at least 0.3 of their errors."""
        amplitude, error = (values[:, k : k + 2] for values in self.slot_amplitudes)
        flux = np.maximum(amplitude, 0.3 * error)
        magnitude = np.clip(-2.5 * np.log10(flux[:, 0] / flux[:, 1]), -4.0, 4.0)
        return np.where(np.isfinite(error).all(axis=1), magnitude, np.nan)

    @cached_property
    def amplitude_blackbody(self):
        """Mean and sd of ln T, and the lowest chi-square, of blackbodies fitted to the passbands' amplitudes."""
        amplitude, error = self["amplitude"], self["amplitude_err"]
        known = np.isfinite(error)
        weight = np.where(known, 1 / (error**2 + (self.split["error_floor"][:, None] * amplitude) ** 2), 0.0)[
            :, None, :
        ]
        amplitude = np.where(known, amplitude, 0.0)[:, None, :]
        model = blackbody_ratio(self.split.wavelength[:, None, :], _TEMPERATURES[:, None])
        scale = (model * amplitude * weight).sum(axis=2) / (model**2 * weight).sum(axis=2)
        chi2 = ((amplitude - scale[:, :, None] * model) ** 2 * weight).sum(axis=2)
        lowest = chi2.min(axis=1)
        chance = np.exp(-0.5 * (chi2 - lowest[:, None]))
        chance /= chance.sum(axis=1, keepdims=True)
        ln = np.log(_TEMPERATURES)
        mean = (chance * ln).sum(axis=1)
        return mean, np.sqrt((chance * (ln - mean[:, None]) ** 2).sum(axis=1)), lowest

    @cached_property
    def temperature(self):
        """Temperature on the grid of days, (n, days) kelvin."""
        v = dict(zip(self.hypothesis.parameter_names, self.values[:, :, None], strict=True))
        if self.hypothesis.sed == "blackbody":
            ln = v["ln_T"] + 0 * _GRID
        elif self.hypothesis.sed == "drifting_blackbody":
            ln = np.clip(v["ln_T"] + v["slope"] * np.clip(_GRID, -50, 200) / 100, np.log(3e3), np.log(1e5))
        else:
            hot = 1 / (1 + np.exp(_GRID * np.exp(-v["ln_t_cool"])))
            ln = v["ln_T_min"] + np.log1p((np.exp(v["ln_ratio"]) - 1) * hot)
        return np.exp(ln)

    @cached_property
    def luminosity(self):
        """Spectral luminosity at 4500 A on the grid of days, (n, days) erg / s / Hz."""
        area = 4 * np.pi * (self.split.lc.luminosity_distance * MPC) ** 2 / self.split.stretch
        return 1e-29 * (self["amplitude"] * area)[:, None] * self.shape

    @cached_property
    def area(self):
        """R^2 of the photosphere on the grid of days, (n, days) cm^2."""
        return self.luminosity / (4 * np.pi**2 * planck(REFERENCE, self.temperature))

    @cached_property
    def bolometric(self):
        """Bolometric luminosity on the grid of days, (n, days) erg / s."""
        return 4 * np.pi * SIGMA_SB * self.area * self.temperature**4

    def at(self, grid, days):
        """Values (n,) of a (n, days) grid at `days` after the peak, interpolated linearly."""
        where = np.clip(np.nan_to_num(self.top + days) - _GRID[0], 0.0, len(_GRID) - 1.001)
        k = where.astype(np.int64)
        rows = np.arange(len(grid))
        return grid[rows, k] + (where - k) * (grid[rows, k + 1] - grid[rows, k])


def slot_amplitudes(amplitude, error, slot):
    """Return amplitudes and errors of the slots, both (n, S), from those of the passbands, both (n, B).

    slot: (B,) the slot of each passband. Passbands that share a slot are averaged with inverse variances; a slot
    without a passband is NaN.
    """
    values, errors = np.full((2, len(amplitude), len(SLOTS)), np.nan)
    for k in range(len(SLOTS)):
        own = np.flatnonzero(slot == k)
        if len(own) == 1:
            values[:, k], errors[:, k] = amplitude[:, own[0]], error[:, own[0]]
        elif len(own):
            weight = error[:, own] ** -2.0
            total = weight.sum(axis=1)
            values[:, k] = np.where(total > 0, divide((weight * amplitude[:, own]).sum(axis=1), total), 0.0)
            errors[:, k] = total**-0.5
    return values, errors
