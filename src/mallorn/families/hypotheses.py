"""What the fits of the physical hypotheses say: parameters, energies, evidences, and what they leave over.

A hypothesis is one of `mallorn.hypotheses.models`; fits come from `mallorn.hypotheses.fit`. Phases are rest-frame days
from the peak of the fitted light curve at 4500 A. Residuals are (flux - model) / error, errors with the fits' floor.
"""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mallorn.curves.segments import Segments, divide
from mallorn.errors import ConfigError
from mallorn.families.family import Feature, columns
from mallorn.hypotheses.fit import chosen_hypotheses, fitted_points
from mallorn.hypotheses.models import REFERENCE, blackbody_ratio
from mallorn.survey.blackbody import MPC, SIGMA_SB, planck
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features", "slot_amplitudes"]

NEEDS = ("lightcurves", "fits/hypotheses")

_GRID = np.arange(-100.0, 401.0)
"""Rest-frame days from t0 on which widths, peaks and energies are read."""

_DAY = 86400.0
_LIGHT = 2.99792458e18  # angstrom / s

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

_EVENT = (-40.0, 100.0)
_NEIGHBOURS, _CLIP = 30.0, 5.0  # rest-frame days between points called successive; sigma to which residuals are clipped
_TEMPERATURES = np.geomspace(3000.0, 80000.0, 60)

_SOURCE = "mallorn.hypotheses"


def features(config):
    """Return the features of the hypotheses that config names, in order."""
    return [row.feature for row in _catalogue(config)]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    split = _Split(inputs.lightcurves, inputs.tables["fits/hypotheses"])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = [row.value(split) for row in _catalogue(config)]
    return dict(zip(columns("hypotheses", features(config)), values, strict=True))


class _Split:
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
        """Return the `_Fit` of one hypothesis."""
        if hypothesis.name not in self.fits:
            self.fits[hypothesis.name] = _Fit(self, hypothesis)
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


class _Event(NamedTuple):
    """Chi-square per point within the event and outside, and the share of the null chi-square explained within."""

    chi2: np.ndarray
    outside_chi2: np.ndarray
    explained: np.ndarray


class _Fit:
    """The fit of one hypothesis to all objects of a split, and what follows from its parameters."""

    def __init__(self, split, hypothesis):
        self.split, self.hypothesis = split, hypothesis
        self.values = np.array([self[name] for name in hypothesis.parameter_names])
        self.top = hypothesis.peak(self.values)
        self.shape = hypothesis.light_curve_shape(_GRID, self.values[:, :, None])
        self.height = self.shape.max(axis=1)

    def __getitem__(self, name):
        return self.split[f"{self.hypothesis.name}_{name}"]

    @cached_property
    def explained(self):
        """Chi-square that the hypothesis takes away."""
        return self.split["null_chi2"] - self["chi2"]

    def days_above(self, fraction, before=np.inf):
        """Rest-frame days, until `before` (n,), for which the light curve is above a fraction of its highest value.

        Between the days of the grid the light curve is taken as straight.
        """
        excess = self.shape - fraction * self.height[:, None]
        high, low = np.maximum(excess[:, :-1], excess[:, 1:]), np.minimum(excess[:, :-1], excess[:, 1:])
        share = np.clip(divide(high, high - np.minimum(low, 0.0)), 0.0, 1.0)
        share = np.where(high > 0, share, 0.0) * np.clip(np.reshape(before, (-1, 1)) - _GRID[:-1], 0.0, 1.0)
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
        """Chi-square (n,) of the fitted model, its amplitude free again, above a free constant in each passband."""
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
        """Mean product of residuals of successive points of a passband, of the points kept: 0 for noise, (n,)."""
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
        """Sum of values (N,) over the points kept, and their number, both (n,)."""
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
        """What happens within the event and outside: an `_Event`."""
        keep, points = self.within(_EVENT), self.split.points
        chi2, count = self.sum(self.residual**2, keep)
        null, _ = self.sum((self.split.flux * self.split.weight) ** 2, keep)
        seen = np.where(count > 0, 1.0, np.nan)
        outside = (self["chi2"] - chi2) / (points - count + 1)
        return _Event(seen * chi2 / (count + 1), outside, seen * (null - chi2) / (null + 1))

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
        """Magnitude of slot k less that of slot k + 1, from amplitudes raised to 0.3 of their errors."""
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
        """Values of a (n, days) grid `days` after the peak, by straight lines, shape (n,)."""
        where = np.clip(np.nan_to_num(self.top + days) - _GRID[0], 0.0, len(_GRID) - 1.001)
        k = where.astype(np.int64)
        rows = np.arange(len(grid))
        return grid[rows, k] + (where - k) * (grid[rows, k + 1] - grid[rows, k])


def slot_amplitudes(amplitude, error, slot):
    """Return the amplitudes of the slots and their errors, both (n, S), of those of the passbands, both (n, B).

    slot: (B,) the slot of each passband. Passbands that share a slot are averaged with their inverse variances; a slot
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


def _log10(values):
    return np.where(values > 0, np.log10(values), np.nan)


def _signed_log(values):
    return np.sign(values) * np.log1p(np.abs(values))


class _Row(NamedTuple):
    """A feature, and the function that computes it from a `_Split`."""

    feature: Feature
    value: Callable


def _row(name, unit, meaning, value, source=_SOURCE):
    return _Row(Feature(name, unit, meaning, source), value)


def _of_slots(row, *slots):
    """Return the row of a feature that surveys without passbands in `slots` cannot have."""
    return row._replace(feature=row.feature._replace(slots=slots))


def _catalogue(config):
    """Return the rows of this family, in order."""
    chosen = chosen_hypotheses(config["models"])
    for key in ("residuals", "sampling"):
        if unknown := set(config[key]) - set(config["models"]):
            raise ConfigError(f"features.hypotheses.{key}: {min(unknown)!r} is not among features.hypotheses.models")
    rows = _objects()
    for h in chosen:
        rows += _parameters(h) + _widths(h)
        if h.sed in ("blackbody", "drifting_blackbody", "cooling_photosphere"):
            rows += _energies(h)
        if h.name in config["residuals"]:
            rows += _residuals(h)
        if h.name in config["sampling"]:
            rows += _sampling(h)
        if h.by_passband:
            rows += _colors(h)
    for a, b in config["comparisons"]:
        rows += _comparison(a, b)
    return rows + _probabilities(config["competing"])


def _objects():
    made = [
        _row("null_chi2", "", "chi-square per point of no flux at all", lambda s: s["null_chi2"] / s.points),
        _row("constant_chi2", "", "chi-square per point of constants", lambda s: s["constant_chi2"] / s.points),
        _row("ln_1_plus_null_chi2", "", "ln(1 + chi-square of no flux)", lambda s: np.log1p(s["null_chi2"])),
        _row("drw_deviance", "", "-2 ln L of the random walk per point", lambda s: s["drw_deviance"] / s.points),
    ]
    for name, unit, meaning in (
        ("beta", "", "slope of the random walk's amplitude in wavelength"),
        ("ln_sigma", "ln uJy", "amplitude of the random walk"),
        ("ln_sigma_relative", "", "amplitude of the random walk over the scatter of fluxes"),
        ("ln_tau", "ln d", "damping time of the random walk, rest frame"),
    ):
        made.append(_row(f"drw_{name}", unit, meaning, lambda s, n=name: s[f"drw_{n}"]))
    return made


def _parameters(h):
    n, free = h.name, [p for p in h.parameters if p.low < p.high]
    made = [_row(f"{n}_{p.name}", p.unit, p.meaning, lambda s, p=p: s.fit(h)[p.name], h.source) for p in free]
    for p in free:
        text = f"standard error of {n}_{p.name}"
        made.append(_row(f"{n}_{p.name}_err", p.unit, text, lambda s, p=p: s.fit(h)[f"{p.name}_err"]))
    text = "squared distance of the parameters from their priors, sigma^2"
    return [
        *made,
        _row(f"{n}_chi2", "", f"chi-square per point: {h.meaning}", lambda s: s.fit(h)["chi2"] / s.points),
        _row(f"{n}_penalty", "", text, lambda s: s.fit(h)["penalty"]),
        _row(f"{n}_explained", "", "share of null_chi2 explained", lambda s: s.fit(h).explained / (s["null_chi2"] + 1)),
    ]


def _widths(h):
    n = h.name
    return [
        _row(f"{n}_width50", "d", "rest-frame days above 50% of the peak", lambda s: s.fit(h).days_above(0.5)),
        _row(f"{n}_width20", "d", "rest-frame days above 20% of the peak", lambda s: s.fit(h).days_above(0.2)),
        _row(
            f"{n}_rise30",
            "d",
            "rest-frame days above 30% before the peak",
            lambda s: s.fit(h).days_above(0.3, s.fit(h).top),
        ),
        _row(f"{n}_stretch", "", "width20 over width50", lambda s: s.fit(h).stretch),
    ]


def _energies(h):
    def row(name, unit, meaning, value):
        return _row(f"{h.name}_{name}", unit, meaning, lambda s: value(s.fit(h)))

    frequency, power = _LIGHT / REFERENCE, "dex(erg/s)"
    return [
        row(
            "log10_nu_luminosity",
            power,
            "log10 nu L_nu at 4500 A at peak",
            lambda f: _log10(frequency * f.at(f.luminosity, 0)),
        ),
        row(
            "log10_bolometric",
            power,
            "log10 of the highest bolometric luminosity",
            lambda f: _log10(f.bolometric.max(axis=1)),
        ),
        row(
            "log10_energy",
            "dex(erg)",
            "log10 of the energy radiated",
            lambda f: _log10(_DAY * f.bolometric.sum(axis=1)),
        ),
        row("ln_temperature_p0", "ln K", "temperature at peak", lambda f: np.log(f.at(f.temperature, 0))),
        row("ln_temperature_p50", "ln K", "temperature 50 d after peak", lambda f: np.log(f.at(f.temperature, 50))),
        row("log10_radius", "dex(cm)", "log10 of the radius at peak", lambda f: 0.5 * _log10(f.at(f.area, 0))),
    ]


def _residuals(h):
    def row(name, meaning, value):
        return _row(f"{h.name}_{name}", "", meaning, lambda s: value(s.fit(h)))

    made = [
        row("event_chi2", "chi-square per point within the event", lambda f: f.event.chi2),
        row("outside_chi2", "chi-square per point outside the event", lambda f: f.event.outside_chi2),
        row("event_explained", "share of the event's null chi-square explained", lambda f: f.event.explained),
        row("event_error", "median size of residuals within the event", lambda f: f.median_residual(_EVENT)),
        row("coherence", "mean product of successive residuals of a band: 0 for noise", lambda f: f.coherence()),
        row("outside_coherence", "the same outside the event", lambda f: f.coherence(~f.within(_EVENT))),
        row(
            "signed_ln_offset_gain",
            "signed ln(1 + |d|) of the fall of chi-square if every band has a constant offset",
            lambda f: _signed_log(f["chi2"] - f.offset_chi2),
        ),
        row(
            "offset_explained",
            "share of the chi-square about constants explained by the model and offsets",
            lambda f: 1.0 - divide(f.offset_chi2, f.split["constant_chi2"]),
        ),
    ]
    for k, slot in enumerate(SLOTS):
        text = f"sum of {slot} residuals within the event over sqrt(number)"
        made.append(_of_slots(row(f"pull_{slot}", text, lambda f, k=k: f.pull(_EVENT, k)), slot))
    for name, window in WINDOWS.items():
        text = f"sum of residuals from {window[0]:g} to {window[1]:g} d over sqrt(number)"
        made.append(row(f"pull_{name}", text, lambda f, w=window: f.pull(w)))
    for name in ("pre", "late", "very_late"):
        window = WINDOWS[name]
        text = f"mean flux from {window[0]:g} to {window[1]:g} d over the peak flux at 4500 A"
        made.append(row(f"level_{name}", text, lambda f, w=window: f.level(w)))
    return made


def _sampling(h):
    def row(name, unit, meaning, value):
        return _row(f"{h.name}_{name}", unit, meaning, lambda s: value(s.fit(h)))

    made = [
        row("gap_before", "d", "rest-frame days from the last point before the peak to it", lambda f: f.nearest(-1)),
        row("gap_after", "d", "rest-frame days from the peak to the next point", lambda f: f.nearest(1)),
        row("first_seen", "d", "phase of the first point above 3 sigma", lambda f: f.seen.minimum(f.seen_phase)),
        row("last_seen", "d", "phase of the last point above 3 sigma", lambda f: f.seen.maximum(f.seen_phase)),
    ]
    for name, window in WINDOWS.items():
        text = f"points above 3 sigma from {window[0]:g} to {window[1]:g} d"
        made.append(row(f"seen_{name}", "", text, lambda f, w=window: f.seen_within(w)))
    return made


def _colors(h):
    def row(name, unit, meaning, value):
        return _row(f"{h.name}_{name}", unit, meaning, lambda s: value(s.fit(h)))

    text = "blackbody temperature of the bands' amplitudes, posterior mean"
    return [
        *(
            _of_slots(
                row(f"color_{a}{b}", "mag", f"{a} - {b} of the bands' amplitudes", lambda f, k=k: f.color(k)), a, b
            )
            for k, (a, b) in enumerate(zip(SLOTS[:-1], SLOTS[1:], strict=True))
        ),
        row("ln_T", "ln K", text, lambda f: f.amplitude_blackbody[0]),
        row("ln_T_err", "ln K", "standard deviation of the same", lambda f: f.amplitude_blackbody[1]),
        row(
            "T_chi2", "", "chi-square of the amplitudes against the best blackbody", lambda f: f.amplitude_blackbody[2]
        ),
    ]


def _comparison(a, b):
    def chi2(s, name):
        return s["drw_deviance"] if name == "drw" else s[f"{name}_chi2"]

    made = [
        _row(
            f"signed_ln_chi2_{a}_{b}",
            "",
            f"signed ln(1 + |d|) of the chi-square of {a} less that of {b}",
            lambda s: _signed_log(chi2(s, a) - chi2(s, b)),
        ),
        _row(
            f"chi2_share_{a}_{b}",
            "",
            f"chi-square of {a} less that of {b}, over what {b} explains + 10",
            lambda s: (chi2(s, a) - chi2(s, b)) / (s["null_chi2"] - chi2(s, b) + 10),
        ),
    ]
    if a == "constant":
        return made
    text = f"signed ln(1 + |d|) of the log evidence of {a} less that of {b}"
    difference = _row(
        f"signed_ln_evidence_{a}_{b}", "", text, lambda s: _signed_log(s[f"{a}_ln_evidence"] - s[f"{b}_ln_evidence"])
    )
    return [*made, difference]


def _probabilities(names):
    def softmax(s, k):
        ln = 0.5 * np.array([s[f"{name}_ln_evidence"] for name in names])
        chance = np.exp(ln - ln.max(axis=0))
        return chance[k] / chance.sum(axis=0)

    text = "softmax of half the log evidence among " + ", ".join(names)
    return [_row(f"half_evidence_share_{n}", "", text, lambda s, k=k: softmax(s, k)) for k, n in enumerate(names)]
