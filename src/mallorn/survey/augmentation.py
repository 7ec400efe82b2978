"""Altered copies of the training objects: to score as if redshifts were photometric, and to train on more cadences.

Training redshifts are spectroscopic, those of the test set photometric. A copy gets a redshift with the error of a test
object near it in redshift; it may also lose points and gain noise. It is made into features by the same rules as the
objects themselves.
"""

from dataclasses import replace

import numpy as np

from mallorn.errors import DataError
from mallorn.seeds import generator
from mallorn.survey.cosmology import luminosity_distance

__all__ = ["copied_lightcurves", "copied_logs"]

NEIGHBOURS = 50
"""Test objects nearest in redshift from which the error of a copy's redshift is drawn."""


def copied_logs(logs, name, seed):
    """Return the logs of copies of the training objects: {column: array}, as from `read_logs`.

    Object ids, labels and order are those of the training objects; Z is drawn from a normal distribution about the
    spectroscopic one with the Z_err of a test object drawn among the `NEIGHBOURS` nearest in redshift; all
    copies are one split, called `name`.

    logs: columns as from `read_logs`. Raises DataError if no test object has a Z_err.
    """
    train = np.flatnonzero(logs["set"] == "train")
    known = np.flatnonzero((logs["set"] == "test") & np.isfinite(logs["Z_err"]))
    if not len(known):
        raise DataError(
            "test log: no object has a Z_err, so that errors of photometric redshifts are unknown; "
            "set copies.photoz.enabled and copies.jitter.enabled to false"
        )
    known = known[np.argsort(logs["Z"][known], kind="stable")]
    place = np.searchsorted(logs["Z"][known], logs["Z"][train])
    first = np.clip(place - NEIGHBOURS // 2, 0, max(len(known) - NEIGHBOURS, 0))
    error, shift = np.empty(len(train)), np.empty(len(train))
    for k, row in enumerate(train):
        rng = generator(seed, "copies", name, "redshift", logs["object_id"][row])
        error[k] = logs["Z_err"][known[first[k] + rng.integers(min(NEIGHBOURS, len(known)))]]
        shift[k] = rng.normal()
    redshift = np.round(logs["Z"][train] + shift * error, 4)
    columns = {column: values[train] for column, values in logs.items()}
    split = np.full(len(train), name, dtype=object)
    return {
        **columns,
        "split": split,
        "Z": redshift,
        "Z_err": error,
        "luminosity_distance": luminosity_distance(redshift),
    }


def copied_lightcurves(lightcurves, logs, name, options, seed):
    """Return the `LightCurves` of the copies of those objects that `logs` lists, in the order of `lightcurves`.

    lightcurves: of one split, test objects among them; logs: columns as from `copied_logs`.
    options: {"keep": share of the points that are kept, each drawn alone; "noise": standard deviation of the noise
    added to each flux over its error, which grows accordingly}.
    """
    ids = lightcurves.object_id.astype(str)
    row_of = {object_id: row for row, object_id in enumerate(logs["object_id"])}
    chosen = np.array([k for k, object_id in enumerate(ids) if object_id in row_of], dtype=int)
    rows = np.array([row_of[ids[k]] for k in chosen], dtype=int)
    lc = lightcurves.take(chosen)
    keep, scatter = np.empty(len(lc.mjd), dtype=bool), np.empty(len(lc.mjd))
    for k, object_id in enumerate(lc.object_id):
        rng, points = generator(seed, "copies", name, "points", object_id), slice(lc.start[k], lc.start[k + 1])
        n = lc.n_points[k]
        keep[points] = rng.random(n) < options["keep"]
        scatter[points] = rng.normal(size=n)
    copies = replace(
        lc,
        redshift=logs["Z"][rows],
        redshift_err=logs["Z_err"][rows],
        luminosity_distance=logs["luminosity_distance"][rows],
        flux=lc.flux + options["noise"] * scatter * lc.flux_err,
        flux_err=lc.flux_err * np.sqrt(1.0 + options["noise"] ** 2),
    )
    return copies.where(keep)
