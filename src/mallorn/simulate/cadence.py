"""Visits of one field by a wide survey over ten years: LSST's way of observing, or a simple one for other surveys.

LSST chooses the passbands of a night by the age of the moon (`_NIGHTS`). A survey with other passbands makes one visit
in each of them on every night on which it sees the field.
"""

from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError
from mallorn.survey.passbands import LSST, shipped_depths

__all__ = [
    "duty",
    "flux_error",
    "median_depth",
    "median_flux_error",
    "saturation",
    "span",
    "star_error",
    "visit_rates",
    "visits",
]

_YEAR = 365.25
_NEW_MOON = 51549.76  # MJD, 2000-01-06
_LUNATION = 29.530588  # d
_RANGE = 8.0  # magnitudes from the five-sigma depth to saturation: LSST's 24 and 16, ZTF's 20.6 and 12.6

# The bands observed in one night, the share of nights that do so, and how much they prefer a dark night. LSST makes two
# visits half an hour apart, mostly in neighbouring bands, u and g in dark time, z and y in bright time (Bianco et al.
# 2022, ApJS 258, 1). Shares are as in the MALLORN data, where visits of one grid epoch merge.
_NIGHTS = (
    ("iz", 0.156, -0.4),
    ("y", 0.150, -2.5),
    ("ri", 0.112, 0.6),
    ("r", 0.100, 0.7),
    ("i", 0.092, -0.1),
    ("z", 0.085, -0.8),
    ("gr", 0.090, 0.7),
    ("zy", 0.083, -2.0),
    ("ur", 0.068, 3.5),
    ("ug", 0.046, 3.5),
    ("g", 0.016, 0.8),
    ("u", 0.016, 3.5),
)
_BANDS_OF_NIGHT = np.array([[band in bands for band in LSST.names] for bands, _, _ in _NIGHTS])
_SHARE = np.array([share for _, share, _ in _NIGHTS]) / sum(share for _, share, _ in _NIGHTS)
_SCATTER = np.array([0.78, 1.0, 1.0, 1.0, 0.86, 0.78])  # of the depth from visit to visit, relative to that in r
_DARKNESS = np.array([darkness for _, _, darkness in _NIGHTS])


def visits(rng, config, passbands):
    """Return the visits of one new field: MJD (V,), index of the passband (V,), five-sigma depth (V,), AB magnitudes.

    config: the keys `survey`, `start_mjd`, `years`, `season_length`, `nights_per_season`, `deep_fraction`,
    `deep_factor`, `depth`, `depth_scatter` and `empty_band_fraction` of the block `simulation` of config.yaml. A field
    is seen for one season a year, more often in some years than in others (LSST's rolling cadence). A deep field is
    seen on more nights and, by LSST, in twice as many bands. In the diverse `population` fields differ more (`_field`).
    passbands: those of the survey. Raises ConfigError as `median_depth` does.
    """
    deep = rng.random() < config["deep_fraction"]
    first = config["start_mjd"] - _YEAR * rng.random()
    field = _field(rng, config, passbands, deep)
    nights = rng.poisson(config["nights_per_season"] * (config["deep_factor"] if deep else 1.0) * field.rolling)
    season = np.repeat(np.arange(len(nights)), nights)
    mjd = first + _YEAR * season + field.season * rng.random(len(season))
    if passbands == LSST:
        observed = _bands(rng, mjd) | (_bands(rng, mjd) if deep else False)
    else:
        observed = np.ones((len(mjd), len(passbands)), dtype=bool)
    for outermost in (0, -1):
        observed[:, outermost] &= rng.random() >= config["empty_band_fraction"]
    in_survey = (mjd >= config["start_mjd"]) & (mjd <= config["start_mjd"] + _YEAR * config["years"])
    night, band = np.nonzero(observed & in_survey[:, None])
    seeing = np.log(rng.exponential(size=len(mjd)))[night] + 0.37  # median 0, with a tail of bad nights
    scatter = 0.6 * seeing + 0.55 * rng.standard_normal(len(night))
    depth = median_depth(config, passbands) + field.depth
    return mjd[night], band, depth[band] + config["depth_scatter"] * field.scatter[band] * scatter


class _Field(NamedTuple):
    """What a field is like.

    season: length of its seasons, days. rolling: (Y,) nights of a year over those of a mean year. depth: (B,) by how
    many magnitudes it is deeper than others. scatter: (B,) scatter of the depth from visit to visit, over that of r.
    """

    season: float
    rolling: np.ndarray
    depth: np.ndarray
    scatter: np.ndarray


def _field(rng, config, passbands, deep):
    """Return the `_Field` of a new field.

    In the diverse population seasons are 1.1 +- 0.2 times as long as configured, years differ more, but not their sum,
    and depths differ by 0.1 mag. The scatter of these numbers, and that of depths in `_SCATTER`, are those of the
    visits of the MALLORN data.
    """
    n, years = len(passbands), config["years"] + 1
    if config.get("population") != "diverse":
        rolling = np.ones(years) if deep else rng.gamma(5.0, 0.2, years)
        return _Field(config["season_length"], rolling, np.zeros(n), np.ones(n))
    season = config["season_length"] * float(np.clip(rng.normal(1.1, 0.2), 0.6, 1.5))
    rolling = np.ones(years) if deep else rng.gamma(2.0, 1.0, years)
    depth = 0.09 * rng.standard_normal() + 0.04 * rng.standard_normal(n)
    return _Field(season, rolling / rolling.mean(), depth, _SCATTER if passbands == LSST else np.ones(n))


def _bands(rng, mjd):
    """Return which of LSST's bands are observed on each night (N, B): it depends on chance and the age of the moon."""
    darkness = np.cos(2.0 * np.pi * (mjd - _NEW_MOON) / _LUNATION)
    weight = _SHARE * np.exp(_DARKNESS * darkness[:, None]) / np.i0(_DARKNESS)
    cumulative = np.cumsum(weight, axis=1)
    choice = (cumulative < (rng.random(len(mjd)) * cumulative[:, -1])[:, None]).sum(axis=1)
    return _BANDS_OF_NIGHT[choice]


def visit_rates(config, passbands):
    """Return the mean number of visits a day in each passband (B,), for a field in season that is not deep."""
    share = _SHARE @ _BANDS_OF_NIGHT if passbands == LSST else np.ones(len(passbands))
    return config["nights_per_season"] / config["season_length"] * share


def duty(config):
    """Return the part of the year in which a field is in season."""
    return config["season_length"] / _YEAR


def span(config):
    """Return the length of the survey, days."""
    return _YEAR * config["years"]


def flux_error(depth):
    """Return the error, microjansky, at the five-sigma `depth` in AB magnitudes: a fifth of the depth's flux."""
    return 0.2 * 10.0 ** (0.4 * (23.9 - np.asarray(depth)))


def star_error(flux, error):
    """Return the error of a star, microjansky, if an object without light has `error`; arguments broadcast.

    flux: of the direct image, microjansky. The star's own photons and half a percent of its flux add to `error`:
    sigma^2 = 0.001 F F_5 + (0.005 F)^2, where F_5 is the flux at five sigma, after Ivezic et al. (2019, ApJ 873, 111),
    eq. 5.
    """
    bright = np.maximum(flux, 0.0)
    return np.sqrt(error**2 + 0.001 * bright * 5.0 * error + (0.005 * bright) ** 2)


def saturation(config, passbands):
    """Return the flux in direct images, microjansky, at which pixels saturate, in each passband (B,)."""
    return 10.0 ** (0.4 * (23.9 - median_depth(config, passbands) + _RANGE))


def median_flux_error(config, passbands):
    """Return the error, microjansky, of a visit of median depth in each passband (B,)."""
    return flux_error(median_depth(config, passbands))


def median_depth(config, passbands):
    """Return the median five-sigma depth of each passband (B,), AB magnitudes; raise ConfigError if one has none.

    Passbands that `depth` in `config` does not name have the depth of the shipped survey `survey`.
    """
    depth = shipped_depths(config["survey"]) | config["depth"]
    missing = [name for name in passbands.names if name not in depth]
    if missing:
        raise ConfigError(
            f"simulation.depth: expected a depth of every passband of the simulated survey, found none of "
            f"{', '.join(missing)}; add them (AB magnitude at five sigma)"
        )
    return np.array([depth[name] for name in passbands.names], dtype=float)
