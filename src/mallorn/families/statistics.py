"""Statistics of each band's fluxes, mostly from the `light-curve` package, with signal-to-noise and cadence.

Fluxes are de-reddened; slopes are per rest-frame day, cadence is in observed days. The shortest gap and rest-frame
spans are left out on purpose: in simulated surveys they identify the source event instead of its type.
"""

import numpy as np
import pyarrow as pa

from mallorn.curves.segments import Segments, rest_days
from mallorn.families.family import Feature, columns
from mallorn.io.tables import arrow_array
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves",)

_PACKAGE = "light-curve (Malanchev et al. 2021, MNRAS 502, 5147)"
_KIM = "Kim et al. 2014, A&A 566, A43"
_DISANTO = "D'Isanto et al. 2016, MNRAS 457, 3119"

# class of light_curve, its arguments as keys of the config block, then (name, unit, meaning, source) of each result
_EXTRACTORS = (
    ("Mean", (), [("mean", "uJy", "mean flux", _PACKAGE)]),
    ("WeightedMean", (), [("weighted_mean", "uJy", "mean flux weighted by inverse variance", _PACKAGE)]),
    ("Median", (), [("median", "uJy", "median flux", _PACKAGE)]),
    ("Amplitude", (), [("amplitude", "uJy", "half the range of flux", _PACKAGE)]),
    ("StandardDeviation", (), [("standard_deviation", "uJy", "standard deviation of flux", _PACKAGE)]),
    ("MedianAbsoluteDeviation", (), [("mad", "uJy", "median absolute deviation from the median", _PACKAGE)]),
    (
        "InterPercentileRange",
        ("tail",),
        [("percentile_range", "uJy", "range between the outer percentiles of flux", _PACKAGE)],
    ),
    ("InterPercentileRange", (0.25,), [("quartile_range", "uJy", "range between the quartiles of flux", _PACKAGE)]),
    (
        "MagnitudePercentageRatio",
        (0.4, "tail"),
        [("core_ratio", "", "40-60% percentile range over the outer percentile range", _DISANTO)],
    ),
    (
        "MagnitudePercentageRatio",
        (0.2, "tail"),
        [("shoulder_ratio", "", "20-80% percentile range over the outer percentile range", _DISANTO)],
    ),
    (
        "MedianBufferRangePercentage",
        (0.1,),
        [("near_median", "", "fraction of points within 10% of half the range of the median", _DISANTO)],
    ),
    ("PercentAmplitude", (), [("largest_deviation", "uJy", "largest deviation from the median", _DISANTO)]),
    ("Skew", (), [("skew", "", "skewness of flux", _PACKAGE)]),
    ("Kurtosis", (), [("kurtosis", "", "excess kurtosis of flux", _PACKAGE)]),
    ("AndersonDarlingNormal", (), [("anderson_darling", "", "Anderson-Darling distance from a normal", _KIM)]),
    ("BeyondNStd", (1.0,), [("beyond_1_std", "", "fraction of points beyond 1 standard deviation", _DISANTO)]),
    ("BeyondNStd", (2.0,), [("beyond_2_std", "", "fraction of points beyond 2 standard deviations", _DISANTO)]),
    ("Cusum", (), [("cusum", "", "range of the cumulative sum of normalised flux", _KIM)]),
    ("Eta", (), [("eta", "", "mean square successive difference over variance", "von Neumann 1941, AMS 12, 367")]),
    (
        "LaflerKinmanStringLength",
        (),
        [("string_length", "", "Lafler-Kinman string length in order of time", "Lafler & Kinman 1965, ApJS 11, 216")],
    ),
    (
        "ExcessVariance",
        (),
        [
            (
                "excess_variance",
                "",
                "variance beyond the errors over squared mean flux",
                "Sanchez et al. 2017, ApJ 849, 110",
            )
        ],
    ),
    (
        "ReducedChi2",
        (),
        [("reduced_chi2", "", "reduced chi-square about the weighted mean", _PACKAGE)],
    ),
    (
        "Roms",
        (),
        [("robust_median", "", "mean absolute deviation from the median in errors", "Enoch et al. 2003, AJ 126, 1006")],
    ),
    ("StetsonK", (), [("stetson_k", "", "Stetson K about the weighted mean", "Stetson 1996, PASP 108, 851")]),
    (
        "OtsuSplit",
        (),
        [
            (
                "otsu_difference",
                "uJy",
                "difference of mean flux between Otsu's two groups",
                "Otsu 1979, IEEE Trans. SMC 9, 62",
            ),
            ("otsu_lower_std", "uJy", "standard deviation of Otsu's fainter group", "Otsu 1979, IEEE Trans. SMC 9, 62"),
            (
                "otsu_upper_std",
                "uJy",
                "standard deviation of Otsu's brighter group",
                "Otsu 1979, IEEE Trans. SMC 9, 62",
            ),
            (
                "otsu_lower_fraction",
                "",
                "fraction of points in Otsu's fainter group",
                "Otsu 1979, IEEE Trans. SMC 9, 62",
            ),
        ],
    ),
    (
        "LinearFit",
        (),
        [
            ("linear_slope", "uJy/d", "slope of a weighted straight line, rest-frame days", _PACKAGE),
            ("linear_slope_error", "uJy/d", "error of that slope", _PACKAGE),
            ("linear_chi2", "", "reduced chi-square about that line", _PACKAGE),
        ],
    ),
)

_OWN = ""


def features(config):
    """Return the features: those of `light-curve`, then signal-to-noise and cadence per band, then over all bands."""
    listed = [Feature(*made, per_band=True) for _, _, all_made in _EXTRACTORS for made in all_made]
    listed += [
        Feature("n_points", "", "number of points", _OWN, True),
        Feature("snr_max", "", "largest flux over error", _OWN, True),
        Feature("snr_median", "", "median flux over error", _OWN, True),
        Feature("snr_min", "", "least flux over error", _OWN, True),
    ]
    for s in config["snr"]:
        listed.append(Feature(f"fraction_above_{s:g}", "", f"fraction of points above {s:g} sigma", _OWN, True))
    s = config["negative_snr"]
    listed += [
        Feature(f"fraction_below_{s:g}", "", f"fraction of points below -{s:g} sigma", _OWN, True),
        Feature("gap_median", "d", "median time between visits, observed", _OWN, True),
        Feature("gap_max", "d", "largest gap between visits, observed", _OWN, True),
        Feature("span", "d", "time from first to last visit, observed", _OWN, True),
        Feature("all_n_points", "", "number of points in all bands", _OWN),
        Feature("all_snr_max", "", "largest flux over error of all bands", _OWN),
        Feature("all_snr_min", "", "least flux over error of all bands", _OWN),
        Feature("all_chi2_zero", "", "mean squared flux over error, all bands", _OWN),
    ]
    for s in config["snr"]:
        listed.append(Feature(f"all_fraction_above_{s:g}", "", f"fraction of points above {s:g} sigma", _OWN))
        listed.append(Feature(f"bands_above_{s:g}", "", f"number of bands with a point above {s:g} sigma", _OWN))
    return listed


def extract(inputs, config):
    """Return the statistics' columns; NaN where a band has too few points for one."""
    lightcurves = inputs.lightcurves.dereddened().in_slots()
    extractor = _extractor(config)
    values = {}
    for index, band in enumerate(SLOTS):
        in_band = lightcurves.in_band(index)
        found = dict(zip(_names(), _run(extractor, in_band).T, strict=True))
        found |= _signal_to_noise(in_band, config) | _cadence(in_band)
        values |= {f"statistics__{name}__{band}": value for name, value in found.items()}
    values |= {f"statistics__{name}": value for name, value in _over_bands(lightcurves, values, config).items()}
    return {name: values[name] for name in columns("statistics", features(config))}


def _names():
    return [name for _, _, made in _EXTRACTORS for name, *_ in made]


def _extractor(config):
    import light_curve

    made = []
    for name, arguments, _ in _EXTRACTORS:
        made.append(getattr(light_curve, name)(*(config[a] if isinstance(a, str) else a for a in arguments)))
    return light_curve.Extractor(*made)


def _run(extractor, lightcurves):
    """Return the extractor's features of all objects, shape (n, features), NaN where it has none."""
    lc = lightcurves
    arrays = [arrow_array(values) for values in (rest_days(lc), lc.flux, lc.flux_err)]
    points = pa.StructArray.from_arrays(arrays, names=["t", "m", "sigma"])
    curves = pa.ListArray.from_arrays(arrow_array(lc.start.astype(np.int32)), points)
    fields = {"t": "t", "m": "m", "sigma": "sigma"}
    found = extractor.many(curves, arrow_fields=fields, fill_value=np.nan, sorted=True, check=False, n_jobs=1)
    return np.where(np.isfinite(found), found, np.nan)


def _signal_to_noise(lightcurves, config):
    segments, snr = Segments(lightcurves.start), lightcurves.flux / lightcurves.flux_err
    found = {
        "n_points": segments.count.astype(float),
        "snr_max": segments.maximum(snr),
        "snr_median": segments.quantile(snr, 0.5),
        "snr_min": segments.minimum(snr),
    }
    for s in config["snr"]:
        found[f"fraction_above_{s:g}"] = segments.mean(snr > s)
    s = config["negative_snr"]
    found[f"fraction_below_{s:g}"] = segments.mean(snr < -s)
    return found


def _cadence(lightcurves):
    segments = Segments(lightcurves.start)
    i, between = segments.successive()
    gap = lightcurves.mjd[i + 1] - lightcurves.mjd[i]
    return {
        "gap_median": between.quantile(gap, 0.5),
        "gap_max": between.maximum(gap),
        "span": segments.maximum(lightcurves.mjd) - segments.minimum(lightcurves.mjd),
    }


def _over_bands(lightcurves, values, config):
    segments, snr = Segments(lightcurves.start), lightcurves.flux / lightcurves.flux_err
    found = {
        "all_n_points": segments.count.astype(float),
        "all_snr_max": segments.maximum(snr),
        "all_snr_min": segments.minimum(snr),
        "all_chi2_zero": segments.mean(snr**2),
    }
    for s in config["snr"]:
        found[f"all_fraction_above_{s:g}"] = segments.mean(snr > s)
        brightest = np.stack([values[f"statistics__snr_max__{band}"] for band in SLOTS])
        found[f"bands_above_{s:g}"] = np.where(segments.count > 0, np.sum(brightest > s, axis=0), np.nan)
    return found
