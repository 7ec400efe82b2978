"""The objects of a simulated survey: source events, their siblings, and the logs, as of the MALLORN challenge.

A source event is drawn once, as a light curve on 1,000 equally spaced rest-frame epochs. Each of its siblings sees it
at another redshift, behind other dust, at another time and, by `mallorn.simulate.lightcurves`, in another field. All
epochs of an object are whole multiples of d apart, with 999 d / (1 + z) the same for all siblings.

What becomes of an object depends on the seed, its source's number and its own among the siblings: never on its split.
"""

import csv
from pathlib import Path

import numpy as np

from mallorn.bands import WAVELENGTHS
from mallorn.cosmology import luminosity_distance
from mallorn.simulate import agn, cadence, transients
from mallorn.simulate.names import object_name, split_names
from mallorn.simulate.physics import dimming
from mallorn.simulate.source import N_EPOCHS, source_flux
from mallorn.simulate.streams import stream
from mallorn.tables import write_table

__all__ = ["TRUTH_UNITS", "write_logs"]

_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_REDSHIFTS = np.geomspace(0.03, 4.9, 24 * 20 + 1)
_COARSE = slice(None, None, 20)  # the redshifts at which a source's visibility is worked out
_MARGIN = 60.0  # days at either end of the survey in which nothing peaks
_PARAMETERS = ("magnitude", "log_black_hole_mass", "rise", "decay", "temperature", "heating", "plateau", "decline")
_PARAMETERS += ("fall", "hot", "floor", "cooled", "cooling", "blanketing")
_COLUMNS = ("set", "split", "source", "sibling", "spec_type", "target", "redshift", "log_redshift", "log_redshift_err")
_COLUMNS += ("ebv", "luminosity_distance", "start_mjd", "peak_mjd", "rest_span", "rest_peak", *_PARAMETERS)

TRUTH_UNITS = {
    "ebv": "mag",
    "luminosity_distance": "Mpc",
    "start_mjd": "d",
    "peak_mjd": "d",
    "rest_span": "d",
    "rest_peak": "d",
    "magnitude": "mag",
    "log_black_hole_mass": "log10 solar masses",
    "rise": "d",
    "decay": "d",
    "temperature": "K",
    "heating": "1 / (100 d)",
    "plateau": "d",
    "decline": "1 / d",
    "fall": "d",
    "hot": "K",
    "floor": "K",
    "cooled": "d",
    "cooling": "d",
}
"""Units of the columns of truth.parquet; times of the light curves' shapes are in the rest frame."""


def write_logs(config, seed, folder):
    """Draw all objects; write train_log.csv, test_log.csv, sample_submission.csv and truth.parquet into `folder`.

    config: the block `simulation` of config.yaml. truth.parquet has a row for every object: its `object_id`, `set`
    (train or test), `split`, `source` (number of the source event), `sibling` (number within the source), `spec_type`,
    `target`, true `redshift`, `ebv`, `luminosity_distance`, `start_mjd` of the first of the 1,000 epochs, `peak_mjd`
    (NaN for AGN), in the rest frame the span `rest_span` of the epochs and the peak's time `rest_peak` after the first
    (NaN for AGN), the source's parameters (see `transients.draw` and
    `agn.draw`; NaN where its type has none), and the redshift and error given in the log (`log_redshift`,
    `log_redshift_err`). Returns the number of training and of test objects.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    distance = luminosity_distance(_REDSHIFTS)
    spec_types = [spec_type for spec_type, count in config["sources"].items() for _ in range(count)]
    rows = [
        row
        for number, spec_type in enumerate(spec_types)
        for row in _siblings(config, seed, number, spec_type, distance)
    ]
    truth = {name: np.array([row.get(name, np.nan) for row in rows]) for name in _COLUMNS}
    named = [object_name(number) for number in range(len(rows))]
    truth = {"object_id": np.array([name for name, _ in named]), **truth}
    truth["luminosity_distance"] = luminosity_distance(truth["redshift"])
    write_table(folder / "truth.parquet", truth, TRUTH_UNITS)
    meanings = [meaning for _, meaning in named]
    return tuple(_write_log(folder, part, truth, meanings) for part in ("train", "test"))


def _siblings(config, seed, source, spec_type, distance):
    """Return the truth of each sibling of source event number `source`, as a list of rows without names.

    A sibling's redshift follows the comoving volume, times how likely the survey is to see the source from there.
    """
    rng = stream(seed, "source", source)
    low, high = config["rest_span"]["min"], config["rest_span"]["max"]
    golden = stream(seed, "span").random() + source * _GOLDEN  # keeps the spans of different sources well apart
    shared = {"source": source, "spec_type": spec_type, "target": int(spec_type == "TDE")}
    shared["rest_span"] = low + (high - low) * (golden % 1.0)
    anchor = shared["rest_span"] * rng.uniform(0.1, 0.9)
    shared |= {"rest_peak": np.nan} if spec_type == "AGN" else {"rest_peak": anchor}
    shared |= agn.draw(rng) if spec_type == "AGN" else transients.draw(spec_type, rng)

    parts = [part for part in ("train", "test") for _ in range(1 + rng.poisson(config["siblings"][part] - 1.0))]
    n = len(parts)
    cumulative = _redshift_distribution(config, seed, shared, distance)
    redshift = np.interp(rng.random(n), cumulative, _REDSHIFTS)
    ebv = np.clip(config["ebv"]["median"] * np.exp(config["ebv"]["scatter"] * rng.standard_normal(n)), 0.003, 0.8)
    peak = _anchor_mjd(config, rng.random(n), anchor * (1.0 + redshift), shared["rest_span"] * (1.0 + redshift))
    error = config["photometric_redshift_error"] * (1.0 + redshift) * np.exp(0.03 * rng.standard_normal(n))
    photometric = redshift + error * rng.standard_normal(n)
    names = split_names(config["n_splits"])
    split = (rng.random(n) * len(names)).astype(int)
    return [
        shared
        | {
            "set": part,
            "split": names[split[k]],
            "sibling": k,
            "redshift": redshift[k],
            "log_redshift": float(f"{redshift[k] if part == 'train' else photometric[k]:.4g}"),
            "log_redshift_err": np.nan if part == "train" else error[k].round(5),
            "ebv": ebv[k].round(3),
            "start_mjd": peak[k] - anchor * (1.0 + redshift[k]),
            "peak_mjd": np.nan if spec_type == "AGN" else peak[k],
        }
        for k, part in enumerate(parts)
    ]


def _anchor_mjd(config, chance, before, span):
    """Return when a source's anchor is observed: its epochs, `span` days with the anchor `before` days after the first,
    lie at random in the survey, up to a fifth of them outside, but never the anchor or the days next to it.
    """
    first, last = config["start_mjd"], config["start_mjd"] + 365.25 * config["years"]
    start = (first - 0.2 * span) + chance * (last - first - 0.6 * span)
    return np.clip(start + before, first + _MARGIN, last - _MARGIN)


def _redshift_distribution(config, seed, row, distance):
    """Return the cumulative distribution of a source's redshift on `_REDSHIFTS`.

    dP/dz ~ dV/dz / (1 + z) x P(detected), V the comoving volume, 1 + z the dilation of the rate of events. An event is
    detected half of the time where it is expected to be seen at five sigma `min_detections` times at median depth: from
    the mean rate of visits, a transient's all in season, and the logistic approximation of the normal distribution.
    """
    z, d = _REDSHIFTS[_COARSE], distance[_COARSE]
    rest = WAVELENGTHS / (1.0 + z[:, None])
    flux = source_flux(seed, row, rest.ravel()).reshape(N_EPOCHS, *rest.shape) * dimming(z, d)[:, None]
    significance = flux / cadence.median_flux_error(config)
    seen = 1.0 / (1.0 + np.exp(np.clip(1.702 * (5.0 - significance), -30.0, 30.0)))
    duty = cadence.duty(config) if row["spec_type"] == "AGN" else 1.0
    visits = duty * cadence.visit_rates(config) * (row["rest_span"] / (N_EPOCHS - 1) * (1.0 + z))[:, None]
    expected = (seen.sum(axis=0) * visits).sum(axis=1)
    log_expected = np.interp(_REDSHIFTS, z, np.log(expected + 1e-12))
    detected = 1.0 / (1.0 + (config["min_detections"] / np.exp(log_expected)) ** 4)
    volume = np.gradient((distance / (1.0 + _REDSHIFTS)) ** 3)
    cumulative = np.cumsum(volume / (1.0 + _REDSHIFTS) * detected)
    return cumulative / cumulative[-1]


def _write_log(folder, part, truth, meanings):
    """Write one set's log, with the test log also the sample submission; return the number of objects."""
    member = np.flatnonzero(truth["set"] == part)
    member = member[np.lexsort((truth["object_id"][member], truth["split"][member]))]
    header = ["object_id", "Z", "Z_err", "EBV", "SpecType", "English Translation", "split"]
    header += ["target"] if part == "train" else []
    with open(folder / f"{part}_log.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for k in member:
            row = {name: values[k] for name, values in truth.items()}
            label, error = (row["spec_type"], "") if part == "train" else ("", row["log_redshift_err"])
            line = [row["object_id"], row["log_redshift"], error, row["ebv"], label, meanings[k], row["split"]]
            writer.writerow(line + ([row["target"]] if part == "train" else []))
    if part == "test":
        lines = ["object_id,prediction", *(f"{name},0" for name in truth["object_id"][member])]
        (folder / "sample_submission.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(member)
