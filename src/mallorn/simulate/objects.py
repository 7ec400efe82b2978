"""Draw the objects of a simulated survey: source events and their siblings, and stars.

An object depends on the seed, on its source's number and on its own number among the siblings, never on its split.
"""

import numpy as np

from mallorn.errors import ConfigError
from mallorn.simulate import cadence
from mallorn.simulate.names import object_name, split_names
from mallorn.simulate.source import is_star
from mallorn.simulate.streams import stream
from mallorn.simulate.types import TYPES, kind_of
from mallorn.simulate.visibility import distance_distribution, redshift_distribution
from mallorn.survey.cosmology import luminosity_distance

__all__ = ["draw_objects"]

_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_LATEST = 60.0  # most days after a peak at which the epochs of an event may begin
_MARGIN = 60.0  # days without a peak at either end of the survey
_FAINTEST = 19.2  # peak magnitude at which the earlier survey of the diverse population still finds events
_NEAR = np.geomspace(0.001, 3.0, 200)  # redshifts at which it may find them
_UNITS = {
    "ebv": "mag",
    "luminosity_distance": "Mpc",
    "start_mjd": "d",
    "peak_mjd": "d",
    "rest_span": "d",
    "rest_peak": "d",
}


def draw_objects(config, passbands, seed):
    """Return the truth about all objects, {column: (n,) array}, the meanings of their names (n,), and {column: unit}.

    See `mallorn.simulate.logs.write_logs` for the arguments, the columns and the errors.
    """
    spec_types = [spec_type for spec_type, count in config["sources"].items() for _ in range(count)]
    if not spec_types:
        raise ConfigError("simulation.sources in config.yaml: expected at least one source event, found none; add some")
    drawn = [kind_of(_named(config, name)) for name in TYPES if name in spec_types]
    units = {name: unit for kind in drawn for name, unit in kind.parameters.items()}
    sources = [
        (_stars if is_star(spec_type) else _siblings)(config, passbands, seed, source, spec_type, units)
        for source, spec_type in enumerate(spec_types)
    ]
    truth = {name: np.concatenate([source[name] for source in sources]) for name in sources[0]}
    far = ~np.isnan(truth["redshift"])
    truth["luminosity_distance"][far] = luminosity_distance(truth["redshift"][far])
    names, meanings = zip(*map(object_name, range(len(truth["source"]))), strict=True)
    units = _UNITS | {name: unit for name, unit in units.items() if unit}
    return {"object_id": np.array(names), **truth}, np.array(meanings), units


def _siblings(config, passbands, seed, source, spec_type, parameters):
    """Return the truth about the siblings of source event number `source`, {column: array}, without their names.

    A sibling's redshift follows the comoving volume times the probability that the survey sees the source from there.
    """
    rng = stream(seed, "source", source)
    golden = stream(seed, "span").random() + source * _GOLDEN  # simple spans of different sources lie well apart
    shared = dict.fromkeys(parameters, np.nan) | _named(config, spec_type)
    kind = kind_of(shared)
    shared |= {"source": source, "target": int(spec_type == "TDE")}
    place = rng.uniform(0.1, 0.9)
    shared |= kind.draw(rng)
    shared["rest_span"] = _rest_span(config, golden % 1.0, None if kind.known is None else shared["magnitude"])
    anchor = shared["rest_span"] * place
    if kind.late and rng.random() < kind.late:
        anchor = -rng.uniform(0.0, _LATEST)
    shared["rest_peak"] = anchor if kind.peaks else np.nan

    counts = [1 + rng.poisson(config["siblings"][part] - 1.0) for part in ("train", "test")]
    train, n = np.arange(sum(counts)) < counts[0], sum(counts)
    redshift = np.interp(rng.random(n), *redshift_distribution(config, passbands, seed, shared))
    error = config["photometric_redshift_error"] * (1.0 + redshift) * np.exp(0.03 * rng.standard_normal(n))
    in_log = np.where(train, redshift, redshift + error * rng.standard_normal(n))
    ebv = config["ebv"]["median"] * np.exp(config["ebv"]["scatter"] * rng.standard_normal(n))
    stretch = 1.0 + redshift
    anchor_mjd = _anchor_mjd(config, rng.random(n), anchor * stretch, shared["rest_span"] * stretch)
    split = np.array(split_names(config["n_splits"]))[(config["n_splits"] * rng.random(n)).astype(int)]
    return {
        "set": np.where(train, "train", "test"),
        "split": split,
        "sibling": np.arange(n),
        "redshift": redshift,
        "log_redshift": np.array([float(f"{z:.4g}") for z in in_log]),
        "log_redshift_err": np.where(train, np.nan, error.round(5)),
        "ebv": np.clip(ebv, 0.003, 0.8).round(3),
        "start_mjd": anchor_mjd - anchor * stretch,
        "peak_mjd": np.where(np.isnan(shared["rest_peak"]), np.nan, anchor_mjd),
        **{name: np.full(n, value) for name, value in shared.items()},
        "luminosity_distance": np.full(n, np.nan),
    }


def _rest_span(config, chance, magnitude):
    """Return the rest-frame length of an event's epochs, days; chance: between 0 and 1.

    magnitude: absolute magnitude of an event that an earlier survey knew, or None. That survey saw all its events for
    the same time, so the length at the event is the shorter the farther it was: `rest_span.max` over 1 + z, or nearly.
    """
    low, high = config["rest_span"]["min"], config["rest_span"]["max"]
    if magnitude is None:
        return low + (high - low) * chance
    peak = _FAINTEST + max(np.log10(1.0 - chance) / 0.6, -3.0)
    redshift = np.interp(10.0 ** (0.2 * (peak - magnitude) - 5.0), luminosity_distance(_NEAR), _NEAR)
    return low + (high - low) * np.exp(-3.2 * redshift)


def _stars(config, passbands, seed, source, spec_type, parameters):
    """Return the truth, as `_siblings` does, about as many stars as an event has siblings, each drawn on its own.

    Stars share nothing, since no grid of epochs would tell which belong together. Their distances follow their density
    in space times the probability that the survey sees them from there.
    """
    rng, kind = stream(seed, "source", source), TYPES[spec_type]
    counts = [1 + rng.poisson(config["siblings"][part] - 1.0) for part in ("train", "test")]
    n = sum(counts)
    row = dict.fromkeys(parameters, np.nan) | _named(config, spec_type) | {"source": source, "target": 0}
    row |= {"rest_span": np.nan, "rest_peak": np.nan}
    drawn, distance = [], np.empty(n)
    for k in range(n):
        own = stream(seed, "star drawn", source, k)
        drawn.append(row | kind.draw(own, cadence.span(config)))
        cumulative, kpc = distance_distribution(config, passbands, seed, drawn[-1] | {"sibling": k})
        distance[k] = np.interp(own.random(), cumulative, kpc) / 1000.0
    ebv = config["ebv"]["median"] * np.exp(config["ebv"]["scatter"] * rng.standard_normal(n))
    split = np.array(split_names(config["n_splits"]))[(config["n_splits"] * rng.random(n)).astype(int)]
    nothing = np.full(n, np.nan)
    return {
        "set": np.where(np.arange(n) < counts[0], "train", "test"),
        "split": split,
        "sibling": np.arange(n),
        "redshift": nothing,
        "log_redshift": nothing,
        "log_redshift_err": nothing,
        "ebv": np.clip(ebv, 0.003, 0.8).round(3),
        "start_mjd": np.full(n, float(config["start_mjd"])),
        "peak_mjd": nothing,
        **{name: np.array([star[name] for star in drawn]) for name in row},
        "luminosity_distance": distance,
    }


def _named(config, spec_type):
    """Return the columns of the truth that name an object's kind: its type, and its population unless simple."""
    named = {"spec_type": spec_type}
    return named if config["population"] == "simple" else named | {"population": config["population"]}


def _anchor_mjd(config, chance, before, span):
    """Return the MJD of a sibling's anchor (the peak, if it has one), `before` days after its first epoch.

    The epochs, `span` days in all, lie anywhere in the survey. Up to a fifth of them may be outside, but never the
    anchor.
    """
    first, last = config["start_mjd"], config["start_mjd"] + 365.25 * config["years"]
    start = (first - 0.2 * span) + chance * (last - first - 0.6 * span)
    return np.clip(start + before, first + _MARGIN, last - _MARGIN)
