"""Copies of training objects in several cuts: what a cut keeps, and how a copy is called after its object."""

import numpy as np

__all__ = ["CUTS", "copies_of_each", "copy_name", "cuts_of", "originals"]

CUTS = {"forced": (False, False), "detections": (False, True), "few_bands": (True, False), "alerts": (True, True)}
"""Whether a cut has a few of the passbands only, and whether it has detections only."""

_MARK = "\x1f"
"""Parts the object's id from the name of the cut; no id holds it, since ids can be printed."""


def copy_name(object_id, cut):
    """Return the id of the copy of an object in the cut called `cut`."""
    return f"{object_id}{_MARK}{cut}"


def originals(object_id):
    """Return the ids (n,) of the objects that copies (n,) are made of; any other id is its own."""
    return np.array([str(name).partition(_MARK)[0] for name in object_id], dtype=object)


def cuts_of(object_id):
    """Return the names (n,) of the cuts that copies (n,) are in, "" for what is no copy."""
    return np.array([str(name).partition(_MARK)[2] for name in object_id], dtype=object)


def copies_of_each(original):
    """Return how many of the copies (n,) are made of the same object as each, shape (n,) int: see `originals`."""
    _, place, number = np.unique(np.asarray(original).astype(str), return_inverse=True, return_counts=True)
    return number[place]
