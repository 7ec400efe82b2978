"""Empirical light-curve models that the `light-curve` package fits to each band by itself, in the rest frame.

Bazin et al. (2009, A&A 499, 653, eq. 1), with the sign of its erratum, and Villar et al. (2019, ApJ 884, 83, eq. 1):

    bazin(t)  = B + A exp(-(t - t0) / fall) / (1 + exp(-(t - t0) / rise))
    villar(t) = B + A / (1 + exp(-(t - t0) / rise)) * { 1 - nu (t - t0) / gamma               for t < t0 + gamma
                                                      { (1 - nu) exp(-(t - t0 - gamma) / fall)  after

Both are fitted by Levenberg-Marquardt (GSL's lmsder, deterministic). A failed fit is flagged in `status`.
"""

from typing import NamedTuple

import numpy as np

from mallorn.curves.segments import Segments, divide, rest_days
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "bazin", "extract", "features", "villar"]

NEEDS = ("lightcurves",)

_BAZIN = "Bazin et al. 2009, A&A 499, 653, eq. 1"
_VILLAR = "Villar et al. 2019, ApJ 884, 83, eq. 1"

_FITTED, _TOO_FEW, _TOO_FAINT, _FAILED = 0.0, 1.0, 2.0, 3.0
_SHORTEST = 1e-6  # days: a time scale that the fit drove to zero can still be divided by


class _Model(NamedTuple):
    """A model: its class in `light_curve`, its parameters in the package's order, its function and its source."""

    fitter: str
    parameters: tuple
    function: callable
    source: str


def bazin(t, p):
    """Return Bazin's model at `t` (N,) for the rows of `p` (N, 5): amplitude, baseline, t0, rise, fall."""
    amplitude, baseline, t0, rise, fall = p.T
    d, rise, fall = t - t0, np.maximum(rise, _SHORTEST), np.maximum(fall, _SHORTEST)
    return baseline + amplitude * np.exp(np.clip(-d / fall - np.logaddexp(0.0, -d / rise), -700.0, 700.0))


def villar(t, p):
    """Return Villar's model at `t` (N,) for the rows of `p` (N, 7): ..., rise, fall, nu, gamma (see the package)."""
    amplitude, baseline, t0, rise, fall, nu, gamma = p.T
    d, rise, fall = t - t0, np.maximum(rise, _SHORTEST), np.maximum(fall, _SHORTEST)
    on_plateau = 1.0 - nu * divide(d, gamma)
    after = (1.0 - nu) * np.exp(-np.maximum(d - gamma, 0.0) / fall)
    return baseline + amplitude * np.exp(-np.logaddexp(0.0, -d / rise)) * np.where(d < gamma, on_plateau, after)


_MODELS = {
    "bazin": _Model("BazinFit", ("amplitude", "baseline", "t0", "rise", "fall"), bazin, _BAZIN),
    "villar": _Model("VillarFit", ("amplitude", "baseline", "t0", "rise", "fall", "slope", "plateau"), villar, _VILLAR),
}


def features(config):
    """Return the features of both models per band, then the features over the bands `config["consistency"]`."""
    listed, ends = [], (config["consistency"][0], config["consistency"][-1])
    for name, model in _MODELS.items():
        listed += [
            Feature(
                f"{name}_status",
                "",
                "0 fitted, 1 too few points, 2 too faint, 3 no finite solution",
                model.source,
                True,
            ),
            Feature(f"{name}_height", "uJy", "largest model flux at a visit, above the baseline", model.source, True),
            Feature(f"{name}_baseline", "uJy", "baseline flux", model.source, True),
            Feature(f"{name}_baseline_share", "", "baseline over its size plus height", model.source, True),
            Feature(f"{name}_rise", "d", "rise time scale, rest frame, clipped to `times`", model.source, True),
            Feature(f"{name}_fall", "d", "fall time scale, rest frame, clipped to `times`", model.source, True),
        ]
        if "plateau" in model.parameters:
            listed += [
                Feature(f"{name}_plateau", "d", "plateau duration, rest frame, clipped to `times`", model.source, True),
                Feature(f"{name}_slope", "", "share of the amplitude lost during the plateau", model.source, True),
            ]
        listed += [
            Feature(f"{name}_chi2", "", "reduced chi-square of the fit", model.source, True),
            Feature(f"{name}_explained", "", "share of the chi-square about a constant explained", model.source, True),
            Feature(f"{name}_bands", "", "number of bands that were fitted", model.source),
            Feature(f"{name}_t0_spread", "d", "range of t0 over bands, rest frame", model.source),
            Feature(f"{name}_rise_median", "d", "median rise time scale of the bands", model.source),
            Feature(f"{name}_fall_median", "d", "median fall time scale of the bands", model.source),
            Feature(f"{name}_rise_spread", "dex", "range of log rise time scale over bands", model.source),
            Feature(f"{name}_fall_spread", "dex", "range of log fall time scale over bands", model.source),
            Feature(
                f"{name}_fall_trend",
                "dex",
                "log fall of the last band less that of the first",
                model.source,
                slots=ends,
            ),
            Feature(f"{name}_chi2_median", "", "median reduced chi-square of the bands", model.source),
            Feature(f"{name}_explained_median", "", "median share of chi-square explained", model.source),
        ]
    return listed


def extract(inputs, config):
    """Return the columns of both fits; NaN besides `status` where a band could not be fitted."""
    lightcurves = inputs.lightcurves.dereddened().in_slots()
    time = rest_days(lightcurves)
    found = {}
    for name, model in _MODELS.items():
        bands = {}
        for index, band in enumerate(SLOTS):
            bands[band] = _fit(model, lightcurves.in_band(index), time[lightcurves.band == index], config, config[name])
            found |= {f"{name}_{key}__{band}": value for key, value in bands[band].items()}
        found[f"{name}_bands"] = np.sum([bands[band]["status"] == _FITTED for band in SLOTS], axis=0).astype(float)
        found |= {f"{name}_{key}": value for key, value in _consistency(bands, config, lightcurves.passbands).items()}
    return {name: found[name.removeprefix("bazin__")] for name in columns("bazin", features(config))}


def _fit(model, lightcurves, time, config, knobs):
    """Return {name: (n,)} of the fits to one band's points at rest-frame times `time` (N,), days."""
    segments, flux, error = Segments(lightcurves.start), lightcurves.flux, lightcurves.flux_err
    enough = segments.count >= knobs["min_points"]
    bright = segments.maximum(flux / error) >= config["min_snr"]
    parameters, chi2 = _solve(model, lightcurves, time, knobs, enough & bright)
    fitted = enough & bright & np.isfinite(chi2) & np.all(np.isfinite(parameters), axis=1)
    parameters = np.where(fitted[:, None], parameters, np.nan)
    p = dict(zip(model.parameters, parameters.T, strict=True))

    here = fitted[segments.owner]
    curve = np.full(len(time), np.nan)
    curve[here] = model.function(time[here], parameters[segments.owner[here]])
    height = segments.maximum(curve) - p["baseline"]
    weight = error**-2.0
    constant = segments.mean(flux, weight)[segments.owner]
    about_constant = segments.sum((flux - constant) ** 2 * weight)
    freedom = segments.count - len(model.parameters)
    found = {
        "status": np.select([~enough, ~bright, ~fitted], [_TOO_FEW, _TOO_FAINT, _FAILED], _FITTED),
        "height": height,
        "baseline": p["baseline"],
        "baseline_share": divide(p["baseline"], np.abs(p["baseline"]) + height),
        **{name: np.clip(p[name], *config["times"]) for name in ("rise", "fall", "plateau") if name in p},
        "chi2": np.where(fitted, chi2, np.nan),
        "explained": 1.0 - divide(np.where(fitted, chi2, np.nan) * freedom, about_constant),
        "t0": p["t0"],
    }
    return found | ({"slope": p["slope"]} if "slope" in p else {})


def _solve(model, lightcurves, time, knobs, enough):
    """Return the package's parameters (n, p) and reduced chi-square (n,); NaN if there is no solution."""
    import light_curve

    fit = getattr(light_curve, model.fitter)("lmsder", lmsder_niter=knobs["iterations"])
    start, points = lightcurves.start, (time, lightcurves.flux, lightcurves.flux_err)
    chosen = np.flatnonzero(enough)
    result = np.full((len(enough), len(fit.names)), np.nan)
    if chosen.size:
        curves = [tuple(x[start[k] : start[k + 1]] for x in points) for k in chosen]
        result[chosen] = fit.many(curves, sorted=True, check=False, fill_value=np.nan, n_jobs=1)
    return result[:, : len(model.parameters)], result[:, -1]


def _consistency(bands, config, passbands):
    """Return the features over the bands `consistency`, from fits that explain enough.

    Bands that the survey lacks are skipped, unless it lacks all of them.
    """
    there = [band for band in config["consistency"] if band in passbands.slots]
    chosen = [bands[band] for band in there or config["consistency"]]
    together = {key: np.stack([fit[key] for fit in chosen]) for key in chosen[0]}
    good = np.nan_to_num(together["explained"]) >= config["min_explained"]
    for key in ("t0", "rise", "fall"):
        together[key] = np.where(good, together[key], np.nan)
    rise, fall = np.log10(together["rise"]), np.log10(together["fall"])
    return {
        "t0_spread": _spread(together["t0"]),
        "rise_median": _median(together["rise"]),
        "fall_median": _median(together["fall"]),
        "rise_spread": _spread(rise),
        "fall_spread": _spread(fall),
        "fall_trend": fall[-1] - fall[0],
        "chi2_median": _median(together["chi2"]),
        "explained_median": _median(together["explained"]),
    }


def _spread(values):
    """Return the range of the finite values over the first axis, NaN for fewer than two."""
    known = np.isfinite(values)
    low, high = np.where(known, values, np.inf).min(axis=0), np.where(known, values, -np.inf).max(axis=0)
    enough = known.sum(axis=0) > 1
    return np.subtract(high, low, out=np.full(low.shape, np.nan), where=enough)


def _median(values):
    """Return the median of the finite values over the first axis, NaN for none."""
    ordered, count = np.sort(values, axis=0), np.isfinite(values).sum(axis=0)
    last = np.maximum(count - 1, 0)
    low, high = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (last // 2, (last + 1) // 2))
    return 0.5 * (low + high)
