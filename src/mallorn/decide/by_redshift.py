"""Decisions on test objects. The submitted models decide on objects with a redshift, others on those without."""

import json
import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.decide.decision import decide, decide_classes
from mallorn.decide.predictions import read_held_out
from mallorn.errors import DataError

__all__ = ["NOT_SCORED", "Decided", "decided", "decided_by_redshift", "tell_not_scored"]

NOT_SCORED = (
    "%d of %d objects have no redshift and get no probability: this model has not learned to do without one. Next "
    "step: set augmentations.no_redshift.enabled to true and run again"
)

_log = logging.getLogger(__name__)


class Decided(NamedTuple):
    """Decisions on n objects: `object_id` (n,) str, calibrated `probability` (n, C) of the classes `names`.

    chosen (n,) bool: whether an object is taken for one of the class sought. spread (n,): standard deviation of its
    probability over the repeats. Objects that no model could score have NaN, or false.
    """

    object_id: np.ndarray
    probability: np.ndarray
    chosen: np.ndarray
    spread: np.ndarray
    names: tuple


def decided(predictions, threshold):
    """Return what is `Decided` by the mean of several files of predictions of the same objects, one for each repeat.

    predictions: paths. threshold: path of the JSON file from choose_threshold. Raises DataError if the files differ in
    objects or classes.
    """
    decision = json.loads(Path(threshold).read_text(encoding="utf-8"))
    repeats = [read_held_out(path) for path in predictions]
    first = repeats[0]
    for path, p in zip(predictions, repeats, strict=True):
        if not np.array_equal(p.object_id, first.object_id) or p.names != first.names:
            expected, fix = f"the objects and classes of {predictions[0]}", "delete results/predictions, run again"
            raise DataError.at(path, expected=expected, found="others", fix=fix)
    classes = np.stack([p.classes for p in repeats])
    probability, chosen = decide_classes(decision, classes.sum(axis=0) / len(repeats))
    calibrated = np.stack([decide(decision, p.probability)[0] for p in repeats])
    return Decided(first.object_id, probability, chosen, calibrated.std(axis=0), first.names)


def decided_by_redshift(predictions, threshold, without, without_threshold, unknown):
    """Return what is `Decided` of all test objects.

    predictions, threshold: as for `decided`, of all objects, by models trained with redshifts. without,
    without_threshold: the same of the objects without redshift, by models trained without. They are empty if there are
    no such models; a warning says so if an object needed them. unknown: set of the ids of objects without redshift.
    """
    found = decided(predictions, threshold)
    none = np.array([name in unknown for name in found.object_id], dtype=bool)
    found.probability[none], found.chosen[none], found.spread[none] = np.nan, False, np.nan
    if without and none.any():
        other = decided(without, without_threshold)
        place = {name: k for k, name in enumerate(found.object_id)}
        rows = [place[name] for name in other.object_id]
        found.probability[rows], found.chosen[rows], found.spread[rows] = other[1:4]
        if other.names != found.names:
            raise DataError(f"{without[0]}: expected the classes of {predictions[0]}, found others; run again")
    tell_not_scored(found.probability)
    return found


def tell_not_scored(probability):
    """Log a warning about the objects whose probabilities (n, C) are NaN."""
    missing = int(np.isnan(probability[:, 0]).sum())
    if missing:
        _log.warning(NOT_SCORED, missing, len(probability))
