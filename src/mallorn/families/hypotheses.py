"""Features from fits of the physical hypotheses: parameters, energies, evidences and residuals.

A hypothesis is one of `mallorn.hypotheses.models`; fits come from `mallorn.hypotheses.fit`. Phases are rest-frame days
from the peak of the fitted light curve at 4500 A. Residuals are (flux - model) / error; errors include the fits' floor.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mallorn.curves.segments import divide
from mallorn.errors import ConfigError
from mallorn.families.family import Feature, columns, once_a_block
from mallorn.hypotheses.fit import chosen_hypotheses
from mallorn.hypotheses.fitted import EVENT, WINDOWS, FittedSplit
from mallorn.hypotheses.models import REFERENCE
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves", "fits/hypotheses")

_DAY = 86400.0
_LIGHT = 2.99792458e18  # angstrom / s

_SOURCE = "mallorn.hypotheses"


def features(config):
    """Return the features of the hypotheses that config names, in order."""
    return [row.feature for row in _catalogue(config)]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    split = FittedSplit(inputs.lightcurves, inputs.tables["fits/hypotheses"])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rows = _catalogue(config)
        values = [row.value(split) for row in rows]
    return dict(zip(columns("hypotheses", [row.feature for row in rows]), values, strict=True))


def _log10(values):
    return np.where(values > 0, np.log10(values), np.nan)


def _signed_log(values):
    return np.sign(values) * np.log1p(np.abs(values))


class _Row(NamedTuple):
    """A feature and the function that computes it from a `FittedSplit`."""

    feature: Feature
    value: Callable


def _row(name, unit, meaning, value, source=_SOURCE):
    return _Row(Feature(name, unit, meaning, source), value)


def _of_slots(row, *slots):
    """Return a row whose feature needs passbands in `slots`."""
    return row._replace(feature=row.feature._replace(slots=slots))


@once_a_block
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
        row("event_error", "median size of residuals within the event", lambda f: f.median_residual(EVENT)),
        row("coherence", "mean product of successive residuals of a band: 0 for noise", lambda f: f.coherence()),
        row("outside_coherence", "the same outside the event", lambda f: f.coherence(~f.within(EVENT))),
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
        made.append(_of_slots(row(f"pull_{slot}", text, lambda f, k=k: f.pull(EVENT, k)), slot))
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
