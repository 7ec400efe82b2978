"""The objects of a simulated survey: source events, their siblings, and the logs, as of the MALLORN challenge.

A source event is drawn once, as a light curve on 1,000 equally spaced rest-frame epochs. Each of its siblings sees it
at another redshift, behind other dust, at another time and, by `mallorn.simulate.lightcurves`, in another field. All
epochs of an object are whole multiples of d apart, with 999 d / (1 + z) the same for all siblings.

What becomes of an object depends on the seed, its source's number and its own among the siblings: never on its split.
"""

import csv
from pathlib import Path

import numpy as np

from mallorn.errors import ConfigError
from mallorn.io.files import atomic_write
from mallorn.io.tables import write_table
from mallorn.simulate import cadence
from mallorn.simulate.names import object_name, split_names
from mallorn.simulate.physics import dimming
from mallorn.simulate.source import N_EPOCHS, source_flux
from mallorn.simulate.streams import stream
from mallorn.simulate.types import TYPES
from mallorn.survey.cosmology import luminosity_distance

__all__ = ["write_logs"]

_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_REDSHIFTS = np.geomspace(0.03, 4.9, 16 * 30 + 1)
_COARSE = slice(None, None, 30)  # those at which a source's visibility is worked out
_MARGIN = 60.0  # days at either end of the survey in which nothing peaks
_UNITS = {
    "ebv": "mag",
    "luminosity_distance": "Mpc",
    "start_mjd": "d",
    "peak_mjd": "d",
    "rest_span": "d",
    "rest_peak": "d",
}


def write_logs(config, passbands, seed, folder):
    """Draw all objects; write train_log.csv, test_log.csv, sample_submission.csv and truth.parquet into `folder`.

    config: the block `simulation` of config.yaml. passbands: the `Passbands` of the survey. truth.parquet has a row
    for every object: its `object_id`, `set` (train or test), `split`, `source` (number of the source event),
    `sibling` (number within the source), `spec_type`, `target`, true `redshift`, `ebv`, `luminosity_distance`,
    `start_mjd` of the first of the 1,000 epochs, `peak_mjd` (NaN for AGN), in the rest frame the span `rest_span`
    of the epochs and the peak's time `rest_peak` after the first (NaN for AGN), the source's parameters (see
    `transients.draw` and `agn.draw`; NaN where its type has none), and the redshift and error given in the log
    (`log_redshift`, `log_redshift_err`). Returns the number of training and of test objects. Raises ConfigError if
    there is no source event.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    spec_types = [spec_type for spec_type, count in config["sources"].items() for _ in range(count)]
    if not spec_types:
        raise ConfigError("simulation.sources in config.yaml: expected at least one source event, found none; add some")
    drawn = [kind for name, kind in TYPES.items() if name in spec_types]
    units = {name: unit for kind in drawn for name, unit in kind.parameters.items()}
    distance = luminosity_distance(_REDSHIFTS)
    sources = [
        _siblings(config, passbands, seed, source, spec_type, distance, units)
        for source, spec_type in enumerate(spec_types)
    ]
    truth = {name: np.concatenate([source[name] for source in sources]) for name in sources[0]}
    truth["luminosity_distance"] = luminosity_distance(truth["redshift"])
    names, meanings = zip(*map(object_name, range(len(truth["source"]))), strict=True)
    truth = {"object_id": np.array(names), **truth}
    write_table(folder / "truth.parquet", truth, _UNITS | {name: unit for name, unit in units.items() if unit})
    return tuple(_write_log(folder, part, truth, np.array(meanings)) for part in ("train", "test"))


def _siblings(config, passbands, seed, source, spec_type, distance, parameters):
    """Return the truth about the siblings of source event number `source`, {column: array}, but for their names.

    A sibling's redshift follows the comoving volume, times how likely the survey is to see the source from there.
    """
    rng = stream(seed, "source", source)
    low, high = config["rest_span"]["min"], config["rest_span"]["max"]
    golden = stream(seed, "span").random() + source * _GOLDEN  # keeps the spans of different sources well apart
    kind = TYPES[spec_type]
    shared = dict.fromkeys(parameters, np.nan)
    shared |= {"source": source, "spec_type": spec_type, "target": int(spec_type == "TDE")}
    shared["rest_span"] = low + (high - low) * (golden % 1.0)
    anchor = shared["rest_span"] * rng.uniform(0.1, 0.9)
    shared["rest_peak"] = anchor if kind.peaks else np.nan
    shared |= kind.draw(rng)

    counts = [1 + rng.poisson(config["siblings"][part] - 1.0) for part in ("train", "test")]
    train, n = np.arange(sum(counts)) < counts[0], sum(counts)
    redshift = np.interp(rng.random(n), _redshift_distribution(config, passbands, seed, shared, distance), _REDSHIFTS)
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
    }


def _anchor_mjd(config, chance, before, span):
    """Return the MJD of a sibling's anchor (the peak, if it has one), which lies `before` days after its first epoch.

    The epochs, `span` days in all, lie anywhere in the survey, up to a fifth of them outside, but never the anchor.
    """
    first, last = config["start_mjd"], config["start_mjd"] + 365.25 * config["years"]
    start = (first - 0.2 * span) + chance * (last - first - 0.6 * span)
    return np.clip(start + before, first + _MARGIN, last - _MARGIN)


def _redshift_distribution(config, passbands, seed, row, distance):
    """Return the cumulative distribution of a source's redshift on `_REDSHIFTS`.

    dP/dz ~ dV/dz / (1 + z) x P(detected), V the comoving volume, 1 + z the dilation of the rate of events. An event is
    detected half of the time where it is expected to be seen at five sigma `min_detections` times at median depth: from
    the mean rate of visits, a transient's all in season, and the logistic approximation of the normal distribution.
    """
    z, d = _REDSHIFTS[_COARSE], distance[_COARSE]
    rest = passbands.wavelength / (1.0 + z[:, None])
    flux = source_flux(seed, row, rest.ravel()).reshape(N_EPOCHS, *rest.shape) * dimming(z, d)[:, None]
    significance = flux / cadence.median_flux_error(config, passbands)
    seen = 1.0 / (1.0 + np.exp(np.clip(1.702 * (5.0 - significance), -30.0, 30.0)))
    duty = cadence.duty(config) if TYPES[row["spec_type"]].lasts else 1.0
    visits = duty * cadence.visit_rates(config, passbands) * (row["rest_span"] / (N_EPOCHS - 1) * (1.0 + z))[:, None]
    expected = (seen.sum(axis=0) * visits).sum(axis=1)
    expected = np.exp(np.interp(np.log(_REDSHIFTS), np.log(z), np.log(expected + 1e-12)))
    detected = 1.0 / (1.0 + (config["min_detections"] / expected) ** 4)
    volume = np.gradient((distance / (1.0 + _REDSHIFTS)) ** 3)
    cumulative = np.cumsum(volume / (1.0 + _REDSHIFTS) * detected)
    return cumulative / cumulative[-1]


def _write_log(folder, part, truth, meanings):
    """Write one set's log, with the test log also the sample submission; return the number of objects."""
    member = np.flatnonzero(truth["set"] == part)
    member = member[np.lexsort((truth["object_id"][member], truth["split"][member]))]
    names = ("object_id", "log_redshift", "log_redshift_err", "ebv", "spec_type", "split", "target")
    object_id, redshift, error, ebv, spec_type, split, target = (truth[name][member].tolist() for name in names)
    meaning = meanings[member].tolist()
    empty = [""] * len(member)
    header = ["object_id", "Z", "Z_err", "EBV", "SpecType", "English Translation", "split"]
    if part == "train":
        columns = (object_id, redshift, empty, ebv, spec_type, meaning, split, target)
        _write_csv(folder / "train_log.csv", [*header, "target"], columns)
    else:
        _write_csv(folder / "test_log.csv", header, (object_id, redshift, error, ebv, empty, meaning, split))
        _write_csv(folder / "sample_submission.csv", ["object_id", "prediction"], (object_id, [0] * len(member)))
    return len(member)


def _write_csv(path, header, columns):
    """Write `columns`, quoting where a value needs it; floats in their shortest form that reads back the same."""
    with atomic_write(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*columns, strict=True))
