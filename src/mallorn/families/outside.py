"""The light curve away from the main event: a transient does nothing there, an AGN goes on as before.

The event lies between the rest-frame days `event` about the peak of the multi-band posterior. `before` and `after` are
its two sides, and `both` is the two together. Fluxes are de-reddened. The bands in `bands` are pooled in units of their
errors; other features are per band.
"""

import numpy as np

from mallorn.curves.segments import Segments, divide
from mallorn.families.family import Feature, columns
from mallorn.survey.passbands import SLOTS

__all__ = ["NEEDS", "extract", "features"]

NEEDS = ("lightcurves", "posterior")

_SIDES = ("before", "after", "both")
_OWN = ""
_BUTLER = "Butler & Bloom 2011, AJ 141, 93"
_STETSON = "Stetson 1996, PASP 108, 851"


def features(config):
    """Return the features of both sides together and apart, then per band."""
    listed, s = [], config["snr"]
    for side in _SIDES:
        where = {"before": "before the event", "after": "after the event", "both": "outside the event"}[side]
        listed += [
            Feature(f"significant_{side}", "", f"number of points above {s:g} sigma {where}", _OWN),
            Feature(f"fraction_{side}", "", f"fraction of points above {s:g} sigma {where}", _OWN),
            Feature(f"negative_{side}", "", f"fraction of points below -{s:g} sigma {where}", _OWN),
            Feature(f"chi2_{side}", "", f"mean squared flux over error {where}", _BUTLER),
            Feature(f"variability_{side}", "", f"reduced chi-square about each band's mean {where}", _BUTLER),
            Feature(f"coherence_{side}", "", f"mean product of successive deviations in errors {where}", _STETSON),
            Feature(f"snr_max_{side}", "", f"largest flux over error {where}", _OWN),
            Feature(f"mean_{side}", "", f"mean flux {where} over the peak flux, weighted by the errors", _OWN),
            Feature(f"scatter_{side}", "", f"scatter beyond the errors {where} over the peak flux, likewise", _OWN),
        ]
    listed += [
        Feature("mean_change", "", "mean flux after less before, over the peak flux", _OWN),
        Feature("log10_contrast", "dex", "mean squared flux over error within the event against outside", _OWN),
        Feature("band_mean", "uJy", "mean flux outside the event", _OWN, True),
        Feature("band_mean_snr", "", "mean flux outside the event over its error", _OWN, True),
        Feature("band_chi2", "", "reduced chi-square about the mean outside the event", _BUTLER, True),
        Feature("band_fraction", "", f"fraction of points above {s:g} sigma outside the event", _OWN, True),
    ]
    return listed


def extract(inputs, config):
    """Return the columns; NaN if the posterior has no peak or a side has too few points."""
    lightcurves, posterior = inputs.lightcurves.dereddened().in_slots(), inputs.tables["posterior"]
    found = _pooled(lightcurves, posterior, config) | _per_band(lightcurves, posterior, config)
    return {name: found[name.removeprefix("outside__")] for name in columns("outside", features(config))}


def _phase(lightcurves, posterior):
    """Return the rest-frame days from peak of each point, shape (N,)."""
    lc = lightcurves
    return (lc.mjd - posterior.peak_mjd[lc.owner]) / (1.0 + lc.rest_redshift[lc.owner])


def _sides(phase, config):
    begin, end = config["event"]
    before, after = phase < begin, phase > end
    return dict(zip(_SIDES, (before, after, before | after), strict=True))


def _pooled(lightcurves, posterior, config):
    indices = [SLOTS.index(name) for name in config["bands"] if name in lightcurves.passbands.slots]
    lc = lightcurves.where(np.isin(lightcurves.band, indices))
    phase = _phase(lc, posterior)
    segments, snr = Segments(lc.start), lc.flux / lc.flux_err
    top = np.where(posterior.band_peak_flux > 0, posterior.band_peak_flux, np.nan)[lc.owner, lc.band]
    scaled, weight = lc.flux / top, (top / lc.flux_err) ** 2
    found = {}
    for side, chosen in _sides(phase, config).items():
        part = lc.where(chosen)
        found |= {f"{name}_{side}": value for name, value in _side(part, indices, snr[chosen], config).items()}
        usable = chosen & np.isfinite(scaled)
        of, f, w = segments.where(usable), scaled[usable], weight[usable]
        mean = of.mean(f, w)
        excess = divide(of.sum(w * (f - mean[of.owner]) ** 2) - (of.count - 1), of.sum(w))
        enough = of.count >= config["min_points"]
        found[f"mean_{side}"] = np.where(enough, mean, np.nan)
        found[f"scatter_{side}"] = np.where(enough, np.sqrt(np.maximum(excess, 0.0)), np.nan)
    found["mean_change"] = found["mean_after"] - found["mean_before"]
    inside = (phase >= config["event"][0]) & (phase <= config["event"][1])
    ratio = divide(segments.where(inside).mean(snr[inside] ** 2), found["chi2_both"])
    found["log10_contrast"] = np.log10(ratio, out=np.full(len(lc), np.nan), where=ratio > 0)
    return found


def _side(lc, indices, snr, config):
    """Return the features of one side that need no scale. lc: its points; snr: their flux over error."""
    segments = Segments(lc.start)
    above, below = snr > config["snr"], snr < -config["snr"]
    squares, freedom, products, number = (np.zeros(len(lc)) for _ in range(4))
    for index in indices:
        here = lc.band == index
        one, flux, error = segments.where(here), lc.flux[here], lc.flux_err[here]
        deviation = (flux - one.mean(flux, error**-2.0)[one.owner]) / error
        i, between = one.successive()
        squares += one.sum(deviation**2)
        freedom += np.maximum(one.count - 1, 0)
        products += between.sum(deviation[i] * deviation[i + 1])
        number += between.count
    found = {
        "significant": segments.sum(above),
        "fraction": segments.mean(above),
        "negative": segments.mean(below),
        "chi2": segments.mean(snr**2),
        "variability": divide(squares, freedom),
        "coherence": divide(products, number),
        "snr_max": segments.maximum(snr),
    }
    return {name: np.where(segments.count >= config["min_points"], value, np.nan) for name, value in found.items()}


def _per_band(lightcurves, posterior, config):
    phase = _phase(lightcurves, posterior)
    chosen = _sides(phase, config)["both"]
    found = {}
    for index, band in enumerate(SLOTS):
        lc = lightcurves.where(chosen & (lightcurves.band == index))
        segments, weight = Segments(lc.start), lc.flux_err**-2.0
        mean = segments.mean(lc.flux, weight)
        chi2 = segments.sum(weight * (lc.flux - mean[segments.owner]) ** 2)
        in_band = {
            "band_mean": mean,
            "band_mean_snr": mean * np.sqrt(segments.sum(weight)),
            "band_chi2": divide(chi2, segments.count - 1),
            "band_fraction": segments.mean(lc.flux > config["snr"] * lc.flux_err),
        }
        enough = segments.count >= config["min_points"]
        found |= {f"{name}__{band}": np.where(enough, value, np.nan) for name, value in in_band.items()}
    return found
