"""Altered training objects: to score as if redshifts were photometric, and to train on more cadences.

Training redshifts are spectroscopic, those of the test set photometric. An altered object gets a redshift with the
error of a test object near it in redshift, and it may also lose points and gain noise. Another kind loses its redshift
and nothing else. The same rules make features of altered objects and of the objects themselves.
"""

from dataclasses import replace

import numpy as np

from mallorn.errors import DataError
from mallorn.seeds import generator
from mallorn.survey.cosmology import luminosity_distance

__all__ = ["augmented_lightcurves", "augmented_metadata", "metadata_without_redshift"]

NEIGHBOURS = 50
"""Test objects nearest in redshift from which the error of an altered redshift is drawn."""


def augmented_metadata(metadata, name, seed):
    """Return the metadata of altered training objects: {column: array}, as from `read_logs`.

    Object ids, labels and order are those of the training objects. Z is drawn from a normal distribution about the
    spectroscopic redshift; its width is the Z_err of a test object drawn among the `NEIGHBOURS` nearest in redshift.
    All objects are in one split, called `name`.

    metadata: columns as from `read_logs`. Raises DataError if no test object has a Z_err.
    """
    train = np.flatnonzero(metadata["set"] == "train")
    measured = np.isfinite(metadata["Z"]) & np.isfinite(metadata["Z_err"])
    known = np.flatnonzero((metadata["set"] == "test") & measured)
    if not len(known):
        raise DataError(
            "test log: no object has a Z_err, so that errors of photometric redshifts are unknown; "
            "set augmentations.photoz.enabled and augmentations.jitter.enabled to false"
        )
    known = known[np.argsort(metadata["Z"][known], kind="stable")]
    place = np.searchsorted(metadata["Z"][known], metadata["Z"][train])
    first = np.clip(place - NEIGHBOURS // 2, 0, max(len(known) - NEIGHBOURS, 0))
    error, shift = np.empty(len(train)), np.empty(len(train))
    for k, row in enumerate(train):
        rng = generator(seed, "copies", name, "redshift", metadata["object_id"][row])
        error[k] = metadata["Z_err"][known[first[k] + rng.integers(min(NEIGHBOURS, len(known)))]]
        shift[k] = rng.normal()
    redshift = np.round(metadata["Z"][train] + shift * error, 4)
    columns = {column: values[train] for column, values in metadata.items()}
    split = np.full(len(train), name, dtype=object)
    return {
        **columns,
        "split": split,
        "Z": redshift,
        "Z_err": np.where(np.isfinite(redshift), error, np.nan),
        "luminosity_distance": luminosity_distance(redshift),
    }


def metadata_without_redshift(metadata, name):
    """Return the metadata of the training objects without their redshifts, all in one split called `name`."""
    train = np.flatnonzero(metadata["set"] == "train")
    columns = {column: values[train] for column, values in metadata.items()}
    unknown = np.full(len(train), np.nan)
    split = np.full(len(train), name, dtype=object)
    return {**columns, "split": split, "Z": unknown, "Z_err": unknown, "luminosity_distance": unknown}


def augmented_lightcurves(lightcurves, metadata, name, options, seed):
    """Return the altered `LightCurves` of the objects that `metadata` lists, in the order of `lightcurves`.

    lightcurves: of one split, test objects among them; metadata: columns as from `augmented_metadata`.
    options: {"keep": share of points that are kept, each drawn on its own, 1 by default; "noise": standard deviation of
    the added noise as a multiple of each flux's error, 0 by default; the error grows with it}.
    """
    ids = lightcurves.object_id.astype(str)
    row_of = {object_id: row for row, object_id in enumerate(metadata["object_id"])}
    chosen = np.array([k for k, object_id in enumerate(ids) if object_id in row_of], dtype=int)
    rows = np.array([row_of[ids[k]] for k in chosen], dtype=int)
    lc = lightcurves.take(chosen)
    lc = lc.with_redshift(metadata["Z"][rows], metadata["Z_err"][rows])
    if options.get("keep", 1.0) == 1.0 and not options.get("noise", 0.0):
        return lc
    keep, scatter = np.empty(len(lc.mjd), dtype=bool), np.empty(len(lc.mjd))
    for k, object_id in enumerate(lc.object_id):
        rng, points = generator(seed, "copies", name, "points", object_id), slice(lc.start[k], lc.start[k + 1])
        n = lc.n_points[k]
        keep[points] = rng.random(n) < options["keep"]
        scatter[points] = rng.normal(size=n)
    altered = replace(
        lc,
        flux=lc.flux + options["noise"] * scatter * lc.flux_err,
        flux_err=lc.flux_err * np.sqrt(1.0 + options["noise"] ** 2),
    )
    return altered.where(keep)
