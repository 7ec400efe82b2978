"""Shape of the light curve, read from one smooth rest-frame curve of several bands without a parametric model.

See `mallorn.curves.smoothing` for the curve. Its peak is where the flux less `peak_sigma` standard errors is largest.
Times are rest-frame days; levels are fractions of the flux at peak. A level that the curve does not reach on that
side of the peak gives NaN.
"""

import numpy as np

from mallorn.curves.segments import Segments, divide, rest_days
from mallorn.curves.smoothing import smooth_curves
from mallorn.errors import ConfigError
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves",)

_OWN = ""
_VELZEN = "van Velzen et al. 2021, ApJ 908, 4"


def features(config):
    """Return the features: peak, times at levels, energy-like percentiles, peaks, smoothness, plateau, phases.

    Raises ConfigError if `duty_level` or one of `stretch` is not among `levels`.
    """
    missing = {config["duty_level"], *config["stretch"]} - set(config["levels"])
    if missing:
        raise ConfigError(
            f"features.shape: duty_level and stretch must be among levels {config['levels']}, got {sorted(missing)}; "
            "add them to levels or drop them"
        )
    listed = [
        Feature("peak_flux", "uJy", "smoothed flux at peak, in the first band's scale", _OWN),
        Feature("peak_snr", "", "smoothed flux at peak over its error", _OWN),
    ]
    for level in config["levels"]:
        p = _percent(level)
        listed += [
            Feature(f"rise_{p}", "d", f"rest-frame time from {p}% of peak to peak", _VELZEN),
            Feature(f"fall_{p}", "d", f"rest-frame time from peak to {p}% of peak", _VELZEN),
            Feature(f"above_{p}", "d", f"rest-frame time above {p}% of peak in all", _OWN),
            Feature(f"asymmetry_{p}", "", f"(fall - rise) / (fall + rise) at {p}% of peak", _VELZEN),
        ]
    listed += [
        Feature("fall_stretch", "", "time between the lower two levels of `stretch` over the upper two", _OWN),
        Feature("robust_duration", "d", "rest-frame time from 10% to 90% of the summed positive flux", _OWN),
        Feature("robust_asymmetry", "", "asymmetry of the 10%, 50%, 90% times of the summed positive flux", _OWN),
        Feature("duty_cycle", "", "share of the observed time above `duty_level` of peak", _OWN),
        Feature("n_peaks", "", "number of peaks that stand out by `prominence` of peak and its errors", _OWN),
        Feature("second_peak", "", "flux of the second highest peak over the highest, 0 if there is none", _OWN),
        Feature("second_peak_delay", "d", "rest-frame time from the highest to the second highest peak", _OWN),
        Feature("rebrightening", "", "largest rise after the peak over the peak flux", _OWN),
        Feature("rebrightening_snr", "", "largest rise after the peak over its error", _OWN),
        Feature("precursor", "", "largest fall before the peak over the peak flux", _OWN),
        Feature("precursor_snr", "", "largest fall before the peak over its error", _OWN),
        Feature("rise_monotonicity", "", "net change over summed changes before the peak, within `window`", _OWN),
        Feature("fall_monotonicity", "", "net change over summed changes after the peak, within `window`", _OWN),
        Feature("variation", "", "summed changes over twice the peak flux, within `window`", _OWN),
        Feature("roughness", "", "mean squared deviation of points from the curve in errors", _OWN),
        Feature("inflections", "", "sign changes of the curvature on the grid `grid`", _OWN),
        Feature("slow_fraction", "", "share of the grid after peak that is flat (`plateau`) and above its floor", _OWN),
    ]
    for begin, end in _windows(config):
        meaning = f"mean flux {begin:g} to {end:g} rest-frame days from peak, over the peak flux"
        listed.append(Feature(_window_name(begin, end), "", meaning, _OWN))
    for s in config["bright_snr"]:
        meaning = f"rest-frame time from the first to the last point above {s:g} sigma"
        listed.append(Feature(f"bright_span_{s:g}", "d", meaning, _OWN, per_band=True))
    return listed


def extract(inputs, config):
    """Return the shape columns; all NaN for an object whose smooth curve is nowhere positive."""
    lightcurves = inputs.lightcurves.dereddened().in_slots()
    curve = smooth_curves(lightcurves, **config["smoothing"])
    found = _shape(curve, config)
    found |= _bright_spans(lightcurves, config)
    return {name: found[name.removeprefix("shape__")] for name in columns("shape", features(config))}


def _shape(curve, config):
    segments = curve.segments
    at = curve.peak(config["peak_sigma"])
    seen = (at >= 0) & (np.append(curve.flux, 0.0)[at] > 0)
    peak = np.where(seen, np.append(curve.flux, np.nan)[at], np.nan)
    found = {"peak_flux": peak, "peak_snr": peak / np.append(curve.error, np.nan)[at]}

    scaled = curve._replace(
        time=curve.time - np.append(curve.time, np.nan)[at][segments.owner],
        raw=curve.raw / peak[segments.owner],
        raw_error=curve.raw_error / peak[segments.owner],
        flux=curve.flux / peak[segments.owner],
        error=curve.error / peak[segments.owner],
    )
    found |= _levels(scaled, at, config)
    found |= _percentiles(scaled)
    found |= _peaks(scaled, config)
    found |= _reversals(scaled)
    found |= _smoothness(scaled, config)
    found |= _on_grid(scaled, config)
    found |= _phases(scaled, config)
    return {name: np.where(seen, value, np.nan) for name, value in found.items()}


def _levels(curve, at, config):
    """Return the times at and above each level. The peak of `curve`, point number `at`, is at time 0 with flux 1."""
    segments = curve.segments
    number, place = np.arange(len(curve.time)), at[segments.owner]
    i, between = segments.successive()
    low, high = np.minimum(curve.flux[i], curve.flux[i + 1]), np.maximum(curve.flux[i], curve.flux[i + 1])
    step = curve.time[i + 1] - curve.time[i]
    found = {}
    for level in config["levels"]:
        below = curve.flux < level
        before, after = below & (number < place), below & (number > place)
        rise = -_crossing(curve, segments.where(before).maximum(number[before]), 1, level)
        fall = _crossing(curve, segments.where(after).minimum(number[after]), -1, level)
        share = np.where(high > low, np.clip(divide(high - level, high - low), 0.0, 1.0), high >= level)
        p = _percent(level)
        found |= {
            f"rise_{p}": rise,
            f"fall_{p}": fall,
            f"above_{p}": between.sum(share * step),
            f"asymmetry_{p}": divide(fall - rise, fall + rise),
        }
        if level == config["duty_level"]:
            found["duty_cycle"] = divide(found[f"above_{p}"], between.sum(step))
    upper, middle, lower = (found[f"fall_{_percent(level)}"] for level in config["stretch"])
    found["fall_stretch"] = divide(lower - middle, middle - upper)
    return found


def _crossing(curve, outer, towards_peak, level):
    """Return the time at which the line from point `outer` (below) to its neighbour nearer the peak reaches `level`."""
    known = np.isfinite(outer)
    out = np.where(known, outer, 0).astype(np.int64)
    time, flux = (np.append(x, [np.nan, np.nan]) for x in (curve.time, curve.flux))
    inner = out + np.where(known, towards_peak, 0)
    share = divide(level - flux[out], flux[inner] - flux[out])
    return np.where(known, time[out] + share * (time[inner] - time[out]), np.nan)


def _percentiles(curve):
    time = curve.segments.padded(curve.time)
    flux = np.maximum(curve.segments.padded(curve.flux, 0.0), 0.0)
    area = np.nan_to_num(0.5 * (flux[:, 1:] + flux[:, :-1]) * np.diff(time, axis=1))
    summed = np.concatenate([np.zeros((len(time), 1)), np.cumsum(area, axis=1)], axis=1)[:, : time.shape[1]]
    t10, t50, t90 = (_when(time, summed, q) for q in (0.1, 0.5, 0.9))
    return {"robust_duration": t90 - t10, "robust_asymmetry": divide((t90 - t50) - (t50 - t10), t90 - t10)}


def _when(time, summed, share):
    """Return the times (n,) at which the rows of `summed` reach `share` of their last values, interpolated linearly."""
    if not time.shape[1]:
        return np.full(len(time), np.nan)
    rows = np.arange(len(time))
    target = share * summed[:, -1]
    right = np.maximum(np.argmax(summed >= target[:, None], axis=1), 1) if time.shape[1] > 1 else np.zeros_like(rows)
    left = np.maximum(right - 1, 0)
    part = divide(target - summed[rows, left], summed[rows, right] - summed[rows, left])
    return time[rows, left] + part * (time[rows, right] - time[rows, left])


def _peaks(curve, config):
    """Return number, height and position of peaks that stand out: turning points with hysteresis, in order of time."""
    time, flux, error = (curve.segments.padded(x) for x in (curve.time, curve.flux, curve.error))
    n = len(time)
    climbing, count = np.ones(n, dtype=bool), np.zeros(n)
    extreme, extreme_error, extreme_time = np.full(n, -np.inf), np.zeros(n), np.zeros(n)
    heights, times = np.full((2, n), -np.inf), np.full((2, n), np.nan)

    def keep(peaks):
        """Count the extremes of `peaks` (n,) bool as peaks, the highest two kept in order of height."""
        count[peaks] += 1
        highest, second = peaks & (extreme > heights[0]), peaks & (extreme > heights[1])
        heights[1] = np.where(highest, heights[0], np.where(second, extreme, heights[1]))
        times[1] = np.where(highest, times[0], np.where(second, extreme_time, times[1]))
        heights[0] = np.where(highest, extreme, heights[0])
        times[0] = np.where(highest, extreme_time, times[0])

    for t, f, e in zip(time.T, flux.T, error.T, strict=True):
        here = np.isfinite(f)
        prominence = np.maximum(config["prominence"], config["prominence_sigma"] * np.hypot(e, extreme_error))
        turned = here & np.where(climbing, f < extreme - prominence, f > extreme + prominence)
        keep(turned & climbing)
        climbing ^= turned
        further = here & (turned | np.where(climbing, f > extreme, f < extreme))
        extreme, extreme_error = np.where(further, f, extreme), np.where(further, e, extreme_error)
        extreme_time = np.where(further, t, extreme_time)
    keep(climbing & np.isfinite(extreme))
    second = np.maximum(divide(heights[1], np.maximum(heights[0], 0.0)), 0.0)
    return {"n_peaks": count, "second_peak": np.where(count > 1, second, 0.0), "second_peak_delay": times[1] - times[0]}


def _reversals(curve):
    """Return the largest rise after the peak and the largest fall before it, over peak flux and over their errors."""
    time, flux, error = (curve.segments.padded(x) for x in (curve.time, curve.flux, curve.error))
    found = {}
    for name, order in (("rebrightening", slice(None)), ("precursor", slice(None, None, -1))):
        t, f, e = (x[:, order] for x in (time, flux, error))
        outside = ~((t >= 0) if name == "rebrightening" else (t <= 0))
        lowest = np.minimum.accumulate(np.where(outside, np.inf, f), axis=1)
        lowest_error = np.take_along_axis(e, _latest(~outside & (f == lowest)), axis=1)
        rise = np.where(outside, 0.0, f - np.where(np.isfinite(lowest), lowest, 0.0))
        noise = np.where(outside, 1.0, np.hypot(e, lowest_error))
        found[name] = rise.max(axis=1, initial=0.0)
        found[f"{name}_snr"] = np.where(rise > 0, rise / noise, 0.0).max(axis=1, initial=0.0)
    return found


def _latest(hit):
    """Return, for each position in the rows of `hit`, the last true position up to it, 0 if there is none."""
    return np.maximum.accumulate(np.where(hit, np.arange(hit.shape[1]), 0), axis=1)


def _smoothness(curve, config):
    segments = curve.segments
    begin, end = config["window"]
    i, between = segments.successive()
    inside = (curve.time[i] >= begin) & (curve.time[i + 1] <= end)
    change = np.diff(curve.flux)[i]
    rising, falling = inside & (curve.time[i + 1] <= 0), inside & (curve.time[i] >= 0)
    within = (curve.time >= begin) & (curve.time <= end)
    deviation = ((curve.raw - curve.flux)[within] / curve.raw_error[within]) ** 2

    def part(which):
        chosen = between.where(which)
        return chosen.sum(change[which]), chosen.sum(np.abs(change[which]))

    (up, up_all), (down, down_all), (_, total) = part(rising), part(falling), part(inside)
    least = config["least_change"]
    return {
        "rise_monotonicity": np.where(up_all > least, divide(up, up_all), np.nan),
        "fall_monotonicity": np.where(down_all > least, divide(-down, down_all), np.nan),
        "variation": 0.5 * total,
        "roughness": segments.where(within).mean(deviation),
    }


def _on_grid(curve, config):
    """Return the features of the curve at equally spaced phases, linearly between its points."""
    grid = np.arange(
        config["grid"]["start"], config["grid"]["stop"] + 0.5 * config["grid"]["step"], config["grid"]["step"]
    )
    start = curve.segments.start
    flux = np.full((len(curve.segments), len(grid)), np.nan)
    for k in np.flatnonzero(curve.segments.count):
        s = slice(start[k], start[k + 1])
        flux[k] = np.interp(grid, curve.time[s], curve.flux[s], left=np.nan, right=np.nan)
    bend = np.diff(flux, 2, axis=1)
    bent = np.where(np.abs(bend) > config["least_change"], np.sign(bend), 0.0)
    before = np.take_along_axis(bent, np.maximum(_latest(bent != 0)[:, :-1], 0), axis=1)
    slope = np.abs(np.diff(flux, axis=1)) / config["grid"]["step"]
    after = (grid[:-1] >= 0) & np.isfinite(slope)
    floor, steepest = config["plateau"]["floor"], config["plateau"]["slope"]
    flat = after & (slope < steepest) & (flux[:, 1:] > floor)
    return {
        "inflections": np.sum(bent[:, 1:] * before < 0, axis=1).astype(float),
        "slow_fraction": divide(flat.sum(axis=1), after.sum(axis=1)),
    }


def _phases(curve, config):
    found = {}
    for begin, end in _windows(config):
        within = (curve.time >= begin) & (curve.time < end)
        weight = curve.raw_error[within] ** -2.0
        found[_window_name(begin, end)] = curve.segments.where(within).mean(curve.raw[within], weight)
    return found


def _bright_spans(lightcurves, config):
    found = {}
    for index, band in enumerate(SLOTS):
        in_band = lightcurves.in_band(index)
        segments, time, snr = Segments(in_band.start), rest_days(in_band), in_band.flux / in_band.flux_err
        for s in config["bright_snr"]:
            span = segments.span(time, snr > s)
            found[f"bright_span_{s:g}__{band}"] = np.where(segments.count > 0, span, np.nan)
    return found


def _percent(level):
    return f"{100 * level:g}"


def _windows(config):
    edges = config["phases"]
    return list(zip(edges[:-1], edges[1:], strict=True))


def _window_name(begin, end):
    return f"flux_{begin:g}_{end:g}".replace("-", "m")
